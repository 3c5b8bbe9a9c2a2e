//! Probes of an a-SBC: one ClientHello, one OPTIONS in clear, or a connection without certificate, each on a path of its own.

use super::actions::Refused;
use crate::stage::Stage;
use crate::tls_side::name;
use oxocert_machine::{At, Flow, Transport};
use oxocert_record::{Bytes, Direction, Emitter, ProbeSeen, RoleName, SipSeen, What};
use oxocert_sip::ua::{Outside, RequestId};
use oxocert_tls::{Alert, Command, Ended, Handshake, Hello, Outcome, ProbeAnswer, ProbeId, Side, Version};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The port of SIP in clear (RFC 3261 §19.1.2), of the DUT and of an a-SBC.
pub(crate) const CLEAR_PORT: u16 = 5060;
/// How long an answer in clear is waited for.
const CLEAR_TIME: Duration = Duration::from_secs(2);
/// How long a connection without certificate may take: handshake and answer.
const BARE_TIME: Duration = Duration::from_secs(5);
/// The limit of a handshake that stands still, and how much longer its probe waits.
const STALL: &str = "tls.stall.max";
const STALL_AFTER: Duration = Duration::from_secs(5);
/// Ports of connections of probes: the upper part of [`Flow::OWN_PORTS`].
const FIRST_PORT: u16 = 65_000;
const PORTS: u32 = 500;

/// Suites without any certificate, Diffie-Hellman with and without elliptic curves (RFC 5246 §A.5, RFC 8422 §6).
const ANONYMOUS: [u16; 7] = [0x00a7, 0x00a6, 0x006d, 0x006c, 0x003a, 0x0034, 0xc019];

/// A ClientHello that waits for its answer; the TLS layer keeps its time.
#[derive(Debug)]
struct OneHello {
    role: RoleName,
    probe: String,
    remote: SocketAddr,
}

/// A probe whose answer is a SIP message.
#[derive(Debug)]
struct OneRequest {
    role: RoleName,
    probe: String,
    flow: Flow,
    until: At,
    /// The OPTIONS over a connection without certificate, once it is out.
    request: Option<RequestId>,
}

/// The ClientHello of a probe; a suite alone is named by its number: `0xc030`.
fn hello(name: &str) -> Option<Hello> {
    if name == "anonymous" {
        return Some(Hello { version: Version::Tls12, suites: ANONYMOUS.to_vec(), sni: None, stalls: None });
    }
    let only = name.strip_prefix("0x").map(|number| format!("only-0x{number}"));
    Hello::named(only.as_deref().unwrap_or(name))
}

/// Probes under way.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    next: u32,
    hellos: BTreeMap<ProbeId, OneHello>,
    clear: Vec<OneRequest>,
    bare: Vec<OneRequest>,
}

impl Probes {
    /// Whether the role has a probe without certificate under way on this flow's own path.
    pub(crate) fn is_bare(&self, flow: Flow) -> bool {
        self.bare.iter().any(|probe| probe.flow == flow)
    }

    /// When one has waited long enough.
    pub(crate) fn deadline(&self) -> Option<At> {
        self.clear.iter().chain(&self.bare).map(|probe| probe.until).min()
    }

    fn own_port(&mut self) -> u16 {
        let port = FIRST_PORT + u16::try_from(self.next % PORTS).unwrap_or(0);
        self.next += 1;
        port
    }
}

/// What came to a probe, without who asked.
struct Came {
    outcome: &'static str,
    alert: Option<Alert>,
    note: String,
}

impl Came {
    fn new(outcome: &'static str, note: impl Into<String>) -> Came {
        Came { outcome, alert: None, note: note.into() }
    }
}

