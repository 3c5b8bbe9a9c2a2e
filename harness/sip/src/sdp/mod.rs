//! Session descriptions: reading, offering, answering, passing on (RFC 8866, RFC 3264, RFC 4568).

mod codec;
mod crypto;
mod direction;
mod local;
mod pass;
mod read;

pub use codec::Codec;
pub use crypto::{Crypto, chosen};
pub use direction::Direction;
pub use local::{Answer, Local};
pub use pass::{Readdress, readdress};
pub use read::{Audio, Description, NotSdp, read};
