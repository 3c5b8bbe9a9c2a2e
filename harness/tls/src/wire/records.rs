//! One direction of a stream as TLS records.

/// The longest record (RFC 5246 §6.2.3: 2^14 bytes and 2048 of what compression and encryption may add).
const LONGEST_RECORD: usize = 16_384 + 2_048;

/// The longest handshake message that is put together, bytes. Certificate chains are the longest: rustls takes 64 KiB.
const LONGEST_MESSAGE: usize = 128 * 1024;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const HEADER: usize = 5;

/// What is no TLS, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Garbage(pub(crate) String);

/// What can be read without a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// A whole handshake message: its type and its bytes with their header of four.
    Handshake(u8, Vec<u8>),
    /// An alert in the clear: level and description.
    Alert { level: u8, description: u8 },
}

/// Cuts one direction into records. Memory is bounded: it keeps one record and one handshake message of the clear part, and of
/// what is encrypted only how much is still to come.
#[derive(Debug, Default)]
pub(crate) struct Records {
    held: Vec<u8>,
    message: Vec<u8>,
    /// Bytes of an encrypted record that are still to come.
    skipping: usize,
    encrypted: bool,
    broken: bool,
}

impl Records {
    /// Takes a chunk; gives what it completes. After [`Garbage`] nothing more is read.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Message>, Garbage> {
        let mut messages = Vec::new();
        while !bytes.is_empty() && !self.broken {
            let skipped = self.skipping.min(bytes.len());
            self.skipping -= skipped;
            bytes = &bytes[skipped..];
            let wanted = match self.held.get(3..HEADER) {
                Some(length) => HEADER + usize::from(length[0]) * 256 + usize::from(length[1]),
                None => HEADER,
            };
            let taken = (wanted - self.held.len()).min(bytes.len());
            self.held.extend(&bytes[..taken]);
            bytes = &bytes[taken..];
            if let Err(garbage) = self.step(&mut messages) {
                self.broken = true;
                return Err(garbage);
            }
        }
        Ok(messages)
    }

    fn step(&mut self, messages: &mut Vec<Message>) -> Result<(), Garbage> {
        let &[kind, major, minor, high, low, ..] = self.held.as_slice() else { return Ok(()) };
        let length = usize::from(high) * 256 + usize::from(low);
        if self.held.len() == HEADER {
            if !(CHANGE_CIPHER_SPEC..=APPLICATION_DATA + 1).contains(&kind) || major != 3 || minor > 4 {
                return Err(Garbage(format!("{:02x?} begins no TLS record", &self.held)));
            }
            if length > LONGEST_RECORD {
                return Err(Garbage(format!(
                    "a record of {length} bytes: at most {LONGEST_RECORD} are allowed"
                )));
            }
            if kind == APPLICATION_DATA || (self.encrypted && kind != CHANGE_CIPHER_SPEC) {
                self.encrypted = true;
                self.skipping = length;
                self.held.clear();
                return Ok(());
            }
        }
        if self.held.len() < HEADER + length {
            return Ok(());
        }
        let body = self.held.split_off(HEADER);
        self.held.clear();
        match kind {
            CHANGE_CIPHER_SPEC => self.encrypted = true,
            ALERT => {
                if let &[level, description] = body.as_slice() {
                    messages.push(Message::Alert { level, description });
                }
            }
            HANDSHAKE => {
                self.message.extend(body);
                self.assemble(messages)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn assemble(&mut self, messages: &mut Vec<Message>) -> Result<(), Garbage> {
        while let &[kind, high, middle, low, ..] = self.message.as_slice() {
            let length = usize::from(high) * 65_536 + usize::from(middle) * 256 + usize::from(low);
            if length > LONGEST_MESSAGE {
                return Err(Garbage(format!("a handshake message of {length} bytes")));
            }
            if self.message.len() < 4 + length {
                return Ok(());
            }
            let rest = self.message.split_off(4 + length);
            messages.push(Message::Handshake(kind, std::mem::replace(&mut self.message, rest)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_over_two_records_byte_by_byte() {
        let mut records = Records::default();
        let wire = [22, 3, 1, 0, 3, 1, 0, 0, 22, 3, 1, 0, 3, 2, 9, 9, 21, 3, 1, 0, 2, 2, 40];
        let seen: Vec<Message> = wire.iter().flat_map(|byte| records.push(&[*byte]).unwrap()).collect();
        let alert = Message::Alert { level: 2, description: 40 };
        assert_eq!(seen, [Message::Handshake(1, vec![1, 0, 0, 2, 9, 9]), alert]);
    }

    #[test]
    fn what_is_no_record_and_what_is_too_long() {
        assert!(Records::default().push(b"OPTIONS sip:x SIP/2.0").is_err());
        assert!(Records::default().push(&[22, 3, 1, 0xff, 0xff]).is_err());
        let mut records = Records::default();
        assert!(records.push(&[22, 3, 1, 0, 4, 1, 0xff, 0, 0]).is_err());
        assert_eq!(records.push(&[1, 2, 3]), Ok(vec![]), "nothing is read after garbage");
    }

    #[test]
    fn sealed_records_are_not_kept() {
        let mut records = Records::default();
        let mut wire = vec![20, 3, 3, 0, 1, 1];
        for _ in 0..3 {
            wire.extend([22, 3, 3, 0, 4, 7, 7, 7, 7]);
        }
        assert_eq!(records.push(&wire), Ok(vec![]));
        assert_eq!((records.skipping, records.held.len()), (0, 0));
    }
}
