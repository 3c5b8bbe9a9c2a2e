//! What a name server of the lab knows: addresses and services by name.

use oxocert_scenario::model::bench::Bench;
use oxocert_scenario::model::step::Service;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Time to live where the bench has no `dns.ttl`.
const TTL: Duration = Duration::from_secs(60);
/// Weight of SRV records that are alone in their priority.
const WEIGHT: u16 = 100;

/// The records of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Records {
    /// A records, and AAAA records where a step gave IPv6 addresses, in order.
    pub(super) addresses: Vec<IpAddr>,
    /// SRV records.
    pub(super) services: Vec<Service>,
    /// Time to live of all of them.
    pub(super) ttl: Duration,
}

/// The records of all names. Names are lower case and have no last dot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Zone(BTreeMap<String, Records>);

impl Zone {
    /// The a-SBCs by their names, and the DUT by its own. Where the DUT is told to resolve by SRV (C11), the service of each
    /// a-SBC too, and that of their common domain with the nominal one first (RFC 3263 §4.1: `_sips._tcp`).
    pub(super) fn of(bench: &Bench) -> Zone {
        let ttl = bench.duration("dns.ttl").unwrap_or(TTL);
        let mut zone = Zone::default();
        let Some(internet) = &bench.internet else { return zone };
        let by_service = internet.resolves_by == "srv";
        // `sbc.nominal` comes after `sbc.backup` in the alphabet, and before it in the service.
        for (rank, sbc) in (1_u16..).zip(bench.sbcs.values().rev()) {
            let Some(fqdn) = &sbc.fqdn else { continue };
            zone.add_address(fqdn, sbc.address.ip(), ttl);
            if by_service {
                let service = |priority| Service {
                    priority,
                    weight: WEIGHT,
                    port: sbc.address.port(),
                    target: fqdn.clone(),
                };
                zone.add_service(&format!("_sips._tcp.{fqdn}"), service(10), ttl);
                if let Some((_, domain)) = fqdn.split_once('.') {
                    zone.add_service(&format!("_sips._tcp.{domain}"), service(rank * 10), ttl);
                }
            }
        }
        zone.add_address(&internet.dut_fqdn, bench.dut.trunk.ip(), ttl);
        zone
    }

    fn records(&mut self, name: &str, ttl: Duration) -> &mut Records {
        let fresh = || Records { addresses: Vec::new(), services: Vec::new(), ttl };
        self.0.entry(canonical(name)).or_insert_with(fresh)
    }

    fn add_address(&mut self, name: &str, address: IpAddr, ttl: Duration) {
        self.records(name, ttl).addresses.push(address);
    }

    fn add_service(&mut self, name: &str, service: Service, ttl: Duration) {
        self.records(name, ttl).services.push(service);
    }

    /// Puts these records in the place of what the name had.
    pub(super) fn set(&mut self, name: &str, records: Records) {
        self.0.insert(canonical(name), records);
    }

    /// What it knows of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Records> {
        self.0.get(&canonical(name))
    }
}

/// Lower case, without the last dot.
pub(super) fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