impl Stage {
    /// Sends a probe to the DUT; `from`: a ClientHello of an address that is not the a-SBC's.
    pub(crate) fn send_probe(
        &mut self,
        role: &RoleName,
        with: &str,
        from: Option<IpAddr>,
    ) -> Result<(), Refused> {
        if self.bench.internet.is_none() || !self.sbcs.contains_key(role) {
            return Err(Refused::Bench(format!("{role} is no a-SBC with a secured trunk")));
        }
        match with {
            "clear-udp" => self.probe_in_clear(role, with, Transport::Udp),
            "clear-tcp" => self.probe_in_clear(role, with, Transport::Tcp),
            "no-certificate" => self.probe_bare(role, with),
            name => {
                let hello = hello(name)
                    .ok_or_else(|| Refused::Bench(format!("the bench knows no probe `{name}`")))?;
                self.probe_by_hello(role, with, from, hello);
            }
        }
        Ok(())
    }

    fn probe_by_hello(&mut self, role: &RoleName, with: &str, from: Option<IpAddr>, hello: Hello) {
        let (Some(sbc), Some(internet)) = (self.bench.sbcs.get(role), &self.bench.internet) else { return };
        let (local, remote) = (from.unwrap_or(sbc.address.ip()), self.bench.dut.trunk);
        // The step's own deadline comes first.
        let patience = self.bench.duration(STALL).map(|limit| limit + STALL_AFTER);
        let stalls = hello.stalls.map(|usual| patience.unwrap_or(usual));
        let hello = Hello { sni: Some(internet.dut_fqdn.clone()), stalls, ..hello };
        let id = ProbeId(self.probes.next);
        self.probes.next += 1;
        self.probes.hellos.insert(id, OneHello { role: role.clone(), probe: with.to_owned(), remote });
        self.order_tls(Command::Probe { id, local, remote, hello });
    }

    /// The TLS layer tells what came to a ClientHello.
    pub(crate) fn hello_answered(&mut self, at: At, id: ProbeId, answer: ProbeAnswer) {
        let Some(OneHello { role, probe, remote }) = self.probes.hellos.remove(&id) else { return };
        let mut seen = ProbeSeen {
            role,
            probe,
            remote,
            outcome: String::new(),
            alert: None,
            version: None,
            suite: None,
            note: String::new(),
        };
        let outcome = match answer {
            ProbeAnswer::Accepted { version, suite } => {
                seen.version = version.map(name);
                seen.suite = Some(suite);
                seen.note = "ServerHello".into();
                "accepted"
            }
            ProbeAnswer::Alert(Alert(alert)) => {
                seen.alert = Some(alert);
                seen.note = format!("alert {alert}");
                "alert"
            }
            ProbeAnswer::Closed { why } => {
                seen.note = why;
                "closed"
            }
            ProbeAnswer::Silent => "silent",
            ProbeAnswer::Unreadable { why } => {
                seen.note = why;
                "unreadable"
            }
        };
        seen.outcome = outcome.to_owned();
        self.happened(at, What::Probe(seen));
    }

    /// An OPTIONS in clear from a path of its own: nothing that a user agent would repeat.
    fn probe_in_clear(&mut self, role: &RoleName, with: &str, transport: Transport) {
        let Some(sbc) = self.bench.sbcs.get(role) else { return };
        let ip = sbc.address.ip();
        let remote = SocketAddr::new(self.bench.dut.trunk.ip(), CLEAR_PORT);
        let number = self.probes.next;
        let own_port = self.probes.own_port();
        let local = SocketAddr::new(ip, if transport == Transport::Udp { CLEAR_PORT } else { own_port });
        let flow = Flow { transport, local, remote };
        if transport == Transport::Tcp {
            self.order_tls(Command::Plain { local });
        }
        let via = transport.via();
        let text = format!(
            "OPTIONS sip:{remote} SIP/2.0\r\nVia: SIP/2.0/{via} {local};branch=z9hG4bKprobe{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:probe@{local}>;tag=probe{number}\r\nTo: <sip:{remote}>\r\nCall-ID: probe{number}@{ip}\r\nCSeq: 1 OPTIONS\r\n\
             Contact: <sip:probe@{local}>\r\nContent-Length: 0\r\n\r\n"
        );
        self.out.record(
            self.now,
            What::Sip(SipSeen {
                point: role.clone(),
                party: None,
                direction: Direction::Out,
                emitter: Emitter::Harness,
                transport,
                local,
                remote,
                retransmission: false,
                bytes: Bytes(text.clone().into_bytes()),
            }),
        );
        self.out.transmit(flow, 0, text.into_bytes());
        let until = self.now + CLEAR_TIME;
        let probe = OneRequest { role: role.clone(), probe: with.to_owned(), flow, until, request: None };
        self.probes.clear.push(probe);
    }

