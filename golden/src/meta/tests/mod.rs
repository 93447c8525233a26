//! The properties that make a meta-gradient trustworthy, on small random networks.

mod bilevel;
mod cost;
mod derivatives;
mod engine;
mod head;
mod networks;
mod products;
