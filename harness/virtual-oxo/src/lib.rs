//! The simulated OXO Connect (PowerCPU and OCE) with its named defects; sans-IO.
//!
//! It is a back-to-back user agent between the sets (registrar, LAN side) and the operator (trunk side), and knows
//! nothing of scenarios, roles or judges: whoever wants to drive it telephones, or writes to its console.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod agenda;
mod answer;
mod attendant;
mod console;
mod defects;
mod description;
mod dispatch;
mod forward;
mod gateway;
mod hold;
mod incoming;
mod join;
mod leg;
mod media_ports;
mod modify;
mod numbering;
mod outgoing;
mod own_media;
mod oxo;
mod registrar;
mod release;
mod settings;
mod spoil;
mod supervision;
mod task;
mod transfer;

pub use defects::{Defect, DefectInfo, Defects, UnknownDefect, all as all_defects};
pub use oxo::{OxoEvent, VirtualOxo};
pub use settings::{
    Attendant, Cac, Failover, Forward, ForwardMechanism, Gateway, Hold, HoldMethod, Identity, KeepAlive, Lan,
    Media, MediaMode, Numbering, Platform, Session, Sets, Settings, SettingsError, Sip, TimerSettings, Tones,
    Transfer, TransferMechanism, Trunk, User,
};
