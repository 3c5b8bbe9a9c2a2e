//! How the box spells its own address on the trunk: secure URIs, and what defects make of Via and Contact.

use crate::defects::{Defect, Defects};
use crate::head::{line, split};
use crate::settings::Settings;
use std::net::IpAddr;

/// The address of a box behind a firewall where no setting names one.
const FACTORY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 92, 246));

/// What leaves instead of `bytes`.
pub(crate) fn spell(settings: &Settings, defects: &Defects, bytes: Vec<u8>) -> Vec<u8> {
    if !settings.is_secured() {
        return bytes;
    }
    let Some((mut head, body)) = split(&bytes) else { return bytes };
    if defects.has(Defect::SipsAnsweredSip) {
        within(&mut head, "Contact", |contact| contact.replacen("<sips:", "<sip:", 1));
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
