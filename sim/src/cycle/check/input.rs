//! The control registers, and the input's place in the spike memory.

use super::{super::memory::Memory, demand};
use crate::SimError;
use spikewright_ir::{BitVec, CoreImage, Readout, layout::pass::MAX_PLANES};

pub fn control(image: &CoreImage, memory: &Memory) -> Result<(), SimError> {
    let place = "control registers";
    let control = &memory.control;
    demand(usize::from(control.ticks_m1) + 1 == image.ticks, place, || {
        format!("{} ticks instead of {}", u32::from(control.ticks_m1) + 1, image.ticks)
    })?;
    demand(usize::from(control.stride) == image.stride, place, || {
        format!("a stride of {} instead of {}", control.stride, image.stride)
    })?;
    demand(control.tick_order == image.tick_order, place, || {
        format!("tick order is {}", control.tick_order)
    })?;
    demand(!image.stream || image.tick_order && image.ticks == 1, place, || {
        format!("a stream of {} ticks at a start, in tick order or not", image.ticks)
    })?;
    demand(usize::from(control.classes_m1) + 1 == image.classes, place, || {
        format!("{} classes instead of {}", control.classes_m1, image.classes)
    })?;
    demand(control.potentials == (image.readout == Readout::Potential), place, || {
        format!("readout does not fit {:?}", image.readout)
    })?;
    demand(image.classes <= memory.spec.lanes, "classes", || {
        format!("{} of them, the core reads at most {}", image.classes, memory.spec.lanes)
    })
}

pub fn input(image: &CoreImage, memory: &Memory) -> Result<(), SimError> {
    let (spec, place) = (&memory.spec, "input");
    let (inputs, planes) = (image.inputs, image.input_planes);
    demand((1..=MAX_PLANES).contains(&planes), place, || {
        format!("values of {planes} planes, not 1 to {MAX_PLANES}")
    })?;
    demand(image.input_groups <= spec.spike_groups, place, || {
        format!("{} groups, the spike memory has {}", image.input_groups, spec.spike_groups)
    })?;
    demand(
        image.input_groups * planes <= image.stride
            && image.stride <= spec.spike_groups / image.ticks,
        place,
        || {
            let (groups, stride, ticks) = (image.input_groups * planes, image.stride, image.ticks);
            format!(
                "{groups} groups of {stride} a tick, {ticks} ticks, the spike memory has {}",
                spec.spike_groups
            )
        },
    )?;
    let places = &image.input_places;
    if places.is_empty() {
        let group = spec.group_neurons();
        return demand(inputs > 0 && image.input_groups == inputs.div_ceil(group), place, || {
            format!("{inputs} neurons in {} groups of {group}", image.input_groups)
        });
    }
    demand(places.len() == inputs, place, || {
        format!("{} places for {inputs} neurons", places.len())
    })?;
    let bits = image.plane_bits();
    let mut taken = BitVec::zeros(bits);
    for (j, &bit) in places.iter().enumerate() {
        let bit = bit as usize;
        demand(bit < bits, place, || format!("neuron {j} in bit {bit} of {bits}"))?;
        demand(!taken.get(bit), place, || {
            format!("neuron {j} in bit {bit}, where another is already")
        })?;
        taken.set(bit, true);
    }
    Ok(())
}
