//! What one end of the bench is told: a line of `word=value` on its standard input.

use oxocert_io::packet_loop::{Receiving, Sending, TransmitStamps};
use oxocert_media::srtp::{Key, Suite};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

/// One end: its ports, its peer's, and what goes between.
#[derive(Debug, Clone)]
pub struct Order {
    /// Streams.
    pub streams: u32,
    /// Address of this end.
    pub local: Ipv4Addr,
    /// Address of the other end.
    pub remote: Ipv4Addr,
    /// RTP port of stream 0 at both ends; stream n has `port + 2 n`.
    pub port: u16,
    /// SRTP suite; `None` = clear.
    pub suite: Option<Suite>,
    /// Packets sent of each stream; 0 = this end only receives.
    pub packets: u32,
    /// Packets awaited of each stream; 0 = whatever comes, from anybody.
    pub awaited: u32,
    /// Distance of wake-ups, microseconds.
    pub slot_us: u32,
    /// Distance of the readings of one port, milliseconds.
    pub sweep_ms: u32,
    /// One in so many packets asks when it left; 0 = none.
    pub stamps: u32,
    /// Longest measurement, seconds: what has to be made room for.
    pub seconds: u32,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "streams={} local={} remote={} port={} suite={} packets={} awaited={} slot_us={} sweep_ms={} stamps={} seconds={}",
            self.streams,
            self.local,
            self.remote,
            self.port,
            self.suite.map_or("clear", Suite::name),
            self.packets,
            self.awaited,
            self.slot_us,
            self.sweep_ms,
            self.stamps,
            self.seconds
        )
    }
}

impl Order {
    /// Reads the line; tells which word is missing or wrong.
    pub fn read(line: &str) -> Result<Order, String> {
        let words: BTreeMap<&str, &str> =
            line.split_whitespace().filter_map(|word| word.split_once('=')).collect();
        fn word<T: std::str::FromStr>(words: &BTreeMap<&str, &str>, name: &str) -> Result<T, String> {
            words
                .get(name)
                .and_then(|value| value.parse().ok())
                .ok_or_else(|| format!("no usable {name}= in the order"))
        }
        Ok(Order {
            streams: word(&words, "streams")?,
            local: word(&words, "local")?,
            remote: word(&words, "remote")?,
            port: word(&words, "port")?,
            suite: words.get("suite").and_then(|name| Suite::named(name)),
            packets: word(&words, "packets")?,
            awaited: word(&words, "awaited")?,
            slot_us: word(&words, "slot_us")?,
            sweep_ms: word(&words, "sweep_ms")?,
            stamps: word(&words, "stamps")?,
            seconds: word(&words, "seconds")?,
        })
    }

    /// The ports of this end.
    pub fn locals(&self) -> Vec<SocketAddr> {
        (0..self.streams).map(|stream| self.address(self.local, stream)).collect()
    }

    /// Which packets ask when they left.
    pub fn transmit_stamps(&self) -> TransmitStamps {
        match self.stamps {
            0 => TransmitStamps::None,
            1 => TransmitStamps::All,
            many => TransmitStamps::OneIn(many),
        }
    }

    /// What this end sends on a stream.
    pub fn sending(&self, stream: u32) -> Sending {
        Sending {
            remote: self.address(self.remote, stream),
            tos: 0xb8,
            payload_type: 8,
            payload_bytes: 160,
            ssrc: ssrc(self.local, stream),
            first_sequence: first_sequence(self.local, stream),
            first_timestamp: stream.wrapping_mul(0x9e37_79b9),
            packets: Some(u64::from(self.packets)),
            key: self.key(self.local, stream),
        }
    }

    /// What this end awaits on a stream.
    pub fn receiving(&self, stream: u32) -> Receiving {
        if self.awaited == 0 {
            return Receiving::default();
        }
        Receiving {
            remote: Some(self.address(self.remote, stream)),
            ssrc: Some(ssrc(self.remote, stream)),
            payload_type: Some(8),
            event_payload_type: None,
            key: self.key(self.remote, stream),
        }
    }

    /// The sequence number of the first packet awaited on a stream.
    pub fn first_awaited(&self, stream: u32) -> u16 {
        first_sequence(self.remote, stream)
    }

    fn address(&self, ip: Ipv4Addr, stream: u32) -> SocketAddr {
        SocketAddr::from((ip, self.port.wrapping_add(2 * stream as u16)))
    }

    /// A key of its own for each stream and direction; both ends derive the same.
    fn key(&self, sender: Ipv4Addr, stream: u32) -> Option<Key> {
        let suite = self.suite?;
        let mut state = mix(sender, stream);
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        Some(Key {
            suite,
            key_and_salt: std::iter::repeat_with(next).take(suite.key_and_salt_len()).collect(),
            mki: None,
        })
    }
}

fn mix(sender: Ipv4Addr, stream: u32) -> u64 {
    (u64::from(u32::from(sender)) << 32 | u64::from(stream)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn ssrc(sender: Ipv4Addr, stream: u32) -> u32 {
    (mix(sender, stream) >> 32) as u32
}

/// All over the range, so that some streams pass a roll-over.
fn first_sequence(sender: Ipv4Addr, stream: u32) -> u16 {
    (mix(sender, stream) >> 16) as u16
}
