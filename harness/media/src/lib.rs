//! RTP, RTCP, tones, DTMF and estimators as one sans-IO media engine.

pub mod engine;
