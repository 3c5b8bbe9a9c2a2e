//! Passes a description on with some values replaced, as a B2BUA does.

use super::{Direction, NotSdp, read};
use std::net::IpAddr;

/// What a B2BUA puts in place of the peer's values when it passes a description on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readdress {
    /// `c=` and `o=` address; `None` keeps. An unspecified address (0.0.0.0: hold) in `c=` is always kept.
    pub address: Option<IpAddr>,
    /// Port of the audio line that is not refused; `None` keeps.
    pub port: Option<u16>,
    /// Direction of that line; `None` keeps.
    pub direction: Option<Direction>,
    /// Own `o=`: user, session id and version; `None` keeps.
    pub origin: Option<(String, u64, u64)>,
}

/// The same description with some values replaced, every other line kept byte by byte.
pub fn readdress(bytes: &[u8], change: &Readdress) -> Result<Vec<u8>, NotSdp> {
    let session = read::parse(bytes)?;
    let wanted = read::audio_index(&session);
    let text = std::str::from_utf8(bytes).map_err(|error| NotSdp(error.to_string()))?;
    let mut out = String::with_capacity(text.len() + 32);
    let mut media_index: Option<usize> = None;
    let mut in_audio = false;
    let mut direction_due = false;
    for line in text.split_inclusive('\n') {
        let (body, end) = split_line_end(line);
        if body.starts_with("m=") {
            finish_audio(&mut out, &mut direction_due, change);
            media_index = Some(media_index.map_or(0, |index| index + 1));
            in_audio = media_index == wanted;
            direction_due = in_audio && change.direction.is_some();
        }
        let in_session = media_index.is_none();
        let replaced = match body.as_bytes().first_chunk::<2>() {
            Some(b"o=") => origin(body, change),
            Some(b"c=") if in_session || in_audio => connection(body, change.address),
            Some(b"m=") if in_audio => change.port.and_then(|port| with_port(body, port)),
            Some(b"a=") if in_audio || in_session => {
                let is_direction = Direction::parse(&body[2..]).is_some() && change.direction.is_some();
                if is_direction && in_session {
                    continue;
                }
                is_direction.then(|| {
                    direction_due = false;
                    change.direction.map_or(body.to_string(), |d| format!("a={}", d.as_str()))
                })
            }
            _ => None,
        };
        out.push_str(replaced.as_deref().unwrap_or(body));
        out.push_str(end);
    }
    finish_audio(&mut out, &mut direction_due, change);
    Ok(out.into_bytes())
}

/// Adds the direction to an audio line that had none of its own.
fn finish_audio(out: &mut String, due: &mut bool, change: &Readdress) {
    if let Some(direction) = change.direction.filter(|_| *due) {
        if !out.ends_with('\n') {
            out.push_str("\r\n");
        }
        out.push_str("a=");
        out.push_str(direction.as_str());
        out.push_str("\r\n");
    }
    *due = false;
}

fn split_line_end(line: &str) -> (&str, &str) {
    let body = line.trim_end_matches(['\r', '\n']);
    (body, &line[body.len()..])
}

fn kind(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IP4" } else { "IP6" }
}

fn origin(body: &str, change: &Readdress) -> Option<String> {
    let words: Vec<&str> = body[2..].split(' ').collect();
    let &[user, id, version, net, addr_kind, address] = words.as_slice() else { return None };
    let (user, id, version) = match &change.origin {
        Some((user, id, version)) => (user.clone(), id.to_string(), version.to_string()),
        None => (user.to_string(), id.to_string(), version.to_string()),
    };
    let (addr_kind, address) = match change.address {
        Some(ours) => (kind(ours), ours.to_string()),
        None => (addr_kind, address.to_string()),
    };
    Some(format!("o={user} {id} {version} {net} {addr_kind} {address}"))
}

fn connection(body: &str, address: Option<IpAddr>) -> Option<String> {
    let address = address?;
    let theirs: Option<IpAddr> = body.rsplit(' ').next().and_then(|text| text.parse().ok());
    if theirs.is_some_and(|ip| ip.is_unspecified()) {
        return None;
    }
    Some(format!("c=IN {} {address}", kind(address)))
}

fn with_port(body: &str, port: u16) -> Option<String> {
    let mut words = body.splitn(3, ' ');
    let (kind, old, rest) = (words.next()?, words.next()?, words.next()?);
    // A refused line stays refused (RFC 3264 §8.2).
    (old != "0").then(|| format!("{kind} {port} {rest}"))
}
