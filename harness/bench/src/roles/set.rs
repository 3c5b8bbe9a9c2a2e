//! A telephone on the DUT: registers, rings by itself, and obeys the DUT as a SIP phone does.

use crate::calls::{LegId, LegState, Owner};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::{Emitter, RoleName, What};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{Credentials, Event, Invite, Outside, RequestId};
use std::time::Duration;

/// How long a registration is asked for, seconds. Long against a case, short against a run.
const EXPIRES: u64 = 300;

/// When a refused or unanswered registration is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// The registration of one set.
#[derive(Debug, Default)]
pub(crate) struct SetState {
    /// Whether the DUT has accepted the last REGISTER.
    pub(crate) registered: bool,
    request: Option<RequestId>,
    /// When to register (again).
    pub(crate) due: Option<At>,
}

impl Stage {
    /// Registers every set.
    pub(crate) fn register_sets(&mut self) {
        for role in self.sets.keys().cloned().collect::<Vec<_>>() {
            self.register(&role);
        }
    }

    /// Registers the sets whose time has come.
    pub(crate) fn refresh_registrations(&mut self) {
        let due = |state: &SetState| state.due.is_some_and(|due| due <= self.now);
        let roles: Vec<RoleName> =
            self.sets.iter().filter(|(_, state)| due(state)).map(|(role, _)| role.clone()).collect();
        for role in roles {
            self.register(&role);
        }
    }

    fn register(&mut self, role: &RoleName) {
        let (Some(set), Some(agent), Some(state)) =
            (self.bench.sets.get(role), self.agents.get_mut(role), self.sets.get_mut(role))
        else {
            return;
        };
        let registrar = self.bench.dut.registrar;
        let own = format!("<sip:{}@{}>", set.number, registrar.ip());
        let request = Outside {
            method: "REGISTER".into(),
            target: format!("sip:{registrar}"),
            from: own.clone(),
            to: own,
            contact_user: Some(set.number.clone()),
            headers: vec![("Expires".into(), EXPIRES.to_string())],
            body: None,
            credentials: credentials(&set.number, self.passwords.get(role)),
        };
        state.due = None;
        state.request = Some(agent.ua.request(self.now, agent.flow, request));
    }

    fn registered(&mut self, role: &RoleName, response: Option<&Message>) {
        let Some(state) = self.sets.get_mut(role) else { return };
        let was = state.registered;
        state.request = None;
        state.registered = response.and_then(Message::status).is_some_and(|code| (200..300).contains(&code));
        let granted = response.map_or(EXPIRES, granted).max(2);
        state.due =
            Some(self.now + if state.registered { Duration::from_secs(granted / 2) } else { TRY_AGAIN });
        let words = match (state.registered, response.and_then(Message::status)) {
            (true, _) => "registered".to_owned(),
            (false, Some(code)) => format!("not registered: the DUT answered {code}"),
            (false, None) => "not registered: the DUT did not answer".to_owned(),
        };
        if was != state.registered || !was {
            self.out.role_state(self.now, role, words);
        }
    }

    /// What the user agent of a set reports.
    pub(crate) fn set_event(&mut self, role: &RoleName, event: Event) {
        match event {
            Event::Incoming { call, request, .. } => {
                let owner = Owner::Set(role.clone());
                match self.open_session(role, &owner) {
                    Ok(session) => {
                        let leg = self.open_leg(role, call, owner, session);
                        self.rings(leg, request.body());
                    }
                    Err(why) => self.cannot_take(role, call, &why),
                }
            }
            Event::Response { request_id, call: None, response } => {
                if self.sets.get(role).is_some_and(|state| state.request == Some(request_id)) {
                    self.registered(role, response.as_ref());
                }
            }
            Event::Outside { request_id, request, .. } => {
                let code = if request.method() == Some("OPTIONS") || request.method() == Some("NOTIFY") {
                    200
                } else {
                    405
                };
                if let Some(agent) = self.agents.get_mut(role) {
                    agent.ua.respond(self.now, request_id, code, &[], None);
                }
            }
            Event::InCall { call, request_id, request } => {
                if let Some(agent) = self.agents.get_mut(role) {
                    agent.ua.respond(self.now, request_id, 200, &[], None);
                }
                if request.method() == Some("NOTIFY") {
                    self.told_of_transfer(role, call, &request);
                }
            }
            // The only request inside a call whose refusal matters to a telephone is its REFER.
            Event::Response { call: Some(_), response, .. } => {
                if response.and_then(|response| response.status()).is_none_or(|code| code >= 300) {
                    self.take_back(role);
                }
            }
            other => self.call_event(role, other),
        }
    }

