//! The sockets of one stream.

use super::{Settings, TransmitStamps};
use crate::BindError;
use crate::card::Card;
use nix::sys::socket::{TimestampingFlag, setsockopt, sockopt};
use oxocert_machine::Transport;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};

/// An RTP port and, where wanted, the RTCP port after it.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: Option<UdpSocket>,
}

impl Port {
    pub(super) fn open(local: SocketAddr, settings: &Settings, card: &Card) -> Result<Port, BindError> {
        let bound = |address| {
            open(address, settings, card).map_err(|source| BindError::new(Transport::Udp, address, source))
        };
        let mut next = local;
        next.set_port(local.port().wrapping_add(1));
        let rtcp = if settings.control { Some(bound(next)?) } else { None };
        Ok(Port { rtp: bound(local)?, rtcp })
    }
}

fn open(local: SocketAddr, settings: &Settings, card: &Card) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(local), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(settings.buffer)?;
    setsockopt(&socket, sockopt::Timestamping, &stamps(settings.transmit_stamps, card))?;
    setsockopt(&socket, sockopt::RxqOvfl, &1)?;
    socket.bind(&local.into())?;
    Ok(socket.into())
}

/// What is stamped. Of what is sent, only the numbering is switched on here where not all packets ask: those that do say so
/// themselves.
fn stamps(transmit: TransmitStamps, card: &Card) -> TimestampingFlag {
    let mut flags =
        TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE;
    if card.is_stamping() {
        flags |=
            TimestampingFlag::SOF_TIMESTAMPING_RX_HARDWARE | TimestampingFlag::SOF_TIMESTAMPING_RAW_HARDWARE;
    }
    if transmit != TransmitStamps::None {
        flags |= TimestampingFlag::SOF_TIMESTAMPING_OPT_ID | TimestampingFlag::SOF_TIMESTAMPING_OPT_TSONLY;
    }
    if transmit == TransmitStamps::All {
        flags |= TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE;
        if card.is_stamping() {
            flags |= TimestampingFlag::SOF_TIMESTAMPING_TX_HARDWARE;
        }
    }
    flags
}
