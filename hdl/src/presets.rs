//! The only place where a preset's numbers become types.

use crate::core::Core;
use spikewright_ir::{CoreSpec, Preset};

const TINY: CoreSpec = Preset::Tiny.spec();
const UP5K: CoreSpec = Preset::Up5k.spec();
const HX8K: CoreSpec = Preset::Hx8k.spec();
const ECP5_25: CoreSpec = Preset::Ecp5_25.spec();
const ECP5_85: CoreSpec = Preset::Ecp5_85.spec();

const fn heads(spec: &CoreSpec) -> usize {
    spec.fire_units * spec.count_bits
}

/// Core of preset `tiny`.
pub type CoreTiny = Core<{ heads(&TINY) }, { TINY.fire_units }, { TINY.fire_units * 16 }>;
/// Core of preset `up5k`.
pub type CoreUp5k = Core<{ heads(&UP5K) }, { UP5K.fire_units }, { UP5K.fire_units * 16 }>;
/// Core of preset `hx8k`.
pub type CoreHx8k = Core<{ heads(&HX8K) }, { HX8K.fire_units }, { HX8K.fire_units * 16 }>;
/// Core of preset `ecp5_25`.
pub type CoreEcp5_25 =
    Core<{ heads(&ECP5_25) }, { ECP5_25.fire_units }, { ECP5_25.fire_units * 16 }>;
/// Core of preset `ecp5_85`.
pub type CoreEcp5_85 =
    Core<{ heads(&ECP5_85) }, { ECP5_85.fire_units }, { ECP5_85.fire_units * 16 }>;

/// Builds the core of a preset and hands it to `use_it`, which must work for every size.
macro_rules! with_core {
    ($preset:expr, $core:ident => $use_it:expr) => {
        match $preset {
            spikewright_ir::Preset::Tiny => {
                let mut $core =
                    $crate::presets::CoreTiny::new(&spikewright_ir::Preset::Tiny.spec());
                $use_it
            }
            spikewright_ir::Preset::Up5k => {
                let mut $core =
                    $crate::presets::CoreUp5k::new(&spikewright_ir::Preset::Up5k.spec());
                $use_it
            }
            spikewright_ir::Preset::Hx8k => {
                let mut $core =
                    $crate::presets::CoreHx8k::new(&spikewright_ir::Preset::Hx8k.spec());
                $use_it
            }
            spikewright_ir::Preset::Ecp5_25 => {
                let mut $core =
                    $crate::presets::CoreEcp5_25::new(&spikewright_ir::Preset::Ecp5_25.spec());
                $use_it
            }
            spikewright_ir::Preset::Ecp5_85 => {
                let mut $core =
                    $crate::presets::CoreEcp5_85::new(&spikewright_ir::Preset::Ecp5_85.spec());
                $use_it
            }
        }
    };
}
pub(crate) use with_core;
