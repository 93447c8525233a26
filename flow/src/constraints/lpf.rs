//! `.lpf` of nextpnr-ecp5: statements end with `;`, `#` and `//` start comments.
//!
//! ```text
//! LOCATE COMP "<port>" SITE "<pin>";
//! IOBUF PORT "<port>" KEY=VALUE ...;
//! FREQUENCY PORT "<port>" <number> MHZ;        (KHZ and HZ too; NET is accepted, not used here)
//! BLOCK ...;  SYSCONFIG ...;                   accepted, not used here
//! ```

use super::{Constraints, MAX_FAULTS, Statement, collect, excerpt};
use crate::board::line_of;
use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, tag_no_case, take_till, take_while1},
    character::complete::{char, multispace1},
    combinator::{all_consuming, value, verify},
    multi::{many0, many1},
    number::complete::double,
    sequence::{delimited, preceded, terminated},
};
use spikewright_ir::Diagnostics;

/// Reads a whole file.
pub(super) fn parse(file: &str, text: &str) -> Result<Constraints, Diagnostics> {
    let mut constraints = Constraints { file: file.into(), ..Constraints::default() };
    let mut found = Diagnostics::default();
    let mut rest = skip_blank(text);
    let mut line = line_of(text, text.len() - rest.len());
    while !rest.is_empty() && found.0.len() < MAX_FAULTS {
        let after = match terminated(statement, (blank, char(';'))).parse(rest) {
            Ok((after, statement)) => {
                collect(&mut constraints, line, statement);
                after
            }
            Err(_) => {
                found.push(
                    "lpf-syntax",
                    format!("{file}:{line}"),
                    format!("cannot read `{}`", excerpt(rest)),
                    "write `LOCATE COMP \"<port>\" SITE \"<pin>\";`, `IOBUF PORT \"<port>\" \
                     IO_TYPE=LVCMOS33;` or `FREQUENCY PORT \"<port>\" 25 MHZ;`",
                );
                // Go on behind the faulty statement: at its semicolon or at the end of its line.
                match rest.find([';', '\n']) {
                    Some(at) => &rest[at + 1..],
                    None => "",
                }
            }
        };
        let next = skip_blank(after);
        // Count only what was consumed, so that a long file costs linear time.
        line += line_of(rest, rest.len() - next.len()) - 1;
        rest = next;
    }
    found.into_result()?;
    Ok(constraints)
}

fn skip_blank(text: &str) -> &str {
    blank(text).map_or(text, |(rest, ())| rest)
}

/// White space and comments, possibly none.
fn blank(input: &str) -> IResult<&str, ()> {
    let comment = (alt((tag("#"), tag("//"))), take_till(|c| c == '\n'));
    value((), many0(alt((value((), multispace1), value((), comment))))).parse(input)
}

fn statement(input: &str) -> IResult<&str, Statement> {
    alt((locate, iobuf, frequency, ignored)).parse(input)
}

fn locate(input: &str) -> IResult<&str, Statement> {
    let (input, port) = preceded((keyword("LOCATE"), keyword("COMP")), quoted).parse(input)?;
    let (input, pin) = preceded(keyword("SITE"), quoted).parse(input)?;
    Ok((input, Statement::Pin { port: port.into(), pin: pin.into(), optional: false }))
}

fn iobuf(input: &str) -> IResult<&str, Statement> {
    let (input, _) = (keyword("IOBUF"), keyword("PORT"), quoted).parse(input)?;
    let (input, _) = many1(preceded(blank, setting)).parse(input)?;
    Ok((input, Statement::Other))
}

fn frequency(input: &str) -> IResult<&str, Statement> {
    let (input, _) = keyword("FREQUENCY").parse(input)?;
    let (input, is_port) =
        alt((value(true, keyword("PORT")), value(false, keyword("NET")))).parse(input)?;
    let (input, (name, _, number)) = (quoted, blank, double).parse(input)?;
    let unit =
        alt((value(1.0, keyword("MHZ")), value(1e-3, keyword("KHZ")), value(1e-6, keyword("HZ"))));
    let (input, mhz) =
        verify(unit.map(|u| u * number), |mhz: &f64| *mhz > 0.0 && *mhz <= 1000.0).parse(input)?;
    let clock = Statement::Clock { port: name.into(), mhz };
    Ok((input, if is_port { clock } else { Statement::Other }))
}

