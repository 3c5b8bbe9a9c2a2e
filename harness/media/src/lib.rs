//! RTP, RTCP, tones, DTMF and estimators as one sans-IO media engine.
//!
//! [`engine::Engine`] owns every port of a process; the other modules are the parts it is made of, each testable alone.
//! [`with_media::WithMedia`] joins an engine and a signalling machine to one node of the virtual network.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod control;
pub mod dtmf;
pub mod engine;
pub mod estimate;
pub mod g711;
pub mod srtp;
pub mod tone;
pub mod with_media;
