//! Passes a description on with some values replaced, as a B2BUA does.

use super::local::{CLEAR, SECURED};
use super::{Crypto, Direction, NotSdp, read};
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
    /// Our security on that line: its `a=crypto` lines give way to these, its protocol to `RTP/SAVP`, or with none to `RTP/AVP`. A key
    /// holds for one leg, so a B2BUA never passes it on; `None` keeps, for who stands on both legs of one key.
    pub crypto: Option<Vec<Crypto>>,
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
            finish_audio(&mut out, in_audio, &mut direction_due, change);
            media_index = Some(media_index.map_or(0, |index| index + 1));
            in_audio = media_index == wanted;
            direction_due = in_audio && change.direction.is_some();
        }
        let in_session = media_index.is_none();
        let replaced = match body.as_bytes().first_chunk::<2>() {
            Some(b"o=") => origin(body, change),
            Some(b"c=") if in_session || in_audio => connection(body, change.address),
            Some(b"m=") if in_audio => Some(media(body, change)),
            Some(b"a=") if in_audio && change.crypto.is_some() && is_crypto(body) => continue,
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
    finish_audio(&mut out, in_audio, &mut direction_due, change);
    Ok(out.into_bytes())
}

/// Adds our keys to the audio line, and the direction where it had none of its own.
fn finish_audio(out: &mut String, in_audio: bool, due: &mut bool, change: &Readdress) {
    let direction =
        change.direction.filter(|_| std::mem::take(due)).map(|direction| direction.as_str().to_owned());
    let crypto =
        change.crypto.iter().flatten().filter(|_| in_audio).map(|line| format!("crypto:{}", line.value()));
    for attribute in crypto.chain(direction) {
        if !out.ends_with('\n') {
            out.push_str("\r\n");
        }
        out.push_str("a=");
        out.push_str(&attribute);
        out.push_str("\r\n");
    }
}

fn is_crypto(body: &str) -> bool {
    body == "a=crypto" || body.starts_with("a=crypto:")
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

/// The audio line with our port and protocol.
fn media(body: &str, change: &Readdress) -> String {
    let words: Vec<&str> = body.splitn(4, ' ').collect();
    let &[kind, old, protocol, formats] = words.as_slice() else { return body.to_owned() };
    // A refused line stays refused (RFC 3264 §8.2).
    let port = change.port.filter(|_| old != "0").map_or(old.to_owned(), |port| port.to_string());
    let protocol = match &change.crypto {
        Some(lines) if lines.is_empty() => CLEAR,
        Some(_) => SECURED,
        None => protocol,
    };
    format!("{kind} {port} {protocol} {formats}")
}
