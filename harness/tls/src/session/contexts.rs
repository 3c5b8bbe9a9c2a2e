//! The contexts of one endpoint: made when they are first wanted, kept while the endpoint stands.

use super::by_openssl::{ByOpenSsl, Told};
use super::by_rustls::ByRustls;
use super::desk::Desk;
use super::judge::{Judge, codes_of_openssl};
use super::verifiers::Answers;
use super::{Session, UtcClock};
use crate::suite::{ORANGE_TLS12, ORANGE_TLS13, suite_name};
use crate::wire::ClientOffer;
use crate::{Backend, Endpoint, Version};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509StoreContextRef, X509VerifyResult};
use oxocert_pki::Usage;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig, SupportedProtocolVersion};
use std::net::IpAddr;
use std::sync::Arc;

/// Sessions that a client remembers, and a server.
const SESSIONS: usize = 256;

/// Why an endpoint cannot speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unready {
    #[error("rustls does not take the endpoint: {0}")]
    Rustls(String),
    #[error("OpenSSL does not take the endpoint: {0}")]
    OpenSsl(String),
}

impl From<ErrorStack> for Unready {
    fn from(error: ErrorStack) -> Unready {
        let words: Vec<&str> = error.errors().iter().filter_map(|one| one.reason()).collect();
        Unready::OpenSsl(words.join(", "))
    }
}

impl From<rustls::Error> for Unready {
    fn from(error: rustls::Error) -> Unready {
        Unready::Rustls(error.to_string())
    }
}

/// An endpoint with its contexts.
pub(crate) struct Contexts {
    endpoint: Endpoint,
    judge: Arc<Judge>,
    desk: Arc<Desk>,
    suites: Vec<u16>,
    /// `None`: not looked at yet. Inside, `None`: rustls cannot do what the endpoint asks.
    answers: Option<Option<Arc<Answers>>>,
    rustls_client: Option<Arc<ClientConfig>>,
    rustls_server: Option<Arc<ServerConfig>>,
    openssl_client: Option<SslContext>,
    openssl_server: Option<SslContext>,
}

impl Contexts {
    pub(crate) fn new(endpoint: Endpoint, clock: Arc<UtcClock>) -> Contexts {
        let judge = Arc::new(Judge::new(&endpoint, clock));
        let suites = if endpoint.suites.is_empty() { ORANGE_TLS12.to_vec() } else { endpoint.suites.clone() };
        Contexts {
            endpoint,
            judge,
            desk: Arc::new(Desk::default()),
            suites,
            answers: None,
            rustls_client: None,
            rustls_server: None,
            openssl_client: None,
            openssl_server: None,
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk)
    }

    /// What the endpoint thinks of certificates.
    pub(crate) fn judge(&self) -> Arc<Judge> {
        Arc::clone(&self.judge)
    }

    /// A client's connection. rustls makes it where it has everything the endpoint offers, or where a session is to be
    /// resumed (then only what rustls has is offered).
    pub(crate) fn connect(&mut self, remote: IpAddr) -> Result<Box<dyn Session>, Unready> {
        let wanted = self.endpoint.backend == Backend::Rustls;
        let whole = self.endpoint.resumes
            || self.endpoint.highest == Version::Tls13 && self.endpoint.lowest == Version::Tls13;
        let all = self.suites.iter().all(|suite| of_rustls(*suite));
        if (wanted || self.endpoint.resumes)
            && (whole || all)
            && let Some(config) = self.rustls_client()?
        {
            return Ok(Box::new(ByRustls::client(config, self.endpoint.peer_name.as_deref(), remote)?));
        }
        let context = match &self.openssl_client {
            Some(context) => context.clone(),
            None => self.openssl_client.insert(self.openssl(false)?).clone(),
        };
        Ok(Box::new(ByOpenSsl::new(&context, false, self.told())?))
    }

