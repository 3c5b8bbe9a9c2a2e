//! A connection of rustls.

use super::{Facts, Failure, Session, State, Step};
use crate::{Alert, Version};
use rustls::pki_types::ServerName;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Connection, Error, HandshakeKind, ServerConfig,
    ServerConnection,
};
use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

pub(super) struct ByRustls {
    connection: Connection,
}

impl ByRustls {
    /// A client's. `name` becomes the SNI where it is a DNS name.
    pub(super) fn client(
        config: Arc<ClientConfig>,
        name: Option<&str>,
        remote: IpAddr,
    ) -> Result<ByRustls, Error> {
        let by_name = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
        let name = by_name.unwrap_or_else(|| ServerName::IpAddress(remote.into()));
        let mut connection = ClientConnection::new(config, name)?;
        connection.set_buffer_limit(None);
        Ok(ByRustls { connection: connection.into() })
    }

    pub(super) fn server(config: Arc<ServerConfig>) -> Result<ByRustls, Error> {
        let mut connection = ServerConnection::new(config)?;
        connection.set_buffer_limit(None);
        Ok(ByRustls { connection: connection.into() })
    }

    fn records(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        while self.connection.wants_write() {
            // Into memory: it fails only where nothing is left to write.
            if !self.connection.write_tls(&mut records).is_ok_and(|written| written > 0) {
                break;
            }
        }
        records
    }

    fn step(&mut self, plaintext: Vec<u8>, state: State) -> Step {
        Step { records: self.records(), plaintext, completed: !self.connection.is_handshaking(), state }
    }

    fn state(&self) -> State {
        if self.connection.is_handshaking() { State::Handshaking } else { State::Up }
    }

    /// Takes the bytes; whether the peer said close_notify.
    fn process(&mut self, mut bytes: &[u8], plaintext: &mut Vec<u8>) -> Result<bool, Failure> {
        let mut closed = false;
        while !bytes.is_empty() && !closed {
            let taken = self.connection.read_tls(&mut bytes).map_err(|error| Failure {
                sent: None,
                received: None,
                why: error.to_string(),
            })?;
            let processed = self.connection.process_new_packets();
            // What came before the error is still the peer's word. An end of data is WouldBlock or the close_notify.
            let _ = self.connection.reader().read_to_end(plaintext);
            closed = processed.map_err(failure)?.peer_has_closed() || taken == 0;
        }
        Ok(closed)
    }
}

fn failure(error: Error) -> Failure {
    let alert = |description: AlertDescription| Alert(u8::from(description));
    let sent = match &error {
        Error::InvalidCertificate(certificate) => Some(alert(certificate.clone().into())),
        Error::NoCertificatesPresented => Some(Alert::CERTIFICATE_REQUIRED),
        _ => None,
    };
    let received = match &error {
        Error::AlertReceived(description) => Some(alert(*description)),
        _ => None,
    };
    Failure { sent, received, why: error.to_string() }
}

impl Session for ByRustls {
    fn feed(&mut self, bytes: &[u8]) -> Step {
        let mut plaintext = Vec::new();
        let state = match self.process(bytes, &mut plaintext) {
            Ok(true) => State::PeerClosed,
            Ok(false) => self.state(),
            Err(failure) => State::Failed(failure),
        };
        self.step(plaintext, state)
    }

    fn write(&mut self, plaintext: &[u8]) -> Step {
        let state = match self.connection.writer().write_all(plaintext) {
            Ok(()) => self.state(),
            Err(error) => State::Failed(Failure { sent: None, received: None, why: error.to_string() }),
        };
        self.step(Vec::new(), state)
    }

    fn close(&mut self) -> Vec<u8> {
        self.connection.send_close_notify();
        self.records()
    }

    fn facts(&self) -> Facts {
        let connection = &self.connection;
        Facts {
            version: connection.protocol_version().and_then(|version| Version::from_number(version.into())),
            suite: connection.negotiated_cipher_suite().map(|suite| suite.suite().into()),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            chain: connection.peer_certificates().map(|chain| chain.iter().map(|der| der.to_vec()).collect()),
        }
    }

    fn tells_asked(&self) -> bool {
        true
    }
}
