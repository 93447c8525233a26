//! `.pcf` of nextpnr-ice40: one statement per line, `#` to the end of the line is a comment.
//!
//! ```text
//! set_io [-nowarn] [-pullup yes|no] [-pullup_resistor 3P3K|6P8K|10K|100K] <port> <pin>
//! set_frequency <port> <MHz>
//! ```

use super::{Constraints, MAX_FAULTS, Statement, collect, excerpt};
use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_while1},
    character::complete::{space0, space1},
    combinator::{all_consuming, value},
    multi::many0,
    number::complete::double,
    sequence::{delimited, preceded, terminated},
};
use spikewright_ir::Diagnostics;

/// Reads a whole file.
pub(super) fn parse(file: &str, text: &str) -> Result<Constraints, Diagnostics> {
    let mut constraints = Constraints { file: file.into(), ..Constraints::default() };
    let mut found = Diagnostics::default();
    for (index, raw) in text.lines().enumerate() {
        let line = raw.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        match all_consuming(statement).parse(line) {
            Ok((_, statement)) => collect(&mut constraints, index + 1, statement),
            Err(_) => found.push(
                "pcf-syntax",
                format!("{file}:{}", index + 1),
                format!("cannot read `{}`", excerpt(line)),
                "write `set_io [-nowarn] [-pullup yes|no] <port> <pin>` or `set_frequency <port> <MHz>`",
            ),
        }
        if found.0.len() == MAX_FAULTS {
            break;
        }
    }
    found.into_result()?;
    Ok(constraints)
}

fn statement(input: &str) -> IResult<&str, Statement> {
    alt((set_io, set_frequency)).parse(input)
}

/// Effect of an option of `set_io`.
#[derive(Clone, Copy, PartialEq)]
enum Opt {
    NoWarn,
    Electrical,
}

fn set_io(input: &str) -> IResult<&str, Statement> {
    let (input, _) = (tag("set_io"), space1).parse(input)?;
    let (input, options) = many0(terminated(option, space1)).parse(input)?;
    let (input, (port, _, pin)) = (word, space1, word).parse(input)?;
    let optional = options.contains(&Opt::NoWarn);
    Ok((input, Statement::Pin { port: port.into(), pin: pin.into(), optional }))
}

fn option(input: &str) -> IResult<&str, Opt> {
    let pullup = (tag("-pullup"), space1, alt((tag("yes"), tag("no"))));
    let resistor =
        (tag("-pullup_resistor"), space1, alt((tag("3P3K"), tag("6P8K"), tag("100K"), tag("10K"))));
    alt((
        value(Opt::NoWarn, tag("-nowarn")),
        value(Opt::Electrical, pullup),
        value(Opt::Electrical, resistor),
    ))
    .parse(input)
}

fn set_frequency(input: &str) -> IResult<&str, Statement> {
    let (input, port) =
        preceded((tag("set_frequency"), space1), delimited(space0, word, space1)).parse(input)?;
    let (input, mhz) =
        nom::combinator::verify(double, |f| *f > 0.0 && *f <= 1000.0).parse(input)?;
    Ok((input, Statement::Clock { port: port.into(), mhz }))
}

/// A name or a pin: no white space, no leading dash (that would be an option).
fn word(input: &str) -> IResult<&str, &str> {
    nom::combinator::verify(take_while1(|c: char| c.is_ascii_graphic()), |w: &str| {
        !w.starts_with('-')
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form() {
        let text = "# head\n\nset_io clk 35 # osc\r\n  set_io -nowarn\t-pullup yes led[0] 11\n\
                    set_io -pullup_resistor 10K b 2\nset_frequency clk 12.5\n";
        let c = parse("x.pcf", text).unwrap();
        let pins: Vec<_> =
            c.pins.iter().map(|p| (p.port.as_str(), p.pin.as_str(), p.line, p.optional)).collect();
        assert_eq!(
            pins,
            [("clk", "35", 3, false), ("led[0]", "11", 4, true), ("b", "2", 5, false)]
        );
        assert_eq!((c.clocks[0].mhz, c.clocks[0].line), (12.5, 6));
    }

    #[test]
    fn names_file_line_and_remedy() {
        for bad in [
            "set_io clk",
            "set_io",
            "set_io -nowarm clk 35",
            "set_io clk 35 36",
            "set_iox clk 35",
            "set_frequency clk fast",
            "set_frequency clk -3",
            "set_frequency clk nan",
            "LOCATE COMP \"clk\" SITE \"G2\";",
            "set_io clk\u{1F980} 35",
        ] {
            let error = parse("b.pcf", &format!("set_io a 2\n{bad}\n")).unwrap_err();
            assert_eq!(error.0.len(), 1, "{bad}");
            assert_eq!(error.0[0].place, "b.pcf:2");
            assert!(error.0[0].help.contains("set_io"));
        }
    }

    #[test]
    fn gives_up_after_twenty_faults() {
        let error = parse("b.pcf", &"rubbish\n".repeat(100_000)).unwrap_err();
        assert_eq!(error.0.len(), MAX_FAULTS);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(set_io|set_frequency|[ -~]|\\PC|[\n #-]){0,200}") {
            let _ = parse("f.pcf", &text);
        }
    }
}
