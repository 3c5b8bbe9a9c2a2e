//! The life of a connection: opened, fed, complete, over.

use super::connection::{Connection, told};
use super::{Layer, Out, limits};
use crate::session::{Failure, State, Step};
use crate::{Alert, Ended, Event, Outcome, Presented, Side};
use oxocert_machine::{Flow, Transport};
use oxocert_pki::Usage;

impl Layer {
    /// Makes a connection and begins its handshake. `flow` is over `Tls`; with port 0 one is drawn.
    pub(super) fn open(&mut self, flow: Flow, tos: u8) -> Option<Flow> {
        let mut real = flow;
        while real.local.port() == 0
            || self.connections.contains_key(&real)
            || self.probes.contains_key(&real)
        {
            real.local.set_port(self.ports.draw());
        }
        let due = self.now + self.patience;
        let Some(contexts) = self.contexts(flow) else {
            let reason = format!("{} has no TLS endpoint", flow.local.ip());
            self.out.push_back(Out::Closed { flow, reason });
            return None;
        };
        contexts.desk().clear();
        let session = match contexts.connect(flow.remote.ip()) {
            Ok(session) => session,
            Err(unready) => {
                self.finding(real, unready.to_string());
                self.out.push_back(Out::Closed { flow, reason: unready.to_string() });
                return None;
            }
        };
        let mut connection = Connection::new(Side::Own, contexts, due);
        connection.session = Some(session);
        connection.tos = tos;
        self.due.insert((due, real));
        self.connections.insert(real, connection);
        self.step(real, None, |connection| connection.session.as_mut().map(|session| session.feed(&[])));
        Some(real)
    }

    /// A stream came in that is to carry TLS.
    pub(super) fn accept(&mut self, flow: Flow) {
        let (now, due) = (self.now, self.now + self.patience);
        let Some(contexts) = self.contexts(flow) else { return };
        let mut connection = Connection::new(Side::Peer, contexts, due);
        connection.stream_at = Some(now);
        let half_open = |(known, one): &(&Flow, &Connection)| {
            known.local.ip() == flow.local.ip() && one.opened_by == Side::Peer && !one.up
        };
        let count = self.connections.iter().filter(half_open).count();
        if count >= limits::HALF_OPEN
            && let Some(oldest) = self
                .connections
                .iter()
                .filter(half_open)
                .min_by_key(|(_, one)| one.due)
                .map(|(known, _)| *known)
        {
            let why = format!("{count} handshakes at one time are not finished: the oldest is dropped");
            self.give_up(oldest, why);
        }
        self.due.insert((due, flow));
        self.connections.insert(flow, connection);
    }

    /// Bytes of the stream.
    pub(super) fn feed(&mut self, flow: Flow, tos: Option<u8>, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        let garbage = connection.clear.take(Side::Peer, bytes).err();
        if connection.session.is_none() {
            connection.held.extend(bytes);
            let offer = connection.clear.offer.clone();
            let long = connection.held.len() > limits::HELLO;
            if offer.is_none() && garbage.is_none() && !long {
                return;
            }
            // What is no ClientHello is given to a library all the same: it answers as a server does.
            let Some(contexts) = self.contexts(flow) else { return };
            // What the endpoint is at the ClientHello counts, not what it was when the stream came in.
            let made = contexts.accept(&offer.unwrap_or_default());
            let (desk, judge, asks_client) =
                (contexts.desk(), contexts.judge(), contexts.endpoint().asks_client);
            let session = match made {
                Ok(session) => session,
                Err(unready) => return self.give_up(flow, unready.to_string()),
            };
            let Some(connection) = self.connections.get_mut(&flow) else { return };
            (connection.desk, connection.judge, connection.asks_client) = (desk, judge, asks_client);
            connection.session = Some(session);
            let held = std::mem::take(&mut connection.held);
            self.step(flow, tos, |connection| connection.session.as_mut().map(|session| session.feed(&held)));
        } else {
            self.step(flow, tos, |connection| connection.session.as_mut().map(|session| session.feed(bytes)));
        }
        if let Some(garbage) = garbage {
            self.finding(flow, garbage.0.clone());
            self.fail(flow, Failure { sent: None, received: None, why: garbage.0 });
        }
    }

