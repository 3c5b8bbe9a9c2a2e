//! A connection of OpenSSL, over a pipe in memory.

use super::desk::Desk;
use super::judge::alert_of_openssl;
use super::{Facts, Failure, Session, State, Step};
use crate::{Alert, Version};
use openssl::error::ErrorStack;
use openssl::ssl::{ErrorCode, Ssl, SslAlert, SslContextRef, SslRef, SslStream, SslVersion};
use openssl::x509::verify::X509CheckFlags;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Bytes of plaintext read at once: the longest record.
const CHUNK: usize = 16 * 1024;

/// SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE (OpenSSL, sslerr.h).
const NO_CERTIFICATE: i32 = 199;

/// Two queues that a library takes for a socket.
#[derive(Debug, Default)]
struct Pipe {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            self.incoming.read(buffer)
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What of an endpoint a connection of OpenSSL is told.
pub(super) struct Told<'a> {
    /// SNI of a client, and what the peer's certificate must name.
    pub(super) name: Option<&'a str>,
    /// UTC seconds.
    pub(super) now: i64,
    pub(super) desk: Arc<Desk>,
}

pub(super) struct ByOpenSsl {
    stream: SslStream<Pipe>,
    desk: Arc<Desk>,
    server: bool,
    up: bool,
}

impl ByOpenSsl {
    pub(super) fn new(
        context: &SslContextRef,
        server: bool,
        told: Told<'_>,
    ) -> Result<ByOpenSsl, ErrorStack> {
        let mut ssl = Ssl::new(context)?;
        let parameters = ssl.param_mut();
        parameters.set_time(told.now);
        if let Some(name) = told.name {
            // RFC 5922 §7.2: no wildcards; RFC 6125 §6.4.4: not the common name.
            parameters.set_hostflags(X509CheckFlags::NO_WILDCARDS | X509CheckFlags::NEVER_CHECK_SUBJECT);
            parameters.set_host(name)?;
        }
        if server {
            ssl.set_accept_state();
        } else {
            if let Some(name) = told.name {
                ssl.set_hostname(name)?;
            }
            ssl.set_connect_state();
        }
        Ok(ByOpenSsl { stream: SslStream::new(ssl, Pipe::default())?, desk: told.desk, server, up: false })
    }

    fn run(&mut self, plaintext: &mut Vec<u8>) -> State {
        forget_errors();
        if !self.up {
            match self.stream.do_handshake() {
                Ok(()) => self.up = true,
                Err(error) if waits(&error) => return State::Handshaking,
                Err(error) => return State::Failed(self.failure(&error)),
            }
        }
        let mut chunk = [0; CHUNK];
        loop {
            match self.stream.ssl_read(&mut chunk) {
                Ok(read) => plaintext.extend(&chunk[..read]),
                Err(error) if waits(&error) => return State::Up,
                Err(error) if error.code() == ErrorCode::ZERO_RETURN => return State::PeerClosed,
                Err(error) => return State::Failed(self.failure(&error)),
            }
        }
    }

    fn step(&mut self, plaintext: Vec<u8>, state: State) -> Step {
        let records = std::mem::take(&mut self.stream.get_mut().outgoing);
        Step { records, plaintext, completed: self.up, state }
    }

    fn failure(&self, error: &openssl::ssl::Error) -> Failure {
        let reasons = || error.ssl_error().into_iter().flat_map(|stack| stack.errors());
        let received = reasons()
            .find_map(|one| SslAlert::from_reason_code(one.reason_code()).map(|_| one.reason_code() - 1000))
            .and_then(|number| u8::try_from(number).ok().map(Alert));
        let refused = self.desk.papers().judged.as_ref().and_then(|judged| judged.refused);
        let sent = match refused {
            Some(flaw) => Some(alert_of_openssl(flaw)),
            None if reasons().any(|one| one.reason_code() == NO_CERTIFICATE) => {
                let new = self.stream.ssl().version2() == Some(SslVersion::TLS1_3);
                Some(if new { Alert::CERTIFICATE_REQUIRED } else { Alert::HANDSHAKE_FAILURE })
            }
            None => None,
        };
        let words: Vec<&str> = reasons().filter_map(|one| one.reason()).collect();
        let why = match refused {
            Some(flaw) => format!("certificate refused: {flaw}"),
            None if words.is_empty() => "OpenSSL gives no reason".to_owned(),
            None => words.join(", "),
        };
        Failure { sent, received, why }
    }
}

/// OpenSSL keeps its errors in a queue of the thread, and takes one that something else left there for its own.
fn forget_errors() {
    let _ = ErrorStack::get();
}

fn waits(error: &openssl::ssl::Error) -> bool {
    error.code() == ErrorCode::WANT_READ || error.code() == ErrorCode::WANT_WRITE
}

impl Session for ByOpenSsl {
    fn feed(&mut self, bytes: &[u8]) -> Step {
        self.stream.get_mut().incoming.extend(bytes);
        let mut plaintext = Vec::new();
        let state = self.run(&mut plaintext);
        self.step(plaintext, state)
    }

    fn write(&mut self, plaintext: &[u8]) -> Step {
        forget_errors();
        let mut rest = plaintext;
        while !rest.is_empty() {
            match self.stream.ssl_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) => {
                    let state = State::Failed(self.failure(&error));
                    return self.step(Vec::new(), state);
                }
            }
        }
        self.step(Vec::new(), State::Up)
    }

    fn close(&mut self) -> Vec<u8> {
        forget_errors();
        // An error means that there is nobody to say it to any more.
        let _ = self.stream.shutdown();
        std::mem::take(&mut self.stream.get_mut().outgoing)
    }

    fn facts(&self) -> Facts {
        let ssl = self.stream.ssl();
        Facts {
            version: ssl.version2().and_then(version),
            suite: ssl.current_cipher().map(|cipher| u16::from_be_bytes(cipher.protocol_id())),
            resumed: ssl.session_reused(),
            chain: chain(ssl, self.server),
        }
    }

    fn tells_asked(&self) -> bool {
        false
    }
}

fn version(version: SslVersion) -> Option<Version> {
    [
        (SslVersion::SSL3, Version::Ssl3),
        (SslVersion::TLS1, Version::Tls10),
        (SslVersion::TLS1_1, Version::Tls11),
        (SslVersion::TLS1_2, Version::Tls12),
        (SslVersion::TLS1_3, Version::Tls13),
    ]
    .into_iter()
    .find(|(theirs, _)| *theirs == version)
    .map(|(_, ours)| ours)
}

/// SSL_get_peer_cert_chain leaves out the first certificate at a server.
fn chain(ssl: &SslRef, server: bool) -> Option<Vec<Vec<u8>>> {
    let first = ssl.peer_certificate()?;
    let rest = ssl.peer_cert_chain();
    let mut chain = vec![first.to_der().ok()?];
    let rest = rest.into_iter().flatten().skip(usize::from(!server));
    chain.extend(rest.filter_map(|one| one.to_der().ok()));
    Some(chain)
}
