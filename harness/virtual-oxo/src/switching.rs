//! UDP to TCP switching: a request that does not fit one datagram goes over a stream (RFC 3261 §18.1.1).

use crate::defects::Defect;
use crate::oxo::VirtualOxo;
use oxocert_machine::{Flow, Output, Transport};
use oxocert_sip::message::Message;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Longest request that goes in a datagram where the path MTU is not known, bytes.
const LONGEST: usize = 1300;

/// Most transactions that are remembered.
const MOST: usize = 64;

/// Requests that went over a stream instead, by branch, with their datagram.
#[derive(Debug, Default)]
pub(crate) struct Switched(BTreeMap<String, (Flow, Vec<u8>)>);

impl VirtualOxo {
    /// Where a request that was written for a datagram goes, and how it then reads. `None`: nowhere, it is a repetition that
    /// a stream does not need.
    pub(crate) fn switch(&mut self, flow: Flow, bytes: Vec<u8>, repeated: bool) -> Option<(Flow, Vec<u8>)> {
        let is_request = !bytes.starts_with(b"SIP/2.0 ");
        if flow.transport == Transport::Tls || !self.settings.trunk.udp_to_tcp || !is_request {
            return Some((flow, bytes));
        }
        let Ok(message) = Message::parse(&bytes) else { return Some((flow, bytes)) };
        let Some(branch) = message.branch() else { return Some((flow, bytes)) };
        // CANCEL and the ACK to a refusal belong to the transaction and go where its INVITE went (§9.1, §17.1.1.3).
        let known = self.switched.0.contains_key(&branch);
        let stays =
            bytes.len() <= LONGEST || self.has(Defect::StaysOnUdp) || flow.transport == Transport::Tcp;
        if !known && stays {
            return Some((flow, bytes));
        }
        if known && repeated {
            return None;
        }
        // Once the answers come over the stream, the user agent sends there by itself: only the Via is still a datagram's.
        let stream = match flow.transport {
            Transport::Tcp => flow,
            _ => Flow::tcp(SocketAddr::new(flow.local.ip(), 0), flow.remote),
        };
        let text = String::from_utf8_lossy(&bytes)
            .replacen("SIP/2.0/UDP", "SIP/2.0/TCP", 1)
            .replacen(";rport", "", 1);
        if !known {
            if self.switched.0.len() >= MOST {
                self.switched.0.pop_first();
            }
            self.switched.0.insert(branch, (flow, bytes));
        }
        let mut bytes = text.into_bytes();
        if self.has(Defect::CutsLongRequests) {
            bytes.truncate(LONGEST);
        }
        Some((stream, bytes))
    }

    /// A stream that could not be made: what waited for it goes by datagram after all. True where that was so.
    pub(crate) fn fall_back_to_udp(&mut self, flow: Flow, stood: bool) -> bool {
        if stood || flow.transport != Transport::Tcp || !self.settings.trunk.udp_to_tcp {
            return false;
        }
        let waiting: Vec<String> = self
            .switched
            .0
            .iter()
            .filter(|(_, (datagram, _))| datagram.remote == flow.remote)
            .map(|(branch, _)| branch.clone())
            .collect();
        for branch in &waiting {
            if let Some((flow, bytes)) = self.switched.0.remove(branch) {
                self.out.push_back(Output::Transmit { flow, tos: self.settings.sip.tos, bytes });
            }
        }
        !waiting.is_empty()
    }
}
