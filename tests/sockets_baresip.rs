//! baresip as somebody else's a-SBC: it calls the attendant of the virtual OXO over TLS and SRTP, and records what it hears.

use crate::process::{Project, ended, peer};
use crate::tls_client::{Certificates, Oxo};
use rstest::rstest;
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Samples of 20 ms at 8 kHz.
const PACKET: usize = 160;
/// Full scale is 32768: the attendant's prompt lies near 1600, the silence of A-law at 8.
const AUDIBLE_RMS: f64 = 300.0;

/// What baresip said and heard in a call of 3 s.
struct Called {
    text: String,
    /// Linear samples at 8 kHz; none where no media was set up.
    heard: Vec<i16>,
}

/// Calls from 127.56.1.1 with this certificate of the nominal a-SBC and these parameters of the account.
fn call(project: &Project, certificates: &Certificates, certificate: &str, parameters: &str) -> Called {
    let folder = project.root.join("baresip");
    let recordings = folder.join("recordings");
    fs::create_dir_all(&recordings).expect("a folder for recordings");
    let tone = folder.join("tone.wav");
    fs::write(&tone, wav_of_a_tone()).expect("a tone to speak");
    let identity = chain_and_key(&folder, certificates, certificate);
    // It takes TLS on the port after the one it listens on.
    let config = format!(
        "sip_listen 127.56.1.1:5060\nsip_certificate {}\nsip_cafile {}\nnet_interface 127.56.1.1\n\
         rtp_ports 20000-20998\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\nmodule srtp.so\n\
         module aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule_tmp uuid.so\nmodule_tmp account.so\n\
         module_app menu.so\naudio_source aufile,{}\naudio_player aubridge,heard\naudio_alert aubridge,alert\n\
         snd_path {}\n",
        identity.display(),
        certificates.folder.join("ca/g1-root.pem").display(),
        tone.display(),
        recordings.display(),
    );
    fs::write(folder.join("config"), config).expect("its configuration");
    let account =
        format!("<sip:+33277123456@127.56.1.1;transport=tls>;regint=0;audio_codecs=PCMA{parameters}\n");
    fs::write(folder.join("accounts"), account).expect("its account");
    fs::write(folder.join("contacts"), "").expect("its contacts");
    let mut baresip = peer("timeout");
    let _ = peer("baresip");
    baresip.args(["20", "baresip", "-4", "-v", "-t", "3", "-f"]).arg(&folder);
    baresip.args(["-e", "/dial sip:+33155501900@127.56.2.1:5061"]);
    let ended = ended(&mut baresip).expect(0);
    let text = ended.stdout + &ended.stderr;
    Called { text, heard: recorded(&recordings) }
}

/// A file with the chain and its key, as baresip wants it; nobody else may read it.
fn chain_and_key(folder: &Path, certificates: &Certificates, certificate: &str) -> PathBuf {
    let from = certificates.folder.join("identities/sbc.nominal");
    let part =
        |ending: &str| fs::read(from.join(format!("{certificate}.{ending}"))).expect("a part of an identity");
    let path = folder.join("sbc.pem");
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).expect("a file");
    std::io::Write::write_all(&mut file, &[part("pem"), part("key")].concat()).expect("chain and key");
    path
}

/// What it decoded, from the file that its module `sndfile` wrote.
fn recorded(folder: &Path) -> Vec<i16> {
    let files = fs::read_dir(folder).expect("the recordings").flatten().map(|entry| entry.path());
    let decoded = |path: &PathBuf| path.to_string_lossy().ends_with("-dec.wav");
    let Some(file) = files.into_iter().find(decoded) else { return Vec::new() };
    let bytes = fs::read(file).expect("a recording");
    let data = bytes.windows(4).position(|tag| tag == b"data").expect("a chunk of samples");
    bytes[data + 8..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// 10 s of 440 Hz, 16 bits at 8 kHz.
fn wav_of_a_tone() -> Vec<u8> {
    let turn = |n: u32| f64::from(n) * 440.0 / 8000.0 * std::f64::consts::TAU;
    let samples: Vec<u8> =
        (0..80_000).flat_map(|n| ((turn(n).sin() * 8000.0) as i16).to_le_bytes()).collect();
    let length = samples.len() as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8000u32.to_le_bytes());
    wav.extend(16_000u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    wav
}

/// How many packets' worth of samples are louder than silence.
fn audible(samples: &[i16]) -> usize {
    let rms = |part: &[i16]| {
        let energy: f64 = part.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        (energy / PACKET as f64).sqrt()
    };
    samples.chunks_exact(PACKET).filter(|part| rms(part) > AUDIBLE_RMS).count()
}

#[test]
fn baresip_hears_the_attendant_over_tls_and_srtp_on_sockets() {
    let project = Project::on_network("baresip", 56);
    let certificates = Certificates::draw(&project.root);
    let _oxo = Oxo::start(&project, &certificates);
    let called = call(&project, &certificates, "good", ";mediaenc=srtp-mand");
    for words in ["SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)", "Call established"] {
        assert!(called.text.contains(words), "{words:?} is not told:\n{}", called.text);
    }
    let heard = audible(&called.heard);
    assert!(heard >= 50, "{} ms of the prompt are heard, at least 1 s expected", heard * 20);
}

#[rstest]
#[case::certificate_of_a_stranger("unknown-ca", ";mediaenc=srtp-mand", "tls: connect: error")]
#[case::media_in_clear("good", "", "session closed: 488 Not Acceptable Here")]
fn baresip_is_refused_without_the_right_certificate_or_srtp_on_sockets(
    #[case] certificate: &str,
    #[case] parameters: &str,
    #[case] told: &str,
) {
    let project = Project::on_network("baresip-refused", 56);
    let certificates = Certificates::draw(&project.root);
    let _oxo = Oxo::start(&project, &certificates);
    let called = call(&project, &certificates, certificate, parameters);
    assert!(called.text.contains(told), "{told:?} is not told:\n{}", called.text);
    assert!(!called.text.contains("Call established"), "{}", called.text);
    assert!(called.heard.is_empty(), "{} samples are heard", called.heard.len());
}
