//! The box as a machine: what comes in goes to a user agent, the console or the media side; what is due is done.

use crate::agenda::Agenda;
use crate::defects::{Defect, Defects};
use crate::gateway::Gateways;
use crate::leg::{Join, LegId, Legs, Pending, Purpose, Side, TrunkCall};
use crate::media_ports::MediaPorts;
use crate::names::Resolver;
use crate::registrar::Registrar;
use crate::settings::Settings;
use crate::spelling::spell;
use crate::spoil::Spoiler;
use crate::switching::Switched;
use crate::task::Task;
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_media::engine;
use oxocert_media::with_media::MediaOwner;
use oxocert_sip::ua::{self, RequestId, UserAgent};
use oxocert_tls::{self as tls, TlsOwner};
use rand::rngs::SmallRng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

/// What the box tells its owner.
#[derive(Debug, Clone)]
pub enum OxoEvent {
    /// An order for its media engine.
    Media(engine::Command),
    /// An order for its TLS layer.
    Tls(tls::Command),
    /// What it did, in words.
    Log(String),
}

/// What the parts of the box tell it.
#[derive(Debug, Clone)]
pub enum OxoCommand {
    /// Its media engine.
    Media(engine::Event),
    /// Its TLS layer.
    Tls(tls::Event),
}

/// A simulated OXO Connect.
///
/// Its commands are the events of its media engine and its TLS layer; see [`OxoEvent`] for what it wants of its owner.
pub struct VirtualOxo {
    pub(crate) settings: Settings,
    pub(crate) defects: Defects,
    pub(crate) now: At,
    pub(crate) trunk: UserAgent,
    pub(crate) lan: UserAgent,
    pub(crate) out: VecDeque<Output<OxoEvent>>,
    pub(crate) agenda: Agenda<Task>,
    pub(crate) registrar: Registrar,
    pub(crate) gateways: Gateways,
    pub(crate) legs: Legs,
    pub(crate) asked: BTreeMap<(Side, RequestId), (LegId, Pending)>,
    pub(crate) referred: BTreeMap<RequestId, (LegId, Join)>,
    pub(crate) forwards: BTreeMap<String, String>,
    pub(crate) ports: MediaPorts,
    pub(crate) port_numbers: BTreeMap<engine::PortId, SocketAddr>,
    pub(crate) extra_flows: BTreeMap<LegId, engine::PortId>,
    pub(crate) dice: SmallRng,
    pub(crate) spoiler: Spoiler,
    pub(crate) sessions: u64,
    pub(crate) refused_by_trunk: bool,
    pub(crate) trunk_calls_seen: u64,
    pub(crate) backup_was_used: bool,
    pub(crate) digits_seen: u64,
    pub(crate) acknowledging: BTreeMap<LegId, At>,
    pub(crate) attended: u64,
    pub(crate) released_by_far_end: u64,
    pub(crate) a_gateway_came_back: bool,
    pub(crate) resolver: Option<Resolver>,
    /// Calls whose gateway's name is being asked for.
    pub(crate) waiting_calls: Vec<(Purpose, TrunkCall)>,
    /// Streams that stand.
    pub(crate) connections: BTreeSet<Flow>,
    /// Streams under TLS whose peer may speak.
    pub(crate) welcome: BTreeSet<Flow>,
    pub(crate) deaf_until: At,
    pub(crate) switched: Switched,
    /// Name of the certificate in use.
    pub(crate) certificate: String,
    /// Name of the imported CA certificates.
    pub(crate) trusts: String,
    /// Seconds by which its clock is ahead.
    pub(crate) clock_ahead: i64,
    /// Bytes of a header that makes INVITEs longer.
    pub(crate) padding: usize,
    pub(crate) key_dice: SmallRng,
}

