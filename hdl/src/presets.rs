//! The only place where a preset's numbers become types.

/// Calls `sized!(PRESET)` of the preset at hand, each a constant that const generics can be made of.
macro_rules! by_preset {
    ($preset:expr, $sized:ident) => {
        match $preset {
            spikewright_ir::Preset::Tiny => $sized!(spikewright_ir::Preset::Tiny),
            spikewright_ir::Preset::Up5k => $sized!(spikewright_ir::Preset::Up5k),
            spikewright_ir::Preset::Up5kF2 => $sized!(spikewright_ir::Preset::Up5kF2),
            spikewright_ir::Preset::Hx8k => $sized!(spikewright_ir::Preset::Hx8k),
            spikewright_ir::Preset::Ecp5_25 => $sized!(spikewright_ir::Preset::Ecp5_25),
            spikewright_ir::Preset::Ecp5_25F4 => $sized!(spikewright_ir::Preset::Ecp5_25F4),
            spikewright_ir::Preset::Ecp5_85 => $sized!(spikewright_ir::Preset::Ecp5_85),
        }
    };
}
pub(crate) use by_preset;

/// Builds a block of a preset's sizes, `BLOCK(ARGUMENTS)`, and hands it to `use_it`, which must work for every size.
macro_rules! with_sized {
    ($preset:expr, $($block:ident)::+($($argument:expr),*), $built:ident => $use_it:expr) => {{
        macro_rules! sized {
            ($of:expr) => {{
                const SPEC: spikewright_ir::CoreSpec = $of.spec();
                let mut $built = $($block)::+::<
                    { SPEC.fire_units * SPEC.count_bits },
                    { SPEC.fire_units },
                    { SPEC.fire_units * 16 },
                >::new(&SPEC, $($argument),*);
                $use_it
            }};
        }
        $crate::presets::by_preset!($preset, sized)
    }};
}
pub(crate) use with_sized;
