//! Hostile ends of TLS connections: what they cost is bounded, and the service goes on.

use crate::process::Project;
use crate::running::Running;
use crate::tls_client::{Certificates, OCE, Oxo, SBC1, s_client};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// More than any of these may cost, KiB.
const MOST_KIB: u64 = 64 * 1024;

const OXO: &str = "127.53.2.1:5061";

/// The nominal a-SBC of the run whose call is disturbed.
const SBC: &str = "127.54.1.1:5061";

fn connect(to: &str) -> TcpStream {
    let to: SocketAddr = to.parse().expect("an address");
    let stream = TcpStream::connect(to).expect("a connection");
    stream.set_write_timeout(Some(Duration::from_secs(5))).expect("a limit");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    stream
}

fn memory_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it is alive");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("KiB")
}

/// Does harm while the virtual OXO runs; afterwards it must serve an honest peer, and have grown by little.
fn service_goes_on_after(name: &str, harm: impl FnOnce() -> Vec<TcpStream>) {
    let project = Project::on_network(name, 53);
    let certificates = Certificates::draw(&project.root);
    let oxo = Oxo::start(&project, &certificates);
    let honest = || s_client(&certificates, "127.53.1.1", OXO, OCE, Some("sbc.nominal"), &[]);
    let seen = honest();
    assert!(seen.completed(), "before: {}", seen.text);
    let before = memory_kib(oxo.id());
    let open = harm();
    let seen = honest();
    assert!(seen.completed(), "meanwhile: {}", seen.text);
    let grown = memory_kib(oxo.id()).saturating_sub(before);
    assert!(grown < MOST_KIB, "it grew by {grown} KiB");
    drop(open);
}

#[test]
fn garbage_over_sockets_ends_its_connection_only() {
    service_goes_on_after("garbage", || {
        let garbage: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for skip in 0..50 {
            let mut stream = connect(OXO);
            // It may be closed before all is written.
            let _ = stream.write_all(&garbage[skip * 7..]);
            let mut rest = Vec::new();
            let ended = stream.read_to_end(&mut rest);
            let closed = ended.is_ok()
                || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
            assert!(closed, "garbage is still listened to");
            assert!(!rest.windows(4).any(|window| window == b"SIP/"), "garbage was answered in clear");
        }
        Vec::new()
    });
}

#[test]
fn hundreds_of_half_open_handshakes_on_sockets_keep_nobody_out() {
    // The record header of a ClientHello, and then nothing.
    service_goes_on_after("half-open", || half_open(OXO));
}

fn half_open(to: &str) -> Vec<TcpStream> {
    (0..200)
        .map(|_| {
            let mut stream = connect(to);
            stream.write_all(&[0x16, 3, 1, 0, 200]).expect("five bytes");
            stream
        })
        .collect()
}

#[test]
fn strangers_at_the_sbc_disturb_no_call_on_sockets() {
    let project = Project::on_network("strangers", 54);
    let running = Running::in_a_call(&project, "virtual-oce-internet-a");
    let mut made = fs::read_dir(project.temporary()).expect("a folder").flatten().map(|entry| entry.path());
    let certificates = Certificates { folder: made.next().expect("the certificates of the run") };
    let before = memory_kib(running.program.id());
    let open = half_open(SBC);
    // The a-SBC of the bench takes any peer and records what is wrong with it.
    let seen = s_client(&certificates, "127.54.7.7", SBC, SBC1, None, &[]);
    assert!(seen.text.contains("Verification: OK"), "{}", seen.text);
    let grown = memory_kib(running.program.id()).saturating_sub(before);
    assert!(grown < MOST_KIB, "it grew by {grown} KiB");
    drop(open);
    running.ended().expect(0);
}

#[test]
fn records_that_claim_more_than_they_bring_cost_little_on_sockets() {
    service_goes_on_after("claims", || {
        (0..100)
            .map(|_| {
                let mut stream = connect(OXO);
                let mut hello = vec![0x16, 3, 1, 0x40, 0];
                hello.extend([1, 0xff, 0xff, 0xff]);
                hello.resize(4000, 7);
                let _ = stream.write_all(&hello);
                stream
            })
            .collect()
    });
}
