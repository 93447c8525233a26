//! What a pass leaves behind that ends its tick: all rows of its tile at once.

use crate::run::{MAX_UNITS, TraceRow};

/// The neurons of a tile in one tick, padding included: `rows` entries of the trace port, the first in
/// cycle `cycle`, each of the others in the cycle behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fired<'a> {
    /// Cycle of the first row, counted from the core's cycle 0.
    pub cycle: u32,
    /// Layer, counted from 0.
    pub layer: u8,
    /// First neuron within its layer, in windowed tiles first lane.
    pub neuron: u32,
    /// Tick, counted from 0.
    pub tick: u8,
    /// `F_u`: neurons of a row.
    pub units: usize,
    /// Potentials before reset.
    pub u: &'a [i16],
    /// Potentials after reset.
    pub v: &'a [i16],
    /// Spikes, 16 neurons to a word, the first in bit 0.
    pub s: &'a [u16],
}

impl<'a> Fired<'a> {
    /// A single row of `units` neurons.
    pub(super) fn of(row: &'a TraceRow, units: usize) -> Self {
        Self {
            cycle: row.cycle,
            layer: row.layer,
            neuron: row.neuron,
            tick: row.tick,
            units,
            u: &row.u[..units],
            v: &row.v[..units],
            s: std::slice::from_ref(&row.s),
        }
    }

    /// The entries of the trace port.
    pub fn rows(&self) -> impl Iterator<Item = TraceRow> + '_ {
        let chunks = self.u.chunks_exact(self.units).zip(self.v.chunks_exact(self.units));
        chunks.enumerate().map(|(k, (u, v))| {
            let lane = k * self.units;
            let pad = |values: &[i16]| {
                let mut all = [0; MAX_UNITS];
                all[..self.units].copy_from_slice(values);
                all
            };
            let mask = u16::MAX >> (16 - self.units);
            TraceRow {
                cycle: self.cycle + k as u32,
                layer: self.layer,
                neuron: self.neuron + lane as u32,
                tick: self.tick,
                u: pad(u),
                v: pad(v),
                s: self.s[lane / 16] >> (lane % 16) & mask,
            }
        })
    }
}
