//! Machines on the loop-back network.

mod capture;
mod capture_keys;
mod media;
mod packet_loop;
mod sip;
