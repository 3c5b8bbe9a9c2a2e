//! The virtual OXO between sets and a-SBCs, in virtual time.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod basic;
mod digits;
mod gateways;
mod hold;
mod identity;
mod lab;
mod secured;
mod switching;
mod transfer;
