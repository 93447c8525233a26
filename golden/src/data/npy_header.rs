//! The header of NumPy's `.npy` format, versions 1 to 3: a magic string, the length of the header, a
//! Python dictionary with element type, order and shape.
//!
//! Source: the module documentation of `numpy.lib.format`.

use super::npy::{NpyFault, WRITE_AGAIN, fault, fill};
use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_until},
    character::complete::{char, multispace0, u64 as integer},
    combinator::{all_consuming, opt, value},
    error::ParseError,
    multi::separated_list0,
    sequence::{delimited, separated_pair, terminated},
};
use std::io::Read;

/// Longest header accepted, in bytes; those of plain arrays have at most a few hundred.
const MAX_HEADER: usize = 1 << 14;

/// Most characters of a file's own text in an error.
const SHOWN: usize = 100;

/// What stands before the elements.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// Element type as NumPy writes it, such as `<f4`.
    pub dtype: String,
    /// First index fastest.
    pub fortran: bool,
    pub shape: Vec<usize>,
}

/// Reads the header and leaves `reader` at the first element.
pub(super) fn read_header(reader: &mut dyn Read) -> Result<Header, NpyFault> {
    let mut start = [0; 8];
    fill(reader, &mut start, "its header")?;
    if start[..6] != *b"\x93NUMPY" {
        return fault(
            format!("{:02x?} is not the start of a .npy array", &start[..6]),
            WRITE_AGAIN,
        );
    }
    let mut length = [0; 4];
    match start[6] {
        1 => fill(reader, &mut length[..2], "its header")?,
        2 | 3 => fill(reader, &mut length, "its header")?,
        other => return fault(format!(".npy version {other}, known are 1 to 3"), WRITE_AGAIN),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEADER {
        let message = format!("a header of {length} bytes, at most {MAX_HEADER} are accepted");
        return fault(message, "store plain arrays of numbers");
    }
    let mut text = vec![0; length];
    fill(reader, &mut text, "its header")?;
    let text = String::from_utf8_lossy(&text);
    parse_header(&text).ok_or_else(|| NpyFault {
        message: format!("cannot read the header {:?}", beginning(text.trim_end())),
        remedy: "store plain arrays of numbers, not structured or object arrays",
    })
}

/// As much of a text as an error should show.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// A value of the header's dictionary.
#[derive(Clone)]
enum Entry<'a> {
    Text(&'a str),
    Flag(bool),
    Shape(Vec<usize>),
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
fn parse_header(text: &str) -> Option<Header> {
    let item = || separated_pair(spaced(quoted), char(':'), spaced(entry));
    let items = terminated(separated_list0(char(','), item()), opt(spaced(char(','))));
    let parsed: IResult<&str, Vec<(&str, Entry<'_>)>> =
        all_consuming(delimited(spaced(char('{')), items, spaced(char('}')))).parse(text);
    let (mut dtype, mut fortran, mut shape) = (None, None, None);
    for (key, entry) in parsed.ok()?.1 {
        match (key, entry) {
            ("descr", Entry::Text(text)) => dtype = Some(text.to_string()),
            ("fortran_order", Entry::Flag(flag)) => fortran = Some(flag),
            ("shape", Entry::Shape(sizes)) => shape = Some(sizes),
            _ => return None,
        }
    }
    Some(Header { dtype: dtype?, fortran: fortran?, shape: shape? })
}

fn entry(input: &str) -> IResult<&str, Entry<'_>> {
    alt((
        quoted.map(Entry::Text),
        value(Entry::Flag(true), tag("True")),
        value(Entry::Flag(false), tag("False")),
        sizes.map(Entry::Shape),
    ))
    .parse(input)
}

fn quoted(input: &str) -> IResult<&str, &str> {
    delimited(char('\''), take_until("'"), char('\'')).parse(input)
}

/// `()`, `(3,)` or `(3, 4)`.
fn sizes(input: &str) -> IResult<&str, Vec<usize>> {
    let size = spaced(integer).map_opt(|n| usize::try_from(n).ok());
    let list = terminated(separated_list0(char(','), size), opt(spaced(char(','))));
    delimited(char('('), list, char(')')).parse(input)
}

/// The same with white space allowed around it.
fn spaced<'a, O, E: ParseError<&'a str>>(
    parser: impl Parser<&'a str, Output = O, Error = E>,
) -> impl Parser<&'a str, Output = O, Error = E> {
    delimited(multispace0, parser, multispace0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_numpy_writes_them() {
        let header = |dtype: &str, shape: &[usize]| {
            Some(Header { dtype: dtype.into(), fortran: false, shape: shape.into() })
        };
        let parse = |shape: &str| {
            parse_header(&format!(
                "{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}   \n"
            ))
        };
        assert_eq!(parse("()"), header("<f4", &[]));
        assert_eq!(parse("(3,)"), header("<f4", &[3]));
        assert_eq!(parse("(3, 40)"), header("<f4", &[3, 40]));
        assert_eq!(parse("(3,4,5,6)"), header("<f4", &[3, 4, 5, 6]));
        let other = "{'shape': (2,), 'fortran_order': False, 'descr': '<U9'}";
        assert_eq!(parse_header(other), header("<U9", &[2]));
        for shape in ["(3", "(-3,)", "(3.0,)", "(18446744073709551616,)", "3", "(3,,)"] {
            assert_eq!(parse(shape), None, "{shape}");
        }
    }

    #[test]
    fn incomplete_or_structured_headers_are_refused() {
        let structured = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }";
        let missing = "{'descr': '<f4', 'shape': (3,), }";
        let unknown = "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': True}";
        for text in [structured, missing, unknown, "", "{}", "{'descr': }"] {
            assert_eq!(parse_header(text), None, "{text}");
        }
    }
}