    /// Whether a flow carries SIP in clear beside a secured trunk.
    pub(crate) fn is_clear(&self, flow: Flow) -> bool {
        self.bench.internet.is_some()
            && flow.transport != Transport::Tls
            && self.bench.sbcs.values().any(|sbc| sbc.address.ip() == flow.local.ip())
    }

    /// Bytes in clear came to an a-SBC: the answer to a probe, or what nobody asked for. Nobody answers them.
    pub(crate) fn clear_received(&mut self, at: At, flow: Flow, bytes: &[u8]) {
        // Late media of a port that is closed already is no SIP.
        let port = flow.local.port();
        if port != CLEAR_PORT && port < FIRST_PORT {
            return;
        }
        let Some(role) = self.sbc_at(flow) else { return };
        self.saw(at, &role, flow, bytes.to_vec(), false);
        let place = self.probes.clear.iter().position(|probe| probe.flow == flow);
        match place {
            Some(place) if bytes.starts_with(b"SIP/2.0 ") => {
                let probe = self.probes.clear.remove(place);
                let status = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
                let note = String::from_utf8_lossy(status.get(..80).unwrap_or(status)).into_owned();
                self.probed(at, probe, Came::new("accepted", note));
            }
            _ => {
                self.finding(&role, Some(flow), format!("{} sends in clear to a secured trunk", flow.remote))
            }
        }
    }

    /// A path in clear is of no use.
    pub(crate) fn clear_lost(&mut self, at: At, flow: Flow, reason: &str) {
        if let Some(place) = self.probes.clear.iter().position(|probe| probe.flow == flow) {
            let probe = self.probes.clear.remove(place);
            self.probed(at, probe, Came::new("closed", reason));
        }
    }

    fn sbc_at(&self, flow: Flow) -> Option<RoleName> {
        let at = |sbc: &oxocert_scenario::model::bench::Sbc| sbc.address.ip() == flow.local.ip();
        self.bench.sbcs.iter().find(|(_, sbc)| at(sbc)).map(|(role, _)| role.clone())
    }

    /// A handshake as a client without certificate; OPTIONS follows where it completes.
    fn probe_bare(&mut self, role: &RoleName, with: &str) {
        let Some(sbc) = self.bench.sbcs.get(role) else { return };
        let local = SocketAddr::new(sbc.address.ip(), self.probes.own_port());
        let flow = Flow::tls(local, self.bench.dut.trunk);
        self.order_endpoint(role, false);
        self.order_tls(Command::Connect { flow });
        let until = self.now + BARE_TIME;
        let probe = OneRequest { role: role.clone(), probe: with.to_owned(), flow, until, request: None };
        self.probes.bare.push(probe);
    }

