//! Somebody in the PSTN behind an a-SBC.

use crate::calls::Owner;
use crate::stage::Stage;
use oxocert_record::RoleName;
use oxocert_sip::ua::Invite;

impl Stage {
    /// Calls a number of the DUT through an a-SBC: E.164 in the Request-URI, the caller in P-Asserted-Identity (RFC 3325),
    /// hidden from the called side where `anonymous` (RFC 3323). `sips`: to a sips URI (RFC 5630).
    ///
    /// # Errors
    /// In words, where the party or the a-SBC is none of this bench, or has no media port left.
    pub(crate) fn party_calls(
        &mut self,
        role: &RoleName,
        to: &str,
        anonymous: bool,
        sips: bool,
        via: Option<&RoleName>,
    ) -> Result<(), String> {
        let sbc = via.cloned().unwrap_or_else(|| RoleName::from("sbc.nominal"));
        let number =
            self.bench.parties.get(role).ok_or_else(|| format!("{role} is no party of this bench"))?;
        let number = number.number.clone();
        let owner = Owner::Party(role.clone());
        let mut session = self.open_session(&sbc, &owner)?;
        let trunk = self.bench.dut.trunk;
        let agent = self.agents.get_mut(&sbc).ok_or_else(|| format!("{sbc} is no a-SBC of this bench"))?;
        let identity = format!("<sip:{number}@{}>", agent.address.ip());
        let mut headers = vec![("P-Asserted-Identity".to_owned(), identity.clone())];
        let (from, contact_user) = if anonymous {
            headers.push(("Privacy".into(), "id".into()));
            ("\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned(), "anonymous".to_owned())
        } else {
            (identity, number)
        };
        let scheme = if sips { "sips" } else { "sip" };
        let invite = Invite {
            flow: agent.flow,
            target: format!("{scheme}:{to}@{trunk}"),
            from,
            to: format!("<{scheme}:{to}@{}>", trunk.ip()),
            contact_user,
            headers,
            body: Some(session.offer(None)),
            credentials: None,
        };
        let call = agent.ua.call(self.now, invite);
        self.open_leg(&sbc, call, owner, session);
        Ok(())
    }
}
