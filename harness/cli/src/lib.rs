#![cfg_attr(test, allow(clippy::unwrap_used))]
//! The `oxocert` program as a library: the commands, and what the whole-system tests share with them (runs in virtual
//! time, the defect matrix).

pub mod args;
mod certificates;
pub mod commands;
mod dut;
mod expected;
pub mod failure;
pub mod matrix;
mod matrix_update;
mod operator;
mod output;
pub mod plan;
mod prerequisites;
mod progress;
pub mod project;
mod recorder;
pub mod run_folder;
mod secrets;
mod session;
mod utc;
pub mod virtual_run;
