//! What the clear part of a handshake shows.

use super::{Garbage, Message, Records};
use crate::{Alert, Side, Version};
use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions,
    parse_tls_message_handshake, parse_tls_server_hello_extensions,
};

const FATAL: u8 = 2;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_REQUEST: u8 = 13;
const SERVER_HELLO_DONE: u8 = 14;

/// What a ClientHello offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ClientOffer {
    /// The list of supported_versions; where that is not sent, the highest version alone, as it is all the hello tells.
    pub(crate) versions: Vec<Version>,
    pub(crate) suites: Vec<u16>,
    pub(crate) sni: Option<String>,
}

/// Both directions of a connection, as somebody without keys sees them.
#[derive(Debug, Default)]
pub(crate) struct Clear {
    from_own: Records,
    from_peer: Records,
    pub(crate) offer: Option<ClientOffer>,
    pub(crate) version: Option<Version>,
    pub(crate) suite: Option<u16>,
    /// The certificates of the peer, up to TLS 1.2.
    pub(crate) peer_chain: Option<Vec<Vec<u8>>>,
    /// Whether the server asked for a certificate, up to TLS 1.2.
    pub(crate) client_asked: Option<bool>,
    pub(crate) own_alert: Option<Alert>,
    pub(crate) peer_alert: Option<Alert>,
}

impl Clear {
    /// Takes what one side sent.
    pub(crate) fn take(&mut self, from: Side, bytes: &[u8]) -> Result<(), Garbage> {
        let records = match from {
            Side::Own => &mut self.from_own,
            Side::Peer => &mut self.from_peer,
        };
        for message in records.push(bytes)? {
            match message {
                // A warning ends nothing.
                Message::Alert { level, .. } if level != FATAL => {}
                Message::Alert { description, .. } => {
                    let alert = match from {
                        Side::Own => &mut self.own_alert,
                        Side::Peer => &mut self.peer_alert,
                    };
                    alert.get_or_insert(Alert(description));
                }
                Message::Handshake(kind, bytes) => self.message(from, kind, &bytes)?,
            }
        }
        Ok(())
    }

    fn message(&mut self, from: Side, kind: u8, bytes: &[u8]) -> Result<(), Garbage> {
        match kind {
            CLIENT_HELLO | SERVER_HELLO | CERTIFICATE => {}
            CERTIFICATE_REQUEST => {
                self.client_asked = Some(true);
                return Ok(());
            }
            SERVER_HELLO_DONE => {
                self.client_asked.get_or_insert(false);
                return Ok(());
            }
            _ => return Ok(()),
        }
        let message = match parse_tls_message_handshake(bytes) {
            Ok((_, TlsMessage::Handshake(message))) => message,
            Ok(_) => return Ok(()),
            // Anything else that cannot be read is the library's to judge.
            Err(_) if kind != CLIENT_HELLO => return Ok(()),
            Err(_) => return Err(Garbage("a ClientHello that cannot be read".into())),
        };
        match message {
            TlsMessageHandshake::ClientHello(hello) if self.offer.is_none() => {
                let mut offer = ClientOffer {
                    versions: Version::from_number(hello.version.0).into_iter().collect(),
                    suites: hello.ciphers.iter().map(|suite| suite.0).collect(),
                    sni: None,
                };
                let extensions = parse_tls_client_hello_extensions(hello.ext.unwrap_or_default());
                for extension in extensions.map(|(_, all)| all).unwrap_or_default() {
                    match extension {
                        TlsExtension::SupportedVersions(all) => {
                            offer.versions =
                                all.iter().filter_map(|one| Version::from_number(one.0)).collect();
                        }
                        TlsExtension::SNI(names) => {
                            offer.sni =
                                names.first().map(|(_, name)| String::from_utf8_lossy(name).into_owned());
                        }
                        _ => {}
                    }
                }
                self.offer = Some(offer);
            }
            TlsMessageHandshake::ServerHello(hello) => {
                self.version = Version::from_number(hello.version.0);
                self.suite = Some(hello.cipher.0);
                let extensions = parse_tls_server_hello_extensions(hello.ext.unwrap_or_default());
                for extension in extensions.map(|(_, all)| all).unwrap_or_default() {
                    if let TlsExtension::SupportedVersions(all) = extension {
                        self.version = all.first().and_then(|one| Version::from_number(one.0));
                    }
                }
            }
            TlsMessageHandshake::Certificate(sent) if from == Side::Peer => {
                self.peer_chain = Some(sent.cert_chain.iter().map(|one| one.data.to_vec()).collect());
            }
            _ => {}
        }
        Ok(())
    }
}
