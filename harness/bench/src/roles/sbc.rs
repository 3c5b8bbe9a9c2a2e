//! An access SBC: answers and sends OPTIONS, admits or refuses calls, and hands them to whom the number belongs.

use crate::calls::{LegState, Owner};
use crate::numbering::Called;
use crate::stage::{Stage, called_user};
use oxocert_machine::{At, Flow};
use oxocert_record::{Emitter, RoleName, What};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{CallId, Event, Outside, RequestId};

/// What an a-SBC does at the moment.
#[derive(Debug, Default)]
pub(crate) struct SbcState {
    mute: bool,
    refuse: Option<(u16, Vec<String>)>,
    admit: Option<(u32, u16)>,
    /// Whether the DUT has sent OPTIONS and got 200 since the last change.
    pub(crate) gateway_up: bool,
    /// Whether a step changed it in the case at hand.
    pub(crate) touched: bool,
    probe: Option<RequestId>,
    /// When the DUT last answered our OPTIONS with a code that means alive.
    pub(crate) answered: Option<At>,
}

impl SbcState {
    /// Whether it drops everything and sends nothing.
    pub(crate) fn is_mute(&self) -> bool {
        self.mute
    }

    fn refuses(&self, method: &str) -> Option<u16> {
        let (code, methods) = self.refuse.as_ref()?;
        methods.iter().any(|refused| refused.eq_ignore_ascii_case(method)).then_some(*code)
    }

    fn is_normal(&self) -> bool {
        !self.mute && self.refuse.is_none() && self.admit.is_none()
    }
}

impl Stage {
    /// Drops everything from now on.
    pub(crate) fn mute(&mut self, role: &RoleName) {
        self.change(role, "mute", |state| state.mute = true);
    }

    /// Answers these methods with `code`.
    pub(crate) fn refuse(&mut self, role: &RoleName, code: u16, methods: &[String]) {
        let methods: Vec<String> = if methods.is_empty() { vec!["INVITE".into()] } else { methods.to_vec() };
        self.change(role, &format!("answers {} with {code}", methods.join(" and ")), |state| {
            state.refuse = Some((code, methods));
        });
    }

    /// Admits at most so many channels.
    pub(crate) fn admit(&mut self, role: &RoleName, channels: u32, code: u16) {
        self.change(role, &format!("admits {channels} channels, the next INVITE gets {code}"), |state| {
            state.admit = Some((channels, code));
        });
    }

    /// Works normally again, an a-SBC, a name server or a party; nothing is recorded where it already does.
    pub(crate) fn restore(&mut self, role: &RoleName) {
        if self.dns.restore(role) {
            self.out.role_state(self.now, role, "answers as usual");
            self.gateways_unknown();
        }
        self.restore_tls(role);
        self.restore_descriptions(role);
        if self.sbcs.get(role).is_some_and(|state| !state.is_normal()) {
            self.change(role, "works normally", |state| {
                state.mute = false;
                state.refuse = None;
                state.admit = None;
            });
        }
    }

    /// What stands between the DUT and an a-SBC was changed.
    pub(crate) fn trunk_changed(&mut self, role: &RoleName, words: &str) {
        self.change(role, words, |_| {});
    }

    fn change(&mut self, role: &RoleName, words: &str, change: impl FnOnce(&mut SbcState)) {
        let Some(state) = self.sbcs.get_mut(role) else { return };
        change(state);
        state.gateway_up = false;
        state.touched = true;
        self.out.role_state(self.now, role, words);
    }

    /// The DUT's idea of its gateways may have changed: each counts as up again once its OPTIONS got 200.
    pub(crate) fn gateways_unknown(&mut self) {
        for state in self.sbcs.values_mut() {
            state.gateway_up = false;
            state.touched = true;
        }
    }

    /// The same for one of them: its connection is gone.
    pub(crate) fn gateway_unknown(&mut self, role: &RoleName) {
        if let Some(state) = self.sbcs.get_mut(role) {
            state.gateway_up = false;
            state.touched = true;
        }
    }

    /// Sends OPTIONS to the DUT's trunk.
    pub(crate) fn send_options(&mut self, role: &RoleName) {
        let (Some(agent), Some(state)) = (self.agents.get_mut(role), self.sbcs.get_mut(role)) else { return };
        let trunk = self.bench.dut.trunk;
        let request = Outside {
            method: "OPTIONS".into(),
            target: format!("sip:{trunk}"),
            from: format!("<sip:{}>", agent.host()),
            to: format!("<sip:{trunk}>"),
            contact_user: Some("sbc".into()),
            headers: vec![("Accept".into(), "application/sdp".into())],
            body: None,
            credentials: None,
        };
        state.probe = Some(agent.ua.request(self.now, agent.flow, request));
    }

