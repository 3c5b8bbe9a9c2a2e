//! How the box spells its own address on the trunk: secure URIs, and what defects make of Via and Contact.

use crate::defects::{Defect, Defects};
use crate::head::{line, split};
use crate::settings::Settings;
use oxocert_sip::message::Message;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Most calls that are remembered; beyond it the first by name is forgotten.
const MOST: usize = 1024;

/// The address of a box behind a firewall where no setting names one.
const FACTORY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 92, 246));

/// Knows which dialogs were asked for by a sips URI.
#[derive(Debug, Default)]
pub(crate) struct Speller {
    /// Call-IDs of requests to a sips URI.
    secure: BTreeSet<String>,
}

impl Speller {
    /// Takes note of a request from the trunk.
    pub(crate) fn note(&mut self, bytes: &[u8]) {
        let asks = bytes.starts_with(b"INVITE sips:") || bytes.starts_with(b"OPTIONS sips:");
        if asks
            && let Ok(message) = Message::parse(bytes)
            && let Some(call_id) = message.call_id()
        {
            self.secure.insert(call_id.to_owned());
            if self.secure.len() > MOST {
                self.secure.pop_first();
            }
        }
    }

    /// What leaves instead of `bytes`.
    pub(crate) fn spell(&self, settings: &Settings, defects: &Defects, bytes: Vec<u8>) -> Vec<u8> {
        if !settings.is_secured() {
            return bytes;
        }
        let Some((mut head, body)) = split(&bytes) else { return bytes };
        let secure = Message::parse(&bytes)
            .is_ok_and(|message| message.call_id().is_some_and(|call_id| self.secure.contains(call_id)));
        if secure && !defects.has(Defect::SipsAnsweredSip) {
            // A dialog asked for by a sips URI has sips Contacts (RFC 3261 §12.1.1).
            within(&mut head, "Contact", |contact| contact.replacen("<sip:", "<sips:", 1));
        }
        let written = settings.written_trunk();
        let (outside, inside) = (written.ip().to_string(), private_address(settings).to_string());
        if defects.has(Defect::PrivateAddressInVia) && !head.starts_with("SIP/2.0 ") {
            within(&mut head, "Via", |via| via.replacen(&outside, &inside, 1));
        }
        if defects.has(Defect::PrivateAddressInContact) {
            within(&mut head, "Contact", |contact| contact.replacen(&outside, &inside, 1));
        }
        if defects.has(Defect::ContactPortWrong) {
            let port = format!(":{}", written.port());
            within(&mut head, "Contact", |contact| contact.replacen(&port, ":5060", 1));
        }
        if defects.has(Defect::ContactWithoutTls) {
            within(&mut head, "Contact", |contact| contact.replacen(";transport=tls", "", 1));
        }
        [head.as_bytes(), body].concat()
    }
}

/// The address behind the firewall that a defect shows.
pub(crate) fn private_address(settings: &Settings) -> IpAddr {
    settings.nat.private.unwrap_or(FACTORY)
}

/// Rewrites the first header of this name.
fn within(head: &mut String, name: &str, rewrite: impl FnOnce(&str) -> String) {
    if let Some((start, end)) = line(head, name) {
        let new = rewrite(&head[start..end]);
        head.replace_range(start..end, &new);
    }
}
