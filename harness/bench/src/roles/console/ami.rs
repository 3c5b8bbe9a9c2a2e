//! Asterisk's manager interface (AMI): blocks of `Name: value` lines, ended by an empty line, over TCP.

use super::{Dialogue, Next};

/// The user that `manager.conf` of the bench's templates knows.
const USER: &str = "oxocert";
/// The most that may wait for the end of a block: AMI's answers to these actions are a few hundred bytes.
const LONGEST: usize = 64 * 1024;

enum Step {
    LoggingIn,
    Updating,
}

/// Logs in, rewrites one value of a configuration file and reloads the module that reads it.
pub(super) struct Ami {
    secret: String,
    category: &'static str,
    contact: String,
    step: Step,
    heard: Vec<u8>,
}

impl Ami {
    /// # Errors
    /// In words, where the templates have no such setting.
    pub(super) fn new(setting: &str, value: &str, secret: &str, over_tcp: bool) -> Result<Ami, String> {
        let category = match setting {
            "gateway.primary.address" => "nominal-gateway",
            "gateway.backup.address" => "backup-gateway",
            other => return Err(format!("`{other}` is no setting that Asterisk's templates know")),
        };
        let transport = if over_tcp { ";transport=tcp" } else { "" };
        Ok(Ami {
            secret: secret.to_owned(),
            category,
            contact: format!("sip:{value}{transport}"),
            step: Step::LoggingIn,
            heard: Vec::new(),
        })
    }

    fn update(&self) -> Vec<u8> {
        format!(
            "Action: UpdateConfig\r\nActionID: update\r\nSrcFilename: pjsip_gateways.conf\r\n\
             DstFilename: pjsip_gateways.conf\r\nReload: res_pjsip.so\r\nAction-000000: Update\r\n\
             Cat-000000: {}\r\nVar-000000: contact\r\nValue-000000: {}\r\n\r\n",
            self.category, self.contact
        )
        .into_bytes()
    }

    /// The next whole block, its end taken off.
    fn block(&mut self) -> Option<String> {
        let end = self.heard.windows(4).position(|window| window == b"\r\n\r\n")?;
        let block = self.heard.drain(..end + 4).collect::<Vec<u8>>();
        Some(String::from_utf8_lossy(&block).into_owned())
    }
}

impl Dialogue for Ami {
    fn open(&mut self) -> Vec<u8> {
        let secret = &self.secret;
        format!(
            "Action: Login\r\nActionID: login\r\nUsername: {USER}\r\nSecret: {secret}\r\nEvents: off\r\n\r\n"
        )
        .into_bytes()
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<Next, String> {
        self.heard.extend_from_slice(bytes);
        while let Some(block) = self.block() {
            let wanted = match self.step {
                Step::LoggingIn => "login",
                Step::Updating => "update",
            };
            // Events and the banner come in between.
            if value(&block, "ActionID") != Some(wanted) {
                continue;
            }
            match (value(&block, "Response"), &self.step) {
                (Some("Success"), Step::LoggingIn) => {
                    self.step = Step::Updating;
                    return Ok(Next::Send(self.update()));
                }
                (Some("Success"), Step::Updating) => return Ok(Next::Done),
                _ => return Err(value(&block, "Message").unwrap_or("no reason given").to_owned()),
            }
        }
        if self.heard.len() > LONGEST {
            return Err("the manager interface sent more than one block can hold".into());
        }
        Ok(Next::Wait)
    }

    fn original(&self) -> Option<&str> {
        None
    }
}

/// The value of a line of a block.
fn value<'a>(block: &'a str, name: &str) -> Option<&'a str> {
    block.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_login_an_update_and_an_end() {
        let mut ami = Ami::new("gateway.primary.address", "127.0.9.9:5060", "s", true).unwrap();
        assert!(String::from_utf8(ami.open()).unwrap().contains("Secret: s\r\n"));
        let banner = b"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nActionID: login\r\n";
        assert!(matches!(ami.hear(banner), Ok(Next::Wait)), "the block has no end yet");
        let Ok(Next::Send(update)) =
            ami.hear(b"Message: Authentication accepted\r\n\r\nEvent: FullyBooted\r\n\r\n")
        else {
            panic!("login was accepted");
        };
        let update = String::from_utf8(update).unwrap();
        assert!(update.contains("Value-000000: sip:127.0.9.9:5060;transport=tcp\r\n"), "{update}");
        assert!(matches!(ami.hear(b"Response: Success\r\nActionID: update\r\n\r\n"), Ok(Next::Done)));
    }

    #[test]
    fn a_refused_login_says_why() {
        let mut ami = Ami::new("gateway.backup.address", "127.0.9.9:5060", "s", false).unwrap();
        ami.open();
        let refused =
            ami.hear(b"Response: Error\r\nActionID: login\r\nMessage: Authentication failed\r\n\r\n");
        assert_eq!(refused.err().as_deref(), Some("Authentication failed"));
    }
}
