//! Secured media as a step wants it: other descriptions, trouble in what a party sends, and its first sequence number.

use super::actions::Refused;
use crate::calls::{LegState, OVER_DTLS, Security};
use crate::stage::Stage;
use oxocert_media::engine::{Command, Trouble};
use oxocert_media::srtp::Suite;
use oxocert_record::RoleName;
use std::collections::BTreeMap;

/// How a party describes its media where a step says so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Described {
    protocol: Option<String>,
    suites: Option<Vec<Suite>>,
    long: bool,
}

/// What steps ordered for the descriptions and streams of parties.
#[derive(Debug, Default)]
pub(crate) struct Descriptions {
    ordered: BTreeMap<RoleName, Described>,
    starts: BTreeMap<RoleName, u16>,
}

impl Descriptions {
    /// The first sequence number of the role's next stream, where one was ordered.
    pub(crate) fn take_start(&mut self, role: &RoleName) -> Option<u16> {
        self.starts.remove(role)
    }
}

impl Stage {
    /// How a new session of `role` on `agent` is secured: as a step said, else as the trunk wants it. Sets talk in clear.
    pub(crate) fn security_of(&mut self, agent: &RoleName, role: &RoleName) -> Security {
        if !self.bench.sbcs.contains_key(agent) {
            return Security::default();
        }
        let usual = self.bench.internet.iter().flat_map(|internet| &internet.srtp_suites);
        let usual: Vec<Suite> = usual.filter_map(|name| Suite::named(name)).collect();
        let Some(described) = self.descriptions.ordered.get(role) else {
            return Security::fresh(&usual, false, &mut self.dice);
        };
        let suites = described.suites.clone().unwrap_or(usual);
        match described.protocol.as_deref() {
            Some("RTP/AVP") => Security::default(),
            Some(OVER_DTLS) => Security::over_dtls(&mut self.dice),
            _ => Security::fresh(&suites, described.long, &mut self.dice),
        }
    }

    /// The descriptions of a party are secured so from the next one on, with fresh keys; also on the calls it has.
    pub(crate) fn describe(
        &mut self,
        role: &RoleName,
        protocol: Option<&String>,
        crypto: Option<&Vec<String>>,
        long: bool,
    ) -> Result<(), Refused> {
        if !self.bench.parties.contains_key(role) {
            return Err(Refused::Bench(format!("{role} is no party of this bench")));
        }
        let suites = crypto.map(|names| names.iter().map(|name| Suite::named(name).ok_or(name)).collect());
        let suites: Option<Vec<Suite>> = suites
            .transpose()
            .map_err(|name: &String| Refused::Bench(format!("the bench knows no SRTP suite {name}")))?;
        let words = match (protocol, crypto) {
            (Some(protocol), _) => format!("describes its media as {protocol}"),
            (None, Some(suites)) => format!("describes its media with {}", suites.join(", ")),
            (None, None) => "describes its media with fresh keys".to_owned(),
        };
        let words = if long { format!("{words}, with lifetime and MKI") } else { words };
        let described = Described { protocol: protocol.cloned(), suites, long };
        self.descriptions.ordered.insert(role.clone(), described);
        self.out.role_state(self.now, role, words);
        self.secure_again(role);
        Ok(())
    }

    /// What the next descriptions of the party's calls offer.
    fn secure_again(&mut self, role: &RoleName) {
        let mine = |leg: &&crate::calls::Leg| leg.is_open() && leg.role() == role;
        let legs: Vec<_> = self.legs.values().filter(mine).map(|leg| (leg.id, leg.agent.clone())).collect();
        for (id, agent) in legs {
            let security = self.security_of(&agent, role);
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.session.secure(security);
            }
        }
    }

    /// Trouble in what a party sends on its call in hand. It speaks meanwhile, so that one can hear what became of it.
    pub(crate) fn trouble_media(&mut self, role: &RoleName, how: &str, packets: u32) -> Result<(), Refused> {
        let trouble = match how {
            "bad-tag" => Trouble::BadTag { packets },
            "replay" => Trouble::Replay { packets },
            "clear" => Trouble::Clear { packets },
            "wrong-key" => Trouble::WrongKey { packets },
            other => return Err(Refused::Bench(format!("{role} knows no trouble `{other}`"))),
        };
        let leg = self.in_hand(role, None).and_then(|id| self.legs.get(&id));
        let Some(leg) = leg.filter(|leg| leg.state == LegState::Up) else {
            let calls = self.calls_in_words(role);
            return Err(Refused::NotYet(format!("trouble needs an answered call, {calls}")));
        };
        let port = leg.session.port;
        self.speak(role, true);
        self.out.media(Command::Trouble { port, trouble });
        self.out.role_state(self.now, role, format!("sends {packets} packets with trouble: {how}"));
        Ok(())
    }

    /// The next stream of a party begins at this sequence number.
    pub(crate) fn start_media_at(&mut self, role: &RoleName, sequence: u16) {
        self.descriptions.starts.insert(role.clone(), sequence);
        self.out.role_state(self.now, role, format!("begins its next stream at sequence {sequence}"));
    }

    /// The party describes and sends its media as the bench wants it again; nothing is recorded where it already does.
    pub(crate) fn restore_descriptions(&mut self, role: &RoleName) {
        self.descriptions.starts.remove(role);
        if self.descriptions.ordered.remove(role).is_some() {
            self.out.role_state(self.now, role, "describes its media as usual");
            self.secure_again(role);
        }
    }
}
