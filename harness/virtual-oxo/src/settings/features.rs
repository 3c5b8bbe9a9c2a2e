//! Supplementary services and what public knowledge leaves open about them.

use serde::Deserialize;
use std::collections::BTreeMap;

/// How the trunk learns that a set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldMethod {
    /// re-INVITE `sendonly` with the box's own media address.
    ReinviteSendonly,
    /// re-INVITE `inactive`, then `sendonly` with the box's own media address when music starts.
    ReinviteInactive,
    /// No re-INVITE: music replaces speech in the anchored stream.
    Silent,
}

/// Hold.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Hold {
    /// The method on the trunk.
    pub method: HoldMethod,
}

impl Default for Hold {
    fn default() -> Self {
        Hold { method: HoldMethod::ReinviteSendonly }
    }
}

/// How two trunk calls become one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferMechanism {
    /// re-INVITE of both legs toward each other; the dialogs stay.
    Reinvite,
    /// Both legs end in the box, which relays the media.
    Joining,
    /// REFER with Replaces toward the trunk; the box leaves the call.
    Refer,
}

/// Transfer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Transfer {
    /// For two trunk legs.
    pub mechanism: TransferMechanism,
    /// Seconds a transferred call rings before it comes back to the one who transferred it.
    pub recall_after_s: u64,
}

impl Default for Transfer {
    fn default() -> Self {
        Transfer { mechanism: TransferMechanism::Reinvite, recall_after_s: 60 }
    }
}

/// How a call is forwarded to outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardMechanism {
    /// A new INVITE with Diversion (RFC 5806).
    Invite,
    /// 302 with Contact and Diversion: the network does it.
    Redirect,
}

/// Forwarding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Forward {
    /// The mechanism.
    pub mechanism: ForwardMechanism,
    /// A call that was diverted so often is refused with 482.
    pub max_diversions: u32,
}

impl Default for Forward {
    fn default() -> Self {
        Forward { mechanism: ForwardMechanism::Invite, max_diversions: 5 }
    }
}

/// Which number is shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Identity {
    /// On a forwarded call, From is the number that diverted instead of the caller's ("CLI is diverted party").
    pub cli_is_diverted_party: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Identity { cli_is_diverted_party: true }
    }
}

/// Call budget ("bandwidth" of the gateway's media tab).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Cac {
    /// Trunk calls at once; absent: what the platform carries.
    pub max_trunk_calls: Option<u32>,
    /// Refusal of the call beyond.
    pub code: u16,
}

impl Default for Cac {
    fn default() -> Self {
        Cac { max_trunk_calls: None, code: 503 }
    }
}

/// Voice mailbox or automatic attendant: answers by itself, plays a prompt, acknowledges each digit by a tone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attendant {
    /// Directory number.
    pub number: String,
    /// Public number in E.164.
    pub ddi: String,
    /// Milliseconds it rings.
    #[serde(default = "half_a_second")]
    pub answer_after_ms: u64,
    /// Frequency in Hz that acknowledges each digit.
    #[serde(default = "digit_tones")]
    pub tones: BTreeMap<char, u16>,
    /// Milliseconds of that tone; as long a silence follows.
    #[serde(default = "tone_ms")]
    pub tone_ms: u64,
}

/// Tones to local sets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tones {
    /// A set whose outgoing call fails hears busy tone (183) before the final answer.
    pub on_failure: bool,
    /// For so many milliseconds.
    pub on_failure_ms: u64,
    /// Level, dBm0.
    pub dbm0: i32,
}

impl Default for Tones {
    fn default() -> Self {
        Tones { on_failure: true, on_failure_ms: 10_000, dbm0: -12 }
    }
}

/// Sets as lines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sets {
    /// A set with a call gets a second one (call waiting) instead of being busy.
    pub call_waiting: bool,
    /// Seconds an incoming call rings before 480.
    pub ring_s: u64,
}

impl Default for Sets {
    fn default() -> Self {
        Sets { call_waiting: false, ring_s: 180 }
    }
}

fn half_a_second() -> u64 {
    500
}

fn tone_ms() -> u64 {
    200
}

/// 600 Hz for `0`, 100 Hz more for each of `0-9*#A-D`.
fn digit_tones() -> BTreeMap<char, u16> {
    "0123456789*#ABCD".chars().zip((600..).step_by(100)).collect()
}
