//! What one peer may cost.

use std::time::Duration;

/// The longest handshake, from the stream on, where its owner says nothing else.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(60);

/// How long a probe waits for an answer, from the stream on.
pub(super) const PROBE: Duration = Duration::from_secs(5);

/// Handshakes that come in at one local address at the same time.
pub(super) const HALF_OPEN: usize = 256;

/// Plaintext that waits for a handshake, bytes.
pub(super) const WAITING: usize = 256 * 1024;

/// Bytes of a ClientHello that is not whole, with its records.
pub(super) const HELLO: usize = 160 * 1024;
