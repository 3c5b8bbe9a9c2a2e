//! SRTP keys of the trunk (SDES, RFC 4568): own ones are drawn once a leg and suite, and stay for its life.
//!
//! Whether a real OCE draws new keys in a re-INVITE is not known publicly. This one keeps them while the suite stays, so that
//! neither side has to start its roll-over counter again (RFC 4568 §7.1.4 allows both).

use crate::defects::Defect;
use crate::leg::{LegId, Side};
use crate::oxo::VirtualOxo;
use oxocert_machine::Seed;
use oxocert_media::engine::{Command, PortId, Trouble};
use oxocert_media::srtp::{Key, Suite};
use oxocert_sip::sdp::{Audio, Crypto};
use rand::Rng;

/// What the packets of an `m=` line are carried by.
pub(crate) const SECURED: &str = "RTP/SAVP";
/// Keys over DTLS (RFC 5764), which the box does not know.
pub(crate) const OVER_DTLS: &str = "UDP/TLS/RTP/SAVP";
const CLEAR: &str = "RTP/AVP";

/// The seed of a box that has one key only.
const SAME_FOR_ALL: Seed = Seed(0x0c0f_fee0);

/// SRTP of one leg.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LegKeys {
    /// Our line for each suite.
    own: Vec<Crypto>,
    /// What was agreed: our line, then theirs.
    agreed: Option<(Crypto, Crypto)>,
    /// The port that has its keys.
    told: Option<PortId>,
}

impl VirtualOxo {
    /// Whether SRTP is spoken toward this side.
    pub(crate) fn speaks_srtp(&self, side: Side) -> bool {
        side == Side::Trunk && self.settings.is_secured()
    }

    /// Our lines for a description to this leg, in order of preference; empty where the description is in clear.
    pub(crate) fn own_keys(&mut self, id: LegId, offer: Option<&Audio>) -> Vec<Crypto> {
        let Some(leg) = self.legs.get(id) else { return Vec::new() };
        if !self.speaks_srtp(leg.side) || self.is_clear(offer) {
            return Vec::new();
        }
        let known = leg.keys.own.clone();
        if !known.is_empty() && !self.has(Defect::SrtpKeyNewEachTime) {
            return known;
        }
        let mut suites = self.settings.srtp.suites();
        if self.has(Defect::WeakSuiteFirst) {
            suites.reverse();
        }
        if self.has(Defect::OnlyFirstSuite) {
            suites.truncate(1);
        }
        let own: Vec<Crypto> = (1..).zip(suites).map(|(tag, suite)| self.draw(tag, suite)).collect();
        if let Some(leg) = self.legs.get_mut(id) {
            leg.keys.own = own.clone();
        }
        own
    }

    fn draw(&mut self, tag: u32, suite: Suite) -> Crypto {
        let mut key_and_salt = vec![0; suite.key_and_salt_len()];
        if self.has(Defect::SrtpKeyReused) {
            SAME_FOR_ALL.generator("srtp").fill(key_and_salt.as_mut_slice());
        } else {
            self.key_dice.fill(key_and_salt.as_mut_slice());
        }
        Crypto {
            tag,
            suite: suite.name().to_owned(),
            key_and_salt,
            lifetime: None,
            mki: None,
            session: Vec::new(),
        }
    }

    /// Whether a description is in clear because a defect wants it so: ours, or the answer to theirs.
    fn is_clear(&self, offer: Option<&Audio>) -> bool {
        match offer {
            None => self.has(Defect::OffersAvp),
            Some(offer) if offer.protocol.eq_ignore_ascii_case(CLEAR) => self.has(Defect::SrtpClearFallback),
            Some(offer) => {
                offer.protocol.eq_ignore_ascii_case(OVER_DTLS) && self.has(Defect::AcceptsDtlsOffer)
            }
        }
    }

