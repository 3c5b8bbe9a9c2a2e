//! Our side of the media of one leg: what we describe, what the DUT described, and what is sent as a result.

use super::Security;
use super::security::key;
use oxocert_media::engine::{Command, PortId, Sending, Source};
use oxocert_media::srtp::Key;
use oxocert_scenario::model::step::HoldStyle;
use oxocert_sip::sdp::{self, Codec, Direction, Local};
use oxocert_sip::ua::Body;
use std::net::SocketAddr;

/// TOS byte of the harness's own media: DSCP 46 (EF).
const EF: u8 = 184;

/// Payload type of telephone-event in our offers; answers take the offer's.
const TELEPHONE_EVENT: u8 = 101;

/// Where the DUT wants its media.
#[derive(Debug, Clone, PartialEq)]
struct Remote {
    address: SocketAddr,
    payload_type: u8,
    event_payload_type: Option<u8>,
}

/// The keys of a session: for what we send, and for what we receive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Keys {
    sending: Option<Key>,
    receiving: Option<Key>,
}

/// The media of one leg.
#[derive(Debug)]
pub(crate) struct Session {
    /// Our port.
    pub(crate) port: PortId,
    /// Its address.
    pub(crate) local: SocketAddr,
    description: Local,
    last_written: Option<Vec<u8>>,
    offered: Direction,
    remote: Option<Remote>,
    /// Whether offer and answer allow us to send.
    may_send: bool,
    source: Source,
    sending: Option<Sending>,
    /// Lines that follow our descriptions.
    lines: String,
    /// As offer and answer agreed.
    keys: Keys,
    /// As the engine was told.
    told: Keys,
}

impl Session {
    /// A session on an open port. `id` is the session id of `o=`.
    pub(crate) fn new(port: PortId, local: SocketAddr, id: u64, security: Security) -> Session {
        let Security { crypto, protocol, lines } = security;
        let keys = Keys { sending: crypto.first().and_then(key), receiving: None };
        Session {
            port,
            local,
            description: Local {
                address: local.ip(),
                port: local.port(),
                codecs: Codec::named("PCMA").into_iter().collect(),
                telephone_event: Some(TELEPHONE_EVENT),
                ptime: Some(20),
                crypto,
                protocol,
                user: "-".into(),
                session_id: id,
                version: 1,
            },
            last_written: None,
            offered: Direction::SendRecv,
            remote: None,
            may_send: false,
            source: Source::Silence,
            sending: None,
            lines,
            keys,
            told: Keys::default(),
        }
    }

    /// Descriptions from the next one on are secured so.
    pub(crate) fn secure(&mut self, security: Security) {
        let Security { crypto, protocol, lines } = security;
        self.description.crypto = crypto;
        self.description.protocol = protocol;
        self.lines = lines;
    }

    /// Why an offer cannot be taken for its security; `None` where that is in order, or it cannot be read at all.
    pub(crate) fn objection(&self, offer: &[u8]) -> Option<String> {
        let audio = sdp::read(offer).ok()?.audio.filter(|audio| audio.port != 0)?;
        let Local { crypto, protocol, .. } = self.description.clone();
        Security { crypto, protocol, lines: String::new() }.objection(&audio)
    }

    /// Writes an offer that holds the other side as `hold` says, or not at all.
    pub(crate) fn offer(&mut self, hold: Option<HoldStyle>) -> Body {
        self.offered = direction_of(hold);
        let direction = self.offered;
        let zero = hold == Some(HoldStyle::ZeroAddress);
        let lines = self.lines.clone();
        let bytes = self.write(|description| {
            let mut bytes = description.offer(direction);
            bytes.extend_from_slice(lines.as_bytes());
            Some(if zero { with_zero_address(&bytes) } else { bytes })
        });
        body(bytes.unwrap_or_default())
    }

    /// Answers an offer; `None` where it cannot be read, has no codec of ours, or other security (488 is due).
    pub(crate) fn answer(&mut self, offer: &[u8], hold: Option<HoldStyle>) -> Option<Body> {
        let direction = direction_of(hold);
        let described = sdp::read(offer).ok()?;
        let mut negotiated = None;
        let bytes = self.write(|description| {
            let answer = description.answer(offer, direction)?;
            negotiated = Some((answer.codec.pt, answer.telephone_event, answer.direction, answer.crypto));
            Some(answer.bytes)
        })?;
        let (payload_type, event_payload_type, direction, crypto) = negotiated?;
        let audio = described.audio?;
        self.keys = agreed(crypto);
        self.may_send = direction.sends() && !audio.is_zero_address();
        self.remote = remote(&audio, payload_type, event_payload_type);
        Some(body(bytes))
    }

    /// Takes the answer to our offer; in words why it cannot be used.
    pub(crate) fn answered(&mut self, answer: &[u8]) -> Result<(), String> {
        let described = sdp::read(answer).map_err(|error| error.to_string())?;
        let Some(audio) = described.audio.filter(|audio| audio.port != 0) else {
            return Err("the answer refuses the audio".into());
        };
        let codec = audio.codecs.first().ok_or("the answer names no codec")?;
        if !self.description.codecs.iter().any(|ours| ours.name.eq_ignore_ascii_case(&codec.name)) {
            return Err(format!("the answer names {}, which was not offered", codec.name));
        }
        self.keys = match self.answered_keys(&audio) {
            Ok(keys) => keys,
            Err(why) => {
                // Nothing will authenticate under our own key, and what is clear is told to be so.
                let own = self.sending_key();
                self.keys = Keys { sending: own.clone(), receiving: own };
                return Err(why);
            }
        };
        self.may_send = self.offered.sends() && audio.direction.receives() && !audio.is_zero_address();
        self.remote = remote(&audio, codec.pt, audio.telephone_event);
        Ok(())
    }

