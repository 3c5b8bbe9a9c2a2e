//! What the parts cost bare: sending and receiving datagrams with nothing around it, and SRTP by its raw primitives.
#![allow(unsafe_code)]

use openssl::error::ErrorStack;
use openssl::sha::Sha1;
use openssl::symm::{Cipher, Crypter, Mode};
use oxocert_instrument::void::Voids;
use oxocert_instrument::{Estimator, Packet, Samples, StreamMeter};
use oxocert_io::packet_loop::slot_for;
use oxocert_machine::At;
use oxocert_metrology::Tier;
use std::io;
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Streams, as many as the load that it is the floor of.
const STREAMS: u16 = 1000;

/// RTP port of stream 0.
const PORT: u16 = 20_000;

/// Bytes of an SRTP packet of 20 ms G.711.
const PACKET: usize = 182;

/// Packets taken in one call at most.
const SLOTS: usize = 16;

const SENDER: Ipv4Addr = Ipv4Addr::new(127, 0, 91, 4);
const RECEIVER: Ipv4Addr = Ipv4Addr::new(127, 0, 91, 5);

/// Processor time of this process so far, nanoseconds.
fn cpu_ns() -> f64 {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID)
        .map_or(0.0, |time| time.tv_sec() as f64 * 1e9 + time.tv_nsec() as f64)
}

fn sockets(ip: Ipv4Addr) -> io::Result<Vec<UdpSocket>> {
    let open = |stream| {
        let socket = UdpSocket::bind((ip, PORT + 2 * stream))?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    (0..STREAMS).map(open).collect()
}

/// How the bare sender works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// All streams at once every 20 ms, each packet with its address.
    Unconnected,
    /// The same from connected sockets.
    Connected,
    /// As the loop is paced: a part of the streams after each of its wake-ups, which are part of the cost.
    Paced,
}

impl Bare {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Bare::Unconnected => "unconnected",
            Bare::Connected => "connected",
            Bare::Paced => "paced",
        }
    }

    /// The one of this name; anything else is the first.
    pub fn named(name: &str) -> Bare {
        [Bare::Connected, Bare::Paced]
            .into_iter()
            .find(|bare| bare.name() == name)
            .unwrap_or(Bare::Unconnected)
    }
}

/// Sends one packet of each stream every 20 ms; prints nanoseconds a packet.
pub fn send(bare: Bare, seconds: u32) -> io::Result<()> {
    let connected = bare == Bare::Connected;
    let sockets = sockets(SENDER)?;
    let remotes: Vec<SocketAddr> = (0..STREAMS).map(|stream| (RECEIVER, PORT + 2 * stream).into()).collect();
    if connected {
        for (socket, remote) in sockets.iter().zip(&remotes) {
            socket.connect(remote)?;
        }
    }
    println!("ready");
    let packet = [0x80; PACKET];
    let begun = Instant::now();
    let slot = if bare == Bare::Paced { slot_for(STREAMS.into()) } else { Duration::from_millis(20) };
    let slots = (Duration::from_millis(20).as_nanos() / slot.as_nanos()) as usize;
    let streams: Vec<(&UdpSocket, &SocketAddr)> = sockets.iter().zip(&remotes).collect();
    let (mut cpu, mut sent) = (0.0, 0u64);
    for round in 0..slots as u32 * 50 * seconds {
        let before = cpu_ns();
        std::thread::sleep((begun + slot * round).saturating_duration_since(Instant::now()));
        // The wake-up is part of the work only where the work has to be done in parts.
        let before = if bare == Bare::Paced { before } else { cpu_ns() };
        let part = round as usize % slots;
        for (socket, remote) in &streams[part * streams.len() / slots..(part + 1) * streams.len() / slots] {
            let done = if connected { socket.send(&packet) } else { socket.send_to(&packet, remote) };
            sent += u64::from(done.is_ok());
        }
        cpu += cpu_ns() - before;
    }
    println!("floor {:.1}", cpu / sent as f64);
    Ok(())
}

