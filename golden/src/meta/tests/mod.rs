//! The properties that make a meta-gradient trustworthy, on small random networks.

mod derivatives;
mod engine;
mod networks;