    /// A handshake is over; where it is that of a probe without certificate, the a-SBC has its certificate back.
    pub(crate) fn bare_handshake(&mut self, at: At, role: &RoleName, handshake: &Handshake) {
        let Some(place) = self.probes.bare.iter().position(|probe| probe.flow == handshake.flow) else {
            return;
        };
        self.order_endpoint(role, true);
        match &handshake.outcome {
            Outcome::Completed => {
                let trunk = self.bench.dut.trunk;
                let now = self.now;
                let Some(agent) = self.agents.get_mut(role) else { return };
                let request = Outside {
                    method: "OPTIONS".into(),
                    target: format!("sip:{trunk}"),
                    from: format!("<sip:{}>", agent.host()),
                    to: format!("<sip:{trunk}>"),
                    contact_user: Some("probe".into()),
                    headers: Vec::new(),
                    body: None,
                    credentials: None,
                };
                let sent = agent.ua.request(now, handshake.flow, request);
                if let Some(probe) = self.probes.bare.get_mut(place) {
                    probe.request = Some(sent);
                }
            }
            Outcome::Refused { by, alert, why } => {
                let probe = self.probes.bare.remove(place);
                let outcome = match (by, alert) {
                    (Side::Peer, Some(_)) => "alert",
                    (Side::Peer, None) => "closed",
                    // What we do not take of the DUT is no refusal of the DUT's.
                    (Side::Own, _) => "unreadable",
                };
                self.probed(at, probe, Came { outcome, alert: *alert, note: why.clone() });
            }
        }
    }

    /// A connection ended; in TLS 1.3 a server refuses a client so (RFC 8446 §4.4.2.4).
    pub(crate) fn bare_ended(&mut self, at: At, ended: &Ended) {
        let Some(place) = self.probes.bare.iter().position(|probe| probe.flow == ended.flow) else { return };
        let probe = self.probes.bare.remove(place);
        let outcome = if ended.alert.is_some() { "alert" } else { "closed" };
        self.probed(at, probe, Came { outcome, alert: ended.alert, note: ended.why.clone() });
    }

    /// A connection without certificate could not be made.
    pub(crate) fn bare_lost(&mut self, at: At, role: &RoleName, flow: Flow, reason: &str) {
        let Some(place) = self.probes.bare.iter().position(|probe| probe.flow == flow) else { return };
        let probe = self.probes.bare.remove(place);
        self.order_endpoint(role, true);
        self.probed(at, probe, Came::new("closed", reason));
    }

    /// An answer to a request outside calls; whether it was that of a probe.
    pub(crate) fn bare_answered(&mut self, role: &RoleName, request: RequestId, status: Option<u16>) -> bool {
        let asked = |probe: &OneRequest| probe.role == *role && probe.request == Some(request);
        let Some(place) = self.probes.bare.iter().position(asked) else { return false };
        if let Some(status) = status {
            let probe = self.probes.bare.remove(place);
            self.out.close(probe.flow);
            self.probed(self.now, probe, Came::new("accepted", format!("OPTIONS was answered {status}")));
        }
        true
    }

    /// Probes that have waited long enough.
    pub(crate) fn end_probes(&mut self) {
        let now = self.now;
        let late = |probe: &mut OneRequest| probe.until <= now;
        let clear: Vec<OneRequest> = self.probes.clear.extract_if(.., late).collect();
        let bare: Vec<OneRequest> = self.probes.bare.extract_if(.., late).collect();
        for probe in clear.into_iter().chain(bare) {
            if probe.flow.transport == Transport::Tls && probe.request.is_none() {
                self.order_endpoint(&probe.role.clone(), true);
            }
            if probe.flow.transport.is_reliable() {
                self.out.close(probe.flow);
            }
            self.probed(now, probe, Came::new("silent", "no answer"));
        }
    }

    fn probed(&mut self, at: At, probe: OneRequest, came: Came) {
        self.happened(
            at,
            What::Probe(ProbeSeen {
                role: probe.role,
                probe: probe.probe,
                remote: probe.flow.remote,
                outcome: came.outcome.to_owned(),
                alert: came.alert.map(|Alert(alert)| alert),
                version: None,
                suite: None,
                note: came.note,
            }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::hello;

    #[test]
    fn every_probe_of_the_vocabulary_is_known() {
        let others = oxocert_scenario::lab::PROBES_OF_AN_SBC;
        for probe in oxocert_scenario::lab::PROBES.into_iter().filter(|probe| !others.contains(probe)) {
            assert!(hello(probe).is_some(), "{probe}");
        }
        assert_eq!(hello("0xc027").unwrap().suites, [0xc027]);
    }
}