    /// Sends plaintext, or lets it wait. `asked` is the flow as the machine knows it.
    pub(super) fn write(&mut self, flow: Flow, asked: Flow, tos: u8, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        connection.tos = tos;
        if connection.up {
            return self.step(flow, None, |one| one.session.as_mut().map(|session| session.write(bytes)));
        }
        connection.asked_unbound |= asked.local.port() == 0;
        connection.waiting.extend(bytes);
        if connection.waiting.len() > limits::WAITING {
            self.give_up(flow, format!("more than {} KiB wait for the handshake", limits::WAITING / 1024));
        }
    }

    /// Lets a connection do something, and draws the consequences.
    fn step(&mut self, flow: Flow, tos: Option<u8>, act: impl FnOnce(&mut Connection) -> Option<Step>) {
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        let desk = std::sync::Arc::clone(&connection.desk);
        if !connection.up {
            desk.papers().sniffed = connection.clear.peer_chain.clone();
        }
        let Some(step) = act(connection) else { return };
        let papers = desk.clear();
        // Own records are well-formed: only the count of them and the clear part matter.
        let _ = connection.clear.take(Side::Own, &step.records);
        connection.was_asked |= papers.client_asked;
        if let Some(judged) = papers.judged {
            connection.presented = Some(Presented { chain: judged.chain, flaws: judged.flaws });
        }
        let (own_tos, completes) = (connection.tos, step.completed && !connection.up);
        self.transmit(flow, own_tos, step.records);
        for line in papers.secrets {
            self.out.push_back(Out::Event(Event::Secret { line }));
        }
        if completes {
            self.complete(flow);
        }
        if !step.plaintext.is_empty()
            && let Some(connection) = self.connections.get_mut(&flow)
        {
            connection.peer_spoke = true;
            self.out.push_back(Out::Received { flow, tos, bytes: step.plaintext });
        }
        match step.state {
            State::Handshaking | State::Up => {}
            State::PeerClosed => self.peer_closed(flow),
            State::Failed(failure) => self.fail(flow, failure),
        }
    }

    fn complete(&mut self, flow: Flow) {
        self.settle_presented(flow);
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        connection.up = true;
        self.due.remove(&(connection.due, flow));
        let handshake = connection.report(flow, now, Outcome::Completed);
        let waiting = std::mem::take(&mut connection.waiting);
        self.out.push_back(Out::Event(Event::Handshake(Box::new(handshake))));
        self.out.push_back(Out::Connected(flow));
        if !waiting.is_empty() {
            self.step(flow, None, |one| one.session.as_mut().map(|session| session.write(&waiting)));
        }
    }

    /// A callback sees the chain it built; the session knows the whole one, and in a resumed session only it knows any.
    fn settle_presented(&mut self, flow: Flow) {
        let Some(connection) = self.connections.get_mut(&flow) else { return };
        let Some(chain) = connection.session.as_ref().and_then(|session| session.facts().chain) else {
            return;
        };
        if connection.presented.as_ref().is_none_or(|known| known.chain != chain) {
            let usage = if connection.opened_by == Side::Peer { Usage::Client } else { Usage::Server };
            let judged = connection.judge.judge(chain, usage);
            connection.presented = Some(Presented { chain: judged.chain, flaws: judged.flaws });
        }
    }

    fn peer_closed(&mut self, flow: Flow) {
        let Some(connection) = self.connections.get(&flow) else { return };
        if connection.up {
            return self.end(flow, Side::Peer, None, "the peer said close_notify".into());
        }
        let alert = Some(Alert::CLOSE_NOTIFY);
        self.refuse(flow, Outcome::Refused { by: Side::Peer, alert, why: told(Alert::CLOSE_NOTIFY) });
    }

    /// The library gave up.
    pub(super) fn fail(&mut self, flow: Flow, failure: Failure) {
        let Some(connection) = self.connections.get(&flow) else { return };
        if !connection.up {
            let outcome = connection.refusal(failure);
            return self.refuse(flow, outcome);
        }
        match failure.received {
            Some(alert) => self.end(flow, Side::Peer, Some(alert), told(alert)),
            None => {
                self.finding(flow, failure.why.clone());
                self.end(flow, Side::Own, None, failure.why);
            }
        }
    }

