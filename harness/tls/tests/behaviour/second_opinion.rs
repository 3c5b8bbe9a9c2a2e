//! The program `openssl` as the peer, over TCP on the loopback interface: somebody else's opinion of version, suite and chain.

use crate::lab::{DUT_NAME, SBC_NAME, dut, lab, of_dut, of_sbc, sbc};
use crate::pair::{Do, Owner, Saw, Told, handshake, machine};
use oxocert_machine::{At, Flow, Input, Machine, Output, Transport};
use oxocert_pki::{Identity, write_chain};
use oxocert_tls::{Backend, Outcome, Version, WithTls};
use rstest::rstest;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A folder with what `openssl` reads; gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(identity: &Identity) -> Folder {
        let port = TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap().port();
        let folder = Folder(std::env::temp_dir().join(format!("oxocert-tls-{}-{port}", std::process::id())));
        std::fs::create_dir_all(&folder.0).unwrap();
        let pem = |der: &[u8]| openssl::x509::X509::from_der(der).unwrap().to_pem().unwrap();
        std::fs::write(folder.path("own.pem"), pem(&identity.chain[0])).unwrap();
        std::fs::write(folder.path("chain.pem"), pem(&identity.chain[1])).unwrap();
        let key = openssl::pkey::PKey::private_key_from_pkcs8(&identity.key).unwrap();
        std::fs::write(folder.path("key.pem"), key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        write_chain(&folder.path("roots.pem"), &lab().trusted_of_sbc()).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A child process that is ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl(folder: &Folder, mode: &str) -> Command {
    let mut command = Command::new("openssl");
    let files =
        [("-cert", "own.pem"), ("-cert_chain", "chain.pem"), ("-key", "key.pem"), ("-CAfile", "roots.pem")];
    command.arg(mode).arg("-verify_return_error");
    for (option, file) in files {
        command.arg(option).arg(folder.path(file));
    }
    // The lab's certificates begin on the lab's day, whatever the day of the test.
    command.args(["-attime", &(crate::lab::NOW.0 + 60).to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Moves bytes between a machine and a stream until the machine has seen `enough`, or the stream ends.
fn pump(
    machine: &mut WithTls<Owner>,
    stream: &mut TcpStream,
    flow: Flow,
    first: Vec<u8>,
    enough: &[u8],
) -> Vec<Saw> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(&first).unwrap();
    let mut saw = Vec::new();
    let mut chunk = [0; 4096];
    machine.handle(At::ZERO, Input::Connected { flow });
    loop {
        while let Some(output) = machine.poll() {
            match output {
                Output::Transmit { bytes, .. } => stream.write_all(&bytes).unwrap(),
                Output::Event(Told::Saw(one)) => saw.push(one),
                Output::Event(Told::Order(order)) => panic!("{order:?}"),
                Output::Close { .. } => return saw,
            }
        }
        if saw.iter().any(|one| matches!(one, Saw::Received(_, bytes) if bytes == enough)) {
            return saw;
        }
        let input = match stream.read(&mut chunk).unwrap() {
            0 => Input::Closed { flow, reason: "closed".into() },
            length => Input::Received { flow, tos: None, bytes: chunk[..length].to_vec() },
        };
        machine.handle(At::ZERO, input);
    }
}

fn lines(reader: impl Read) -> Vec<String> {
    BufReader::new(reader).lines().map(Result::unwrap).collect()
}

/// What a machine of the tests is on, so that its name is its address.
fn on_loopback(endpoint: oxocert_tls::Endpoint) -> WithTls<Owner> {
    machine("127.0.0.1:5061", endpoint, 1)
}

fn check(saw: &[Saw], version: Version, suite: u16) {
    let seen = handshake(saw);
    assert_eq!(seen.outcome, Outcome::Completed);
    assert_eq!((seen.version, seen.suite), (Some(version), Some(suite)));
    let presented = seen.presented.unwrap();
    assert_eq!((presented.chain.len(), presented.flaws), (2, vec![]));
}

fn tells(told: &[String], words: &str) {
    assert!(told.iter().any(|line| line == words), "{words}: {told:#?}");
}

fn of_openssl(suite: u16) -> &'static str {
    match suite {
        0xc030 => "ECDHE-RSA-AES256-GCM-SHA384",
        0xc02f => "ECDHE-RSA-AES128-GCM-SHA256",
        0xc028 => "ECDHE-RSA-AES256-SHA384",
        0xc027 => "ECDHE-RSA-AES128-SHA256",
        _ => "TLS_AES_256_GCM_SHA384",
    }
}

fn only(command: &mut Command, suite: u16) -> (Version, u16) {
    if suite >> 8 == 0x13 {
        command.arg("-tls1_3");
        return (Version::Tls13, suite);
    }
    command.args(["-tls1_2", "-cipher", of_openssl(suite)]);
    (Version::Tls12, suite)
}

#[rstest]
fn s_client_connects_to_the_dut(
    #[values(0xc030, 0xc02f, 0xc028, 0xc027, 0x1302)] suite: u16,
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let folder = Folder::new(&of_sbc("good").unwrap());
    let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let local = listener.local_addr().unwrap();
    let mut command = openssl(&folder, "s_client");
    command.args(["-brief", "-connect", &local.to_string()]);
    command.args(["-servername", DUT_NAME, "-verify_hostname", DUT_NAME]);
    let (version, suite) = only(&mut command, suite);
    let mut client = Running(command.spawn().unwrap());
    client.0.stdin.as_mut().unwrap().write_all(b"ping").unwrap();
    let (mut stream, remote) = listener.accept().unwrap();
    let mut server = on_loopback(oxocert_tls::Endpoint { highest: version, ..dut(backend) });
    let flow = Flow::tcp(local, remote);
    let saw = pump(&mut server, &mut stream, flow, vec![], b"ping");
    assert_eq!(handshake(&saw).sni.as_deref(), Some(DUT_NAME));
    let mut pong = [0; 4];
    client.0.stdout.as_mut().unwrap().read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"pong");
    drop(stream);
    drop(client.0.stdin.take());
    check(&saw, version, suite);
    let told = lines(client.0.stderr.take().unwrap());
    let name = if version == Version::Tls13 { "TLSv1.3" } else { "TLSv1.2" };
    tells(&told, &format!("Protocol version: {name}"));
    tells(&told, &format!("Ciphersuite: {}", of_openssl(suite)));
    tells(&told, "Verification: OK");
}

#[rstest]
fn the_dut_connects_to_s_server(
    #[values(0xc030, 0xc02f, 0xc028, 0xc027, 0x1302)] suite: u16,
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let folder = Folder::new(&of_sbc("good").unwrap());
    let mut command = openssl(&folder, "s_server");
    command.args(["-accept", "127.0.0.1:0", "-naccept", "1", "-Verify", "3"]);
    let (version, suite) = only(&mut command, suite);
    let mut server = Running(command.spawn().unwrap());
    let mut words = BufReader::new(server.0.stdout.take().unwrap());
    let remote: SocketAddr = loop {
        let mut line = String::new();
        assert!(words.read_line(&mut line).unwrap() > 0, "s_server ended");
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            break address.trim().parse().unwrap();
        }
    };
    // It tells the connection only where it has nothing to send before.
    let mut stdin = server.0.stdin.take().unwrap();
    let told = std::thread::spawn(move || {
        let mut told = Vec::new();
        for line in words.lines() {
            told.push(line.unwrap());
            if told.last().is_some_and(|line| line.starts_with("CIPHER is")) {
                stdin.write_all(b"pong").unwrap();
            }
        }
        told
    });
    let mut client = on_loopback(oxocert_tls::Endpoint { highest: version, ..dut(backend) });
    let unbound = Flow::tls(SocketAddr::new(LOOPBACK, 0), remote);
    client.handle(At::ZERO, Input::Command(Do::Send(unbound, b"ping".to_vec())));
    let mut hello = None;
    while let Some(output) = client.poll() {
        if let Output::Transmit { flow, bytes, .. } = output {
            hello = Some((flow, bytes));
        }
    }
    let (flow, hello) = hello.unwrap();
    assert_eq!((flow.transport, flow.remote), (Transport::Tcp, remote));
    let mut stream = TcpStream::connect(remote).unwrap();
    let saw = pump(&mut client, &mut stream, flow, hello, b"pong");
    drop(stream);
    check(&saw, version, suite);
    // It refuses a client whose certificate does not verify, and any version but the one it was told.
    tells(&lines(server.0.stderr.take().unwrap()), "verify return:1");
    tells(&told.join().unwrap(), &format!("CIPHER is {}", of_openssl(suite)));
}

/// The certificate of the DUT without its intermediate: the program refuses what this layer says it would.
#[test]
fn the_program_refuses_too() {
    let folder = Folder::new(&of_sbc("good").unwrap());
    let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let local = listener.local_addr().unwrap();
    let mut command = openssl(&folder, "s_client");
    command.args(["-connect", &local.to_string(), "-verify_hostname", SBC_NAME, "-tls1_2"]);
    let _client = Running(command.spawn().unwrap());
    let (mut stream, remote) = listener.accept().unwrap();
    let mut server = on_loopback(oxocert_tls::Endpoint { identity: of_dut("good"), ..sbc(Backend::Rustls) });
    let saw = pump(&mut server, &mut stream, Flow::tcp(local, remote), vec![], b"ping");
    let seen = handshake(&saw);
    let Outcome::Refused { by: oxocert_tls::Side::Peer, alert: Some(alert), .. } = seen.outcome else {
        panic!("{seen:?}")
    };
    assert_eq!(alert.name(), Some("bad_certificate"), "the name is another");
}
