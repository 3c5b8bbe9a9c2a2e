//! The bench as one machine.

use crate::roles::CLEAR_PORT;
use crate::runner::Runner;
use crate::stage::Stage;
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_media::engine;
use oxocert_media::with_media::MediaOwner;
use oxocert_pki::lab::Lab;
use oxocert_record::{CaseEnd, CaseId, Event, Phase, RoleName, RunStarted, StepId, What};
use oxocert_scenario::model::Case;
use oxocert_scenario::model::bench::Bench;
use oxocert_tls as tls;
use oxocert_tls::TlsOwner;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// What the owner of the bench orders or reports.
// Nearly all of them are media reports, and none is kept.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq)]
pub enum BenchCommand {
    /// Begin the run.
    Start,
    /// The media engine reports.
    Media(engine::Event),
    /// The TLS layer reports.
    Tls(tls::Event),
    /// The signalling side ran late by so much: due against run.
    Lag {
        /// By how much.
        by: Duration,
    },
    /// Somebody wants the run to stop: calls are torn down, the record is closed. Twice: at once.
    Interrupt,
    /// The person at the bench did what [`BenchEvent::Operator`] asked, and said this.
    OperatorDone {
        /// In the person's words.
        answer: String,
    },
}

/// What the bench reports.
// Nearly all of them are events of the timeline, and none is kept.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone)]
pub enum BenchEvent {
    /// An event of the timeline, numbered from 0 without gap.
    Record(Event),
    /// An order for the media engine.
    Media(engine::Command),
    /// An order for the TLS layer.
    Tls(tls::Command),
    /// The person at the bench must do something and confirm it by [`BenchCommand::OperatorDone`].
    Operator {
        /// What.
        prompt: String,
    },
    /// How far the run is.
    Progress(Progress),
    /// The last event of the timeline is out.
    Finished,
}

/// How far the run is, for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A case begins.
    CaseStarted {
        /// Its id.
        case: CaseId,
        /// Its place in the run, from 1.
        number: usize,
        /// How many cases the run has.
        of: usize,
    },
    /// A step waits for something.
    Step {
        /// Its case.
        case: CaseId,
        /// Its phase.
        phase: Phase,
        /// Its id.
        step: StepId,
        /// Its place in the phase, from 1.
        number: usize,
        /// How many steps the phase has.
        of: usize,
    },
    /// Calls of a load point came up or ended.
    Load {
        /// Its case.
        case: CaseId,
        /// Its name.
        point: String,
        /// Calls that stay up.
        up: usize,
        /// Calls that are over and missed no step.
        done: usize,
        /// Calls that missed a step.
        failed: usize,
        /// How many calls the point makes.
        of: usize,
    },
    /// A case is over, its teardown included.
    CaseEnded {
        /// Its id.
        case: CaseId,
        /// How.
        how: CaseEnd,
    },
}

/// The roles around the DUT and the runner; see the crate.
pub struct BenchMachine {
    stage: Stage,
    runner: Runner,
}

impl BenchMachine {
    /// A bench that will play `cases` and open its record with `run`. `passwords` are those of the sets, and of the role
    /// `dut` where its console asks for a secret. `lab` holds the certificates of the a-SBCs and what they trust, for a bench over
    /// internet. All randomness comes from `seed`.
    pub fn new(
        bench: Bench,
        cases: Vec<Case>,
        run: RunStarted,
        passwords: BTreeMap<RoleName, String>,
        lab: Option<Lab>,
        seed: Seed,
    ) -> BenchMachine {
        let mut stage = Stage::new(bench.with_pools_for(&cases), passwords, lab, seed);
        // A DUT may connect before the run is started.
        stage.order_endpoints();
        let runner = Runner::new(cases, run, &mut stage);
        BenchMachine { stage, runner }
    }

