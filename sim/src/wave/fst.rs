//! A waveform as an FST file, the compressed format of GTKWave and Surfer.

use super::Waveform;
use fst_writer::{
    FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalType, FstVarDirection, FstVarType,
};

/// Seconds of a unit of time, as a power of ten.
const NANO: i8 = -9;

impl Waveform {
    /// The bytes of an FST file. It bears no date: the same waveform makes the same bytes.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn fst(&self) -> Result<Vec<u8>, fst_writer::FstWriteError> {
        let info = FstInfo {
            start_time: 0,
            timescale_exponent: NANO,
            version: concat!("spikewright ", env!("CARGO_PKG_VERSION")).into(),
            date: String::new(),
            file_type: FstFileType::Verilog,
        };
        let mut header = FstHeaderWriter::write_to_mem(&info)?;
        let mut signals = Vec::new();
        for scope in self.variables.chunk_by(|a, b| a.scope == b.scope) {
            header.scope(&scope[0].scope, "", FstScopeType::Module)?;
            for variable in scope {
                let bits = FstSignalType::bit_vec(variable.width as u32);
                let direction = FstVarDirection::Implicit;
                signals.push(header.var(
                    &variable.name,
                    bits,
                    FstVarType::Wire,
                    direction,
                    None,
                )?);
            }
            header.up_scope()?;
        }
        let mut body = header.finish()?;
        for at in self.changes.chunk_by(|a, b| a.time == b.time) {
            body.time_change(at[0].time)?;
            for change in at {
                let width = self.variables[change.variable].width;
                let bits = format!("{:0width$b}", change.value);
                body.signal_change(signals[change.variable], bits.as_bytes())?;
            }
        }
        body.time_change(self.end)?;
        Ok(body.finish()?.into_inner())
    }
}
