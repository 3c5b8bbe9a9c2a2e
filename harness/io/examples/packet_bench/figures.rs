//! The table: each figure, its target, and what it is compared with, measured in the same run.

use crate::floor::{self, Bare};
use crate::load::{self, Both, Seen};
use oxocert_media::srtp::Suite;
use std::path::{Path, PathBuf};

/// The suite of all SRTP figures: the preferred one of the operator.
const SUITE: Suite = Suite::AesCm128Sha1_80;

/// How long everything takes.
#[derive(Debug, Clone)]
pub struct Durations {
    /// One measurement of a sender, seconds.
    pub sender: u32,
    /// The load that counts, seconds.
    pub load: u32,
    /// One step of the search for the limit, seconds.
    pub step: u32,
    /// Rounds of ours, SIPp's and the floor in turn, at 1,000 streams.
    pub rounds: u32,
}

/// What the run has to work with.
#[derive(Debug)]
pub struct Bench {
    pub durations: Durations,
    /// SIPp's program, where there is one.
    pub sipp: Option<String>,
    /// A folder for its files.
    pub work: PathBuf,
}

/// The middle of some values; `None` of none.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// One round at one number of streams.
struct Round {
    clear: Seen,
    secure: Seen,
    sipp_clear: Option<Seen>,
    sipp_secure: Option<Seen>,
}

/// What the bare parts cost in one round, nanoseconds a packet.
struct Floor {
    send: f64,
    /// The same, woken as often as the loop.
    paced: f64,
    receive: f64,
    srtp: f64,
}

impl Bench {
    /// Measures everything and prints the table, row by row as it is known.
    pub fn run(&self) -> Result<(), String> {
        let seconds = self.durations.sender;
        row("figure", "measured", "target", "", "compared with, in the same run");
        let (ours, tokio) = (load::ours(30, None, seconds)?, load::tokio(30, seconds)?);
        let ratio = tokio.jitter / ours.jitter;
        row(
            "RFC 3550 jitter, 30 streams, median",
            &format!("{}, {ratio:.0}x smaller", us(ours.jitter)),
            ">= 20x, < 10 us",
            verdict(ratio >= 20.0 && ours.jitter < 10_000.0),
            &format!("one tokio interval a stream: {}", us(tokio.jitter)),
        );
        for streams in [30, 300] {
            senders(streams, 5.0, &[self.round(streams)?]);
        }
        self.costs()?;
        self.load()?;
        let (note, read) = floor::estimator_ns();
        let both = note + read;
        row(
            "estimator, a packet",
            &format!("{both:.0} ns"),
            "< 100 ns",
            verdict(both < 100.0),
            &format!("noted in the loop {note:.0} ns, read beside it {read:.0} ns"),
        );
        Ok(())
    }

