//! What goes over the stream, read without any key: records, and what the clear part of a handshake shows.

mod records;
mod seen;

pub(crate) use records::{Garbage, Message, Records};
pub(crate) use seen::{Clear, ClientOffer};
