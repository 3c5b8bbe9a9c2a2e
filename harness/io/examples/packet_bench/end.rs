//! One end of the bench, in a process of its own.
//!
//! Its standard input: a line that is an [`Order`], then `go` (send), `measure` (take notes from now on), `report`. It answers `ready`
//! with what its thread may, `sent` when all packets have been sent, and at last one line for each stream and the figures.

use crate::order::Order;
use crate::tally::Tally;
use oxocert_io::clock::RunClock;
use oxocert_io::packet_loop::{Finished, Kind, PacketLoop, Settings};
use std::io::{BufRead, Write, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Runs until it was told to report, or its input ends.
pub fn run() -> Result<(), String> {
    let mut lines = stdin().lock().lines().map_while(Result::ok);
    let order = Order::read(&lines.next().ok_or("no order")?)?;
    let measuring = Arc::new(AtomicBool::new(false));
    let settings = Settings {
        slot: (order.slot_us > 0).then(|| Duration::from_micros(order.slot_us.into())),
        sweep: Duration::from_millis(order.sweep_ms.into()),
        transmit_stamps: order.transmit_stamps(),
        received_per_stream: if order.packets > 0 && order.awaited > 0 { 1.0 } else { 0.0 },
        ..Settings::default()
    };
    let tally = Tally::new(&order, Arc::clone(&measuring));
    let packets = PacketLoop::start(RunClock::start(), settings, &order.locals(), tally)
        .map_err(|error| error.to_string())?;
    for stream in 0..order.streams {
        if order.awaited > 0 || order.packets == 0 {
            packets.receive(stream, order.receiving(stream)).map_err(|error| error.to_string())?;
        }
    }
    say(&format!("ready {}; {}; duty {:.2}", packets.rights(), packets.stamping(), packets.duty()));
    let memory_before = memory("VmRSS:");
    for line in lines {
        match line.as_str() {
            "go" => {
                for stream in 0..order.streams {
                    packets.send(stream, order.sending(stream)).map_err(|error| error.to_string())?;
                }
            }
            "measure" => measuring.store(true, Ordering::Relaxed),
            "rest" => measuring.store(false, Ordering::Relaxed),
            "wait" => {
                while packets.sending() > 0 {
                    std::thread::sleep(Duration::from_millis(20));
                }
                say("sent");
            }
            "report" => {
                let memory_after = memory("VmRSS:");
                let finished = packets.stop().ok_or("the loop broke off")?;
                report(&order, finished, memory_before, memory_after);
                return Ok(());
            }
            other => return Err(format!("{other:?} is no word of this end")),
        }
    }
    Ok(())
}

fn say(line: &str) {
    println!("{line}");
    // Whoever asked is gone: then there is nobody to tell.
    let _ = stdout().flush();
}

fn report(order: &Order, finished: Finished<Tally>, memory_before: u64, memory_after: u64) {
    let mut tally = finished.observer;
    for stream in 0..order.streams {
        let sent = finished.sent.get(stream as usize).copied().unwrap_or(0);
        let (came, again, strange) = tally
            .ledger(stream)
            .map_or((0, 0, 0), |ledger| (ledger.distinct(), ledger.duplicates(), ledger.strange()));
        let refused = finished.findings.of(stream, Kind::Refused);
        println!("stream {stream} sent={sent} came={came} again={again} strange={strange} refused={refused}");
    }
    let (total, measured) = (finished.total, tally.measured);
    let number = |value: Option<u64>| value.map_or("unknown".to_owned(), |value| value.to_string());
    for list in [&mut tally.intervals, &mut tally.jitters, &mut tally.stimulus, &mut tally.left] {
        list.sort_unstable();
    }
    // The last packets are read when measuring has ended: the bins at both ends are not full.
    let filled = tally.bins.iter().rposition(|bin| *bin > 0).unwrap_or(0);
    let bins = tally.bins.get_mut(..filled.saturating_sub(300)).unwrap_or_default();
    let mean = bins.iter().map(|bin| f64::from(*bin)).sum::<f64>() / bins.len().max(1) as f64;
    bins.sort_unstable();
    let burst = at(bins, 0.99).filter(|_| mean > 0.0).map(|p99| p99 / mean);
    let quantile = |list: &[u32], q| at(list, q).map_or("unknown".to_owned(), |value| format!("{value:.0}"));
    say(&[
        format!("figures findings={}", finished.findings.sum()),
        format!(
            "interval_p50={} interval_p99={}",
            quantile(&tally.intervals, 0.5),
            quantile(&tally.intervals, 0.99)
        ),
        format!("interval_p999={}", quantile(&tally.intervals, 0.999)),
        format!("burst={}", burst.map_or("unknown".to_owned(), |burst| format!("{burst:.3}"))),
        format!("jitter_p50={} jitter_p99={}", quantile(&tally.jitters, 0.5), quantile(&tally.jitters, 0.99)),
        format!(
            "stimulus_p50={} stimulus_p99={}",
            quantile(&tally.stimulus, 0.5),
            quantile(&tally.stimulus, 0.99)
        ),
        format!(
            "left_p50={} left_p99={} left={}",
            quantile(&tally.left, 0.5),
            quantile(&tally.left, 0.99),
            tally.left.len()
        ),
        format!("received={} protected={}", tally.received, tally.protected),
        format!(
            "sent={} let_in={} unsent={} unstamped={}",
            total.sent, total.received, total.unsent, total.unstamped
        ),
        format!("drops={} missed_slots={} late={}", total.drops, total.missed_slots, total.late),
        format!("worst_ns={} clock_steps={}", total.worst_ns, total.clock_steps),
        format!("switches={} steal_ns={}", number(measured.involuntary_switches), number(measured.steal_ns)),
        format!("mapping_error_ns={}", total.mapping_error_ns),
        format!(
            "thread_cpu_ns={} thread_sent={} thread_received={}",
            number(measured.cpu_ns),
            measured.sent,
            measured.received
        ),
        format!("measured_ns={}", measured.to.0.saturating_sub(measured.from.0)),
        format!("rss_before_kb={memory_before} rss_after_kb={memory_after} peak_kb={}", memory("VmHWM:")),
    ]
    .join(" "));
}

/// A quantile of sorted values by nearest rank; `None` of none.
fn at(sorted: &[u32], q: f64) -> Option<f64> {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).map(|value| f64::from(*value))
}

/// A line of /proc/self/status in kB; 0 where the system does not tell.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
