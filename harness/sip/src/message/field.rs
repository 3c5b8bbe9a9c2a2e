//! Looks at a message by the names that scenarios use.

use super::{Message, NameAddr, Uri, text};
use crate::sdp::{self, Audio, Crypto};
use sha2::{Digest, Sha256};

/// A name that no field has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown field `{0}`")]
pub struct UnknownField(pub String);

/// Every field name with one line on what it gives; `header.<Any>` stands for any header.
pub const FIELDS: &[(&str, &str)] = &[
    ("ruri", "the Request-URI as written"),
    ("ruri.user", "user part of the Request-URI"),
    ("ruri.host", "host of the Request-URI"),
    ("ruri.port", "port of the Request-URI, absent where none is written"),
    ("ruri.transport", "parameter transport of the Request-URI"),
    ("ruri.scheme", "scheme of the Request-URI: sip or sips"),
    ("method", "the method of a request"),
    ("status", "the status code of a response"),
    ("reason", "the reason phrase of a response"),
    ("from.user", "user part of From"),
    ("from.host", "host of From"),
    ("from.display", "display name of From, without quotes"),
    ("from.tag", "tag of From"),
    ("to.user", "user part of To"),
    ("to.host", "host of To"),
    ("to.display", "display name of To, without quotes"),
    ("to.tag", "tag of To"),
    ("contact.user", "user part of the first Contact"),
    ("contact.host", "host of the first Contact"),
    ("contact.port", "port of the first Contact, absent where none is written"),
    ("contact.transport", "parameter transport of the first Contact"),
    ("contact.scheme", "scheme of the first Contact: sip or sips"),
    ("pai.user", "user part of each P-Asserted-Identity"),
    ("pai.host", "host of each P-Asserted-Identity"),
    ("privacy", "each value of Privacy"),
    ("diversion.user", "user part of each Diversion, latest first"),
    ("diversion.reason", "reason of each Diversion"),
    ("history-info", "each History-Info entry as written"),
    ("user-agent", "User-Agent"),
    ("server", "Server"),
    ("product", "User-Agent or Server"),
    ("allow", "each method of Allow"),
    ("supported", "each option tag of Supported"),
    ("require", "each option tag of Require"),
    ("session-expires", "Session-Expires in seconds"),
    ("session-refresher", "refresher of Session-Expires: uac or uas"),
    ("min-se", "Min-SE in seconds"),
    ("max-forwards", "Max-Forwards"),
    ("cseq.number", "number of CSeq"),
    ("cseq.method", "method of CSeq"),
    ("call-id", "Call-ID"),
    ("via.transport", "transport of the top Via, as written"),
    ("via.host", "host of the top Via"),
    ("via.port", "port of the top Via, absent where none is written"),
    ("via.branch", "branch of the top Via"),
    ("content-type", "Content-Type"),
    ("header.<Any>", "each header of that name, as written"),
    ("body.length", "length of the body in bytes"),
    ("sdp.codecs", "encoding names of the audio m= line in its order, without telephone-event"),
    ("sdp.payload-types", "payload types of the audio m= line in its order"),
    ("sdp.ptime", "a=ptime of the audio, in ms"),
    ("sdp.direction", "sendrecv, sendonly, recvonly or inactive"),
    ("sdp.address", "address of the audio's c= line"),
    ("sdp.port", "port of the audio m= line"),
    ("sdp.audio-streams", "number of audio m= lines whose port is not 0"),
    ("sdp.media", "kind of each m= line"),
    ("sdp.telephone-event", "payload type of telephone-event"),
    ("sdp.protocol", "transport protocol of the audio m= line: RTP/AVP, RTP/SAVP"),
    ("sdp.crypto.suites", "suite of each a=crypto line of the audio, in order"),
    ("sdp.crypto.tags", "tag of each a=crypto line"),
    ("sdp.crypto.lengths", "bytes of key and salt of each a=crypto line"),
    (
        "sdp.crypto.keys",
        "what tells the keys apart and shows none: 16 hexadecimal digits of SHA-256 of each key and salt",
    ),
    (
        "sdp.crypto.problems",
        "what is wrong with a=crypto lines, in words that show no key; absent where nothing is",
    ),
];

/// The values of a field, `None` where the message has none.
pub fn field(message: &Message, name: &str) -> Result<Option<Vec<String>>, UnknownField> {
    let unknown = || UnknownField(name.to_string());
    let values = match name.split_once('.') {
        Some(("header", any)) if text::is_token(any) => all(message.headers(any)),
        Some(("sdp", part)) => sdp_field(message, part).ok_or_else(unknown)?,
        Some((group, part)) => dotted(message, group, part).ok_or_else(unknown)?,
        None => plain(message, name).ok_or_else(unknown)?,
    };
    Ok(Some(values).filter(|values| !values.is_empty()))
}

/// Fields without a dot; `None`: no such field.
fn plain(message: &Message, name: &str) -> Option<Vec<String>> {
    Some(match name {
        "ruri" => one(message.uri()),
        "method" => one(message.method()),
        "status" => one(message.status()),
        "reason" => one(message.reason()),
        "privacy" => {
            let lines = message.headers("Privacy");
            lines.iter().flat_map(|line| line.split([';', ','])).map(|v| v.trim().to_string()).collect()
        }
        "history-info" | "allow" | "supported" | "require" => all(message.values(name)),
        "user-agent" | "server" | "content-type" | "max-forwards" => one(message.header(name)),
        "product" => one(message.header("User-Agent").or_else(|| message.header("Server"))),
        "session-expires" | "min-se" => one(message.header(name).map(before_params)),
        "session-refresher" => {
            let params = message.header("Session-Expires").map(text::params).unwrap_or_default();
            one(text::param(&params, "refresher"))
        }
        "call-id" => one(message.call_id()),
        _ => return None,
    })
}