fn ignored(input: &str) -> IResult<&str, Statement> {
    let block = (keyword("BLOCK"), take_till(|c| c == ';' || c == '\n'));
    let config = (keyword("SYSCONFIG"), many1(preceded(blank, setting)));
    alt((value(Statement::Other, block), value(Statement::Other, config))).parse(input)
}

/// `KEY=VALUE`.
fn setting(input: &str) -> IResult<&str, ()> {
    let name = |i| take_while1(|c: char| c.is_ascii_alphanumeric() || "_.-".contains(c)).parse(i);
    value((), (name, char('='), name)).parse(input)
}

/// A keyword in any case, with the blank before it.
fn keyword<'a>(
    word: &'static str,
) -> impl Parser<&'a str, Output = (), Error = nom::error::Error<&'a str>> {
    let letters = take_while1(|c: char| c.is_ascii_alphabetic());
    let exact = verify(letters, move |found: &str| {
        all_consuming(tag_no_case::<_, _, nom::error::Error<&str>>(word)).parse(found).is_ok()
    });
    value((), preceded(blank, exact))
}

/// A name in double quotes, with the blank before it.
fn quoted(input: &str) -> IResult<&str, &str> {
    let inside = take_while1(|c: char| c.is_ascii_graphic() && c != '"');
    preceded(blank, delimited(char('"'), inside, char('"'))).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form() {
        let text = "# head\nBLOCK RESETPATHS;\n// more\nSYSCONFIG CONFIG_IOVOLTAGE=3.3 \
                    MCCLK_FREQ=62;\nlocate comp \"clk\"\n  site \"G2\"; # osc\n\
                    IOBUF PORT \"clk\" IO_TYPE=LVCMOS33 PULLMODE=NONE;\n\
                    FREQUENCY PORT \"clk\" 25000 KHZ; LOCATE COMP \"led[0]\" SITE \"B2\";\n\
                    FREQUENCY NET \"core\" 60 MHZ;";
        let c = parse("x.lpf", text).unwrap();
        let pins: Vec<_> =
            c.pins.iter().map(|p| (p.port.as_str(), p.pin.as_str(), p.line)).collect();
        assert_eq!(pins, [("clk", "G2", 5), ("led[0]", "B2", 8)]);
        assert_eq!(c.clocks.len(), 1);
        assert!((c.clocks[0].mhz - 25.0).abs() < 1e-9);
        assert_eq!(c.clocks[0].line, 8);
    }

    #[test]
    fn names_file_line_and_remedy() {
        for bad in [
            "LOCATE COMP \"clk\" SITE \"G2\"",
            "LOCATE COMP clk SITE G2;",
            "LOCATE COMP \"clk SITE \"G2\";",
            "LOCATED COMP \"clk\" SITE \"G2\";",
            "IOBUF PORT \"clk\";",
            "FREQUENCY PORT \"clk\" fast;",
            "FREQUENCY PORT \"clk\" 0 MHZ;",
            "FREQUENCY PORT \"clk\" inf MHZ;",
            "FREQUENCY PORT \"clk\" 25;",
            "set_io clk 35",
            ";",
        ] {
            let text = format!("LOCATE COMP \"a\" SITE \"B2\";\n{bad}");
            let error = parse("b.lpf", &text).unwrap_err();
            assert_eq!(error.0[0].place, "b.lpf:2", "{bad}");
            assert!(error.0[0].help.contains("LOCATE"));
        }
    }

    #[test]
    fn goes_on_behind_a_fault() {
        let text = "WRONG;\nLOCATE COMP \"a\" SITE \"B2\";\nALSO WRONG;\n";
        let places: Vec<_> =
            parse("b.lpf", text).unwrap_err().0.into_iter().map(|d| d.place).collect();
        assert_eq!(places, ["b.lpf:1", "b.lpf:3"]);
    }

    #[test]
    fn long_hostile_files_end_soon() {
        assert_eq!(parse("b.lpf", &"x;\n".repeat(200_000)).unwrap_err().0.len(), MAX_FAULTS);
        assert!(parse("b.lpf", &"# note\n".repeat(200_000)).unwrap().pins.is_empty());
        assert!(parse("b.lpf", &"LOCATE COMP \"".repeat(50_000)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(LOCATE |COMP |SITE |IOBUF |PORT |\"a\"|FREQUENCY |\\PC|[;\n #/\"=]){0,100}") {
            let _ = parse("f.lpf", &text);
        }
    }
}
