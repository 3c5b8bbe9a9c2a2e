//! What rustls asks an endpoint: about certificates, about its own, about the time, and where secrets go.

use super::desk::Desk;
use super::judge::Judge;
use super::signature;
use oxocert_pki::{Flaw, Usage};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, KeyLog, SignatureScheme};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Answers rustls for one endpoint, as client and as server.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) desk: Arc<Desk>,
    pub(super) judge: Arc<Judge>,
    pub(super) own: Option<Arc<CertifiedKey>>,
    pub(super) asks_client: bool,
}

impl Answers {
    fn judge(
        &self,
        first: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        usage: Usage,
    ) -> Result<(), Error> {
        let chain = std::iter::once(first).chain(rest).map(|der| der.to_vec()).collect();
        let judged = self.judge.judge(chain, usage);
        let refused = judged.refused;
        self.desk.papers().judged = Some(judged);
        refused.map_or(Ok(()), |flaw| Err(error(flaw)))
    }
}

/// How rustls is told, which decides the alert: certificate_expired also for what is not valid yet, as RFC 8446 §6.2 has it.
fn error(flaw: Flaw) -> Error {
    Error::InvalidCertificate(match flaw {
        Flaw::Absent => return Error::NoCertificatesPresented,
        Flaw::Unreadable | Flaw::WeakKey => CertificateError::BadEncoding,
        Flaw::Expired => CertificateError::Expired,
        Flaw::NotYetValid => CertificateError::NotValidYet,
        Flaw::UnknownCa | Flaw::MissingIntermediate => CertificateError::UnknownIssuer,
        Flaw::BadSignature => CertificateError::BadSignature,
        Flaw::NameMismatch | Flaw::NameInCommonNameOnly | Flaw::Wildcard => CertificateError::NotValidForName,
        Flaw::NoServerAuth | Flaw::NoClientAuth => CertificateError::InvalidPurpose,
    })
}

fn signed(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    signature::check(message, certificate, signature.scheme, signature.signature())?;
    Ok(HandshakeSignatureValid::assertion())
}

impl ServerCertVerifier for Answers {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(end_entity, intermediates, Usage::Server)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signed(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signed(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::SCHEMES.to_vec()
    }
}

impl ClientCertVerifier for Answers {
    fn offer_client_auth(&self) -> bool {
        self.asks_client
    }

    fn client_auth_mandatory(&self) -> bool {
        self.asks_client && !self.judge.takes_none()
    }

    /// None: a client presents what it has.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity, intermediates, Usage::Client)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signed(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signed(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::SCHEMES.to_vec()
    }
}

impl ResolvesClientCert for Answers {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.desk.papers().client_asked = true;
        self.own.clone().filter(|own| own.key.choose_scheme(schemes).is_some())
    }

    fn has_certs(&self) -> bool {
        self.own.is_some()
    }
}

impl rustls::server::ResolvesServerCert for Answers {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.own.clone()
    }
}

impl TimeProvider for Answers {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.judge.now().0).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl KeyLog for Answers {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = format!("{label} ");
        let hex = |line: &mut String, bytes: &[u8]| {
            for byte in bytes {
                // Writing to a String cannot fail.
                let _ = write!(line, "{byte:02x}");
            }
        };
        hex(&mut line, client_random);
        line.push(' ');
        hex(&mut line, secret);
        self.desk.papers().secrets.push(line);
    }
}
