//! What a configuration may not say.

use super::{HoldMethod, MediaMode, Settings, SettingsError};
use std::collections::BTreeSet;

impl Settings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let invalid = |what: String| Err(SettingsError::Invalid(what));
        if self.gateways.is_empty() {
            return invalid("at least one [[gateway]] is needed".into());
        }
        let indexes: BTreeSet<u32> = self.gateways.iter().map(|gateway| gateway.index).collect();
        if indexes.len() != self.gateways.len() || indexes.contains(&0) {
            return invalid("gateway indexes must differ and be above 0".into());
        }
        if let Some(lost) =
            self.gateways.iter().find(|g| g.primary_gw != 0 && !indexes.contains(&g.primary_gw))
        {
            return invalid(format!(
                "gateway {}: primary-gw {} is the index of no gateway",
                lost.index, lost.primary_gw
            ));
        }
        if !self.gateways.iter().any(|gateway| gateway.primary_gw == 0) {
            return invalid("no gateway has primary-gw = 0".into());
        }
        if !is_load(&self.load) {
            return invalid(format!("load `{}` is not of the form OXO063/011.001", self.load));
        }
        let [first, last] = self.media.rtp_range;
        if first % 2 != 0 || last <= first || last - first < 3 {
            return invalid(format!(
                "media.rtp-range [{first}, {last}] must begin even and hold two port pairs"
            ));
        }
        if self.media.codecs.is_empty() {
            return invalid("media.codecs is empty".into());
        }
        if self.hold.method == HoldMethod::Silent && self.media.mode == MediaMode::Direct {
            return invalid("hold.method \"silent\" needs media.mode \"anchored\": with direct media the box is not in the stream".into());
        }
        if self.keep_alive.period_ms == 0 || self.timers.t1_ms == 0 {
            return invalid("keep-alive.period-ms and timers.t1-ms must be above 0".into());
        }
        self.validate_secured()?;
        let mut numbers = BTreeSet::new();
        if let Some(twice) = self.users.iter().find(|user| !numbers.insert(&user.number)) {
            return invalid(format!("two users have the number {}", twice.number));
        }
        Ok(())
    }

    fn validate_secured(&self) -> Result<(), SettingsError> {
        let invalid = |what: String| Err(SettingsError::Invalid(what));
        if let Some(gateway) = self.gateways.iter().find(|gateway| gateway.address.is_none()) {
            if gateway.fqdn.is_none() {
                return invalid(format!("gateway {} has neither address nor fqdn", gateway.index));
            }
            if self.dns.is_none() {
                return invalid(format!(
                    "gateway {} is found by its name, and there is no [dns]",
                    gateway.index
                ));
            }
        }
        if let Some(dns) = &self.dns
            && (dns.servers.is_empty() || dns.attempt_ms == 0 || dns.rounds == 0)
        {
            return invalid("dns needs a server, and attempt-ms and rounds above 0".into());
        }
        if self.tls.is_some() != self.is_secured() {
            return invalid("[tls] and trunk.transport \"tls\" go together".into());
        }
        if !self.is_secured() {
            return Ok(());
        }
        if let Some(nameless) = self.gateways.iter().find(|gateway| gateway.fqdn.is_none()) {
            return invalid(format!(
                "gateway {} has no fqdn, which its certificate must name (Orange §5.2.5)",
                nameless.index
            ));
        }
        if self.media.mode != MediaMode::Anchored {
            return invalid(
                "a trunk under TLS needs media.mode \"anchored\": SRTP ends in the box, sets speak clear RTP"
                    .into(),
            );
        }
        if self.lan.address.ip() == self.trunk.address.ip() && self.lan.address.port() == 5060 {
            return invalid(
                "lan.address is port 5060 of a trunk interface on which clear SIP must not be answered"
                    .into(),
            );
        }
        self.srtp.check()
    }
}

fn is_load(load: &str) -> bool {
    let shape: String = load.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    shape == "OXO999/999.999"
}
