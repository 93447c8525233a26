//! The fast model: the datasheet again, pass by pass instead of cycle by cycle. What the lanes count and
//! the neurons compute is worked out for a whole tile at a time, and when it happens follows from
//! recurrences over groups and words. It gives what the cycle model gives, every stamp included, and shares
//! nothing with it but the decoded image.

mod columns;
mod counts;
mod fired;
mod machine;
mod neurons;
mod order;
mod pipeline;
mod scan;
mod schedule;
mod share;
mod simulator;
mod spikes;
mod start;

pub use fired::Fired;
pub use simulator::FastSimulator;