    /// This layer ends a handshake by itself.
    pub(super) fn give_up(&mut self, flow: Flow, why: String) {
        self.finding(flow, why.clone());
        self.refuse(flow, Outcome::Refused { by: Side::Own, alert: None, why });
    }

    /// A handshake is over and was not completed.
    fn refuse(&mut self, flow: Flow, outcome: Outcome) {
        let Some(connection) = self.connections.remove(&flow) else { return };
        self.due.remove(&(connection.due, flow));
        let reason = match &outcome {
            Outcome::Completed => String::new(),
            Outcome::Refused { why, .. } => format!("TLS handshake: {why}"),
        };
        let handshake = connection.report(flow, self.now, outcome);
        self.out.push_back(Out::Event(Event::Handshake(Box::new(handshake))));
        self.out.push_back(Out::Close(flow.over(Transport::Tcp)));
        if connection.opened_by == Side::Own {
            self.never_made(flow, &connection, reason);
        }
    }

    /// A connection that the machine asked for is not to be had: told by the flow it asked with.
    fn never_made(&mut self, flow: Flow, connection: &Connection, reason: String) {
        let mut flow = flow;
        if connection.asked_unbound {
            flow.local.set_port(0);
        }
        self.out.push_back(Out::Closed { flow, reason });
    }

    /// The stream ended below.
    pub(super) fn stream_closed(&mut self, flow: Flow, reason: &str) {
        let Some(connection) = self.connections.get(&flow) else { return };
        if connection.up {
            return self.end(flow, Side::Peer, None, format!("{reason}, without close_notify"));
        }
        if connection.stream_at.is_some() {
            let why = format!("{reason}, without an alert");
            return self.refuse(flow, Outcome::Refused { by: Side::Peer, alert: None, why });
        }
        // There was no stream, so there was no handshake.
        if let Some(connection) = self.connections.remove(&flow) {
            self.due.remove(&(connection.due, flow));
            self.never_made(flow, &connection, reason.to_owned());
        }
    }

    /// A connection is over, and the machine is told.
    pub(super) fn end(&mut self, flow: Flow, by: Side, alert: Option<Alert>, why: String) {
        let reason = why.clone();
        if self.part(flow, by, alert, why) {
            self.out.push_back(Out::Closed { flow, reason });
        }
    }

    /// The machine leaves a connection: it knows, and is told no `Closed`.
    pub(super) fn leave(&mut self, flow: Flow, why: &str) {
        self.part(flow, Side::Own, None, why.to_owned());
    }

    /// Says close_notify, closes the stream, tells the end; whether there was a connection.
    fn part(&mut self, flow: Flow, by: Side, alert: Option<Alert>, why: String) -> bool {
        let Some(mut connection) = self.connections.remove(&flow) else { return false };
        self.due.remove(&(connection.due, flow));
        let farewell = connection.session.as_mut().map(|session| session.close()).unwrap_or_default();
        self.transmit(flow, connection.tos, farewell);
        if connection.up {
            let peer_spoke = connection.peer_spoke;
            self.ended(Ended { flow, by, alert, peer_spoke, why });
        } else if connection.stream_at.is_some() {
            let outcome = Outcome::Refused { by: Side::Own, alert: None, why };
            let handshake = connection.report(flow, self.now, outcome);
            self.out.push_back(Out::Event(Event::Handshake(Box::new(handshake))));
        }
        self.out.push_back(Out::Close(flow.over(Transport::Tcp)));
        true
    }

    /// What has lasted too long.
    pub(crate) fn timeout(&mut self) {
        while let Some(&(at, flow)) = self.due.first().filter(|(at, _)| *at <= self.now) {
            self.due.remove(&(at, flow));
            if self.probes.contains_key(&flow) {
                self.probe_silent(flow);
            } else {
                let why = format!("the handshake is not complete after {} s", self.patience.as_secs());
                self.give_up(flow, why);
            }
        }
    }
}
