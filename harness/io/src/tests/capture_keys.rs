//! Wireshark reads SIP under TLS with the keys inside the capture.

use super::capture::{OPTIONS, folder};
use crate::capture::{Capture, Scope, Summary};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVersion};
use openssl::x509::{X509, X509Name};
use oxocert_machine::{At, Flow};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

/// A stream whose bytes go into a capture, a millisecond after each other.
struct Tapped {
    stream: UnixStream,
    capture: Capture,
    flow: Flow,
    at: At,
}

impl Tapped {
    fn tap(&mut self, flow: Flow, bytes: &[u8]) {
        self.at = self.at + std::time::Duration::from_millis(1);
        self.capture.bytes(self.at, flow, 0, bytes);
    }
}

impl Read for Tapped {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.tap(self.flow.reversed(), &buffer[..length]);
        Ok(length)
    }
}

impl Write for Tapped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let length = self.stream.write(bytes)?;
        self.tap(self.flow, &bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

fn certificate() -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "sbc").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

fn context(version: SslVersion) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls()).unwrap();
    context.set_min_proto_version(Some(version)).unwrap();
    context.set_max_proto_version(Some(version)).unwrap();
    context
}

/// A connection that is made before the first case and carries an OPTIONS and its answer in it.
fn write_capture(folder: &Path, version: SslVersion) -> Summary {
    let (capture, thread) = Capture::start(folder, 1_700_000_000_000_000_000, Scope::CasesAndRun).unwrap();
    let flow = Flow::tcp("127.0.3.1:61000".parse().unwrap(), "127.0.2.1:5061".parse().unwrap());
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (certificate, key) = certificate();
    let server = std::thread::spawn(move || {
        let mut context = context(version);
        context.set_certificate(&certificate).unwrap();
        context.set_private_key(&key).unwrap();
        let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), theirs).unwrap();
        stream.accept().unwrap();
        let mut heard = vec![0; OPTIONS.len()];
        stream.read_exact(&mut heard).unwrap();
        let answer =
            String::from_utf8(heard).unwrap().replace("OPTIONS sip:127.0.2.1 SIP/2.0", "SIP/2.0 200 OK");
        stream.write_all(answer.as_bytes()).unwrap();
        answer.len()
    });
    let mut context = context(version);
    let keys = capture.clone();
    context.set_keylog_callback(move |_, line| keys.secret(line));
    let tapped = Tapped { stream: ours, capture: capture.clone(), flow, at: At::ZERO };
    let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), tapped).unwrap();
    stream.connect().unwrap();
    capture.case("KA-01");
    capture.step("1");
    capture.media(At(1), Flow::udp(flow.local, flow.remote), 0xb8, b"media");
    stream.write_all(OPTIONS).unwrap();
    let mut answer = vec![0; OPTIONS.len() - "OPTIONS sip:127.0.2.1 SIP/2.0".len() + "SIP/2.0 200 OK".len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(server.join().unwrap(), answer.len());
    drop(stream);
    capture.stream_closed(At::from_secs(1), flow);
    capture.case_over();
    thread.finish()
}

fn tshark(file: &Path, filter: &str) -> String {
    let mut tshark = Command::new("tshark");
    let run = tshark.args(["-n", "-Y", filter, "-r"]).arg(file).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn tshark_decrypts_what_the_keys_in_the_file_open() {
    if Command::new("tshark").arg("--version").output().is_err() {
        return;
    }
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let folder = folder(&format!("keys-{version:?}").replace(['(', ')'], "-"));
        let summary = write_capture(&folder, version);
        assert_eq!((summary.error.as_deref(), summary.dropped), (None, 0));
        let [run, case] = summary.files.as_slice() else { panic!("{:?}", summary.files) };
        assert!(run.ends_with("run.pcapng") && case.ends_with("KA-01.pcapng"));
        let sip = tshark(run, "sip");
        assert_eq!(sip.lines().count(), 2, "{version:?}: {sip}");
        assert!(sip.contains("OPTIONS") && sip.contains("200 OK"), "{sip}");
        assert_eq!(tshark(run, "_ws.malformed || _ws.expert.severity >= \"Warning\""), "");
        assert_eq!(tshark(run, "udp"), "", "media is in the file of the case");
        assert_eq!(tshark(case, "udp").lines().count(), 1);
        // One packet carries the step in each file.
        assert_eq!(tshark(run, "frame.comment contains \"KA-01 step 1\"").lines().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
