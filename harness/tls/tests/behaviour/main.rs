//! The TLS layer as its machine and its peer see it.
#![allow(clippy::unwrap_used)]

mod certificates;
mod connections;
mod handshakes;
mod lab;
mod pair;
mod probes;
mod robustness;
mod second_opinion;