    /// 1,000 streams one way: ours, SIPp's and the floor in turn, so that all of them see the same machine.
    pub fn costs(&self) -> Result<(), String> {
        let (mut all, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..self.durations.rounds {
            all.push(self.round(1000)?);
            floors.push(self.floor()?);
        }
        senders(1000, 2.0, &all);
        costs(&all, &floors);
        Ok(())
    }

    fn round(&self, streams: u32) -> Result<Round, String> {
        let seconds = self.durations.sender;
        let sipp = |secure| {
            let program = self.sipp.as_deref()?;
            match load::sipp(program, &self.work, streams, secure, seconds) {
                Ok(seen) => Some(seen),
                Err(why) => {
                    eprintln!("packet_bench: {why}");
                    None
                }
            }
        };
        Ok(Round {
            clear: load::ours(streams, None, seconds)?,
            sipp_clear: sipp(false),
            secure: load::ours(streams, Some(SUITE), seconds)?,
            sipp_secure: sipp(true),
        })
    }

    /// The fastest of what was tried counts.
    fn floor(&self) -> Result<Floor, String> {
        let seconds = self.durations.sender.div_ceil(2);
        let bursts = [load::floor(Bare::Unconnected, seconds)?, load::floor(Bare::Connected, seconds)?];
        let paced = load::floor(Bare::Paced, seconds)?;
        Ok(Floor {
            send: bursts[0].0.min(bursts[1].0),
            receive: bursts[0].1.min(bursts[1].1),
            paced: paced.0,
            srtp: floor::srtp_ns().map_err(|error| error.to_string())?,
        })
    }

    fn load(&self) -> Result<(), String> {
        let both = load::both(1000, Some(SUITE), self.durations.load)?;
        let counts = format!("{} of 1000 streams whole, {} of {} lost", both.whole, both.lost, both.sent);
        let holds = holds(&both, 1000);
        row(
            &format!("1,000 SRTP streams both ways, {} s", self.durations.load),
            &counts,
            "1000, none lost",
            verdict(holds),
            &format!(
                "{:.2} packets/s each, unstamped {}, drops {}, steal {:.2} s",
                both.rate, both.unstamped, both.drops, both.steal_s
            ),
        );
        row(
            "  stimulus error p99",
            &us(both.stimulus_p99),
            "< 2 ms",
            verdict(both.stimulus_p99 < 2e6),
            &format!("interval error p99 {}, burst {:.2}", us(both.interval_p99), both.burst),
        );
        row(
            "  memory of one end",
            &format!("{:.0} MiB", both.peak_mib),
            "< 512 MiB",
            verdict(both.peak_mib < 512.0),
            &format!("{:+.1} MiB since before the first packet", both.growth_mib),
        );
        row("  processors, both ends", &format!("{:.2}", both.cores), "-", "", &both.state);
        self.limit()
    }

    /// Goes on until something gives.
    fn limit(&self) -> Result<(), String> {
        let mut reached = 1000;
        for streams in [1500, 2000, 2500, 3000, 3500, 4000, 5000, 6000] {
            let why = match load::both(streams, Some(SUITE), self.durations.step) {
                Ok(both) if holds(&both, streams as usize) => {
                    reached = streams;
                    continue;
                }
                Ok(both) => format!(
                    "{streams}: {} whole, {} lost, stimulus error p99 {}, {:.2} packets/s each, {:.2} processors busy, {} drops",
                    both.whole,
                    both.lost,
                    us(both.stimulus_p99),
                    both.rate,
                    both.cores,
                    both.drops
                ),
                Err(why) => format!("{streams}: {why}"),
            };
            row(
                "limit, SRTP both ways",
                &format!("{reached} streams"),
                ">= 1000",
                verdict(reached >= 1000),
                &why,
            );
            return Ok(());
        }
        row("limit, SRTP both ways", &format!("{reached} streams"), ">= 1000", verdict(true), "not found");
        Ok(())
    }
}

/// Every packet came, each stream had 50 a second, and was on time.
fn holds(both: &Both, streams: usize) -> bool {
    both.whole == streams && both.lost == 0 && both.stimulus_p99 < 2e6 && (both.rate - 50.0).abs() < 0.1
}

/// The middle of the ratios of each round, of the figure that `of` takes out.
fn ratio(
    all: &[Round],
    pair: impl Fn(&Round) -> Option<(Seen, Seen)>,
    of: impl Fn(&Seen) -> f64,
) -> Option<f64> {
    median(all.iter().filter_map(pair).map(|(ours, sipp)| of(&ours) / of(&sipp)).collect())
}

fn clear(round: &Round) -> Option<(Seen, Seen)> {
    Some((round.clear, round.sipp_clear?))
}

fn secure(round: &Round) -> Option<(Seen, Seen)> {
    Some((round.secure, round.sipp_secure?))
}

fn middle(all: &[Round], of: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
    median(all.iter().filter_map(of).collect())
}

type Pair = fn(&Round) -> Option<(Seen, Seen)>;

/// Name, our own, and our own beside SIPp's.
type Sort = (&'static str, fn(&Round) -> Seen, Pair);

const SORTS: [Sort; 2] = [("clear", |round| round.clear, clear), ("SRTP", |round| round.secure, secure)];

fn senders(streams: u32, target: f64, all: &[Round]) {
    for (kind, ours, pair) in SORTS {
        let times = ratio(all, pair, |seen| seen.interval_p99).map(|ratio| 1.0 / ratio);
        let own = middle(all, |round| Some(ours(round).interval_p99));
        let theirs = middle(all, |round| Some(pair(round)?.1.interval_p99));
        row(
            &format!("interval error p99, {streams} streams, {kind}"),
            &format!(
                "{}, {} smaller",
                us_or_unknown(own),
                times.map_or("?".to_owned(), |times| format!("{times:.1}x"))
            ),
            &format!(">= {target:.0}x"),
            times.map_or("not compared", |times| verdict(times >= target)),
            &format!("SIPp: {}", us_or_unknown(theirs)),
        );
    }
    for (kind, ours, pair) in SORTS {
        let own = middle(all, |round| Some(ours(round).burst));
        let theirs = middle(all, |round| Some(pair(round)?.1.burst));
        let text = |burst: Option<f64>| burst.map_or("unknown".to_owned(), |burst| format!("{burst:.2}"));
        row(
            &format!("burst, {streams} streams, {kind}"),
            &text(own),
            "<= 1.5",
            own.map_or("not measured", |burst| verdict(burst <= 1.5)),
            &format!("SIPp: {}", text(theirs)),
        );
    }
}

/// A cost over its floor.
type OverFloor = fn(&Round, &Floor) -> f64;

fn costs(all: &[Round], floors: &[Floor]) {
    for (kind, ours, pair) in SORTS {
        let times = ratio(all, pair, |seen| seen.cpu_ns);
        let own = middle(all, |round| Some(ours(round).cpu_ns));
        let theirs = middle(all, |round| Some(pair(round)?.1.cpu_ns));
        row(
            &format!("CPU a sent packet, 1000 streams, {kind}"),
            &format!(
                "{}, {}",
                us_or_unknown(own),
                times.map_or("?".to_owned(), |times| format!("{times:.2}x SIPp's"))
            ),
            "<= 1x",
            times.map_or("not compared", |times| verdict(times <= 1.0)),
            &format!("SIPp: {}", us_or_unknown(theirs)),
        );
    }
    let pairs = || all.iter().zip(floors);
    let over =
        |of: fn(&Round, &Floor) -> f64| median(pairs().map(|(round, floor)| of(round, floor)).collect());
    let bare = |of: fn(&Floor) -> f64| median(floors.iter().map(of).collect()).unwrap_or(f64::NAN);
    let text = format!(
        "bare: send {} ({} where it is paced as the loop is), receive {}, SRTP primitive {}",
        us(bare(|floor| floor.send)),
        us(bare(|floor| floor.paced)),
        us(bare(|floor| floor.receive)),
        us(bare(|floor| floor.srtp))
    );
    let rows: [(&str, OverFloor); 4] = [
        ("send path over the floor, clear", |round, floor| round.clear.cpu_ns / floor.send),
        ("send path over the floor, SRTP", |round, floor| round.secure.cpu_ns / (floor.send + floor.srtp)),
        ("receive path over the floor, clear", |round, floor| round.clear.receiver_cpu_ns / floor.receive),
        ("receive path over the floor, SRTP", |round, floor| {
            round.secure.receiver_cpu_ns / (floor.receive + floor.srtp)
        }),
    ];
    for (name, of) in rows {
        let value = over(of);
        let shown = value.map_or("unknown".to_owned(), |value| format!("{value:.2}x"));
        row(name, &shown, "<= 1.3x", value.map_or("not measured", |value| verdict(value <= 1.3)), &text);
    }
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "NOT reached" }
}

fn us(nanoseconds: f64) -> String {
    format!("{:.1} us", nanoseconds / 1000.0)
}

fn us_or_unknown(nanoseconds: Option<f64>) -> String {
    nanoseconds.map_or("unknown".to_owned(), us)
}

fn row(figure: &str, measured: &str, target: &str, verdict: &str, compared: &str) {
    println!("| {figure:<42} | {measured:<34} | {target:<15} | {verdict:<12} | {compared} |");
}

/// Where SIPp's files may lie for as long as this value lives.
pub fn work_folder() -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("packet_bench.{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Removes it again.
pub fn remove(folder: &Path) {
    // What cannot be removed is some files in the folder for temporary ones.
    let _ = std::fs::remove_dir_all(folder);
}
