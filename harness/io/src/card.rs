//! Stamps of the network card: asking a driver for them, and the card's clock.
#![allow(unsafe_code)]

use crate::clock::RunClock;
use nix::time::ClockId;
use oxocert_machine::At;
use std::fs::File;
use std::io;
use std::mem;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// `ETHTOOL_GET_TS_INFO` of linux/ethtool.h.
const GET_TS_INFO: u32 = 0x41;

/// Readings of one pairing; the tightest counts.
const READINGS: usize = 4;

/// `struct ethtool_ts_info`.
#[repr(C)]
#[derive(Default)]
struct TsInfo {
    cmd: u32,
    so_timestamping: u32,
    phc_index: i32,
    tx_types: u32,
    tx_reserved: [u32; 3],
    rx_filters: u32,
    rx_reserved: [u32; 3],
}

/// Whether the card of an interface stamps packets.
#[derive(Debug)]
pub(crate) struct Card {
    clock: Result<PhcClock, String>,
}

/// The clock of a card (PHC) and where it was when it was last read.
#[derive(Debug)]
struct PhcClock {
    device: File,
    interface: String,
    offset: Option<Offset>,
}

#[derive(Debug, Clone, Copy)]
struct Offset {
    /// The card's clock at the origin of the run, nanoseconds.
    origin_ns: i128,
    error_ns: u64,
}

impl Card {
    /// Asks the card that `local` is on to stamp all packets in both directions.
    pub(crate) fn ask(local: IpAddr) -> Card {
        Card { clock: ask(local) }
    }

    /// Whether it does.
    pub(crate) fn is_stamping(&self) -> bool {
        self.clock.is_ok()
    }

    /// In words: what it does, or why it does not.
    pub(crate) fn state(&self) -> String {
        match &self.clock {
            Ok(clock) => format!("stamps of the network card {}", clock.interface),
            Err(why) => format!("kernel stamps, none of a network card: {why}"),
        }
    }

    /// Reads the card's clock beside the run's.
    pub(crate) fn refresh(&mut self, clock: RunClock) {
        if let Ok(card) = &mut self.clock {
            card.offset = card.pair(clock);
        }
    }

    /// The point of the timeline of a stamp of the card.
    pub(crate) fn at(&self, card_ns: u64) -> Option<At> {
        let offset = self.clock.as_ref().ok()?.offset?;
        u64::try_from(i128::from(card_ns) - offset.origin_ns).ok().map(At)
    }

    /// Error of that, nanoseconds.
    pub(crate) fn error_ns(&self) -> Option<u64> {
        self.clock.as_ref().ok()?.offset.map(|offset| offset.error_ns)
    }
}

impl PhcClock {
    fn pair(&self, clock: RunClock) -> Option<Offset> {
        // linux/posix-timers.h: a clock behind a file is its number, inverted, above three bits of kind 3.
        let id = ClockId::from_raw((!self.device.as_raw_fd() << 3) | 3);
        let mut best: Option<Offset> = None;
        for _ in 0..READINGS {
            let before = clock.now();
            let time = nix::time::clock_gettime(id).ok()?;
            let width = clock.now().0.saturating_sub(before.0);
            let card_ns = i128::from(time.tv_sec()) * 1_000_000_000 + i128::from(time.tv_nsec());
            if best.is_none_or(|best| width / 2 < best.error_ns) {
                let middle = i128::from(before.0 + width / 2);
                best = Some(Offset { origin_ns: card_ns - middle, error_ns: width / 2 });
            }
        }
        best
    }
}

fn ask(local: IpAddr) -> Result<PhcClock, String> {
    if local.is_loopback() {
        return Err("packets on the loop-back interface pass no card".to_owned());
    }
    let interface = interface_of(local).ok_or_else(|| format!("no interface has the address {local}"))?;
    let failed = |what: &str, error: &io::Error| format!("{interface} {what}: {error}");
    let socket = UdpSocket::bind((local, 0)).map_err(|error| failed("cannot be asked", &error))?;
    let mut info = TsInfo { cmd: GET_TS_INFO, phc_index: -1, ..TsInfo::default() };
    request(&socket, &interface, libc::SIOCETHTOOL, (&raw mut info).cast())
        .map_err(|error| failed("does not tell what it stamps", &error))?;
    let needed = libc::SOF_TIMESTAMPING_RX_HARDWARE
        | libc::SOF_TIMESTAMPING_TX_HARDWARE
        | libc::SOF_TIMESTAMPING_RAW_HARDWARE;
    if info.so_timestamping & needed != needed || info.phc_index < 0 {
        return Err(format!("{interface} has no clock that stamps in both directions"));
    }
    let mut wanted = libc::hwtstamp_config {
        flags: 0,
        tx_type: libc::HWTSTAMP_TX_ON as libc::c_int,
        rx_filter: libc::HWTSTAMP_FILTER_ALL as libc::c_int,
    };
    request(&socket, &interface, libc::SIOCSHWTSTAMP, (&raw mut wanted).cast())
        .map_err(|error| failed("refuses to stamp all packets", &error))?;
    let path = format!("/dev/ptp{}", info.phc_index);
    let device = File::open(&path).map_err(|error| format!("{path}, the clock of {interface}: {error}"))?;
    Ok(PhcClock { device, interface, offset: None })
}

/// An ioctl of an interface whose argument is `data`.
fn request(
    socket: &UdpSocket,
    interface: &str,
    number: libc::c_ulong,
    data: *mut libc::c_char,
) -> io::Result<()> {
    // SAFETY: ifreq is a plain C struct for which all-zero bytes are a valid value.
    let mut asked: libc::ifreq = unsafe { mem::zeroed() };
    // The last byte stays zero.
    let name = interface.bytes().take(asked.ifr_name.len() - 1);
    for (to, from) in asked.ifr_name.iter_mut().zip(name) {
        *to = from as libc::c_char;
    }
    asked.ifr_ifru.ifru_data = data;
    // SAFETY: `asked` and what `data` points at (the struct that belongs to `number`, at the callers above) live until after the
    // call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), number as _, &raw mut asked) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn interface_of(local: IpAddr) -> Option<String> {
    nix::ifaddrs::getifaddrs().ok()?.find_map(|entry| {
        let IpAddr::V4(local) = local else { return None };
        (entry.address?.as_sockaddr_in()?.ip() == local).then_some(entry.interface_name)
    })
}
