//! Suggestions in error messages.

use spikewright_ir::nearest;

/// "did you mean `x`? " or nothing.
pub(crate) fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map(|k| format!("did you mean `{k}`? ")).unwrap_or_default()
}
