//! A bench and the virtual OXO in one process, on virtual time.

use crate::certificates;
use crate::failure::Failure;
use oxocert_bench::{BenchCommand, BenchEvent, BenchMachine};
use oxocert_machine::virtual_time::{MachineNode, Simulation, Stuck, Weather};
use oxocert_machine::{At, Seed, Transport};
use oxocert_media::with_media::WithMedia;
use oxocert_pki::UtcSeconds;
use oxocert_pki::lab::Lab;
use oxocert_record::{Event, RoleName, RunStarted};
use oxocert_scenario::load::{self, Register, Standing};
use oxocert_scenario::model::Case;
use oxocert_scenario::model::bench::{Bench, DutDriver};
use oxocert_scenario::{Problems, Sources};
use oxocert_tls::WithTls;
use oxocert_virtual_oxo::{Defects, Settings, VirtualOxo};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// UTC when virtual time is zero: 2026-06-01T00:00:00Z. Certificates are made for it.
const UTC_AT_ZERO: UtcSeconds = UtcSeconds(1_780_272_000);

/// More virtual time than any case may take.
const PATIENCE_PER_CASE: Duration = Duration::from_secs(3600);

/// Why a bench cannot be run in virtual time.
#[derive(Debug, thiserror::Error)]
pub enum NotVirtual {
    /// The files are not legal.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// The DUT of the profile is not the virtual OXO.
    #[error(
        "the DUT of {profile} is not the virtual OXO; only `driver = \"virtual-oxo\"` runs in virtual time"
    )]
    OtherDut {
        /// The profile.
        profile: String,
    },
    /// The certificates of a bench over internet cannot be made.
    #[error("{0}")]
    Certificates(String),
    /// The settings file of the virtual OXO is not there or not legal.
    #[error("{path}: {why}")]
    Settings {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
}

/// Everything that a run of a virtual bench and its judging need, loaded once.
pub struct VirtualBench {
    /// The bench.
    pub bench: Bench,
    /// All cases, planned on it.
    pub cases: Vec<Case>,
    /// The requirement register.
    pub register: Register,
    /// The standing checks.
    pub standing: Standing,
    settings: Settings,
    /// Certificates, where the trunk goes over internet: drawing their keys takes a second.
    lab: Option<Lab>,
}

impl VirtualBench {
    /// Loads the profile at `path` (`hw-profiles/<name>.toml`) with every scenario.
    ///
    /// # Errors
    /// [`NotVirtual`].
    pub fn load(sources: &Sources, path: &str) -> Result<VirtualBench, NotVirtual> {
        let bench = load::load_bench(sources, path)?;
        let cases = load::load_cases(sources, &sources.scenario_paths(), &bench)?;
        let register = load::load_register(sources)?;
        let standing = load::load_standing(sources, &register, &bench)?;
        let DutDriver::VirtualOxo { settings } = &bench.dut.driver else {
            return Err(NotVirtual::OtherDut { profile: bench.name });
        };
        let file = format!("hw-profiles/{settings}");
        let why = |why: String| NotVirtual::Settings { path: file.clone(), why };
        let text = sources.text(&file).ok_or_else(|| why("there is no such file".to_owned()))?;
        let mut settings = Settings::from_toml(text).map_err(|error| why(error.to_string()))?;
        let of_lab = |failure: Failure| NotVirtual::Certificates(failure.to_string());
        let lab = certificates::lab(&bench, Path::new("hw-profiles"), UTC_AT_ZERO).map_err(of_lab)?;
        if let Some(lab) = &lab {
            let material = certificates::material(lab).map_err(of_lab)?;
            settings = settings.with_tls(material).map_err(|error| why(error.to_string()))?;
        }
        Ok(VirtualBench { bench, cases, register, standing, settings, lab })
    }

    /// Plays `cases` on a DUT with these defects and returns the timeline.
    ///
    /// # Errors
    /// [`Stuck`] where the simulation does not come to its end.
    pub fn run(
        &self,
        cases: &[Case],
        defects: Defects,
        weather: Weather,
        seed: Seed,
    ) -> Result<Vec<Event>, Stuck> {
        let passwords: BTreeMap<RoleName, String> = self
            .bench
            .sets
            .keys()
            .map(|role| (role.clone(), format!("{:016x}", seed.child(role.as_str()).0)))
            .collect();
        let by_number = self
            .bench
            .sets
            .iter()
            .filter_map(|(role, set)| Some((set.number.clone(), passwords.get(role)?.clone())));
        let settings = self.settings.clone().with_passwords(&by_number.collect());
        let oxo_addresses = settings_addresses(&self.bench);

        let started = RunStarted {
            tool: format!("oxocert {}", env!("CARGO_PKG_VERSION")),
            load: self.bench.texts.get("dut.load").cloned().unwrap_or_default(),
            profile: self.bench.name.clone(),
            started: None,
            simulation: true,
            seed: seed.0,
            dut_parts: Vec::new(),
        };
        let machine = BenchMachine::new(
            self.bench.clone(),
            cases.to_vec(),
            started,
            passwords,
            self.lab.clone(),
            seed.child("bench"),
        );
        let bench_binds = machine.local_addresses();
        let bench_addresses: BTreeSet<IpAddr> = bench_binds.iter().map(|(_, address)| address.ip()).collect();
        let oxo_binds = settings.listening(&defects);

        let timeline = RefCell::new(Vec::new());
        let finished = Cell::new(false);
        let mut simulation = Simulation::new(weather, seed);
        let oxo = VirtualOxo::new(settings, defects, seed.child("dut"));
        let oxo = WithTls::new(oxo, UTC_AT_ZERO, seed.child("dut tls"));
        let oxo = WithMedia::new(oxo, seed.child("dut media"));
        let oxo = MachineNode::new(oxo, oxo_addresses, vec![], |_, _| vec![]);
        simulation.add(oxo.listening_at(streams(&oxo_binds)));
        let bench = WithTls::new(machine, UTC_AT_ZERO, seed.child("bench tls"));
        let bench = WithMedia::new(bench, seed.child("bench media"));
        let bench = MachineNode::new(bench, bench_addresses, vec![BenchCommand::Start], |_, event| {
            match event {
                BenchEvent::Record(event) => timeline.borrow_mut().push(event),
                BenchEvent::Finished => finished.set(true),
                BenchEvent::Operator { prompt } => {
                    return vec![BenchCommand::OperatorDone {
                        answer: format!("in virtual time nobody can: {prompt}"),
                    }];
                }
                BenchEvent::Media(_) | BenchEvent::Tls(_) | BenchEvent::Progress(_) => {}
            }
            vec![]
        });
        simulation.add(bench.listening_at(streams(&bench_binds)));
        let limit = At::ZERO + PATIENCE_PER_CASE * u32::try_from(cases.len().max(1)).unwrap_or(u32::MAX);
        simulation.run(limit, || finished.get())?;
        drop(simulation);
        Ok(timeline.into_inner())
    }
}

/// The addresses of the virtual OXO: trunk, LAN and console.
fn settings_addresses(bench: &Bench) -> BTreeSet<IpAddr> {
    let console = bench.dut.console.map(|address| address.ip());
    bench.dut.addresses.iter().copied().chain(console).collect()
}

/// The addresses at which streams are taken.
fn streams(binds: &[(Transport, SocketAddr)]) -> BTreeSet<SocketAddr> {
    binds.iter().filter(|(transport, _)| transport.is_reliable()).map(|(_, address)| *address).collect()
}
