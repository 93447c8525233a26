//! A waveform as a value change dump (IEEE 1364-2005, clause 18), which every wave viewer reads.

use super::Waveform;
use std::io;
use vcd::{IdCode, TimescaleUnit, Value, Writer};

impl Waveform {
    /// The text of a value change dump.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn vcd(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut out = Writer::new(&mut text);
        out.timescale(1, TimescaleUnit::NS)?;
        let mut codes: Vec<IdCode> = Vec::new();
        for scope in self.variables.chunk_by(|a, b| a.scope == b.scope) {
            out.add_module(&scope[0].scope)?;
            for variable in scope {
                codes.push(out.add_wire(variable.width as u32, &variable.name)?);
            }
            out.upscope()?;
        }
        out.enddefinitions()?;
        for at in self.changes.chunk_by(|a, b| a.time == b.time) {
            out.timestamp(at[0].time)?;
            for change in at {
                let code = codes[change.variable];
                let bit = |k: usize| Value::from(change.value >> k & 1 == 1);
                match self.variables[change.variable].width {
                    1 => out.change_scalar(code, bit(0))?,
                    width => {
                        let bits: Vec<_> = (0..width).rev().map(bit).collect();
                        out.change_vector(code, &bits)?;
                    }
                }
            }
        }
        out.timestamp(self.end)?;
        Ok(text)
    }
}
