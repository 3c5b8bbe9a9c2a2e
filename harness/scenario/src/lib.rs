//! Scenarios, bench and operator profiles, limits and the requirement register: TOML to types that are legal.

pub mod model;
