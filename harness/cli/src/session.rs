//! One bench of a run on sockets: DUT, bench machine, media thread, capture and record, from start to end.

use crate::dut::{Dut, Order};
use crate::failure::{Failure, harness};
use crate::plan::Plan;
use crate::progress::BenchProgress;
use crate::recorder::{Entry, Recorder};
use crate::run_folder::BenchFolder;
use crate::{certificates, operator, prerequisites, secrets, utc};
use oxocert_bench::{BenchCommand, BenchEvent, BenchMachine};
use oxocert_io::BindError;
use oxocert_io::capture::{Capture, Scope};
use oxocert_io::clock::{RunClock, StampMapping};
use oxocert_io::media::{MediaRemote, MediaThread, Note};
use oxocert_io::sip::{Host, SipDriver, Sockets, Timing, Way};
use oxocert_machine::{At, Flow, Seed, Transport};
use oxocert_media::engine::Engine;
use oxocert_pki::lab::Lab;
use oxocert_record::{RoleName, RunStarted, What};
use oxocert_tls::WithTls;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// The orders of a bench and their receiving end; the interruption comes through it.
pub type Channel = (UnboundedSender<BenchCommand>, UnboundedReceiver<BenchCommand>);

/// What one bench is run with.
pub struct Session {
    /// The project's folder.
    pub root: PathBuf,
    /// What is played.
    pub plan: Arc<Plan>,
    /// Where it is recorded.
    pub folder: BenchFolder,
    /// The seed of the run.
    pub seed: Seed,
    /// UTC of the run's start.
    pub started: String,
    /// Defects of the virtual OXO.
    pub defects: Vec<String>,
}