    /// A server's connection for this ClientHello. rustls makes it where the suite that the endpoint prefers among the
    /// offered ones is one of its own.
    pub(crate) fn accept(&mut self, offer: &ClientOffer) -> Result<Box<dyn Session>, Unready> {
        let new = self.endpoint.highest == Version::Tls13 && offer.versions.contains(&Version::Tls13);
        let chosen = self.suites.iter().find(|suite| offer.suites.contains(suite));
        if self.endpoint.backend == Backend::Rustls
            && (new || chosen.is_none_or(|suite| of_rustls(*suite)))
            && let Some(config) = self.rustls_server()?
        {
            return Ok(Box::new(ByRustls::server(config)?));
        }
        let context = match &self.openssl_server {
            Some(context) => context.clone(),
            None => self.openssl_server.insert(self.openssl(true)?).clone(),
        };
        Ok(Box::new(ByOpenSsl::new(&context, true, self.told())?))
    }

    fn told(&self) -> Told<'_> {
        Told { name: self.endpoint.peer_name.as_deref(), now: self.judge.now().0, desk: self.desk() }
    }

    /// What rustls is answered; `None` where it has not the versions or the suites, or will not use the key.
    fn answers(&mut self) -> Option<Arc<Answers>> {
        if self.answers.is_none() {
            self.answers = Some(self.new_answers().map(Arc::new));
        }
        self.answers.clone().flatten()
    }

    fn new_answers(&self) -> Option<Answers> {
        let has_suites =
            self.endpoint.highest >= Version::Tls13 || self.suites.iter().copied().any(of_rustls);
        if self.endpoint.lowest < Version::Tls12 || !has_suites {
            return None;
        }
        let own = match &self.endpoint.identity {
            None => None,
            Some(identity) => {
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.clone()));
                let key = ring::sign::any_supported_type(&key).ok()?;
                let chain = identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
                Some(Arc::new(CertifiedKey::new(chain, key)))
            }
        };
        Some(Answers { desk: self.desk(), judge: self.judge(), own, asks_client: self.endpoint.asks_client })
    }

    fn provider(&self) -> Arc<CryptoProvider> {
        let mut provider = ring::default_provider();
        let known = std::mem::take(&mut provider.cipher_suites);
        let find = |number: u16| known.iter().copied().find(move |suite| u16::from(suite.suite()) == number);
        // rustls would name the suites of a version that it does not offer.
        let new = ORANGE_TLS13.into_iter().filter(|_| self.endpoint.highest >= Version::Tls13);
        let today = self.suites.iter().copied().filter(|_| self.endpoint.lowest <= Version::Tls12);
        provider.cipher_suites = new.chain(today).filter_map(find).collect();
        Arc::new(provider)
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        [(Version::Tls13, &rustls::version::TLS13), (Version::Tls12, &rustls::version::TLS12)]
            .into_iter()
            .filter(|(version, _)| (self.endpoint.lowest..=self.endpoint.highest).contains(version))
            .map(|(_, theirs)| theirs)
            .collect()
    }

    fn rustls_client(&mut self) -> Result<Option<Arc<ClientConfig>>, Unready> {
        if let Some(config) = &self.rustls_client {
            return Ok(Some(Arc::clone(config)));
        }
        let Some(answers) = self.answers() else { return Ok(None) };
        let mut config = ClientConfig::builder_with_details(self.provider(), answers.clone())
            .with_protocol_versions(&self.versions())?
            .dangerous()
            .with_custom_certificate_verifier(answers.clone())
            .with_client_cert_resolver(answers.clone());
        config.enable_sni = self.endpoint.peer_name.is_some();
        config.key_log = answers;
        config.resumption = if self.endpoint.resumes {
            Resumption::in_memory_sessions(SESSIONS)
        } else {
            Resumption::disabled()
        };
        Ok(Some(Arc::clone(self.rustls_client.insert(Arc::new(config)))))
    }

    fn rustls_server(&mut self) -> Result<Option<Arc<ServerConfig>>, Unready> {
        if let Some(config) = &self.rustls_server {
            return Ok(Some(Arc::clone(config)));
        }
        let Some(answers) = self.answers() else { return Ok(None) };
        let mut config = ServerConfig::builder_with_details(self.provider(), answers.clone())
            .with_protocol_versions(&self.versions())?
            .with_client_cert_verifier(answers.clone())
            .with_cert_resolver(answers.clone());
        config.ignore_client_order = true;
        config.key_log = answers;
        Ok(Some(Arc::clone(self.rustls_server.insert(Arc::new(config)))))
    }

    fn openssl(&self, server: bool) -> Result<SslContext, Unready> {
        let endpoint = &self.endpoint;
        let method = if server { SslMethod::tls_server() } else { SslMethod::tls_client() };
        let mut context = SslContext::builder(method)?;
        // Nothing is refused before the endpoint's own policy is asked: level 0 also has the old versions and suites.
        let of_today =
            endpoint.lowest >= Version::Tls12 && self.suites.iter().all(|suite| ORANGE_TLS12.contains(suite));
        context.set_security_level(u32::from(of_today));
        context.set_min_proto_version(Some(protocol(endpoint.lowest)))?;
        context.set_max_proto_version(Some(protocol(endpoint.highest)))?;
        let names: Vec<&str> = self
            .suites
            .iter()
            .filter_map(|suite| suite_name(*suite))
            .map(openssl::ssl::cipher_name)
            .filter(|name| *name != "(NONE)")
            .collect();
        // An empty list would be OpenSSL's own choice.
        if !names.is_empty() {
            context.set_cipher_list(&names.join(":"))?;
        } else if endpoint.lowest < Version::Tls13 {
            return Err(Unready::OpenSsl("none of the suites is known".into()));
        }
        context.set_options(SslOptions::CIPHER_SERVER_PREFERENCE | SslOptions::NO_COMPRESSION);
        if let Some(identity) = &endpoint.identity {
            present(&mut context, identity)?;
        }
        let mut store = X509StoreBuilder::new()?;
        for der in &endpoint.trusted {
            // One that cannot be read, or stands there twice, helps nobody and harms nobody.
            let _ = oxocert_pki::parsed(der).and_then(|certificate| store.add_cert(certificate));
        }
        context.set_verify_cert_store(store.build())?;
        let judge = self.judge();
        let mode = match (server, endpoint.asks_client) {
            (true, false) => SslVerifyMode::NONE,
            (true, true) if !judge.takes_none() => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
            _ => SslVerifyMode::PEER,
        };
        let usage = if server { Usage::Client } else { Usage::Server };
        let desk = self.desk();
        context.set_verify_callback(mode, move |fine, store| verified(fine, store, &desk, &judge, usage));
        let desk = self.desk();
        context.set_keylog_callback(move |_, line| desk.papers().secrets.push(line.to_owned()));
        if server {
            context.set_session_id_context(b"oxocert")?;
        } else {
            context.set_session_cache_mode(SslSessionCacheMode::OFF);
        }
        Ok(context.build())
    }
}

