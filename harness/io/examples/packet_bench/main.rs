//! The figures of the packet loop, each beside what it is compared with, measured in one run.
//!
//! Usage: packet_bench [--quick] [--costs] [--sipp PROGRAM] [--seconds LOAD] | pair STREAMS SECONDS [SUITE]
//! The other words are the processes that it starts itself.

mod control;
mod end;
mod figures;
mod floor;
mod ledger;
mod load;
mod order;
mod peers;
mod tally;

use figures::{Bench, Durations};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["end"] => end::run(),
        ["tokio", streams, media, port] => tokio(streams, media, port),
        ["bare-send", kind, seconds] => {
            bare(seconds, |seconds| floor::send(floor::Bare::named(kind), seconds))
        }
        ["bare-receive", seconds] => bare(seconds, floor::receive),
        ["pair", streams, seconds, suite @ ..] => pair(streams, seconds, suite.first().copied()),
        options => table(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("packet_bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number that fits here"))
}

fn tokio(streams: &str, media: &str, port: &str) -> Result<(), String> {
    peers::tokio_sender(number(streams)?, number(media)?, number(port)?).map_err(|error| error.to_string())
}

fn bare(seconds: &str, run: impl Fn(u32) -> std::io::Result<()>) -> Result<(), String> {
    run(number(seconds)?).map_err(|error| error.to_string())
}

fn pair(streams: &str, seconds: &str, suite: Option<&str>) -> Result<(), String> {
    let suite = suite.and_then(oxocert_media::srtp::Suite::named);
    println!("{:#?}", load::both(number(streams)?, suite, number(seconds)?)?);
    Ok(())
}

fn table(options: &[&str]) -> Result<(), String> {
    let mut durations = Durations { sender: 10, load: 60, step: 10, rounds: 3 };
    let (mut sipp, mut only_costs) = (None, false);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut value = || options.next().ok_or_else(|| format!("{option} needs a value"));
        match *option {
            "--quick" => durations = Durations { sender: 3, load: 5, step: 3, rounds: 1 },
            "--sipp" => sipp = Some((*value()?).to_owned()),
            "--costs" => only_costs = true,
            "--seconds" => durations.load = number(value()?)?,
            other => {
                return Err(format!(
                    "{other} is no option: --quick, --costs, --sipp PROGRAM, --seconds LOAD"
                ));
            }
        }
    }
    let work = figures::work_folder().map_err(|error| error.to_string())?;
    let bench = Bench { durations, sipp, work };
    let done = if only_costs { bench.costs() } else { bench.run() };
    figures::remove(&bench.work);
    done
}