    fn answered_keys(&self, answer: &sdp::Audio) -> Result<Keys, String> {
        let ours = &self.description.crypto;
        if !ours.is_empty() {
            return sdp::chosen(ours, answer).map(|lines| agreed(Some(lines)));
        }
        let offered = self.description.protocol.as_deref().unwrap_or("RTP/AVP");
        if !answer.protocol.eq_ignore_ascii_case(offered) {
            return Err(format!("the answer has protocol {}, {offered} was offered", answer.protocol));
        }
        Ok(Keys::default())
    }

    /// The key that our packets are protected with, or would be; `None`: they leave in clear.
    pub(crate) fn sending_key(&self) -> Option<Key> {
        self.keys.sending.clone().or_else(|| self.description.crypto.first().and_then(key))
    }

    /// The peer is another leg of the bench now, not the DUT. What comes from there is protected with `theirs`.
    pub(crate) fn redirect(&mut self, to: SocketAddr, theirs: Option<Key>) {
        self.keys = Keys { sending: self.sending_key(), receiving: theirs };
        let (payload_type, event_payload_type) = match &self.remote {
            Some(remote) => (remote.payload_type, remote.event_payload_type),
            None => (8, Some(TELEPHONE_EVENT)),
        };
        self.remote = Some(Remote { address: to, payload_type, event_payload_type });
        self.may_send = true;
    }

    /// Tells the engine of a new port how it is secured: what comes before the answer is protected with a key that is not known
    /// yet, and is not judged.
    pub(crate) fn opened(&mut self) -> Vec<Command> {
        self.refresh(true)
    }

    /// Whether digits can be sent as telephone-events.
    pub(crate) fn sends_events(&self) -> bool {
        self.sending.as_ref().is_some_and(|sending| sending.event_payload_type.is_some())
    }

    /// Whether the DUT has said where it wants its media.
    pub(crate) fn has_answer(&self) -> bool {
        self.remote.is_some()
    }

    /// Chooses what is heard of us.
    pub(crate) fn play(&mut self, source: Source) -> Option<Command> {
        if self.source == source {
            return None;
        }
        self.source = source.clone();
        let sending = self.sending.as_mut()?;
        sending.source = source.clone();
        Some(Command::Play { port: self.port, source })
    }

    /// Brings the engine to what offer and answer say; `silent` keeps a leg that may send from sending. Keys come before what
    /// they protect.
    pub(crate) fn refresh(&mut self, silent: bool) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.keys != self.told {
            self.told = self.keys.clone();
            let Keys { sending, receiving } = self.keys.clone();
            commands.push(Command::Secure { port: self.port, sending, receiving });
        }
        let wanted = self.remote.as_ref().filter(|_| self.may_send && !silent).map(|remote| Sending {
            remote: remote.address,
            payload_type: remote.payload_type,
            event_payload_type: remote.event_payload_type,
            ptime_ms: 20,
            tos: EF,
            source: self.source.clone(),
        });
        if wanted != self.sending {
            self.sending = wanted.clone();
            commands.push(match wanted {
                Some(sending) => Command::Send { port: self.port, sending },
                None => Command::Stop { port: self.port },
            });
        }
        commands
    }

    /// The call is over: nothing more is sent, the port goes on listening.
    pub(crate) fn stop(&mut self) -> Vec<Command> {
        self.remote = None;
        self.may_send = false;
        self.refresh(true)
    }

    /// `o=` counts up when, and only when, the description changed (RFC 3264 §8).
    fn write(&mut self, mut describe: impl FnMut(&Local) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        let mut bytes = describe(&self.description)?;
        if self.last_written.as_ref().is_some_and(|last| *last != bytes) {
            self.description.version += 1;
            bytes = describe(&self.description)?;
        }
        self.last_written = Some(bytes.clone());
        Some(bytes)
    }
}

/// Keys of crypto lines, ours then theirs. Both are of one suite, and ours are of suites that the engine knows.
fn agreed(lines: Option<(sdp::Crypto, sdp::Crypto)>) -> Keys {
    let Some((ours, theirs)) = lines else { return Keys::default() };
    Keys { sending: key(&ours), receiving: key(&theirs) }
}

fn direction_of(hold: Option<HoldStyle>) -> Direction {
    match hold {
        None | Some(HoldStyle::ZeroAddress) => Direction::SendRecv,
        Some(HoldStyle::SendOnly) => Direction::SendOnly,
        Some(HoldStyle::Inactive) => Direction::Inactive,
        Some(HoldStyle::RecvOnly) => Direction::RecvOnly,
    }
}

fn remote(audio: &sdp::Audio, payload_type: u8, event_payload_type: Option<u8>) -> Option<Remote> {
    let address = SocketAddr::new(audio.ip()?, audio.port);
    (audio.port != 0).then_some(Remote { address, payload_type, event_payload_type })
}

fn body(bytes: Vec<u8>) -> Body {
    Body { content_type: "application/sdp".into(), bytes }
}

/// The way of RFC 2543: only `c=` is zero, `o=` stays what it was (RFC 3264 §8).
fn with_zero_address(description: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(description);
    text.split_inclusive('\n')
        .map(|line| if line.starts_with("c=") { "c=IN IP4 0.0.0.0\r\n" } else { line })
        .collect::<String>()
        .into_bytes()
}

#[cfg(test)]
mod tests;