impl VirtualOxo {
    /// A box that is just started: nobody registered, its gateways asked at once.
    pub fn new(settings: Settings, defects: Defects, seed: Seed) -> VirtualOxo {
        let realm = settings.lan.realm.clone().unwrap_or_else(|| settings.lan.address.ip().to_string());
        let nonce = format!("{:016x}", seed.child("nonce").0);
        let [mut first, mut last] = settings.media.rtp_range;
        if defects.has(Defect::MediaOutsideRange) {
            (first, last) = (5200, 5455);
        }
        if defects.has(Defect::OddRtpPort) {
            first += 1;
        }
        let mut oxo = VirtualOxo {
            now: At::ZERO,
            trunk: UserAgent::new(trunk_config(&settings, &defects, seed)),
            lan: UserAgent::new(lan_config(&settings, &defects, seed)),
            out: VecDeque::new(),
            agenda: Agenda::new(),
            registrar: Registrar::new(realm, nonce),
            gateways: Gateways::new(&settings.gateways),
            legs: Legs::default(),
            asked: BTreeMap::new(),
            referred: BTreeMap::new(),
            forwards: BTreeMap::new(),
            ports: MediaPorts::new(first, last, defects.has(Defect::PortsUsedAgain)),
            port_numbers: BTreeMap::new(),
            extra_flows: BTreeMap::new(),
            dice: seed.generator("virtual-oxo"),
            spoiler: Spoiler::new(&settings),
            sessions: 1000,
            refused_by_trunk: false,
            trunk_calls_seen: 0,
            backup_was_used: false,
            digits_seen: 0,
            acknowledging: BTreeMap::new(),
            attended: 0,
            released_by_far_end: 0,
            a_gateway_came_back: false,
            resolver: settings.dns.as_ref().map(|dns| Resolver::new(dns, &defects, seed)),
            waiting_calls: Vec::new(),
            connections: BTreeSet::new(),
            welcome: BTreeSet::new(),
            deaf_until: At::ZERO,
            switched: Switched::default(),
            certificate: "good".to_owned(),
            trusts: "good".to_owned(),
            clock_ahead: settings.tls.as_ref().map_or(0, |tls| tls.clock_ahead),
            padding: 0,
            key_dice: seed.generator("srtp"),
            settings,
            defects,
        };
        oxo.secure_trunk();
        oxo.begin_supervision();
        oxo
    }

