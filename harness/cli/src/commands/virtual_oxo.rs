//! `oxocert virtual-oxo`: the simulated DUT as a process of its own.

use crate::args::VirtualOxo as Args;
use crate::certificates;
use crate::failure::{Failure, harness};
use crate::output;
use crate::utc;
use oxocert_io::clock::RunClock;
use oxocert_io::media::{MediaRemote, MediaThread, Note};
use oxocert_io::sip::{Host, SipDriver, Sockets, Timing};
use oxocert_machine::{At, Seed, Transport};
use oxocert_media::engine::Engine;
use oxocert_pki::lab::Lab;
use oxocert_tls::WithTls;
use oxocert_virtual_oxo::{
    Defects, OxoCommand, OxoEvent, Settings, Tls, TlsMaterial, VirtualOxo, all_defects,
};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::net::SocketAddr;
use std::path::Path;
use tokio::sync::mpsc::{self, UnboundedSender};

/// How the line begins that it prints once all its addresses are bound.
pub const READY: &str = "ready: ";

/// Runs until Ctrl-C, or until stdin closes where passwords came from there.
///
/// # Errors
/// The settings are not legal, or an address cannot be bound.
pub fn run(args: &Args) -> Result<u8, Failure> {
    if args.list_defects {
        let all = all_defects();
        let width = all.iter().map(|info| info.name.len()).max().unwrap_or(0);
        for info in all {
            output::line(format_args!("{:width$}  {}", info.name, info.behaviour));
        }
        return Ok(0);
    }
    let path = args.settings.as_deref().unwrap_or(Path::new(""));
    let mut settings = read_settings(path)?;
    let defects = Defects::named(args.defects.iter().map(String::as_str))
        .map_err(|unknown| Failure::Usage(format!("{unknown}; --list-defects names them")))?;
    if args.passwords_from_stdin {
        settings = settings.with_passwords(&read_passwords()?);
    }
    // Where it is not allowed, a busy machine shows as lag.
    let _ = oxocert_io::priority::raise();
    let settings = read_certificates(settings, path, args.certificates.as_deref())?;
    let addresses = settings.listening(&defects);
    let oxo = VirtualOxo::new(settings, defects, Seed(args.seed));
    serve(oxo, &addresses, Seed(args.seed), args.passwords_from_stdin)
}

fn read_settings(path: &Path) -> Result<Settings, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("failed to read {}: {error}", path.display())))?;
    Settings::from_toml(&text).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

/// The first line of stdin: a JSON object, directory number to password.
fn read_passwords() -> Result<BTreeMap<String, String>, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(harness("read passwords from stdin"))?;
    // The error of the parser could quote what it read: it is not passed on.
    serde_json::from_str(&line).map_err(|_| {
        Failure::Usage("the first line of stdin is no JSON object of passwords by number".to_owned())
    })
}

/// Certificates and key: of the folder that is named, or else of the files that the settings name, relative to them.
fn read_certificates(settings: Settings, path: &Path, folder: Option<&Path>) -> Result<Settings, Failure> {
    if !settings.is_secured() {
        return Ok(settings);
    }
    let told = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", path.display()));
    let material = match (folder, &settings.tls) {
        (Some(folder), _) => certificates::material(&Lab::read(folder).map_err(|error| told(&error))?)?,
        (None, Some(Tls { certificate: Some(certificate), key: Some(key), trusted: Some(trusted), .. })) => {
            let beside = |file: &String| path.parent().unwrap_or(Path::new("")).join(file);
            let identity = oxocert_pki::read_identity(&beside(certificate), &beside(key))
                .map_err(|error| told(&error))?;
            let trusted = oxocert_pki::read_chain(&beside(trusted)).map_err(|error| told(&error))?;
            TlsMaterial::new(identity, trusted)
        }
        _ => {
            return Err(told(
                &"a trunk over TLS needs certificate, key and trusted in [tls], or --certificates FOLDER",
            ));
        }
    };
    settings.with_tls(material).map_err(|error| told(&error))
}

fn serve(
    oxo: VirtualOxo,
    addresses: &[(Transport, SocketAddr)],
    seed: Seed,
    until_stdin_closes: bool,
) -> Result<u8, Failure> {
    let clock = RunClock::start();
    let (commands, inbox) = mpsc::unbounded_channel();
    let heard = commands.clone();
    let media = MediaThread::start(Engine::new(seed.child("media")), clock, None, move |note| {
        take_note(note, &heard)
    });
    let media = media.map_err(harness("start the media thread"))?;
    let mut host = OxoHost { media: media.remote() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(harness("start the signalling runtime"))?.block_on(async {
        let product = oxo.product();
        let oxo = WithTls::new(oxo, utc::at_zero(clock), seed.child("tls"));
        let driver = SipDriver::new(oxo, Sockets::bind(clock, addresses)?, Timing::Handling);
        let listening: Vec<String> =
            addresses.iter().map(|(transport, at)| format!("{} {at}", transport.via())).collect();
        output::line(format_args!("{READY}{product} on {}", listening.join(", ")));
        tokio::select! {
            _ = driver.run(inbox, &mut host) => {}
            () = ended(until_stdin_closes) => {}
        }
        Ok(0)
    })
}

/// Runs on the media thread.
fn take_note(note: Note, commands: &UnboundedSender<OxoCommand>) {
    match note {
        // A box that is being ended listens no more.
        Note::Engine { event, .. } => drop(commands.send(OxoCommand::Media(*event))),
        // The bench measures what comes of it.
        Note::Late { .. } => {}
        Note::NotOpened { error, .. } => output::line(format_args!("{error}")),
    }
}

/// Resolves when the process is to end: with its stdin, which its parent holds, or by Ctrl-C.
async fn ended(until_stdin_closes: bool) {
    if !until_stdin_closes {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        return;
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock().take(u64::MAX), &mut std::io::sink());
        let _ = tell.send(());
    });
    let _ = told.await;
}

/// Connects the box with its media.
struct OxoHost {
    media: MediaRemote,
}

impl Host<WithTls<VirtualOxo>> for OxoHost {
    fn event(&mut self, at: At, event: OxoEvent) {
        match event {
            OxoEvent::Media(command) => self.media.send(command),
            // The TLS layer takes its orders itself.
            OxoEvent::Tls(_) => {}
            OxoEvent::Log(text) => output::line(format_args!("{at} {text}")),
        }
    }

    fn done(&mut self) -> bool {
        false
    }
}