    /// What the user agent of an a-SBC reports.
    pub(crate) fn sbc_event(&mut self, role: &RoleName, event: Event) {
        match event {
            Event::Incoming { call, request, .. } => self.admit_or_refuse(role, call, &request),
            Event::Outside { request_id, flow, request } => self.outside(role, request_id, flow, &request),
            Event::InCall { call, request_id, request } if request.method() == Some("REFER") => {
                self.network_transfer(role, call, request_id, &request);
            }
            Event::InCall { request_id, .. } => {
                if let Some(agent) = self.agents.get_mut(role) {
                    agent.ua.respond(self.now, request_id, 200, &[], None);
                }
            }
            Event::Response { request_id, call: None, response } => {
                let status = response.as_ref().and_then(Message::status);
                if self.bare_answered(role, request_id, status) {
                    return;
                }
                let alive = response
                    .as_ref()
                    .and_then(Message::status)
                    .is_some_and(|code| code == 200 || self.bench.operator.options_alive.contains(&code));
                if let Some(state) = self.sbcs.get_mut(role)
                    && state.probe == Some(request_id)
                {
                    state.probe = None;
                    if alive {
                        state.answered = Some(self.now);
                    }
                }
            }
            other => self.call_event(role, other),
        }
    }

    fn outside(&mut self, role: &RoleName, request_id: RequestId, flow: Flow, request: &Message) {
        let from_dut = self.emitter(flow.remote.ip()) == Emitter::Dut;
        let (Some(agent), Some(state)) = (self.agents.get_mut(role), self.sbcs.get_mut(role)) else { return };
        let method = request.method().unwrap_or_default();
        let code = match state.refuses(method) {
            Some(code) => code,
            None if method == "OPTIONS" => 200,
            None => 405,
        };
        let headers = match method {
            "OPTIONS" if code == 200 => vec![("Accept".to_owned(), "application/sdp".to_owned())],
            _ => Vec::new(),
        };
        agent.ua.respond(self.now, request_id, code, &headers, None);
        if method == "OPTIONS" && code == 200 && from_dut {
            state.gateway_up = true;
        }
    }

    fn admit_or_refuse(&mut self, role: &RoleName, call: CallId, request: &Message) {
        // The call that asks for admission is not a leg yet.
        let channels = self.legs.values().filter(|leg| leg.agent == *role && leg.has_dialog()).count();
        let Some(state) = self.sbcs.get(role) else { return };
        let full = state.admit.filter(|(limit, _)| channels >= usize::try_from(*limit).unwrap_or(usize::MAX));
        let refused = state.refuses("INVITE").or(full.map(|(_, code)| code));
        let called = called_user(request).map_or(Called::Unknown, |user| self.numbering.called(&user));
        match (refused, called) {
            (Some(code), _) => self.refuse_call(role, call, code),
            (None, Called::Unknown) => {
                let number = called_user(request).unwrap_or_default();
                self.finding(
                    role,
                    None,
                    format!("the DUT calls `{number}`, which nobody on the bench has: 404"),
                );
                self.refuse_call(role, call, 404);
            }
            (None, Called::OnNet { ddi }) => self.return_on_net(role, call, &ddi, request),
            (None, Called::Party(party)) => {
                let owner = Owner::Party(party);
                match self.open_session(role, &owner) {
                    Ok(session) => {
                        // Insecure media is refused at once (RFC 3261 §21.4.26), nobody's telephone rings for it.
                        if let Some(why) = session.objection(request.body()) {
                            self.finding(role, None, format!("{why}: 488"));
                            return self.refuse_call(role, call, 488);
                        }
                        let leg = self.open_leg(role, call, owner, session);
                        self.rings(leg, request.body());
                    }
                    Err(why) => self.cannot_take(role, call, &why),
                }
            }
        }
    }

    /// Refuses a call of the DUT.
    pub(crate) fn refuse_call(&mut self, role: &RoleName, call: CallId, code: u16) {
        if let Some(agent) = self.agents.get_mut(role) {
            agent.ua.reject(self.now, call, code, &[]);
        }
    }

    /// Whether bytes to this role are lost: it is mute. They are recorded all the same.
    pub(crate) fn swallowed(&mut self, at: At, role: &RoleName, flow: Flow, bytes: &[u8]) -> bool {
        if !self.sbcs.get(role).is_some_and(SbcState::is_mute) {
            return false;
        }
        // Nobody answers, so the transaction layer cannot say what is a repetition: equal bytes are one.
        let seen = !self.swallowed.insert((role.clone(), bytes.to_vec()));
        self.saw(at, role, flow, bytes.to_vec(), seen);
        true
    }

    /// Something that is no SIP, or no call's, came to a role.
    pub(crate) fn finding(&mut self, role: &RoleName, flow: Option<Flow>, note: String) {
        let emitter = flow.map_or(Emitter::Dut, |flow| self.emitter(flow.remote.ip()));
        self.out.record(self.now, What::Finding { role: role.clone(), emitter, note });
    }

    /// Channels in use toward an a-SBC, for words in a missed step.
    pub(crate) fn calls_in_words(&self, role: &RoleName) -> String {
        let states: Vec<String> = self
            .legs
            .values()
            .filter(|leg| leg.is_open() && leg.role() == role)
            .map(|leg| match leg.state {
                LegState::Calling => format!("a call that {} does not answer yet", "the DUT"),
                LegState::Ringing => "a ringing call".to_owned(),
                LegState::Up if leg.hold.is_some() => "a held call".to_owned(),
                LegState::Up => "an answered call".to_owned(),
                LegState::InNetwork => "a call that the network transferred".to_owned(),
                LegState::Over => "a finished call".to_owned(),
            })
            .collect();
        if states.is_empty() {
            format!("{role} has no call")
        } else {
            format!("{role} has {}", states.join(", "))
        }
    }
}
