//! The management console: one line a datagram, an answer each, in plain words.
//!
//! `show` lists everything, `get NAME` one value, `set NAME VALUE` changes one. Names: `gateway.primary.address` and
//! `gateway.primary.fqdn` (the same of `gateway.backup`), `load`, `cac.max-trunk-calls`, `clock.ahead` (seconds), `dns.mode`
//! (`a`, `srv`), `nat.static` (`on`, `off`), `tls.certificate` and `tls.trusted` (names of what the box was given, `good` at first), `invite.padding` (bytes
//! of a header that makes INVITEs longer).

use crate::defects::Defect;
use crate::gateway::{GatewayNo, Status};
use crate::leg::Side;
use crate::oxo::VirtualOxo;
use crate::settings::DnsMode;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a box does not come back.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Most bytes that an INVITE can be made longer by.
const LONGEST_PADDING: usize = 16_000;

impl VirtualOxo {
    /// Answers one line.
    pub(crate) fn console(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["show"] => self.show(),
            ["get", name] => self.get(name).unwrap_or_else(|| unknown(name)),
            ["set", name, value] => match self.set(name, value) {
                Ok(()) => "ok".to_owned(),
                Err(why) => format!("error: {why}"),
            },
            [] => "error: empty line; say show, get NAME or set NAME VALUE".to_owned(),
            [word, ..] => format!("error: `{word}` is no command; say show, get NAME or set NAME VALUE"),
        }
    }

    fn show(&self) -> String {
        let mut lines = vec![format!("load {}", self.settings.load)];
        for number in self.gateways.numbers() {
            let Some(gateway) = self.gateways.get(number) else { continue };
            let status = match gateway.status {
                Status::Unknown => "unknown",
                Status::Up => "up",
                Status::Down => "down",
            };
            lines.push(format!(
                "gateway {} address {} primary-gw {} status {status}",
                gateway.gateway.index,
                gateway.address().map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
                gateway.gateway.primary_gw
            ));
            if let Some(fqdn) = &gateway.gateway.fqdn {
                lines.push(format!("gateway {} fqdn {fqdn}", gateway.gateway.index));
            }
        }
        for user in &self.settings.users {
            let state = if self.registrar.find(&user.number, self.now).is_some() { "in" } else { "out of" };
            lines.push(format!("user {} {} {state} service", user.number, user.ddi));
        }
        lines.push(format!("trunk-calls {} of {}", self.legs.on_trunk(), self.settings.max_trunk_calls()));
        lines.join("\n")
    }

    fn get(&self, name: &str) -> Option<String> {
        let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
        match name {
            "load" => Some(self.settings.load.clone()),
            "cac.max-trunk-calls" => Some(self.settings.max_trunk_calls().to_string()),
            "clock.ahead" => Some(self.clock_ahead.to_string()),
            "dns.mode" => self.resolver.as_ref().map(|names| names.mode().name().to_owned()),
            "nat.static" => Some(on_off(self.settings.nat.is_static)),
            "tls.certificate" => Some(self.certificate.clone()),
            "tls.trusted" => Some(self.trusts.clone()),
            "invite.padding" => Some(self.padding.to_string()),
            _ => {
                let (number, field) = self.gateway_named(name)?;
                let gateway = self.gateways.get(number)?;
                match field {
                    Field::Address => gateway.address().map(|address| address.to_string()),
                    Field::Fqdn => gateway.gateway.fqdn.clone(),
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let ignored = self.defects.has(Defect::ConsoleIgnored);
        if self.has(Defect::DeafAfterRestart) && (name == "nat.static" || name.starts_with("tls.")) {
            self.deaf_until = self.now + AN_HOUR;
        }
        match name {
            "cac.max-trunk-calls" => {
                let calls = value.parse().map_err(|_| format!("`{value}` is no number of calls"))?;
                if !ignored {
                    self.settings.cac.max_trunk_calls = Some(calls);
                }
            }
            "clock.ahead" => {
                let seconds: i64 = value.parse().map_err(|_| format!("`{value}` is no number of seconds"))?;
                if !ignored {
                    self.clock_ahead = seconds;
                    self.secure_trunk();
                }
            }
            "dns.mode" => {
                let mode = DnsMode::named(value).ok_or_else(|| format!("`{value}` is neither a nor srv"))?;
                let names = self.resolver.as_mut().ok_or("the box has no name servers")?;
                if !ignored {
                    names.set_mode(mode);
                }
            }
            "nat.static" => {
                let on = match value {
                    "on" => true,
                    "off" => false,
                    _ => return Err(format!("`{value}` is neither on nor off")),
                };
                if !ignored {
                    self.settings.nat.is_static = on;
                    self.trunk.config_mut().address = self.settings.written_trunk();
                }
            }
            "tls.certificate" | "tls.trusted" => self.install(name, value, ignored)?,
            "invite.padding" => {
                let bytes: usize = value.parse().map_err(|_| format!("`{value}` is no number of bytes"))?;
                if bytes > LONGEST_PADDING {
                    return Err(format!("{bytes} bytes are more than {LONGEST_PADDING}"));
                }
                if !ignored {
                    self.padding = bytes;
                }
            }
            _ => return self.set_gateway(name, value, ignored),
        }
        Ok(())
    }

    fn set_gateway(&mut self, name: &str, value: &str, ignored: bool) -> Result<(), String> {
        let (number, field) = self.gateway_named(name).ok_or_else(|| no_such(name))?;
        let address = match field {
            Field::Address => Some(
                value
                    .parse::<SocketAddr>()
                    .map_err(|_| format!("`{value}` is no address with port, such as 192.0.2.1:5060"))?,
            ),
            Field::Fqdn if self.resolver.is_none() => return Err("the box has no name servers".to_owned()),
            Field::Fqdn => None,
        };
        if let Some(gateway) = self.gateways.get_mut(number)
            && !ignored
        {
            if field == Field::Fqdn {
                gateway.gateway.fqdn = Some(value.to_owned());
            }
            gateway.gateway.address = address;
            gateway.places = address.into_iter().collect();
            gateway.place = 0;
            gateway.missed_places = 0;
            if let Some(address) = address {
                self.secure_toward(number, address.ip());
            }
        }
        Ok(())
    }

    /// A certificate, or CA certificates, of those the box was given come into force for new connections. Idle ones are closed,
    /// so that the next keep-alive shows the new one.
    fn install(&mut self, name: &str, value: &str, ignored: bool) -> Result<(), String> {
        let material = &self.settings.tls_material;
        let certificate = name == "tls.certificate";
        let known: Vec<&str> = if certificate {
            material.identities.keys().map(String::as_str).collect()
        } else {
            material.trusted.keys().map(String::as_str).collect()
        };
        if !known.contains(&value) {
            return Err(format!(
                "the box was given nothing called `{value}`; there are {}",
                known.join(", ")
            ));
        }
        if ignored {
            return Ok(());
        }
        if certificate {
            self.certificate = value.to_owned();
        } else {
            self.trusts = value.to_owned();
        }
        self.secure_trunk();
        let drops = self.has(Defect::RenewalDropsCalls);
        if drops {
            let all: Vec<_> =
                self.legs.iter().filter(|(_, leg)| leg.side == Side::Trunk).map(|(id, _)| id).collect();
            for leg in all {
                self.over(leg);
            }
        }
        if self.legs.on_trunk() == 0 {
            self.close_all();
        }
        Ok(())
    }

    fn gateway_named(&self, name: &str) -> Option<(GatewayNo, Field)> {
        let (gateway, field) = name.rsplit_once('.')?;
        let number = match gateway {
            "gateway.primary" => self.gateways.primary(),
            "gateway.backup" => self.gateways.backup(),
            _ => None,
        };
        let field = match field {
            "address" => Field::Address,
            "fqdn" => Field::Fqdn,
            _ => return None,
        };
        Some((number?, field))
    }
}

/// What of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Address,
    Fqdn,
}

fn unknown(name: &str) -> String {
    format!("error: {}", no_such(name))
}

fn no_such(name: &str) -> String {
    format!(
        "`{name}` is no setting of the console; it knows gateway.primary.address, gateway.primary.fqdn, \
         gateway.backup.address, gateway.backup.fqdn, cac.max-trunk-calls, clock.ahead, dns.mode, nat.static, \
         tls.certificate, tls.trusted, invite.padding and load (read only)"
    )
}
