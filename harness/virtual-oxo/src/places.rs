//! Where the gateways are: their addresses, or what the name servers say of their names.

use crate::defects::Defect;
use crate::gateway::GatewayNo;
use crate::leg::{LegId, Purpose, Side, TrunkCall};
use crate::names::Found;
use crate::oxo::VirtualOxo;
use oxocert_machine::{Flow, Output};
use std::net::SocketAddr;

/// Where a gateway is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// There.
    At(SocketAddr),
    /// The name servers are asked.
    Later,
    /// Nobody knows.
    Nowhere,
}

impl VirtualOxo {
    /// Where this gateway is now. A connection that stands is used on whatever becomes of the name (the cached address of a
    /// connection does not expire with its record).
    pub(crate) fn place_of(&mut self, number: GatewayNo) -> Place {
        let Some(gateway) = self.gateways.get(number) else { return Place::Nowhere };
        if let Some(address) = gateway.gateway.address {
            return Place::At(address);
        }
        let (before, port) = (gateway.address(), gateway.gateway.port);
        let Some(fqdn) = gateway.gateway.fqdn.clone() else { return Place::Nowhere };
        let now = self.now;
        let found = self.resolver.as_mut().map_or(Found::Nowhere, |names| names.find(now, &fqdn, port));
        match found {
            Found::At(places) => self.moved(number, before, places),
            Found::UnderWay => Place::Later,
            Found::Nowhere => {
                if self.has(Defect::DropsCallOnDnsFailure) {
                    self.drop_calls_through(number);
                }
                match before {
                    Some(place) if self.is_connected(place) || self.has(Defect::DnsStaleForEver) => {
                        Place::At(place)
                    }
                    _ => Place::Nowhere,
                }
            }
        }
    }

    fn moved(&mut self, number: GatewayNo, before: Option<SocketAddr>, mut places: Vec<SocketAddr>) -> Place {
        if self.has(Defect::DnsIgnoresService)
            && let Some(port) = self.gateways.get(number).map(|gateway| gateway.gateway.port)
        {
            for place in &mut places {
                place.set_port(port);
            }
        }
        let Some(gateway) = self.gateways.get_mut(number) else { return Place::Nowhere };
        let known = gateway.places.clone();
        gateway.settle(places);
        let (label, now_at) = (gateway.gateway.label(), gateway.address());
        let fresh: Vec<SocketAddr> =
            gateway.places.iter().filter(|place| !known.contains(place)).copied().collect();
        for place in fresh {
            self.secure_toward(number, place.ip());
        }
        if before != now_at
            && let Some(place) = now_at
        {
            self.log(format!("{label} is at {place}"));
            if let Some(left) = before {
                self.leave(left);
            }
        }
        now_at.map_or(Place::Nowhere, Place::At)
    }

    /// Where a call may go at once: the place of a connection that stands needs no name server.
    pub(crate) fn place_for_call(&mut self, number: GatewayNo) -> Place {
        let known = self.gateways.get(number).and_then(|gateway| gateway.address());
        match self.place_of(number) {
            Place::Later => match known {
                Some(place) if self.is_connected(place) => Place::At(place),
                _ => Place::Later,
            },
            other => other,
        }
    }

    /// A call waits for the name servers.
    pub(crate) fn wait_for_place(&mut self, purpose: Purpose, wish: TrunkCall) {
        self.waiting_calls.push((purpose, wish));
    }

    /// Sends what the resolver wants to send, and goes on with what waited for it.
    pub(crate) fn drain_names(&mut self) {
        let Some(source) = self.settings.dns_source() else { return };
        loop {
            while let Some((server, bytes)) = self.resolver.as_mut().and_then(|names| names.poll()) {
                self.out.push_back(Output::Transmit { flow: Flow::udp(source, server), tos: 0, bytes });
            }
            if !self.resolver.as_mut().is_some_and(|names| names.take_ended()) {
                return;
            }
            for number in self.gateways.numbers() {
                if let Some(gateway) = self.gateways.get_mut(number)
                    && std::mem::take(&mut gateway.due)
                {
                    self.ask_alive(number);
                }
            }
            for (purpose, wish) in std::mem::take(&mut self.waiting_calls) {
                self.place(purpose, wish);
            }
        }
    }

    fn drop_calls_through(&mut self, number: GatewayNo) {
        let through: Vec<LegId> = self
            .legs
            .iter()
            .filter(|(_, leg)| leg.side == Side::Trunk)
            .filter(|(_, leg)| leg.wish.as_ref().is_none_or(|wish| wish.tried.last() == Some(&number)))
            .map(|(id, _)| id)
            .collect();
        for leg in through {
            self.over(leg);
        }
    }
}
