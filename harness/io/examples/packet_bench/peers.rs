//! The senders that ours is compared with: SIPp's `rtp_stream`, and one tokio interval a stream.

use crate::control::Process;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const SCENARIO: &str = include_str!("sipp.xml");

/// Where SIPp sends from.
const SIPP: Ipv4Addr = Ipv4Addr::new(127, 0, 91, 8);

/// Who answers its calls.
const ANSWERER: Ipv4Addr = Ipv4Addr::new(127, 0, 91, 9);

/// Calls a second.
const CALL_RATE: u32 = 300;

/// SIPp with its calls; it ends with this.
pub struct Sipp {
    pub process: Process,
    stop: Arc<AtomicBool>,
    answerer: Option<JoinHandle<()>>,
}

impl Sipp {
    /// Begins so many calls, whose streams go to `media`, ports `port`, `port + 2` and so on; waits until all of them should be up.
    pub fn start(
        program: &str,
        work: &Path,
        calls: u32,
        secure: bool,
        media: Ipv4Addr,
        port: u16,
    ) -> io::Result<Sipp> {
        let audio = work.join("audio.alaw");
        // 20 s of something that is no silence.
        fs::write(
            &audio,
            (0..160_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<u8>>(),
        )?;
        let crypto =
            "a=crypto:[cryptotag1audio] [cryptosuiteaescm128sha1801audio] inline:[cryptokeyparams1audio]\n";
        let text = SCENARIO
            .replace("AUDIO", &audio.to_string_lossy())
            .replace("PROFILE", if secure { "RTP/SAVP" } else { "RTP/AVP" })
            .replace("CRYPTO\n", if secure { crypto } else { "" });
        let scenario = work.join("sipp.xml");
        fs::write(&scenario, text)?;
        let socket = UdpSocket::bind((ANSWERER, 5060))?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let stop = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&stop);
        let answerer = std::thread::spawn(move || answer(&socket, secure, media, port, &ended));
        let child = Command::new(program)
            .arg(format!("{ANSWERER}:5060"))
            .arg("-sf")
            .arg(&scenario)
            .args(["-i", &SIPP.to_string(), "-p", "5061", "-mi", &SIPP.to_string()])
            .args(["-m", &calls.to_string(), "-l", &calls.to_string(), "-r", &CALL_RATE.to_string()])
            .args(["-min_rtp_port", "30000", "-max_rtp_port", "64000", "-nostdin", "-nd"])
            .current_dir(work)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let sipp = Sipp { process: Process(child), stop, answerer: Some(answerer) };
        std::thread::sleep(Duration::from_millis(u64::from(calls * 1000 / CALL_RATE) + 2000));
        Ok(sipp)
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(answerer) = self.answerer.take() {
            let _ = answerer.join();
        }
    }
}

/// Says yes to every call, each with a port of its own.
fn answer(socket: &UdpSocket, secure: bool, media: Ipv4Addr, port: u16, ended: &AtomicBool) {
    let mut calls: Vec<String> = Vec::new();
    let mut buffer = [0; 4096];
    while !ended.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let field = |name: &str| request.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        if !request.starts_with("INVITE") {
            continue;
        }
        let call = field("Call-ID:").to_owned();
        let place = calls.iter().position(|known| *known == call).unwrap_or_else(|| {
            calls.push(call.clone());
            calls.len() - 1
        });
        let (profile, crypto) = if secure {
            let key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
            ("RTP/SAVP", format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n"))
        } else {
            ("RTP/AVP", String::new())
        };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 {media}\r\ns=-\r\nc=IN IP4 {media}\r\nt=0 0\r\nm=audio {} {profile} 8\r\n\
             a=rtpmap:8 PCMA/8000\r\n{crypto}",
            usize::from(port) + 2 * place
        );
        let response = format!(
            "SIP/2.0 200 OK\r\n{}\r\n{}\r\n{};tag=1\r\n{call}\r\n{}\r\nContact: <sip:{ANSWERER}:5060>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            field("Via:"),
            field("From:"),
            field("To:"),
            field("CSeq:"),
            sdp.len()
        );
        // A response that is lost is asked for again.
        let _ = socket.send_to(response.as_bytes(), from);
    }
}

/// Sends clear streams, each paced by a tokio interval of its own, until the process is ended.
pub fn tokio_sender(streams: u16, media: Ipv4Addr, port: u16) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let mut tasks = Vec::new();
        for stream in 0..streams {
            let socket =
                tokio::net::UdpSocket::bind((Ipv4Addr::new(127, 0, 91, 7), port + 2 * stream)).await?;
            tasks.push(tokio::spawn(async move {
                let remote = SocketAddr::from((media, port + 2 * stream));
                let offset = Duration::from_micros(u64::from(stream) * 20_000 / u64::from(streams));
                let start = tokio::time::Instant::now() + offset;
                let mut interval = tokio::time::interval_at(start, Duration::from_millis(20));
                for number in 0u32.. {
                    interval.tick().await;
                    let mut packet = vec![0x80, 8];
                    packet.extend((number as u16).to_be_bytes());
                    packet.extend(number.wrapping_mul(160).to_be_bytes());
                    packet.extend(u32::from(stream).to_be_bytes());
                    packet.resize(172, 0xd5);
                    // A packet that is not sent is one that does not arrive.
                    let _ = socket.send_to(&packet, remote).await;
                }
            }));
        }
        for task in tasks {
            let _ = task.await;
        }
        Ok(())
    })
}
