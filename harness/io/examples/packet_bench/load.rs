//! Runs of the bench: one sender into one receiver, and two ends in both directions.

use crate::control::{Account, End, Process};
use crate::floor::Bare;
use crate::order::Order;
use crate::peers::Sipp;
use oxocert_media::srtp::Suite;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// RTP port of stream 0.
const PORT: u16 = 20_000;

const NEAR: Ipv4Addr = Ipv4Addr::new(127, 0, 91, 1);
const FAR: Ipv4Addr = Ipv4Addr::new(127, 0, 91, 2);

/// From `go` to the beginning of a measurement.
const SETTLE: Duration = Duration::from_millis(1500);

/// After the last packet was sent, until all were read: more than two sweeps.
const DRAIN: Duration = Duration::from_millis(400);

/// Seconds that are sent beside those that are measured.
const MARGIN: u32 = 3;

/// One of two ends on this machine. It sends, receives or both.
fn order(streams: u32, suite: Option<Suite>, seconds: u32, sends: bool, receives: bool) -> Order {
    let packets = 50 * (seconds + MARGIN);
    Order {
        streams,
        local: NEAR,
        remote: FAR,
        port: PORT,
        suite,
        packets: if sends { packets } else { 0 },
        awaited: if receives { packets } else { 0 },
        slot_us: 0,
        sweep_ms: 100,
        stamps: 16,
        seconds,
    }
}

/// What a sender looked like to the receiver.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// |interval - 20 ms|, nanoseconds, p99.
    pub interval_p99: f64,
    /// p99 of the packets in a millisecond over their mean.
    pub burst: f64,
    /// RFC 3550 jitter, nanoseconds, median over streams and seconds.
    pub jitter: f64,
    /// Processor time of the sender a packet, nanoseconds.
    pub cpu_ns: f64,
    /// Processor time of the receiver a packet, nanoseconds.
    pub receiver_cpu_ns: f64,
}

/// Takes processor times around a measurement.
struct Cpu<'a>(Vec<(&'a Process, u64)>);

impl<'a> Cpu<'a> {
    fn begin(processes: impl IntoIterator<Item = &'a Process>) -> Option<Cpu<'a>> {
        processes
            .into_iter()
            .map(|process| Some((process, process.cpu_ns()?)))
            .collect::<Option<_>>()
            .map(Cpu)
    }

    fn end(self) -> Option<Vec<f64>> {
        self.0.into_iter().map(|(process, before)| Some((process.cpu_ns()? - before) as f64)).collect()
    }
}

fn measure(receiver: &mut End, sender: &Process, streams: u32, seconds: u32) -> Result<Vec<f64>, String> {
    receiver.say("measure")?;
    let begun = Instant::now();
    let cpu = Cpu::begin([sender, &receiver.process]).ok_or("the system tells no processor times")?;
    std::thread::sleep(Duration::from_secs(seconds.into()));
    let times = cpu.end().ok_or("the sender ended too early")?;
    let packets = 50.0 * f64::from(streams) * begun.elapsed().as_secs_f64();
    receiver.say("rest")?;
    Ok(times.iter().map(|time| time / packets).collect())
}

fn seen(account: &Account, times: &[f64]) -> Result<Seen, String> {
    let figure = |name| account.figure(name).ok_or_else(|| format!("the receiver measured no {name}"));
    Ok(Seen {
        interval_p99: figure("interval_p99")?,
        burst: figure("burst")?,
        jitter: figure("jitter_p50")?,
        cpu_ns: times[0],
        receiver_cpu_ns: times[1],
    })
}

/// Our sender, one direction, into our receiver in another process, which opens what it gets.
pub fn ours(streams: u32, suite: Option<Suite>, seconds: u32) -> Result<Seen, String> {
    let sending = order(streams, suite, seconds, true, false);
    let receiving = Order { local: FAR, remote: NEAR, ..order(streams, suite, seconds, false, true) };
    let mut receiver = End::start(&receiving)?;
    let mut sender = End::start(&sending)?;
    sender.say("go")?;
    std::thread::sleep(SETTLE);
    let times = measure(&mut receiver, &sender.process, streams, seconds)?;
    sender.await_sent()?;
    std::thread::sleep(DRAIN);
    seen(&receiver.report()?, &times)
}

/// A receiver that takes whatever comes.
fn meter(streams: u32, seconds: u32) -> Result<End, String> {
    End::start(&Order { local: FAR, remote: NEAR, ..order(streams, None, seconds, false, false) })
}

/// SIPp, one direction, into the same receiver.
pub fn sipp(program: &str, work: &Path, streams: u32, secure: bool, seconds: u32) -> Result<Seen, String> {
    let mut receiver = meter(streams, seconds)?;
    let sipp =
        Sipp::start(program, work, streams, secure, FAR, PORT).map_err(|error| format!("SIPp: {error}"))?;
    let times = measure(&mut receiver, &sipp.process, streams, seconds)?;
    let account = receiver.report()?;
    let protected = account.figure("protected").unwrap_or(0.0);
    if secure != (protected > 0.0) {
        return Err("SIPp did not send what it was asked for".to_owned());
    }
    seen(&account, &times)
}

/// One tokio interval a stream, into the same receiver.
pub fn tokio(streams: u32, seconds: u32) -> Result<Seen, String> {
    let mut receiver = meter(streams, seconds)?;
    let sender = start(&["tokio", &streams.to_string(), &FAR.to_string(), &PORT.to_string()])?;
    std::thread::sleep(SETTLE);
    let times = measure(&mut receiver, &sender, streams, seconds)?;
    seen(&receiver.report()?, &times)
}

fn start(arguments: &[&str]) -> Result<Process, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    child.map(Process).map_err(|error| format!("cannot start {arguments:?}: {error}"))
}

