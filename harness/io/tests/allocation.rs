//! The packet loop's thread allocates nothing while it sends and receives.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

use oxocert_instrument::schedule::Cost;
use oxocert_instrument::{Packet, Samples, StreamMeter};
use oxocert_io::clock::RunClock;
use oxocert_io::packet_loop::{Observer, PacketLoop, Receiving, Second, Sending, Settings};
use oxocert_media::srtp::{Key, Suite};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Counts, per thread, what is asked of the system's allocator: allocations and what is given back.
struct Counting;

fn count() {
    // A thread that is ending has no counter any more.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call is handed on to the system's allocator unaltered.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const STREAMS: u32 = 40;
const SECONDS: usize = 4;

/// Notes what it gets as the instrument does, and the counter of its thread at the end of each second.
struct Watch {
    meters: Vec<StreamMeter>,
    calls: Vec<u64>,
    packets: Vec<(u64, u64)>,
}

impl Observer for Watch {
    fn received(&mut self, stream: u32, packet: &Packet, _: &[u8]) {
        if let Some(meter) = self.meters.get_mut(stream as usize) {
            meter.packet(packet);
        }
    }
    fn second(&mut self, second: &Second) {
        if self.calls.len() < self.calls.capacity() {
            self.calls.push(CALLS.get());
            self.packets.push((second.sent, second.received));
        }
    }
}

#[test]
fn sending_and_receiving_allocate_nothing() {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let address = |end: u8, stream: u32| {
        SocketAddr::from((Ipv4Addr::new(127, (high << 4) | end, middle, low), 22_000 + 2 * stream as u16))
    };
    let suite = Suite::AesCm128Sha1_80;
    let key = |end: u8| Some(Key { suite, key_and_salt: vec![end; suite.key_and_salt_len()], mki: None });
    let ends = [1u8, 2].map(|own| {
        let watch = Watch {
            meters: (0..STREAMS).map(|_| StreamMeter::new(Samples::with_capacity(640))).collect(),
            calls: Vec::with_capacity(SECONDS),
            packets: Vec::with_capacity(SECONDS),
        };
        let cost = Some(Cost { send_ns: 3000.0, receive_ns: 2000.0, wake_ns: 20_000.0 });
        let locals: Vec<SocketAddr> = (0..STREAMS).map(|stream| address(own, stream)).collect();
        let settings = Settings { cost, ..Settings::default() };
        PacketLoop::start(RunClock::start(), settings, &locals, watch).unwrap()
    });
    for (end, (own, other)) in ends.iter().zip([(1, 2), (2, 1)]) {
        for stream in 0..STREAMS {
            let receiving =
                Receiving { remote: Some(address(other, stream)), key: key(other), ..Receiving::default() };
            end.receive(stream, receiving).unwrap();
        }
        for stream in 0..STREAMS {
            let sending = Sending {
                remote: address(other, stream),
                tos: 0,
                payload_type: 8,
                payload_bytes: 160,
                ssrc: stream,
                first_sequence: 65_450,
                first_timestamp: 0,
                packets: Some(50 * (SECONDS as u64 + 1)),
                key: key(own),
            };
            end.send(stream, sending).unwrap();
        }
    }
    while ends.iter().any(|end| end.sending() > 0) {
        std::thread::yield_now();
    }
    for end in ends {
        let watch = end.stop().unwrap().observer;
        assert_eq!(watch.calls.len(), SECONDS);
        // In the first second each stream's first packet makes room for its state.
        let grown: Vec<u64> = watch.calls.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(grown, vec![0; SECONDS - 1]);
        assert!(
            watch.packets[1..].iter().all(|(sent, received)| *sent > 0 && *received > 0),
            "{:?}",
            watch.packets
        );
    }
}
