//! `openssl s_client` as somebody else's end of a TLS connection, and the virtual OXO as a process that it can meet.

use crate::process::{Project, oxocert, peer};
use oxocert_pki::UtcSeconds;
use oxocert_pki::lab::{Lab, Names};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The names of the internet profiles.
pub const SBC1: &str = "sbc1.business-talk-ip.orange-business.com";
const SBC2: &str = "sbc2.business-talk-ip.orange-business.com";
pub const OCE: &str = "oce.customer.example";

/// The certificates of a lab, in a folder.
pub struct Certificates {
    pub folder: PathBuf,
}

impl Certificates {
    /// Draws them for today into `<root>/pki`.
    pub fn draw(root: &Path) -> Certificates {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
        let names = Names {
            sbcs: vec![("sbc.nominal".into(), SBC1.into()), ("sbc.backup".into(), SBC2.into())],
            dut_fqdn: OCE.into(),
        };
        let lab = Lab::new(UtcSeconds(i64::try_from(now).expect("a date")), &names).expect("a lab");
        let folder = root.join("pki");
        lab.write(&folder).expect("the lab as files");
        Certificates { folder }
    }

    fn file(&self, owner: &str, file: &str) -> PathBuf {
        self.folder.join("identities").join(owner).join(file)
    }

    fn root(&self) -> PathBuf {
        self.folder.join("ca/g1-root.pem")
    }
}

/// The virtual OXO of topology A on its own. It ends with this.
pub struct Oxo {
    program: Child,
    _stdin: ChildStdin,
}

impl Oxo {
    /// Starts it; returns when all its addresses are bound.
    pub fn start(project: &Project, certificates: &Certificates) -> Oxo {
        let mut command = oxocert();
        command.arg("virtual-oxo").arg("--settings");
        command.arg(project.root.join("hw-profiles/virtual-oxo/virtual-oce-internet-a.toml"));
        command.arg("--certificates").arg(&certificates.folder).arg("--passwords-from-stdin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = command.spawn().expect("the program starts");
        let mut stdin = program.stdin.take().expect("its stdin");
        writeln!(stdin, "{{}}").expect("no passwords");
        let mut lines = BufReader::new(program.stdout.take().expect("its stdout")).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.starts_with("ready: ")));
        assert!(ready, "the virtual OXO did not start");
        // What it says from here on is taken away, so that it can go on talking.
        std::thread::spawn(move || lines.for_each(drop));
        Oxo { program, _stdin: stdin }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.program.id()
    }
}

impl Drop for Oxo {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// What `openssl s_client` saw.
pub struct Seen {
    /// All it printed.
    pub text: String,
}

impl Seen {
    /// Whether application data could flow and the server's chain was in order.
    pub fn completed(&self) -> bool {
        self.text.contains("Verification: OK") && self.text.contains("SIP/2.0 ")
    }
}

/// Connects from `from` to `to`, called `name`, with the certificate of `owner` where one is given, sends one OPTIONS and reads
/// until something came.
pub fn s_client(
    certificates: &Certificates,
    from: &str,
    to: &str,
    name: &str,
    owner: Option<&str>,
    arguments: &[&str],
) -> Seen {
    let mut client = peer("timeout");
    client.args(["20", "openssl", "s_client", "-tls1_2", "-verify_return_error", "-connect", to, "-bind"]);
    client.arg(format!("{from}:0")).args(["-servername", name, "-verify_hostname", name]);
    client.arg("-CAfile").arg(certificates.root()).args(arguments);
    if let Some(owner) = owner {
        client.arg("-cert").arg(certificates.file(owner, "good.pem"));
        client.arg("-cert_chain").arg(certificates.file(owner, "good.pem"));
        client.arg("-key").arg(certificates.file(owner, "good.key"));
    }
    client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = client.spawn().expect("openssl starts");
    let options = format!(
        "OPTIONS sip:{to};transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS {from}:5061;branch=z9hG4bKsclient;rport\r\n\
         From: <sip:{from}>;tag=1\r\nTo: <sip:{to}>\r\nCall-ID: s-client@{from}\r\nCSeq: 1 OPTIONS\r\n\
         Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    let mut stdin = program.stdin.take().expect("its stdin");
    // A client that was refused reads no more.
    let _ = stdin.write_all(options.as_bytes());
    let mut stdout = BufReader::new(program.stdout.take().expect("its stdout"));
    let mut text = String::new();
    while stdout.read_line(&mut text).is_ok_and(|length| length > 0) {
        if text.contains("\r\n\r\n") && text.contains("SIP/2.0 ") {
            break;
        }
    }
    drop(stdin);
    let mut complaints = program.wait_with_output().expect("openssl ends");
    text.push_str(&String::from_utf8_lossy(&std::mem::take(&mut complaints.stderr)));
    Seen { text }
}