    /// The product string it shows.
    pub fn product(&self) -> String {
        self.settings.product()
    }

    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.defects.has(defect)
    }

    pub(crate) fn ua(&mut self, side: Side) -> &mut UserAgent {
        match side {
            Side::Trunk => &mut self.trunk,
            Side::Lan => &mut self.lan,
        }
    }

    pub(crate) fn log(&mut self, text: impl Into<String>) {
        self.out.push_back(Output::Event(OxoEvent::Log(text.into())));
    }

    pub(crate) fn media(&mut self, command: engine::Command) {
        self.out.push_back(Output::Event(OxoEvent::Media(command)));
    }

    pub(crate) fn later(&mut self, after: Duration, task: Task) {
        self.agenda.add(self.now + after, task);
    }

    pub(crate) fn later_ms(&mut self, after: u64, task: Task) {
        self.later(Duration::from_millis(after), task);
    }

    /// Which user agent a flow belongs to: by our port, and on a stream that we opened by who is at the other end.
    pub(crate) fn side(&self, flow: Flow) -> Side {
        if flow.local == self.settings.lan.address {
            Side::Lan
        } else if flow.local == self.settings.trunk.address
            || (self.settings.is_secured() && self.is_clear_sip(flow))
            || self.gateways.at(flow.remote).is_some()
            || flow.transport.is_reliable()
        {
            Side::Trunk
        } else {
            Side::Lan
        }
    }

    fn receive(&mut self, flow: Flow, bytes: Vec<u8>) {
        if self.settings.console.is_some_and(|console| flow.local == console) {
            let answer = self.console(&String::from_utf8_lossy(&bytes));
            self.out.push_back(Output::Transmit { flow, tos: 0, bytes: answer.into_bytes() });
            return;
        }
        let now = self.now;
        if self.settings.dns_source() == Some(flow.local) && flow.transport == Transport::Udp {
            if let Some(names) = &mut self.resolver {
                names.receive(now, flow.remote, &bytes);
            }
            return;
        }
        if !self.is_heard(flow) {
            return;
        }
        let side = self.side(flow);
        let from_backup = self.gateways.at(flow.remote).is_some_and(|number| self.gateways.is_backup(number));
        if side == Side::Trunk && from_backup && self.has(Defect::IgnoresInboundFromBackup) {
            return;
        }
        let bytes =
            if side == Side::Trunk { self.spoiler.restore(&self.defects, bytes) } else { Some(bytes) };
        if let Some(bytes) = bytes {
            self.ua(side).receive(now, flow, &bytes);
        }
    }

    fn timeout(&mut self) {
        let now = self.now;
        for side in [Side::Trunk, Side::Lan] {
            if self.ua(side).deadline().is_some_and(|at| at <= now) {
                self.ua(side).timeout(now);
            }
        }
        if let Some(names) = &mut self.resolver {
            names.timeout(now);
        }
        self.drain_names();
        self.drain_agents();
        while let Some(task) = self.agenda.due(now) {
            self.run(task);
            self.drain_agents();
        }
    }

    /// Moves what the user agents say to where it belongs, until both are silent.
    fn drain_agents(&mut self) {
        loop {
            let (side, output) = if let Some(output) = self.trunk.poll() {
                (Side::Trunk, output)
            } else if let Some(output) = self.lan.poll() {
                (Side::Lan, output)
            } else {
                return;
            };
            match output {
                ua::Output::Transmit { flow, bytes, retransmission } => {
                    self.transmit(side, flow, bytes, retransmission);
                }
                ua::Output::Received { call, .. } => {
                    if let Some(leg) = call.and_then(|call| self.legs.find(side, call))
                        && let Some(leg) = self.legs.get_mut(leg)
                    {
                        leg.heard = true;
                    }
                }
                ua::Output::Close { flow } => self.out.push_back(Output::Close { flow }),
                ua::Output::Event(event) => self.on_agent(side, event),
            }
        }
    }

    fn transmit(&mut self, side: Side, flow: Flow, bytes: Vec<u8>, repeated: bool) {
        let tos = if self.has(Defect::SipDscp0) { 0 } else { self.settings.sip.tos };
        if side == Side::Lan {
            self.out.push_back(Output::Transmit { flow, tos, bytes });
            return;
        }
        let bytes = spell(&self.settings, &self.defects, bytes);
        let Some(bytes) = self.spoiler.spoil(&self.defects, bytes) else { return };
        let Some((flow, bytes)) = self.switch(flow, bytes, repeated) else { return };
        self.before_connecting(flow);
        if bytes.starts_with(b"SIP/2.0 200 ") {
            self.after_answer(flow, true);
        }
        if self.has(Defect::RetransmitsNeedlessly)
            && (bytes.starts_with(b"INVITE ") || bytes.starts_with(b"BYE "))
        {
            self.later_ms(600, Task::SendAgain(flow, bytes.clone()));
        }
        if self.has(Defect::RepeatsKeepAlive) && bytes.starts_with(b"OPTIONS ") {
            self.later_ms(20, Task::SendAgain(flow, bytes.clone()));
        }
        if self.has(Defect::SaysItInClearToo) && flow.transport == Transport::Tls {
            let copy = Flow::udp(self.settings.clear_sip(), SocketAddr::new(flow.remote.ip(), 5060));
            self.out.push_back(Output::Transmit { flow: copy, tos, bytes: bytes.clone() });
        }
        self.out.push_back(Output::Transmit { flow, tos, bytes });
    }
}

impl Machine for VirtualOxo {
    type Command = OxoCommand;
    type Event = OxoEvent;