/// Whether this rustls, with ring, has a TLS 1.2 suite.
fn of_rustls(suite: u16) -> bool {
    ring::ALL_CIPHER_SUITES.iter().any(|known| u16::from(known.suite()) == suite)
}

fn protocol(version: Version) -> SslVersion {
    match version {
        Version::Ssl3 | Version::Tls10 => SslVersion::TLS1,
        Version::Tls11 => SslVersion::TLS1_1,
        Version::Tls12 => SslVersion::TLS1_2,
        Version::Tls13 => SslVersion::TLS1_3,
    }
}

fn present(context: &mut SslContextBuilder, identity: &oxocert_pki::Identity) -> Result<(), ErrorStack> {
    let mut chain = identity.chain.iter();
    if let Some(first) = chain.next() {
        context.set_certificate(&*oxocert_pki::parsed(first)?)?;
    }
    for der in chain {
        context.add_extra_chain_cert(oxocert_pki::parsed(der)?)?;
    }
    context.set_private_key(&*PKey::private_key_from_pkcs8(&identity.key)?)
}

/// OpenSSL finds its own errors, and tells them with its own alerts; which of them count is the endpoint's policy.
fn verified(fine: bool, store: &mut X509StoreContextRef, desk: &Desk, judge: &Judge, usage: Usage) -> bool {
    let mut papers = desk.papers();
    if papers.judged.is_none() {
        let built = || store.chain().into_iter().flatten().filter_map(|one| one.to_der().ok()).collect();
        let chain = papers.sniffed.take().unwrap_or_else(built);
        papers.judged = Some(judge.judge(chain, usage));
    }
    let Some(flaw) = papers.judged.as_ref().and_then(|judged| judged.refused) else { return true };
    if !fine {
        return !codes_of_openssl(flaw).contains(&store.error().as_raw());
    }
    if store.error_depth() == 0 {
        store.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
        return false;
    }
    true
}
