//! The Business Talk application server: a call to a number of the same customer comes back on-net (§2.2 row 5).
//!
//! It is a back-to-back user agent behind the a-SBC: the DUT's INVITE is one leg, a new INVITE to the DUT from the same
//! a-SBC the other, and the media of both crosses the a-SBC.

use crate::calls::{LegId, LegState, Owner};
use crate::stage::Stage;
use oxocert_record::RoleName;
use oxocert_sip::message::Message;
use oxocert_sip::ua::{CallId, Invite};

impl Stage {
    /// Returns the DUT's call to `ddi` to the DUT.
    pub(crate) fn return_on_net(&mut self, sbc: &RoleName, call: CallId, ddi: &str, request: &Message) {
        let owner = Owner::ApplicationServer;
        let (incoming, mut outgoing) = match (self.open_session(sbc, &owner), self.open_session(sbc, &owner))
        {
            (Ok(incoming), Ok(outgoing)) => (incoming, outgoing),
            (Err(why), _) | (_, Err(why)) => return self.cannot_take(sbc, call, &why),
        };
        if let Some(why) = incoming.objection(request.body()) {
            self.finding(sbc, None, format!("{why}: 488"));
            return self.refuse_call(sbc, call, 488);
        }
        let trunk = self.bench.dut.trunk;
        let Some(agent) = self.agents.get_mut(sbc) else { return };
        let caller = request
            .pai()
            .or_else(|| request.from())
            .and_then(|identity| identity.uri.user)
            .unwrap_or_else(|| "anonymous".into());
        let identity = format!("<sip:{caller}@{}>", agent.address.ip());
        let invite = Invite {
            flow: agent.flow,
            target: format!("sip:{ddi}@{trunk}"),
            from: identity.clone(),
            to: format!("<sip:{ddi}@{}>", trunk.ip()),
            contact_user: caller,
            headers: vec![("P-Asserted-Identity".into(), identity)],
            body: Some(outgoing.offer(None)),
            credentials: None,
        };
        let returned = agent.ua.call(self.now, invite);
        let first = self.open_leg(sbc, call, owner.clone(), incoming);
        let second = self.open_leg(sbc, returned, owner, outgoing);
        if let Some(leg) = self.legs.get_mut(&first) {
            leg.state = LegState::Ringing;
            leg.offer = (!request.body().is_empty()).then(|| request.body().to_vec());
            leg.bridged = Some(second);
        }
        if let Some(leg) = self.legs.get_mut(&second) {
            leg.bridged = Some(first);
        }
    }

    /// The leg of an on-net call that waits for what happens to `id`.
    fn waiting_for(&self, id: LegId) -> Option<LegId> {
        let other = self.legs.get(&id)?.bridged?;
        self.legs.get(&other).filter(|leg| leg.state == LegState::Ringing).map(|leg| leg.id)
    }

    /// The called set rings: so does the caller's call.
    pub(crate) fn on_net_rings(&mut self, id: LegId) {
        if let Some(caller) = self.waiting_for(id) {
            self.ring(caller);
        }
    }

    /// The called set answered: so is the caller's call.
    pub(crate) fn on_net_answered(&mut self, id: LegId) {
        if let Some(caller) = self.waiting_for(id) {
            self.answer_leg(caller);
        }
    }

    /// The called set cannot be reached: the caller gets the same code.
    pub(crate) fn on_net_failed(&mut self, id: LegId, code: u16) {
        let Some(caller) = self.waiting_for(id) else { return };
        let Some(leg) = self.legs.get(&caller) else { return };
        if let (Some(agent), Some(call)) = (self.agents.get_mut(&leg.agent), leg.call) {
            agent.ua.reject(self.now, call, code.max(400), &[]);
        }
        self.finish(caller);
    }
}