    fn handle(&mut self, at: At, input: Input<OxoCommand>) {
        self.now = self.now.max(at);
        let now = self.now;
        match input {
            Input::Received { flow, bytes, .. } => self.receive(flow, bytes),
            Input::Connected { flow } => self.connected(flow),
            Input::Closed { flow, .. } => self.closed(flow),
            Input::Unreachable { flow } if self.settings.dns_source() == Some(flow.local) => {
                if let Some(names) = &mut self.resolver {
                    names.unreachable(now, flow.remote);
                }
            }
            Input::Unreachable { flow } => {
                let side = self.side(flow);
                self.ua(side).unreachable(now, flow);
            }
            Input::Timeout => self.timeout(),
            Input::Command(OxoCommand::Media(event)) => self.on_media(event),
            Input::Command(OxoCommand::Tls(event)) => self.on_tls(event),
        }
        self.drain_agents();
        self.drain_names();
        self.drain_agents();
    }

    fn poll(&mut self) -> Option<Output<OxoEvent>> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        let names = self.resolver.as_ref().and_then(Resolver::deadline);
        [self.trunk.deadline(), self.lan.deadline(), self.agenda.next(), names].into_iter().flatten().min()
    }
}

fn trunk_config(settings: &Settings, defects: &Defects, seed: Seed) -> ua::Config {
    let load = if defects.has(Defect::WrongLoad) {
        "OXO063/010.001"
    } else if defects.has(Defect::OldLoad) {
        "OXO062/020.001"
    } else {
        &settings.load
    };
    let first_cseq = if defects.has(Defect::CseqAt2To31) { 2_147_483_648 } else { settings.sip.first_cseq };
    ua::Config {
        address: settings.written_trunk(),
        transport: settings.trunk.transport,
        product: (!defects.has(Defect::HidesProduct)).then(|| crate::settings::product(load)),
        allow: settings.sip.allow.clone(),
        supported: settings.sip.supported.clone(),
        timers: timers(settings),
        session: settings.session.map(|session| ua::SessionTimer {
            expires: session.expires,
            min_se: session.min_se,
            by_update: session.by_update,
        }),
        auto_trying: !defects.has(Defect::NoTrying),
        first_cseq: Some(first_cseq),
        contact_params: settings.sip.contact_params.replace("UDP", transport_param(settings.trunk.transport)),
        seed: seed.child("trunk"),
        tos: settings.sip.tos,
    }
}

/// The value of a URI's `transport`: an OXO writes the datagram's and the stream's in capitals.
fn transport_param(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "tls",
    }
}

fn lan_config(settings: &Settings, defects: &Defects, seed: Seed) -> ua::Config {
    ua::Config {
        address: settings.lan.address,
        transport: Transport::Udp,
        session: None,
        auto_trying: true,
        first_cseq: Some(settings.sip.first_cseq),
        contact_params: String::new(),
        seed: seed.child("lan"),
        ..trunk_config(settings, defects, seed)
    }
}

fn timers(settings: &Settings) -> ua::Timers {
    let ms = Duration::from_millis;
    ua::Timers { t1: ms(settings.timers.t1_ms), t2: ms(settings.timers.t2_ms), t4: ms(settings.timers.t4_ms) }
}

impl MediaOwner for VirtualOxo {
    fn media_command(event: OxoEvent) -> Result<engine::Command, OxoEvent> {
        match event {
            OxoEvent::Media(command) => Ok(command),
            other => Err(other),
        }
    }

    fn media_event(event: engine::Event) -> OxoCommand {
        OxoCommand::Media(event)
    }
}

impl TlsOwner for VirtualOxo {
    fn tls_command(event: OxoEvent) -> Result<tls::Command, OxoEvent> {
        match event {
            OxoEvent::Tls(command) => Ok(command),
            other => Err(other),
        }
    }

    fn tls_event(event: tls::Event) -> OxoCommand {
        OxoCommand::Tls(event)
    }
}
