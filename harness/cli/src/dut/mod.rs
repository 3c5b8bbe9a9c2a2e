//! The DUT of a bench, started and ended by the harness where the profile says so.

mod asterisk;
mod virtual_oxo;

use crate::certificates::Scratch;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::run_folder::BenchFolder;
use oxocert_machine::Seed;
use oxocert_pki::lab::Lab;
use oxocert_record::RoleName;
use oxocert_scenario::model::bench::{Bench, DutDriver};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What a DUT needs to be started.
pub struct Order<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// The plan.
    pub plan: &'a Plan,
    /// The folder of the bench in the run.
    pub folder: &'a BenchFolder,
    /// Passwords by role.
    pub passwords: &'a BTreeMap<RoleName, String>,
    /// The seed of the run.
    pub seed: Seed,
    /// Defects of the virtual OXO.
    pub defects: &'a [String],
    /// Certificates, where its trunk goes over internet.
    pub lab: Option<&'a Lab>,
}

/// A DUT that is there. One that the harness started is ended, by its process id, when this is dropped.
pub enum Dut {
    /// The virtual OXO.
    VirtualOxo(virtual_oxo::Process),
    /// Asterisk.
    Asterisk(asterisk::Instance),
    /// A box that a person looks after.
    Real,
}

impl Dut {
    /// Starts the DUT that the profile names, and waits until it says that it is ready.
    ///
    /// # Errors
    /// It cannot be started; the message holds what it said.
    pub fn start(order: &Order<'_>) -> Result<Dut, Failure> {
        let driver = &order.plan.bench.dut.driver;
        if !order.defects.is_empty() && !matches!(driver, DutDriver::VirtualOxo { .. }) {
            let name = &order.plan.bench.name;
            return Err(Failure::Usage(format!(
                "--defect is for the virtual OXO only; the DUT of {name} is another"
            )));
        }
        match driver {
            DutDriver::VirtualOxo { settings } => {
                virtual_oxo::Process::start(order, settings).map(Dut::VirtualOxo)
            }
            DutDriver::Asterisk { .. } => asterisk::Instance::start(order).map(Dut::Asterisk),
            DutDriver::Operator => Ok(Dut::Real),
        }
    }

    /// Ends what would outlive a program that ends at once: the virtual OXO goes with its stdin, Asterisk does not.
    pub fn stop_all() {
        asterisk::stop_all();
        Scratch::remove_all();
    }

    /// Versions and checksums of its parts, for the record.
    pub fn parts(&self) -> Vec<String> {
        match self {
            Dut::VirtualOxo(process) => process.parts(),
            Dut::Asterisk(instance) => instance.parts().to_vec(),
            Dut::Real => Vec::new(),
        }
    }
}

/// A program to start as the DUT, where the profile says so in a network namespace of its own (`scripts/internet-lab`).
fn in_namespace(bench: &Bench, program: &Path) -> Command {
    let Some(namespace) = &bench.dut.namespace else { return Command::new(program) };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}
