//! Interfaces, gateways, supervision, SIP spelling and timers.

use oxocert_machine::Transport;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;

/// The interface toward the operator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trunk {
    /// SIP address and port (5060; 5061 under TLS).
    pub address: SocketAddr,
    /// `udp`, `tcp` or `tls`.
    #[serde(default = "udp")]
    pub transport: Transport,
    /// On a UDP trunk: a request above 1300 bytes goes by TCP (RFC 3261 §18.1.1, "UDP to TCP switching" of Orange §5.2.5).
    #[serde(default)]
    pub udp_to_tcp: bool,
}

/// The interface toward the sets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lan {
    /// Registrar address and port (5059).
    pub address: SocketAddr,
    /// Digest realm; absent: the address.
    #[serde(default)]
    pub realm: Option<String>,
}

/// One SIP gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gateway {
    /// Its index in the configuration, above 0.
    pub index: u32,
    /// Where it is; absent: found by its name.
    #[serde(default)]
    pub address: Option<SocketAddr>,
    /// Its name (Orange §5.2.5): what is resolved where no address is given, and what its certificate must name.
    #[serde(default)]
    pub fqdn: Option<String>,
    /// Port at an address found by name of type A (SRV records have their own).
    #[serde(default = "tls_port")]
    pub port: u16,
    /// 0 on the primary; on a backup the index of its primary.
    #[serde(default)]
    pub primary_gw: u32,
}

/// Supervision by OPTIONS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KeepAlive {
    /// Milliseconds between two OPTIONS to one gateway.
    pub period_ms: u64,
    /// OPTIONS in a row without good answer that make a gateway down.
    pub misses: u32,
    /// Status codes that mean alive, beside 2xx.
    pub alive_codes: Vec<u16>,
    /// Milliseconds between two pings of line ends on a connection that the box opened (RFC 5626 §4.4.1); absent: none, the
    /// OPTIONS alone keep the bindings of a firewall.
    pub crlf_ms: Option<u64>,
}

impl Default for KeepAlive {
    fn default() -> Self {
        KeepAlive {
            period_ms: 60_000,
            misses: 1,
            alive_codes: vec![401, 403, 404, 405, 407, 415, 420, 483, 501],
            crlf_ms: None,
        }
    }
}

impl KeepAlive {
    pub(crate) fn period(&self) -> Duration {
        Duration::from_millis(self.period_ms)
    }

    pub(crate) fn is_alive(&self, status: u16) -> bool {
        (200..300).contains(&status) || self.alive_codes.contains(&status)
    }
}

/// When an outgoing call tries the other gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Failover {
    /// Final codes to INVITE that do.
    pub on_invite_codes: Vec<u16>,
    /// Whether silence does.
    pub on_invite_timeout: bool,
    /// Milliseconds without any answer that count as silence; absent: Timer B (64*T1).
    pub invite_timeout_ms: Option<u64>,
}

impl Default for Failover {
    fn default() -> Self {
        Failover { on_invite_codes: vec![500, 503], on_invite_timeout: true, invite_timeout_ms: None }
    }
}

/// SIP timers (RFC 3261 table 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TimerSettings {
    /// T1, ms.
    pub t1_ms: u64,
    /// T2, ms.
    pub t2_ms: u64,
    /// T4, ms.
    pub t4_ms: u64,
}

impl Default for TimerSettings {
    fn default() -> Self {
        TimerSettings { t1_ms: 500, t2_ms: 4000, t4_ms: 5000 }
    }
}

/// Session timer (RFC 4028).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Session {
    /// Session-Expires, seconds.
    pub expires: u32,
    /// Min-SE, seconds.
    pub min_se: u32,
    /// Refresh by UPDATE instead of re-INVITE.
    pub by_update: bool,
}

impl Default for Session {
    fn default() -> Self {
        Session { expires: 1800, min_se: 90, by_update: false }
    }
}

/// How SIP messages are written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sip {
    /// First CSeq of a dialog: an OXO starts near 2^31.
    pub first_cseq: u32,
    /// Contact URI parameters, `;transport=UDP;user=phone`; `UDP` becomes `TCP` on a TCP trunk and `tls` under TLS.
    pub contact_params: String,
    /// Option tags of `Supported`.
    pub supported: Vec<String>,
    /// Methods of `Allow`.
    pub allow: Vec<String>,
    /// TOS byte of SIP packets.
    pub tos: u8,
}

impl Default for Sip {
    fn default() -> Self {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Sip {
            first_cseq: 2_146_524_753,
            contact_params: ";transport=UDP;user=phone".into(),
            supported: words("100rel timer from-change"),
            allow: words("INVITE ACK CANCEL BYE OPTIONS UPDATE PRACK REFER NOTIFY INFO"),
            tos: 0x68,
        }
    }
}

impl Gateway {
    /// Its name where it has one, else its address, as a person reads it.
    pub(crate) fn label(&self) -> String {
        match (&self.fqdn, self.address) {
            (Some(fqdn), _) => fqdn.clone(),
            (None, Some(address)) => address.to_string(),
            (None, None) => format!("gateway {}", self.index),
        }
    }
}

fn tls_port() -> u16 {
    5061
}

fn udp() -> Transport {
    Transport::Udp
}
