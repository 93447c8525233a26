//! Smooth exact gradients: neurons whose spikes appear and vanish at the end of the trial only, so that
//! spike times and losses are continuous functions of all parameters and exact gradients exist
//! everywhere (Klos and Memmesheimer, Physical Review Letters 134, 027301, 2025).

pub mod current;
pub mod tasks;
pub mod theta;
pub mod train;