/// Bare sending and bare receiving against each other: nanoseconds a packet.
pub fn floor(bare: Bare, seconds: u32) -> Result<(f64, f64), String> {
    let seconds = seconds.to_string();
    let mut receive = start(&["bare-receive", &seconds])?;
    let lines = |process: &mut Process| {
        process
            .0
            .stdout
            .take()
            .map(|output| BufReader::new(output).lines().map_while(Result::ok))
            .ok_or("no output")
    };
    let mut received = lines(&mut receive)?;
    received.next().ok_or("the bare receiver broke off")?;
    let mut send = start(&["bare-send", bare.name(), &seconds])?;
    let mut sent = lines(&mut send)?;
    let figure = |mut lines: &mut dyn Iterator<Item = String>| {
        (&mut lines)
            .find_map(|line| line.strip_prefix("floor ")?.parse::<f64>().ok())
            .ok_or("a bare end gave no figure")
    };
    Ok((figure(&mut sent)?, figure(&mut received)?))
}

/// Two ends, both directions.
#[derive(Debug, Clone)]
pub struct Both {
    /// Streams of which each packet came once and authenticated, in both directions.
    pub whole: usize,
    /// Packets sent, both directions.
    pub sent: u64,
    /// Packets that did not come.
    pub lost: u64,
    /// Packets sent a second and stream, of both ends the fewer: 50.
    pub rate: f64,
    /// Of both ends the worse: sent - due, nanoseconds, p99.
    pub stimulus_p99: f64,
    /// Of both ends the worse: |interval - 20 ms|, nanoseconds, p99.
    pub interval_p99: f64,
    /// Of both ends the worse.
    pub burst: f64,
    /// Processors that both ends kept busy.
    pub cores: f64,
    /// Largest resident memory of one end, MiB.
    pub peak_mib: f64,
    /// Of both ends the worse: resident memory at the end over that before the first packet, MiB.
    pub growth_mib: f64,
    /// Packets received without a stamp, of both ends.
    pub unstamped: f64,
    /// Datagrams dropped by the sockets, of both ends.
    pub drops: f64,
    /// Processor time that was stolen from the machine, seconds, as one end saw it.
    pub steal_s: f64,
    /// What the ends may, and which stamps there are.
    pub state: String,
}

/// Streams in both directions between two processes.
pub fn both(streams: u32, suite: Option<Suite>, seconds: u32) -> Result<Both, String> {
    let near = order(streams, suite, seconds, true, true);
    let far = Order { local: FAR, remote: NEAR, ..near.clone() };
    let mut ends = [End::start(&far)?, End::start(&near)?];
    let state = ends[1].state.clone();
    for end in &mut ends {
        end.say("go")?;
    }
    std::thread::sleep(SETTLE);
    for end in &mut ends {
        end.say("measure")?;
    }
    let from = Instant::now();
    let cpu = Cpu::begin(ends.iter().map(|end| &end.process)).ok_or("the system tells no processor times")?;
    std::thread::sleep(Duration::from_secs(seconds.into()));
    let cores = cpu.end().ok_or("an end broke off")?.iter().sum::<f64>() / from.elapsed().as_nanos() as f64;
    for end in &mut ends {
        end.say("rest")?;
    }
    for end in &mut ends {
        end.await_sent()?;
    }
    std::thread::sleep(DRAIN);
    let accounts = ends.into_iter().map(End::report).collect::<Result<Vec<_>, _>>()?;
    let [a, b] = accounts.as_slice() else { return Err("an end is missing".to_owned()) };
    let came = |sent: &[u64; 5], at: &[u64; 5]| at[1] == sent[0] && at[2..] == [0, 0, 0];
    let whole = a.streams.iter().zip(&b.streams).filter(|(a, b)| came(a, b) && came(b, a)).count();
    let sum = |of: usize| a.streams.iter().chain(&b.streams).map(|stream| stream[of]).sum::<u64>();
    let worst = |name| Some(a.figure(name)?.max(b.figure(name)?));
    let total = |name| Some(a.figure(name)? + b.figure(name)?);
    let rate = |end: &Account| {
        Some(end.figure("thread_sent")? / end.figure("measured_ns")? * 1e9 / f64::from(streams))
    };
    let growth = |end: &Account| Some((end.figure("rss_after_kb")? - end.figure("rss_before_kb")?) / 1024.0);
    let unknown = || f64::NAN;
    Ok(Both {
        whole,
        sent: sum(0),
        lost: sum(0).saturating_sub(sum(1)),
        rate: rate(a).zip(rate(b)).map_or_else(unknown, |(a, b)| a.min(b)),
        stimulus_p99: worst("stimulus_p99").unwrap_or_else(unknown),
        interval_p99: worst("interval_p99").unwrap_or_else(unknown),
        burst: worst("burst").unwrap_or_else(unknown),
        cores,
        peak_mib: worst("peak_kb").map_or_else(unknown, |kb| kb / 1024.0),
        growth_mib: growth(a).zip(growth(b)).map_or_else(unknown, |(a, b)| a.max(b)),
        unstamped: total("unstamped").unwrap_or_else(unknown),
        drops: total("drops").unwrap_or_else(unknown),
        steal_s: b.figure("steal_ns").map_or_else(unknown, |ns| ns / 1e9),
        state,
    })
}
