//! SIP for an oracle: lint parser, writer, transactions, dialogs, digest, offer/answer. Sans-IO.
//!
//! A certifier must see exactly what came and may send exactly what a scenario orders, so nothing here normalises,
//! retries behind its owner's back, or hides a defect.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod dialog;
pub mod digest;
pub mod message;
pub mod sdp;
pub mod stream;
pub mod transaction;
pub mod ua;
