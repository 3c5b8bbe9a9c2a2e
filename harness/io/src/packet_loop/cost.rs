//! What a packet costs on this machine, measured as the loop works: in short slots after a sleep, so that caches are as cold.

use super::incoming::Incoming;
use super::lane::{Desk, Lane};
use super::outgoing::Outgoing;
use super::pace::Pace;
use super::port::Port;
use super::{Observer, Receiving, Sending, Settings};
use crate::card::Card;
use crate::clock::RunClock;
use oxocert_instrument::schedule::Cost;
use oxocert_machine::At;
use oxocert_media::srtp::{Key, Suite};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Streams.
const STREAMS: u32 = 60;

/// Packets sent after each sleep.
const A_SLOT: u32 = 12;

/// Rounds over all streams; the first one counts for nothing, as each stream's keys are derived in it.
const ROUNDS: u32 = 21;

/// Packets that lie in a port when it is read.
const A_PORT: u32 = 5;

/// Length of a slot.
const SLOT: Duration = Duration::from_micros(250);

struct Nobody;

impl Observer for Nobody {}

/// Sends and receives about a thousand SRTP packets over the loop-back interface, in about 30 ms.
///
/// # Errors
/// The system gives no ports, or refuses its own packets.
pub fn measure(clock: RunClock) -> io::Result<Cost> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let settings = Settings::default();
    let card = || Card::ask(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let mut desk = Desk::new(clock, card(), settings.transmit_stamps, Nobody, STREAMS as usize);
    let mut lanes = Vec::new();
    for stream in 0..STREAMS {
        let open = || Port::open(any, &settings, &card()).map_err(io::Error::other);
        let (from, to) = (open()?, open()?);
        let key = Key {
            suite: Suite::AesCm128Sha1_80,
            key_and_salt: vec![stream as u8; Suite::AesCm128Sha1_80.key_and_salt_len()],
            mki: None,
        };
        let sending = Sending {
            remote: to.rtp.local_addr()?,
            tos: 0,
            payload_type: 8,
            payload_bytes: 160,
            ssrc: stream,
            first_sequence: 0,
            first_timestamp: 0,
            packets: None,
            key: Some(key.clone()),
        };
        let receiving = Receiving { key: Some(key), ..Receiving::default() };
        let (mut from, mut to) =
            (Lane::new(stream, stream as usize, from), Lane::new(stream, stream as usize, to));
        from.begin(Box::new(Outgoing::new(sending).map_err(io::Error::other)?));
        to.incoming = Some(Box::new(Incoming::new(receiving).map_err(io::Error::other)?));
        lanes.push((from, to));
    }
    Ok(work(clock, &mut lanes, &mut desk))
}

fn work(clock: RunClock, lanes: &mut [(Lane, Lane)], desk: &mut Desk<Nobody>) -> Cost {
    let pace = Pace::new(clock);
    let (mut send, mut receive, mut wake) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = clock.now();
    for round in 0..ROUNDS {
        for begin in (0..STREAMS).step_by(A_SLOT as usize) {
            at = at.max(clock.now()) + SLOT;
            let cpu = super::rights::cpu_ns();
            let woken = pace.until(at, 0);
            let slept = super::rights::cpu_ns().zip(cpu).map(|(after, before)| after.saturating_sub(before));
            wake.extend(slept);
            let range = begin..(begin + A_SLOT).min(STREAMS);
            let begun = clock.now();
            for stream in range.clone() {
                if let Some((from, _)) = lanes.get_mut(stream as usize) {
                    from.send(round.into(), woken, desk);
                }
            }
            let sent = clock.now();
            // Each port is read when it holds as many packets as it does under load.
            let mut taken = 0;
            if (round + 1) % A_PORT == 0 {
                for stream in range {
                    if let Some((from, to)) = lanes.get_mut(stream as usize) {
                        taken += to.receive(desk) as u64;
                        from.take_answers(desk);
                    }
                }
            }
            if round > 0 {
                send.push(each(begun, sent, u64::from(A_SLOT)));
            }
            if round > A_PORT && taken > 0 {
                receive.push(each(sent, clock.now(), taken));
            }
        }
    }
    Cost { send_ns: median(send), receive_ns: median(receive), wake_ns: median(wake) }
}

fn each(from: At, to: At, packets: u64) -> u64 {
    to.0.saturating_sub(from.0) / packets
}

/// What the machine does when it is not disturbed; not a number where nothing was measured.
fn median(mut values: Vec<u64>) -> f64 {
    values.sort_unstable();
    values.get(values.len() / 2).map_or(f64::NAN, |value| *value as f64)
}
