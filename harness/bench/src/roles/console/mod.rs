//! The DUT's management console: how a step changes the DUT's configuration, and how the bench puts it back.
//!
//! The way depends on the driver: lines over UDP (virtual OXO), the manager interface over TCP (Asterisk), or a person.

mod ami;
mod lines;

use oxocert_machine::{At, Flow, Transport};
use oxocert_record::RoleName;
use oxocert_scenario::model::bench::{Bench, DutDriver};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How long the console may take for one change.
const PATIENCE: Duration = Duration::from_secs(5);
/// When an unanswered datagram is sent again.
const REPEAT: Duration = Duration::from_millis(500);

/// What a dialogue wants next.
pub(super) enum Next {
    /// More bytes of the console.
    Wait,
    /// These bytes sent.
    Send(Vec<u8>),
    /// Nothing: the change is made.
    Done,
}

/// One conversation with a console: change one setting to one value.
pub(super) trait Dialogue: Send {
    /// The first bytes to send.
    fn open(&mut self) -> Vec<u8>;

    /// Takes what the console said.
    ///
    /// # Errors
    /// In words, where it refused.
    fn hear(&mut self, bytes: &[u8]) -> Result<Next, String>;

    /// What the setting was before, where the console told.
    fn original(&self) -> Option<&str>;
}

struct Pending {
    setting: String,
    value: String,
    dialogue: Option<Box<dyn Dialogue>>,
    last_sent: Vec<u8>,
    give_up: Option<At>,
    repeat: Option<At>,
}

/// The console of the DUT.
pub(crate) struct Console {
    driver: DutDriver,
    flow: Option<Flow>,
    secret: Option<String>,
    over_tcp: bool,
    pending: Option<Pending>,
    outcome: Option<Result<String, String>>,
    outbox: Vec<(Flow, Vec<u8>)>,
    closing: Option<Flow>,
    originals: BTreeMap<String, String>,
    changed: BTreeMap<String, String>,
}

impl Console {
    pub(crate) fn new(bench: &Bench, passwords: &BTreeMap<RoleName, String>) -> Console {
        let dut = &bench.dut;
        let from = dut.console_from.or_else(|| bench.sbcs.values().next().map(|sbc| sbc.address.ip()));
        let flow = match (&dut.driver, dut.console, from) {
            // A fixed port on an address of our own, so that the answer finds us.
            (DutDriver::VirtualOxo { .. }, Some(console), Some(from)) => {
                Some(Flow::udp(SocketAddr::new(from, console.port()), console))
            }
            (DutDriver::Asterisk { .. }, Some(console), Some(from)) => {
                Some(Flow::tcp(SocketAddr::new(from, 0), console))
            }
            _ => None,
        };
        let address = |role: &str| bench.sbcs.get(&RoleName::from(role)).map(|sbc| sbc.address.to_string());
        let originals =
            [("gateway.primary.address", "sbc.nominal"), ("gateway.backup.address", "sbc.backup")]
                .into_iter()
                .filter_map(|(setting, role)| Some((setting.to_owned(), address(role)?)))
                .collect();
        Console {
            driver: dut.driver.clone(),
            flow,
            secret: passwords.get(&RoleName::from("dut")).cloned(),
            over_tcp: dut.transport == Transport::Tcp,
            pending: None,
            outcome: None,
            outbox: Vec::new(),
            closing: None,
            originals,
            changed: BTreeMap::new(),
        }
    }

    /// The address the driver must bind, where the console is spoken to by datagrams.
    pub(crate) fn local(&self) -> Option<(Transport, SocketAddr)> {
        self.flow.filter(|flow| flow.transport == Transport::Udp).map(|flow| (flow.transport, flow.local))
    }

    /// Whether bytes on this flow are the console's.
    pub(crate) fn owns(&self, flow: Flow) -> bool {
        self.flow.is_some_and(|own| {
            own.remote == flow.remote
                && own.transport == flow.transport
                && own.local.ip() == flow.local.ip()
                && (own.local.port() == 0 || own.local == flow.local)
        })
    }