/// Receives with kernel stamps, each port ten times a second; prints nanoseconds a packet.
pub fn receive(seconds: u32) -> io::Result<()> {
    use nix::sys::socket::{TimestampingFlag, setsockopt, sockopt};
    let sockets = sockets(RECEIVER)?;
    let flags = TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
    for socket in &sockets {
        setsockopt(socket, sockopt::Timestamping, &flags)?;
    }
    println!("ready");
    let mut payload = vec![[0u8; 2048]; SLOTS];
    let mut control = vec![[0u64; 16]; SLOTS];
    let mut slices = Vec::new();
    for payload in &mut payload {
        slices.push(libc::iovec { iov_base: payload.as_mut_ptr().cast(), iov_len: payload.len() });
    }
    // SAFETY: mmsghdr is a plain C struct for which all-zero bytes are a valid value.
    let mut headers: Vec<libc::mmsghdr> = vec![unsafe { mem::zeroed() }; SLOTS];
    for ((header, slice), control) in headers.iter_mut().zip(&mut slices).zip(&mut control) {
        header.msg_hdr.msg_iov = slice;
        header.msg_hdr.msg_iovlen = 1;
        header.msg_hdr.msg_control = control.as_mut_ptr().cast();
    }
    let begun = Instant::now();
    let (mut cpu, mut received) = (0.0, 0u64);
    for round in 0..10 * seconds {
        std::thread::sleep(
            (begun + Duration::from_millis(100) * round).saturating_duration_since(Instant::now()),
        );
        let before = cpu_ns();
        for socket in &sockets {
            for header in &mut headers {
                header.msg_hdr.msg_controllen = mem::size_of::<[u64; 16]>();
            }
            // SAFETY: every header points at one iovec over its payload and at a control buffer, all of which live until the end of
            // this function and are touched by nothing else; their number is the second argument; the timeout may be null.
            let count = unsafe {
                libc::recvmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    SLOTS as libc::c_uint,
                    libc::MSG_DONTWAIT,
                    std::ptr::null_mut(),
                )
            };
            received += u64::try_from(count).unwrap_or(0);
        }
        cpu += cpu_ns() - before;
    }
    println!("floor {:.1}", cpu / received as f64);
    Ok(())
}

/// AES-CTR over 160 bytes and HMAC-SHA1 over 172 + 4 bytes, each with its key taken in once: nanoseconds a packet, median of rounds.
pub fn srtp_ns() -> Result<f64, ErrorStack> {
    const PACKETS: u32 = 2000;
    let mut begun = Sha1::new();
    begun.update(&[0x36; 64]);
    let mut crypter = Crypter::new(Cipher::aes_128_ctr(), Mode::Encrypt, &[7; 16], Some(&[0; 16]))?;
    let (mut packet, mut out) = ([0xd5u8; 172], [0; 176]);
    let mut rounds = Vec::new();
    for _ in 0..31 {
        let from = Instant::now();
        for _ in 0..PACKETS {
            let length = crypter.update(&packet[12..], &mut out)?;
            packet[12..].copy_from_slice(&out[..length]);
            let (mut inner, mut outer) = (begun.clone(), begun.clone());
            inner.update(&packet);
            inner.update(&[0; 4]);
            outer.update(&inner.finish());
            packet[..10].copy_from_slice(&outer.finish()[..10]);
        }
        rounds.push(from.elapsed().as_nanos() as f64 / f64::from(PACKETS));
    }
    Ok(crate::figures::median(rounds).unwrap_or(f64::NAN))
}

/// What a received packet costs to be noted in the loop, and then to be read with its window of 10 s, the streams taking turns:
/// nanoseconds a packet, medians of rounds.
pub fn estimator_ns() -> (f64, f64) {
    let mut meters: Vec<StreamMeter> =
        (0..STREAMS).map(|_| StreamMeter::new(Samples::with_capacity(640))).collect();
    let mut estimators: Vec<Estimator> = (0..STREAMS).map(|_| Estimator::new()).collect();
    let voids = Voids::of_tier(Tier::Simulation);
    let mut spare = Samples::with_capacity(640);
    let (mut notes, mut readings) = (Vec::new(), Vec::new());
    for window in 0..3u64 {
        for round in window * 100..window * 100 + 100 {
            let from = Instant::now();
            for (stream, meter) in meters.iter_mut().enumerate() {
                // Five packets of a port at once, as they are read.
                for number in round * 5..round * 5 + 5 {
                    std::hint::black_box(meter.packet(&packet(stream as u32, number)));
                }
            }
            notes.push(from.elapsed().as_nanos() as f64 / (5.0 * f64::from(STREAMS)));
        }
        for (meter, estimator) in meters.iter_mut().zip(&mut estimators) {
            let full = meter.swap(spare);
            let from = Instant::now();
            std::hint::black_box(estimator.read(&full, &voids));
            readings.push(from.elapsed().as_nanos() as f64 / full.packets().max(1) as f64);
            spare = full;
        }
    }
    let middle = |values| crate::figures::median(values).unwrap_or(f64::NAN);
    (middle(notes), middle(readings))
}

/// A packet that comes in time, to within some microseconds.
fn packet(stream: u32, number: u64) -> Packet {
    let at = At(number * 20_000_000 + u64::from(stream) * 20_000 + number * 7919 % 10_000);
    Packet {
        stamp: Some(at),
        at,
        ssrc: stream,
        sequence: number as u16,
        timestamp: number as u32 * 160,
        payload_type: 8,
        marker: false,
        samples: 160,
        l3_bytes: 210,
        sent: None,
    }
}