/// Fields of one header taken apart; `None`: no such field.
fn dotted(message: &Message, group: &str, part: &str) -> Option<Vec<String>> {
    Some(match (group, part) {
        ("ruri", "user" | "host" | "port" | "transport" | "scheme") => {
            one(message.uri().and_then(Uri::parse).and_then(|uri| uri_part(&uri, part)))
        }
        ("from", "user" | "host" | "display" | "tag") => one(address_part(message.from(), part)),
        ("to", "user" | "host" | "display" | "tag") => one(address_part(message.to(), part)),
        ("contact", "user" | "host" | "port" | "transport" | "scheme") => {
            one(address_part(message.contact(), part))
        }
        ("pai", "user" | "host") => addresses(message, "P-Asserted-Identity", part),
        ("diversion", "user" | "reason") => addresses(message, "Diversion", part),
        ("cseq", "number") => one(message.header("CSeq").and_then(|v| v.split_whitespace().next())),
        ("cseq", "method") => one(message.header("CSeq").and_then(|v| v.split_whitespace().nth(1))),
        ("via", "transport") => one(message.via().map(|via| via.transport)),
        ("via", "host") => one(message.via().map(|via| via.host)),
        ("via", "port") => one(message.via().and_then(|via| via.port)),
        ("via", "branch") => one(message.branch()),
        ("body", "length") => one(Some(message.body().len())),
        _ => return None,
    })
}

/// Fields of the description; `None`: no such field. A body that is no description has no values.
fn sdp_field(message: &Message, part: &str) -> Option<Vec<String>> {
    if !FIELDS.iter().any(|(name, _)| name.strip_prefix("sdp.") == Some(part)) {
        return None;
    }
    let Ok(description) = sdp::read(message.body()) else { return Some(Vec::new()) };
    let audio = description.audio.as_ref();
    Some(match part {
        "media" => description.media.iter().map(|(kind, _)| kind.clone()).collect(),
        "audio-streams" => {
            let live = description.media.iter().filter(|(kind, port)| kind == "audio" && *port != 0);
            one(Some(live.count()))
        }
        "codecs" => audio.map(|a| a.codecs.iter().map(|c| c.name.clone()).collect()).unwrap_or_default(),
        "payload-types" => {
            audio.map(|a| a.payload_types.iter().map(u8::to_string).collect()).unwrap_or_default()
        }
        "ptime" => one(audio.and_then(|audio| audio.ptime)),
        "direction" => one(audio.map(|audio| audio.direction.as_str())),
        "address" => one(audio.map(|audio| audio.address.as_str()).filter(|address| !address.is_empty())),
        "port" => one(audio.map(|audio| audio.port)),
        "telephone-event" => one(audio.and_then(|audio| audio.telephone_event)),
        "protocol" => one(audio.map(|audio| audio.protocol.as_str())),
        "crypto.suites" => each_crypto(audio, |line| line.suite.clone()),
        "crypto.tags" => each_crypto(audio, |line| line.tag.to_string()),
        "crypto.lengths" => each_crypto(audio, |line| line.key_and_salt.len().to_string()),
        "crypto.keys" => each_crypto(audio, |line| fingerprint(&line.key_and_salt)),
        "crypto.problems" => audio.map(|audio| audio.crypto_problems.clone()).unwrap_or_default(),
        _ => return None,
    })
}

fn each_crypto(audio: Option<&Audio>, part: impl Fn(&Crypto) -> String) -> Vec<String> {
    audio.map(|audio| audio.crypto.iter().map(part).collect()).unwrap_or_default()
}

/// 16 hexadecimal digits of SHA-256: tells keys or certificates apart without showing them (a master key is never printed).
pub fn fingerprint(key: &[u8]) -> String {
    Sha256::digest(key).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn one(value: Option<impl ToString>) -> Vec<String> {
    value.iter().map(ToString::to_string).collect()
}

fn all(values: Vec<&str>) -> Vec<String> {
    values.into_iter().map(str::to_string).collect()
}

fn before_params(value: &str) -> &str {
    value.split(';').next().unwrap_or("").trim()
}

fn addresses(message: &Message, header: &str, part: &str) -> Vec<String> {
    message.values(header).into_iter().filter_map(|v| address_part(NameAddr::parse(v), part)).collect()
}

fn address_part(address: Option<NameAddr>, part: &str) -> Option<String> {
    let address = address?;
    match part {
        "display" => address.display,
        "tag" | "reason" => address.param(part).map(str::to_string),
        _ => uri_part(&address.uri, part),
    }
}

fn uri_part(uri: &Uri, part: &str) -> Option<String> {
    match part {
        "user" => uri.user_decoded(),
        "host" => Some(uri.host.clone()).filter(|host| !host.is_empty()),
        "scheme" => Some(uri.scheme.clone()),
        "transport" => uri.param("transport").map(str::to_string),
        _ => uri.port.map(|port| port.to_string()),
    }
}