    /// Begins to change a setting.
    ///
    /// # Errors
    /// In words, where there is no console, it is busy, or it has no such setting.
    pub(crate) fn begin(&mut self, now: At, setting: &str, value: &str) -> Result<(), String> {
        if self.pending.is_some() {
            return Err("the DUT's console is still busy with the last change".into());
        }
        let mut dialogue: Option<Box<dyn Dialogue>> = match (&self.driver, &self.secret) {
            (DutDriver::Operator, _) => None,
            (DutDriver::VirtualOxo { .. }, _) => Some(Box::new(lines::Lines::new(setting, value))),
            (DutDriver::Asterisk { .. }, Some(secret)) => {
                Some(Box::new(ami::Ami::new(setting, value, secret, self.over_tcp)?))
            }
            (DutDriver::Asterisk { .. }, None) => {
                return Err(
                    "the secret of the manager interface is not known (password of the role `dut`)".into()
                );
            }
        };
        let flow = match (&dialogue, self.flow) {
            (Some(_), None) => return Err("the profile names no console of the DUT".into()),
            (_, flow) => flow,
        };
        let first = dialogue.as_mut().map(|dialogue| dialogue.open()).unwrap_or_default();
        if let (Some(flow), Some(_)) = (flow, &dialogue) {
            self.outbox.push((flow, first.clone()));
        }
        let by_datagram = dialogue.is_some() && flow.is_some_and(|flow| flow.transport == Transport::Udp);
        self.outcome = None;
        self.pending = Some(Pending {
            setting: setting.to_owned(),
            value: value.to_owned(),
            // A person takes the time that a person takes.
            give_up: dialogue.is_some().then_some(now + PATIENCE),
            repeat: by_datagram.then_some(now + REPEAT),
            dialogue,
            last_sent: first,
        });
        Ok(())
    }

    /// The console said something.
    pub(crate) fn received(&mut self, now: At, flow: Flow, bytes: &[u8]) {
        let Some(pending) = &mut self.pending else { return };
        let Some(dialogue) = &mut pending.dialogue else { return };
        match dialogue.hear(bytes) {
            Ok(Next::Wait) => {}
            Ok(Next::Send(bytes)) => {
                pending.last_sent.clone_from(&bytes);
                pending.repeat = (flow.transport == Transport::Udp).then_some(now + REPEAT);
                self.outbox.push((flow, bytes));
            }
            Ok(Next::Done) => self.end(Ok(()), Some(flow)),
            Err(why) => self.end(Err(why), Some(flow)),
        }
    }

    /// The connection to the console is gone, or its port is closed.
    pub(crate) fn lost(&mut self, why: &str) {
        if self.pending.as_ref().is_some_and(|pending| pending.dialogue.is_some()) {
            self.end(Err(format!("the DUT's console is lost: {why}")), None);
        }
    }

    /// The person at the bench confirmed.
    pub(crate) fn operator_done(&mut self) {
        if self.pending.as_ref().is_some_and(|pending| pending.dialogue.is_none()) {
            self.end(Ok(()), None);
        }
    }

    /// Gives up what is under way.
    pub(crate) fn abandon(&mut self) {
        if self.pending.is_some() {
            self.end(Err("given up".into()), None);
        }
    }

    /// Its deadline passed.
    pub(crate) fn timeout(&mut self, now: At) {
        let Some(pending) = &mut self.pending else { return };
        if pending.give_up.is_some_and(|at| at <= now) {
            return self
                .end(Err(format!("the DUT's console did not answer within {} s", PATIENCE.as_secs())), None);
        }
        if pending.repeat.is_some_and(|at| at <= now) {
            pending.repeat = Some(now + REPEAT);
            if let Some(flow) = self.flow {
                self.outbox.push((flow, pending.last_sent.clone()));
            }
        }
    }

    /// When it wants [`Console::timeout`].
    pub(crate) fn deadline(&self) -> Option<At> {
        let pending = self.pending.as_ref()?;
        [pending.give_up, pending.repeat].into_iter().flatten().min()
    }

    /// Bytes to send.
    pub(crate) fn take_outbox(&mut self) -> Vec<(Flow, Vec<u8>)> {
        std::mem::take(&mut self.outbox)
    }

    /// A connection to close.
    pub(crate) fn take_closing(&mut self) -> Option<Flow> {
        self.closing.take()
    }

    /// How the last change ended, once: `Ok` says `setting = value`.
    pub(crate) fn take_outcome(&mut self) -> Option<Result<String, String>> {
        self.outcome.take()
    }

    /// A setting that is not as it was before the case, and its old value; asked again after each is put back.
    pub(crate) fn to_put_back(&self) -> Option<(String, String)> {
        self.changed.keys().find_map(|setting| Some((setting.clone(), self.originals.get(setting)?.clone())))
    }

    /// What could not be put back is not tried again.
    pub(crate) fn forget_change(&mut self, setting: &str) {
        self.changed.remove(setting);
    }

    fn end(&mut self, how: Result<(), String>, flow: Option<Flow>) {
        let Some(pending) = self.pending.take() else { return };
        self.closing = flow.filter(|flow| flow.transport == Transport::Tcp);
        if let Some(original) = pending.dialogue.as_ref().and_then(|dialogue| dialogue.original()) {
            self.originals.entry(pending.setting.clone()).or_insert_with(|| original.to_owned());
        }
        self.outcome = Some(match how {
            Ok(()) => {
                if self.originals.get(&pending.setting) == Some(&pending.value) {
                    self.changed.remove(&pending.setting);
                } else {
                    self.changed.insert(pending.setting.clone(), pending.value.clone());
                }
                Ok(format!("{} = {}", pending.setting, pending.value))
            }
            Err(why) => Err(format!("`{}` was not set to `{}`: {why}", pending.setting, pending.value)),
        });
    }
}
