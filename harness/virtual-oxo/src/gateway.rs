//! The SIP gateways: which is alive, and which one an outgoing call takes.

use crate::settings::{Gateway, KeepAlive};
use oxocert_machine::At;
use oxocert_sip::ua::RequestId;
use std::net::SocketAddr;

/// A gateway's place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GatewayNo(pub usize);

/// What supervision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not asked yet: used as if up.
    Unknown,
    /// The last OPTIONS was answered well.
    Up,
    /// Too many OPTIONS in a row were not.
    Down,
}

/// One gateway at work.
#[derive(Debug)]
pub(crate) struct Supervised {
    /// Its configuration; address and name may have been changed through the console.
    pub gateway: Gateway,
    /// Where it is as far as known, in the order in which the places are tried.
    pub places: Vec<SocketAddr>,
    /// Which of them is in use.
    pub place: usize,
    /// Places in a row that could not be used.
    pub missed_places: usize,
    /// The last connection to it could not be made: there is no point in waiting for more silence.
    pub refused: bool,
    /// OPTIONS are due as soon as the name servers have said where to.
    pub due: bool,
    /// A box with a defect leaves it alone until then.
    pub quiet_until: Option<At>,
    /// How often a connection with it was lost.
    pub losses: u32,
    /// What supervision says.
    pub status: Status,
    /// OPTIONS in a row without good answer.
    pub misses: u32,
    /// The OPTIONS under way, with the address it went to.
    pub pending: Option<(RequestId, SocketAddr)>,
    /// OPTIONS sent so far.
    pub sent: u64,
}

impl Supervised {
    /// The place in use.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.places.get(self.place).copied()
    }

    /// Takes what the name servers said. The place in use stays where it is still one of them.
    pub(crate) fn settle(&mut self, places: Vec<SocketAddr>) {
        if self.places != places {
            let stays = self.address().and_then(|used| places.iter().position(|place| *place == used));
            self.place = stays.unwrap_or(0);
            self.places = places;
            self.missed_places = 0;
        }
    }

    /// Goes on to the next place; false where all were tried in a row.
    pub(crate) fn next_place(&mut self) -> bool {
        self.missed_places += 1;
        let left = self.missed_places < self.places.len();
        if left {
            self.place = (self.place + 1) % self.places.len();
        } else {
            self.missed_places = 0;
        }
        left
    }

    /// How it is told apart from the other: by its name where it has one.
    pub(crate) fn host(&self) -> Option<String> {
        match (&self.gateway.fqdn, self.gateway.address) {
            (Some(fqdn), None) => Some(fqdn.clone()),
            (_, Some(address)) => Some(crate::supervision::host_port(address)),
            (None, None) => None,
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Gateways(Vec<Supervised>);

impl Gateways {
    pub(crate) fn new(gateways: &[Gateway]) -> Self {
        Gateways(
            gateways
                .iter()
                .map(|gateway| Supervised {
                    gateway: gateway.clone(),
                    places: gateway.address.into_iter().collect(),
                    place: 0,
                    missed_places: 0,
                    refused: false,
                    due: false,
                    quiet_until: None,
                    losses: 0,
                    status: Status::Unknown,
                    misses: 0,
                    pending: None,
                    sent: 0,
                })
                .collect(),
        )
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = GatewayNo> + use<> {
        (0..self.0.len()).map(GatewayNo)
    }

    pub(crate) fn get(&self, number: GatewayNo) -> Option<&Supervised> {
        self.0.get(number.0)
    }

    pub(crate) fn get_mut(&mut self, number: GatewayNo) -> Option<&mut Supervised> {
        self.0.get_mut(number.0)
    }

    pub(crate) fn primary(&self) -> Option<GatewayNo> {
        self.0.iter().position(|g| g.gateway.primary_gw == 0).map(GatewayNo)
    }

    pub(crate) fn backup(&self) -> Option<GatewayNo> {
        self.0.iter().position(|g| g.gateway.primary_gw != 0).map(GatewayNo)
    }

    pub(crate) fn is_backup(&self, number: GatewayNo) -> bool {
        self.get(number).is_some_and(|g| g.gateway.primary_gw != 0)
    }

    /// The gateway at this IP address.
    pub(crate) fn at(&self, address: SocketAddr) -> Option<GatewayNo> {
        self.0.iter().position(|g| g.places.iter().any(|place| place.ip() == address.ip())).map(GatewayNo)
    }

    /// Primary gateways first, then their backups; those that are down or were tried already left out.
    pub(crate) fn choose(&self, tried: &[GatewayNo]) -> Option<GatewayNo> {
        let usable = |number: &GatewayNo| {
            !tried.contains(number) && self.get(*number).is_some_and(|g| g.status != Status::Down)
        };
        let (backups, primaries): (Vec<_>, Vec<_>) = self.numbers().partition(|n| self.is_backup(*n));
        primaries.into_iter().chain(backups).find(usable)
    }

    /// Whether one of them is down.
    pub(crate) fn any_is_down(&self) -> bool {
        self.0.iter().any(|gateway| gateway.status == Status::Down)
    }

    /// The gateway whose OPTIONS this was, with the address it went to.
    pub(crate) fn asked(&mut self, request: RequestId) -> Option<(GatewayNo, SocketAddr)> {
        let number = self.0.iter().position(|g| g.pending.is_some_and(|(id, _)| id == request))?;
        let (_, address) = self.0[number].pending.take()?;
        Some((GatewayNo(number), address))
    }

    /// Takes the result of one OPTIONS (`None`: silence). True where the status changed.
    pub(crate) fn heard(&mut self, number: GatewayNo, answer: Option<u16>, rules: &KeepAlive) -> bool {
        let Some(gateway) = self.0.get_mut(number.0) else { return false };
        let before = gateway.status;
        if answer.is_some_and(|status| rules.is_alive(status)) {
            gateway.misses = 0;
            gateway.missed_places = 0;
            gateway.status = Status::Up;
        } else {
            gateway.misses = gateway.misses.saturating_add(1);
            if gateway.misses >= rules.misses.max(1) || gateway.refused {
                gateway.status = Status::Down;
            }
        }
        gateway.status != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateways() -> Gateways {
        let gateway = |index, address: &str, primary_gw| Gateway {
            index,
            address: Some(address.parse().unwrap()),
            fqdn: None,
            port: 5061,
            primary_gw,
        };
        Gateways::new(&[gateway(5, "10.0.0.2:5060", 3), gateway(3, "10.0.0.1:5060", 0)])
    }

    #[test]
    fn the_primary_is_preferred_and_left_when_down() {
        let mut gateways = gateways();
        let rules = KeepAlive::default();
        assert_eq!(gateways.choose(&[]), Some(GatewayNo(1)));
        assert!(gateways.heard(GatewayNo(1), None, &rules));
        assert_eq!(gateways.choose(&[]), Some(GatewayNo(0)));
        assert!(gateways.heard(GatewayNo(1), Some(405), &rules));
        assert_eq!(gateways.choose(&[]), Some(GatewayNo(1)));
        assert_eq!(gateways.choose(&[GatewayNo(1)]), Some(GatewayNo(0)));
    }

    #[test]
    fn several_misses_may_be_asked_for() {
        let mut gateways = gateways();
        let rules = KeepAlive { misses: 2, ..KeepAlive::default() };
        assert!(!gateways.heard(GatewayNo(1), Some(503), &rules));
        assert!(gateways.heard(GatewayNo(1), None, &rules));
    }
}
