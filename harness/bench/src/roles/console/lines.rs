//! The console of the virtual OXO: one line a datagram, an answer each.

use super::{Dialogue, Next};

enum Step {
    /// `get` is out.
    Asked,
    /// `set` is out.
    Set,
}

/// Asks for the old value, then sets the new one. Both may be repeated without harm.
pub(super) struct Lines {
    setting: String,
    value: String,
    step: Step,
    original: Option<String>,
}

impl Lines {
    pub(super) fn new(setting: &str, value: &str) -> Lines {
        Lines { setting: setting.to_owned(), value: value.to_owned(), step: Step::Asked, original: None }
    }
}

impl Dialogue for Lines {
    fn open(&mut self) -> Vec<u8> {
        format!("get {}\n", self.setting).into_bytes()
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<Next, String> {
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim();
        if let Some(why) = line.strip_prefix("error") {
            return Err(why.trim_start_matches(':').trim().to_owned());
        }
        match self.step {
            Step::Asked => {
                self.original = Some(line.to_owned());
                self.step = Step::Set;
                Ok(Next::Send(format!("set {} {}\n", self.setting, self.value).into_bytes()))
            }
            Step::Set if line == "ok" => Ok(Next::Done),
            // A second answer to `get`: the network doubled it.
            Step::Set if Some(line) == self.original.as_deref() => Ok(Next::Wait),
            Step::Set => Err(format!("it answered `{line}`")),
        }
    }

    fn original(&self) -> Option<&str> {
        self.original.as_deref()
    }
}
