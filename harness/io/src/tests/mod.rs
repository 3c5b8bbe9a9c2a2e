//! Machines on the loop-back network.

mod capture;
mod media;
mod sip;
