//! The management console: one line a datagram, an answer each, in plain words.
//!
//! `show` lists everything, `get NAME` one value, `set NAME VALUE` changes one. Names: `gateway.primary.address`,
//! `gateway.backup.address`, `load`, `cac.max-trunk-calls`.

use crate::defects::Defect;
use crate::gateway::{GatewayNo, Status};
use crate::oxo::VirtualOxo;

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
                gateway.gateway.index, gateway.gateway.address, gateway.gateway.primary_gw
            ));
        }
        for user in &self.settings.users {
            let state = if self.registrar.find(&user.number, self.now).is_some() { "in" } else { "out of" };
            lines.push(format!("user {} {} {state} service", user.number, user.ddi));
        }
        lines.push(format!("trunk-calls {} of {}", self.legs.on_trunk(), self.settings.max_trunk_calls()));
        lines.join("\n")
    }

    fn get(&self, name: &str) -> Option<String> {
        match name {
            "load" => Some(self.settings.load.clone()),
            "cac.max-trunk-calls" => Some(self.settings.max_trunk_calls().to_string()),
            _ => {
                let gateway = self.gateways.get(self.gateway_named(name)?)?;
                Some(gateway.gateway.address.to_string())
            }
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let ignored = self.defects.has(Defect::ConsoleIgnored);
        if name == "cac.max-trunk-calls" {
            let calls = value.parse().map_err(|_| format!("`{value}` is no number of calls"))?;
            if !ignored {
                self.settings.cac.max_trunk_calls = Some(calls);
            }
            return Ok(());
        }
        let number = self.gateway_named(name).ok_or_else(|| no_such(name))?;
        let address = value
            .parse()
            .map_err(|_| format!("`{value}` is no address with port, such as 192.0.2.1:5060"))?;
        if let Some(gateway) = self.gateways.get_mut(number)
            && !ignored
        {
            gateway.gateway.address = address;
        }
        Ok(())
    }

    fn gateway_named(&self, name: &str) -> Option<GatewayNo> {
        match name {
            "gateway.primary.address" => self.gateways.primary(),
            "gateway.backup.address" => self.gateways.backup(),
            _ => None,
        }
    }
}

fn unknown(name: &str) -> String {
    format!("error: {}", no_such(name))
}

fn no_such(name: &str) -> String {
    format!(
        "`{name}` is no setting of the console; it knows gateway.primary.address, gateway.backup.address, \
         cac.max-trunk-calls and load (read only)"
    )
}