    /// An INVITE waits for an answer; 180 goes out unless the role was told to be silent.
    pub(crate) fn rings(&mut self, id: LegId, offer: &[u8]) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.state = LegState::Ringing;
        leg.offer = (!offer.is_empty()).then(|| offer.to_vec());
        let role = leg.role().clone();
        if !self.silent.remove(&role) {
            self.ring(id);
        }
    }

    /// Sends 180 on a leg.
    pub(crate) fn ring(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        if let (Some(agent), Some(call)) = (self.agents.get_mut(&leg.agent), leg.call) {
            agent.ua.ring(self.now, call, 180, &[], None);
        }
    }

    /// The bench itself cannot take a call: the DUT gets 500, and the case is an error of the harness, whatever the DUT does
    /// about it.
    pub(crate) fn cannot_take(&mut self, role: &RoleName, call: oxocert_sip::ua::CallId, why: &str) {
        if let Some(agent) = self.agents.get_mut(role) {
            agent.ua.reject(self.now, call, 500, &[]);
        }
        let note = format!("the bench cannot take the call: {why}");
        self.fault.get_or_insert_with(|| note.clone());
        self.out.record(self.now, What::Finding { role: role.clone(), emitter: Emitter::Harness, note });
    }

    /// Dials: INVITE with exactly these digits to the DUT.
    ///
    /// # Errors
    /// In words, where the set has no media port left.
    pub(crate) fn dial(&mut self, role: &RoleName, to: &str) -> Result<(), String> {
        let owner = Owner::Set(role.clone());
        let mut session = self.open_session(role, &owner)?;
        let registrar = self.bench.dut.registrar;
        let (Some(set), Some(agent)) = (self.bench.sets.get(role), self.agents.get_mut(role)) else {
            return Err(format!("{role} is no set of this bench"));
        };
        let invite = Invite {
            flow: agent.flow,
            target: format!("sip:{}@{registrar}", escaped(to)),
            from: format!("<sip:{}@{}>", set.number, registrar.ip()),
            to: format!("<sip:{}@{}>", escaped(to), registrar.ip()),
            contact_user: set.number.clone(),
            headers: Vec::new(),
            body: Some(session.offer(None)),
            credentials: credentials(&set.number, self.passwords.get(role)),
        };
        let call = agent.ua.call(self.now, invite);
        self.open_leg(role, call, owner, session);
        Ok(())
    }
}

fn credentials(user: &str, password: Option<&String>) -> Option<Credentials> {
    password.map(|password| Credentials { user: user.to_owned(), password: password.clone() })
}

/// Seconds that the registrar granted: `expires` of Contact, else Expires (RFC 3261 §10.2.4).
fn granted(response: &Message) -> u64 {
    let contact =
        response.contact().and_then(|contact| contact.param("expires").and_then(|text| text.parse().ok()));
    let header = || response.header("Expires").and_then(|text| text.trim().parse().ok());
    contact.or_else(header).unwrap_or(EXPIRES)
}

/// `#` may not stand bare in a user part (RFC 3261 §25.1, user-unreserved); `*` may.
pub(crate) fn escaped(digits: &str) -> String {
    digits.replace('#', "%23")
}