    /// Whether an offer from this side can be answered at all: SAVP with a suite of ours (RFC 4568 §5.1.2).
    pub(crate) fn can_secure(&self, side: Side, offer: &Audio) -> bool {
        if !self.speaks_srtp(side) || self.is_clear(Some(offer)) {
            return true;
        }
        let suites = self.settings.srtp.suites();
        let usable =
            if self.has(Defect::OnlyFirstSuite) { suites.get(..1).unwrap_or(&[]) } else { &suites[..] };
        let unwelcome = |line: &Crypto| line.lifetime.is_some() && self.has(Defect::RefusesLifetime);
        offer.protocol.eq_ignore_ascii_case(SECURED)
            && offer.crypto.iter().any(|line| {
                !unwelcome(line) && Suite::named(&line.suite).is_some_and(|suite| usable.contains(&suite))
            })
    }

    /// Their answer to our offer has come. False where it agrees to nothing that we offered.
    pub(crate) fn key_answered(&mut self, id: LegId, answer: &Audio) -> bool {
        let Some(leg) = self.legs.get(id) else { return true };
        if !self.speaks_srtp(leg.side) || self.has(Defect::OffersAvp) || answer.port == 0 {
            return true;
        }
        let theirs = answer.crypto.first().filter(|_| answer.protocol.eq_ignore_ascii_case(SECURED));
        let agreed = theirs.and_then(|theirs| {
            let ours = leg.keys.own.iter().find(|ours| ours.tag == theirs.tag)?;
            ours.suite.eq_ignore_ascii_case(&theirs.suite).then(|| (ours.clone(), theirs.clone()))
        });
        let agrees = agreed.is_some() || self.has(Defect::SrtpClearFallback);
        if let Some((ours, theirs)) = agreed {
            self.agree(id, ours, theirs);
        }
        agrees
    }

    /// Our answer has been written with `ours`, to their line `theirs`.
    pub(crate) fn agree(&mut self, id: LegId, ours: Crypto, theirs: Crypto) {
        let ours =
            if self.has(Defect::SrtpKeyBothWays) && ours.key_and_salt.len() == theirs.key_and_salt.len() {
                Crypto { key_and_salt: theirs.key_and_salt.clone(), ..ours }
            } else {
                ours
            };
        let stuck = self.has(Defect::SrtpKeyNewEachTime);
        let Some(leg) = self.legs.get_mut(id) else { return };
        let ours = match &leg.keys.agreed {
            Some((first, _)) if stuck => first.clone(),
            _ => ours,
        };
        let agreed = Some((ours, theirs));
        if leg.keys.agreed != agreed {
            leg.keys.agreed = agreed;
            leg.keys.told = None;
        }
        self.tell_keys(id);
    }

    /// Gives the port of a leg the keys that were agreed, before anything leaves it.
    pub(crate) fn tell_keys(&mut self, id: LegId) {
        let ignores_mki = self.has(Defect::IgnoresMki);
        let Some(leg) = self.legs.get_mut(id) else { return };
        let (Some(port), Some((ours, theirs))) = (leg.port, leg.keys.agreed.clone()) else { return };
        if leg.keys.told == Some(port) {
            return;
        }
        leg.keys.told = Some(port);
        let mut receiving = key(&theirs);
        if ignores_mki && let Some(key) = &mut receiving {
            key.mki = None;
        }
        if let Some(sequence) = self.settings.media.first_sequence {
            self.media(Command::Trouble { port, trouble: Trouble::StartAt { sequence } });
        }
        self.media(Command::Secure { port, sending: key(&ours), receiving });
    }

    /// Whether media may leave toward the party of this leg: never in clear where keys should have been agreed.
    pub(crate) fn may_send(&self, id: LegId) -> bool {
        let Some(leg) = self.legs.get(id) else { return false };
        let clear = [Defect::OffersAvp, Defect::SrtpClearFallback, Defect::AcceptsDtlsOffer];
        !self.speaks_srtp(leg.side)
            || leg.keys.agreed.is_some()
            || clear.iter().any(|defect| self.has(*defect))
    }
}

/// The key of a line; `None` where its suite is unknown or its length wrong.
fn key(line: &Crypto) -> Option<Key> {
    Key::of_line(&line.suite, &line.key_and_salt, line.mki).ok()
}