    /// Every address that the driver must listen on: the a-SBCs, the sets, the name servers, and the bench's end of a console that
    /// speaks in datagrams. Ordered, without doubles.
    ///
    /// TLS stands as the TCP below it. An a-SBC over BVPN listens on UDP and TCP, as a DUT may switch (RFC 3261 §18.1.1); one over
    /// internet hears what comes in clear to port 5060 too, which nothing should.
    pub fn local_addresses(&self) -> Vec<(Transport, SocketAddr)> {
        let sets = self.stage.bench.sets.values().map(|set| (Transport::Udp, set.address));
        let dns = self.stage.dns.addresses().map(|address| (Transport::Udp, address));
        let mut all: Vec<_> = sets.chain(dns).chain(self.stage.console.local()).collect();
        for sbc in self.stage.bench.sbcs.values() {
            let clear = match self.stage.bench.internet {
                Some(_) => SocketAddr::new(sbc.address.ip(), CLEAR_PORT),
                None => sbc.address,
            };
            all.extend([(Transport::Tcp, sbc.address), (Transport::Tcp, clear), (Transport::Udp, clear)]);
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    fn command(&mut self, at: At, command: BenchCommand) {
        match command {
            BenchCommand::Start => self.runner.start(&mut self.stage),
            BenchCommand::Media(event) => self.stage.media_event(at, event),
            BenchCommand::Tls(event) => self.stage.tls_event(at, event),
            BenchCommand::Lag { by } => {
                let by_ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
                self.stage.out.record(self.stage.now, What::Lag { by_ns });
            }
            BenchCommand::Interrupt => self.runner.interrupt(&mut self.stage),
            BenchCommand::OperatorDone { answer } => {
                self.stage.out.record(self.stage.now, What::Operator { note: answer });
                self.stage.console.operator_done();
            }
        }
    }

    fn received(&mut self, at: At, flow: Flow, bytes: &[u8]) {
        if self.stage.console.owns(flow) {
            return self.stage.console.received(self.stage.now, flow, bytes);
        }
        if self.stage.dns.owns(flow) {
            return self.stage.dns_received(at, flow, bytes);
        }
        if self.stage.is_clear(flow) {
            return self.stage.clear_received(at, flow, bytes);
        }
        let Some(role) = self.stage.role_of(flow) else { return };
        if self.stage.swallowed(at, &role, flow, bytes) {
            return;
        }
        if let Some(agent) = self.stage.agents.get_mut(&role) {
            agent.ua.receive(self.stage.now, flow, bytes);
        }
    }

    /// The network says that a flow is of no use.
    fn lost(&mut self, flow: Flow, reason: &str) {
        if self.stage.console.owns(flow) {
            return self.stage.console.lost(reason);
        }
        if self.stage.is_clear(flow) {
            return self.stage.clear_lost(self.stage.now, flow, reason);
        }
        let Some(role) = self.stage.role_of(flow) else { return };
        self.stage.bare_lost(self.stage.now, &role, flow, reason);
        let note = format!("{flow}: {reason}");
        self.stage.out.record(self.stage.now, What::Network { role: role.clone(), note });
        let Some(agent) = self.stage.agents.get_mut(&role) else { return };
        match flow.transport {
            Transport::Udp => agent.ua.unreachable(self.stage.now, flow),
            Transport::Tcp | Transport::Tls => agent.ua.closed(self.stage.now, flow),
        }
    }

    fn send_console(&mut self) {
        for (flow, bytes) in self.stage.console.take_outbox() {
            self.stage.out.transmit(flow, 0, bytes);
        }
        if let Some(flow) = self.stage.console.take_closing() {
            self.stage.out.close(flow);
        }
    }
}

impl Machine for BenchMachine {
    type Command = BenchCommand;
    type Event = BenchEvent;

    fn handle(&mut self, at: At, input: Input<BenchCommand>) {
        // The record is closed by its last event.
        if self.runner.is_finished() {
            return;
        }
        let stage = &mut self.stage;
        stage.now = stage.now.max(at);
        stage.stamp = at;
        match input {
            Input::Received { flow, bytes, .. } => self.received(at, flow, &bytes),
            Input::Connected { .. } => {}
            Input::Closed { flow, reason } => self.lost(flow, &reason),
            Input::Unreachable { flow } => self.lost(flow, "unreachable (ICMP)"),
            Input::Timeout => self.stage.timeout(),
            Input::Command(command) => self.command(at, command),
        }
        self.stage.pump();
        self.stage.stamp = self.stage.now;
        self.runner.advance(&mut self.stage);
        self.stage.pump();
        self.send_console();
    }

    fn poll(&mut self) -> Option<Output<BenchEvent>> {
        self.stage.out.poll()
    }

    fn deadline(&self) -> Option<At> {
        if self.runner.is_finished() {
            return None;
        }
        self.stage.deadline().into_iter().chain(self.runner.deadline(&self.stage)).min()
    }
}

impl MediaOwner for BenchMachine {
    fn media_command(event: BenchEvent) -> Result<engine::Command, BenchEvent> {
        match event {
            BenchEvent::Media(command) => Ok(command),
            other => Err(other),
        }
    }

    fn media_event(event: engine::Event) -> BenchCommand {
        BenchCommand::Media(event)
    }
}

impl TlsOwner for BenchMachine {
    fn tls_command(event: BenchEvent) -> Result<tls::Command, BenchEvent> {
        match event {
            BenchEvent::Tls(command) => Ok(command),
            other => Err(other),
        }
    }

    fn tls_event(event: tls::Event) -> BenchCommand {
        BenchCommand::Tls(event)
    }
}
