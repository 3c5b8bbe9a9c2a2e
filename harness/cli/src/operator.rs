//! The person at the bench: does what the harness cannot, and confirms it on the terminal.

use oxocert_bench::BenchCommand;
use std::io::IsTerminal;
use tokio::sync::mpsc::UnboundedSender;

/// Waits for a line of the terminal in the background and hands it over as the answer. Without a terminal the step
/// is left to its deadline: nobody is there to confirm anything.
pub fn ask(commands: UnboundedSender<BenchCommand>) {
    if !std::io::stdin().is_terminal() {
        return;
    }
    std::thread::spawn(move || {
        let mut answer = String::new();
        if std::io::stdin().read_line(&mut answer).is_ok_and(|length| length > 0) {
            // A run that is over needs no answer.
            let _ = commands.send(BenchCommand::OperatorDone { answer: answer.trim().to_owned() });
        }
    });
}
