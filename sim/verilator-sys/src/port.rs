//! Ports of a module as the caller states them.

use crate::VerilatorError;

/// A port of the top module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// Name in the Verilog text.
    pub name: String,
    /// Width in bits, at least 1.
    pub bits: usize,
    /// Driven from outside.
    pub input: bool,
}

impl Port {
    /// An input of `bits` bits.
    pub fn input(name: &str, bits: usize) -> Self {
        Self { name: name.into(), bits, input: true }
    }

    /// An output of `bits` bits.
    pub fn output(name: &str, bits: usize) -> Self {
        Self { name: name.into(), bits, input: false }
    }

    /// Bytes of the C++ variable behind the port: `uint8_t` to `uint64_t`, or 32-bit words.
    pub(crate) fn bytes(&self) -> usize {
        match self.bits {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            33..=64 => 8,
            _ => self.bits.div_ceil(32) * 4,
        }
    }

    /// The member of the C++ class; Verilator writes `$` as `__024` and `__` as `___05F`.
    pub(crate) fn member(&self) -> String {
        self.name.replace("__", "___05F").replace('$', "__024")
    }

    /// Names go into C++ source: nothing but identifiers.
    pub(crate) fn check(&self) -> Result<(), VerilatorError> {
        let error = |problem: &str| VerilatorError::Port {
            name: self.name.clone(),
            problem: problem.into(),
        };
        if !is_identifier(&self.name) {
            return Err(error("not a Verilog identifier"));
        }
        if self.bits == 0 || self.bits > 1 << 16 {
            return Err(error("width outside 1..=65536"));
        }
        Ok(())
    }
}

/// Whether a name is a plain Verilog identifier, `$` allowed after the first character.
pub(crate) fn is_identifier(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(plain) && name.chars().all(|c| plain(c) || c.is_ascii_digit() || c == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_spelled_as_verilator_does() {
        assert_eq!(Port::input("bus$data", 3).member(), "bus__024data");
        assert_eq!(Port::input("a__b", 3).member(), "a___05Fb");
    }

    #[test]
    fn sizes_are_those_of_the_variables() {
        let bytes = |bits| Port::output("q", bits).bytes();
        assert_eq!([1, 8, 9, 16, 17, 32, 33, 64].map(bytes), [1, 1, 2, 2, 4, 4, 8, 8]);
        assert_eq!([65, 96, 97, 128].map(bytes), [12, 12, 16, 16]);
    }

    #[test]
    fn only_identifiers_reach_the_compiler() {
        for name in ["a;b", "", "1a", "a b", "é", "$a"] {
            let message = Port::input(name, 1).check().unwrap_err().to_string();
            assert!(message.contains("not a Verilog identifier"), "{message}");
        }
        assert!(Port::input("a", 0).check().is_err());
        assert!(Port::input("_a1$b", 64).check().is_ok());
    }
}
