//! A bench and the virtual OXO in one process, on virtual time.

use oxocert_bench::{BenchCommand, BenchEvent, BenchMachine};
use oxocert_machine::virtual_time::{MachineNode, Simulation, Stuck, Weather};
use oxocert_machine::{At, Seed};
use oxocert_media::with_media::WithMedia;
use oxocert_record::{Event, RoleName, RunStarted};
use oxocert_scenario::load::{self, Register, Standing};
use oxocert_scenario::model::Case;
use oxocert_scenario::model::bench::{Bench, DutDriver};
use oxocert_scenario::{Problems, Sources};
use oxocert_virtual_oxo::{Defects, Settings, VirtualOxo};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

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
        let settings = Settings::from_toml(text).map_err(|error| why(error.to_string()))?;
        Ok(VirtualBench { bench, cases, register, standing, settings })
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
        let machine =
            BenchMachine::new(self.bench.clone(), cases.to_vec(), started, passwords, seed.child("bench"));
        let bench_addresses: BTreeSet<IpAddr> =
            machine.local_addresses().iter().map(|(_, address)| address.ip()).collect();

        let timeline = RefCell::new(Vec::new());
        let finished = Cell::new(false);
        let mut simulation = Simulation::new(weather, seed);
        let oxo =
            WithMedia::new(VirtualOxo::new(settings, defects, seed.child("dut")), seed.child("dut media"));
        simulation.add(MachineNode::new(oxo, oxo_addresses, vec![], |_, _| vec![]));
        let bench = WithMedia::new(machine, seed.child("bench media"));
        simulation.add(MachineNode::new(bench, bench_addresses, vec![BenchCommand::Start], |_, event| {
            match event {
                BenchEvent::Record(event) => timeline.borrow_mut().push(event),
                BenchEvent::Finished => finished.set(true),
                BenchEvent::Operator { prompt } => {
                    return vec![BenchCommand::OperatorDone {
                        answer: format!("in virtual time nobody can: {prompt}"),
                    }];
                }
                BenchEvent::Media(_) | BenchEvent::Progress(_) => {}
            }
            vec![]
        }));
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