impl Session {
    /// Plays all cases; returns when the record is closed. Orders come through `channel`.
    ///
    /// # Errors
    /// The DUT does not start, an address cannot be bound, a file cannot be written.
    pub fn run(self, channel: Channel, progress: BenchProgress) -> Result<(), Failure> {
        let (commands, inbox) = channel;
        let profile_folder = self.root.join(&self.plan.profile);
        let profile_folder = profile_folder.parent().unwrap_or(&self.root);
        let passwords = secrets::passwords(&self.plan.bench, profile_folder, self.seed)?;
        let clock = RunClock::start();
        let utc_at_zero = utc::at_zero(clock);
        let lab = certificates::lab(&self.plan.bench, profile_folder, utc_at_zero)?;
        prerequisites::check(&self.plan.bench, lab.as_ref(), utc_at_zero)?;
        let order = Order {
            root: &self.root,
            plan: &self.plan,
            folder: &self.folder,
            passwords: &passwords,
            seed: self.seed,
            defects: &self.defects,
            lab: lab.as_ref(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(harness("start the signalling runtime"))?;
        // Bound before the DUT starts: what it sends at once waits for an answer instead of bouncing.
        let sockets = {
            let _inside = runtime.enter();
            Sockets::bind(clock, &self.addresses(&passwords, lab.as_ref()))
                .map_err(|error| self.not_bound(&error))?
        };
        let dut = Dut::start(&order)?;
        let run = run_started(&self.plan, dut.parts(), self.seed, Some(self.started.clone()));
        let machine = self.machine(run, &passwords, lab.as_ref());
        let machine = WithTls::new(machine, utc_at_zero, self.seed.child("bench tls"));
        let (entries, recorder) = Recorder::start(&self.folder, Arc::clone(&self.plan), progress)?;
        let scope = if self.plan.bench.internet.is_some() { Scope::CasesAndRun } else { Scope::Cases };
        let origin_ns = StampMapping::new(clock).origin_ns();
        let (capture, capturing) = Capture::start(&self.folder.evidence(), origin_ns, scope)
            .map_err(harness("start the capture"))?;
        let faults = Faults::default();
        let media = {
            let (commands, faults) = (commands.clone(), faults.clone());
            let engine = Engine::new(self.seed.child("bench media"));
            MediaThread::start(engine, clock, Some(capture.clone()), move |note| {
                take_note(note, &commands, &faults)
            })
        };
        let media = media.map_err(harness("start the media thread"))?;
        let mut host = BenchHost {
            media: media.remote(),
            capture,
            entries: entries.clone(),
            commands: commands.clone(),
            finished: false,
        };
        // The inbox is open: its other end is here.
        let _ = commands.send(BenchCommand::Start);
        runtime.block_on(SipDriver::new(machine, sockets, Timing::Stamp).run(inbox, &mut host));
        drop((media, dut, runtime));
        let captured = capturing.finish();
        if let Some(error) = captured.error {
            faults.add(error);
        }
        if captured.dropped > 0 {
            let line = format!(
                "evidence: {} packets are missing in the captures, the disk was too slow",
                captured.dropped
            );
            // The recorder takes lines until all senders are gone; this is one of them.
            let _ = entries.send(Entry::Line(line));
        }
        drop((host, entries));
        recorder.finish()?;
        faults.result()
    }

    /// An address that cannot be bound, with the role it was for.
    fn not_bound(&self, error: &BindError) -> Failure {
        let bench = &self.plan.bench;
        let sbcs = bench.sbcs.iter().map(|(role, sbc)| (role, sbc.address));
        let sets = bench.sets.iter().map(|(role, set)| (role, set.address));
        let dns =
            bench.internet.iter().flat_map(|internet| &internet.dns).map(|(role, address)| (role, *address));
        match sbcs.chain(sets).chain(dns).find(|(_, address)| *address == error.address) {
            Some((role, _)) => Failure::Harness(format!("{role}: {error}")),
            None => Failure::Harness(error.to_string()),
        }
    }

    fn machine(
        &self,
        run: RunStarted,
        passwords: &BTreeMap<RoleName, String>,
        lab: Option<&Lab>,
    ) -> BenchMachine {
        let (bench, cases) = (self.plan.bench.clone(), self.plan.playable());
        BenchMachine::new(bench, cases, run, passwords.clone(), lab.cloned(), self.seed.child("bench"))
    }

    /// The addresses of the bench: those of a machine that is not run, as the record of the one that is names the DUT.
    fn addresses(
        &self,
        passwords: &BTreeMap<RoleName, String>,
        lab: Option<&Lab>,
    ) -> Vec<(Transport, SocketAddr)> {
        let run = run_started(&self.plan, Vec::new(), self.seed, None);
        self.machine(run, passwords, lab).local_addresses()
    }
}

fn run_started(plan: &Plan, parts: Vec<String>, seed: Seed, started: Option<String>) -> RunStarted {
    let load =
        if plan.load.is_empty() { parts.first().cloned().unwrap_or_default() } else { plan.load.clone() };
    RunStarted {
        tool: format!("oxocert {}", env!("CARGO_PKG_VERSION")),
        load,
        profile: plan.bench.name.clone(),
        started,
        simulation: plan.bench.simulation,
        seed: seed.0,
        dut_parts: parts,
    }
}

/// What went wrong in the harness itself while the run went on.
#[derive(Clone, Default)]
struct Faults(Arc<Mutex<Vec<String>>>);

impl Faults {
    fn add(&self, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    fn result(&self) -> Result<(), Failure> {
        let faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.is_empty() { Ok(()) } else { Err(Failure::Harness(faults.join("; "))) }
    }
}

/// Runs on the media thread.
fn take_note(note: Note, commands: &UnboundedSender<BenchCommand>, faults: &Faults) {
    let command = match note {
        Note::Engine { event, .. } => BenchCommand::Media(*event),
        Note::Late { by } => BenchCommand::Lag { by },
        // Without its port nothing that a case measures is true: the run is given up, in order.
        Note::NotOpened { error, .. } => {
            faults.add(error.to_string());
            BenchCommand::Interrupt
        }
    };
    // After the end of the run nobody listens any more.
    let _ = commands.send(command);
}

/// Connects the bench machine with media, capture and record.
struct BenchHost {
    media: MediaRemote,
    capture: Capture,
    entries: Sender<Entry>,
    commands: UnboundedSender<BenchCommand>,
    finished: bool,
}

impl BenchHost {
    fn tell(&self, entry: Entry) {
        // A recorder that is gone has failed, and says so when it is joined.
        let _ = self.entries.send(entry);
    }
}

impl Host<WithTls<BenchMachine>> for BenchHost {
    fn event(&mut self, _: At, event: BenchEvent) {
        match event {
            BenchEvent::Media(command) => self.media.send(command),
            // The TLS layer takes its orders itself.
            BenchEvent::Tls(_) => {}
            BenchEvent::Progress(progress) => self.tell(Entry::Progress(progress)),
            BenchEvent::Finished => self.finished = true,
            BenchEvent::Operator { prompt } => {
                self.tell(Entry::Line(format!("at the bench: {prompt}")));
                operator::ask(self.commands.clone());
            }
            BenchEvent::Record(event) => {
                match &event.what {
                    What::CaseStarted { case } => self.capture.case(case.as_str()),
                    What::CaseEnded { .. } => self.capture.case_over(),
                    What::StepStarted { step, .. } => self.capture.step(step.as_str()),
                    What::TlsSecret { line } => self.capture.secret(line),
                    _ => {}
                }
                self.tell(Entry::Event(Box::new(event)));
            }
        }
    }

    fn lag(&mut self, by: Duration) -> Option<BenchCommand> {
        Some(BenchCommand::Lag { by })
    }

    fn wire(&mut self, at: At, way: Way, flow: Flow, tos: u8, bytes: &[u8]) {
        let flow = if way == Way::In { flow.reversed() } else { flow };
        match flow.transport {
            Transport::Udp => self.capture.datagram(at, flow, tos, bytes),
            Transport::Tcp | Transport::Tls => self.capture.bytes(at, flow, tos, bytes),
        }
    }

    fn stream(&mut self, at: At, flow: Flow, open: bool) {
        if !open {
            self.capture.stream_closed(at, flow);
        }
    }

    fn done(&mut self) -> bool {
        self.finished
    }
}
