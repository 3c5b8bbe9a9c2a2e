//! The roles of a bench in its profile: a-SBCs, sets, PSTN parties.

use super::internet::fqdn;
use super::operator::port_range;
use super::reader::{Node, Table};
use crate::model::bench::{Party, PasswordSource, Sbc, SetPhone, Site};
use oxocert_record::RoleName;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// DTMF frequencies and the signalling tone: identity tones keep 30 Hz away from them.
const TAKEN: [u16; 9] = [440, 697, 770, 852, 941, 1209, 1336, 1477, 1633];

/// `[sbc.nominal]`: the role is `sbc.nominal`.
pub(super) fn named<T>(
    root: &Table<'_>,
    family: &'static str,
    read: impl Fn(&Table<'_>) -> Option<T>,
) -> BTreeMap<RoleName, T> {
    let mut roles = BTreeMap::new();
    let Some(table) = root.get(family).and_then(|node| node.table("the roles of a bench")) else {
        return roles;
    };
    for (name, node) in table.entries() {
        let Some(fields) = node.table("a role") else { continue };
        if let Some(role) = read(&fields) {
            roles.insert(RoleName(format!("{family}.{name}")), role);
        }
        fields.finish();
    }
    roles
}

pub(super) fn sbc(fields: &Table<'_>) -> Option<Sbc> {
    let address = address(fields, "address");
    let fqdn = fields.get("fqdn").and_then(|node| fqdn(&node));
    let rtp_range = fields.need("rtp_range").and_then(|node| port_range(&node));
    Some(Sbc { address: address?, fqdn, rtp_range: rtp_range? })
}

pub(super) fn set(fields: &Table<'_>) -> Option<SetPhone> {
    let site = fields.need("site").and_then(|node| site(&node));
    let address = address(fields, "address");
    let number = fields.need("number").and_then(|node| digits(&node));
    let ddi = fields.need("ddi").and_then(|node| e164(&node));
    let password = fields.need("password").and_then(|node| password(&node));
    let rtp_range = fields.need("rtp_range").and_then(|node| port_range(&node));
    let tone_hz = fields.need("tone").and_then(|node| tone(&node));
    Some(SetPhone {
        site: site?,
        address: address?,
        number: number?,
        ddi: ddi?,
        password: password?,
        rtp_range: rtp_range?,
        tone_hz: tone_hz?,
    })
}

pub(super) fn party(fields: &Table<'_>) -> Option<Party> {
    let number = fields.need("number").and_then(|node| e164(&node));
    let tone_hz = fields.need("tone").and_then(|node| tone(&node));
    Some(Party { number: number?, tone_hz: tone_hz? })
}

/// An address with its port.
pub(super) fn address(fields: &Table<'_>, key: &'static str) -> Option<SocketAddr> {
    fields.need(key).and_then(|node| node.parsed("an address with its port, such as \"127.10.1.1:5060\""))
}

/// A number in E.164: `+` and up to 15 digits.
pub(super) fn e164(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    let digits = text
        .strip_prefix('+')
        .filter(|rest| (5..=15).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit()));
    if digits.is_none() {
        node.problem(format!("expected a number in E.164 such as \"+33155501001\", found \"{text}\""));
    }
    digits.map(|_| text.to_owned())
}

/// `hq` or `rs`.
pub(super) fn site(node: &Node<'_>) -> Option<Site> {
    node.word(&[("hq", Site::Hq), ("rs", Site::Rs)])
}

/// A directory number.
pub(super) fn digits(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        node.problem(format!("expected digits in quotes such as \"101\", found \"{text}\""));
        return None;
    }
    Some(text.to_owned())
}

fn tone(node: &Node<'_>) -> Option<u16> {
    let hz = node.integer::<u16>("a frequency in Hz")?;
    if hz % 50 != 0 || !(300..=3400).contains(&hz) {
        node.problem(format!("an identity tone lies on the grid of 50 Hz between 300 and 3400, found {hz}"));
        return None;
    }
    if let Some(near) = TAKEN.iter().find(|taken| taken.abs_diff(hz) < 30) {
        node.problem(format!("{hz} Hz is too near to {near} Hz, which is a signalling or DTMF frequency"));
        return None;
    }
    Some(hz)
}

/// Whether an identity tone may have this frequency.
pub(super) fn is_free_of_signalling(hz: u16) -> bool {
    TAKEN.iter().all(|taken| taken.abs_diff(hz) >= 30)
}

/// Where a password comes from.
pub(super) fn password(node: &Node<'_>) -> Option<PasswordSource> {
    if node.is_table() {
        let table = node.table("where the password comes from")?;
        let env =
            table.get("env").and_then(|node| node.text()).map(|name| PasswordSource::Env(name.to_owned()));
        let file =
            table.get("file").and_then(|node| node.text()).map(|path| PasswordSource::File(path.to_owned()));
        table.finish();
        if env.is_some() == file.is_some() {
            node.problem("expected either { env = \"VARIABLE\" } or { file = \"path\" }");
            return None;
        }
        return env.or(file);
    }
    match node.as_text() {
        Some("generated") => Some(PasswordSource::Generated),
        _ => {
            node.problem(
                "expected \"generated\", { env = \"VARIABLE\" } or { file = \"path\" }: a password never stands in a profile",
            );
            None
        }
    }
}
