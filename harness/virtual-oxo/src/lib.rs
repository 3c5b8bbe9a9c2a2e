//! The simulated OXO Connect (PowerCPU and OCE) with its named defects; sans-IO.
//!
//! It is a back-to-back user agent between the sets (registrar, LAN side) and the operator (trunk side), and knows
//! nothing of scenarios, roles or judges: whoever wants to drive it telephones, or writes to its console.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod agenda;
mod answer;
mod attendant;
mod connections;
mod console;
mod defects;
mod description;
mod dispatch;
mod forward;
mod gateway;
mod head;
mod hold;
mod incoming;
mod join;
mod keys;
mod leg;
mod media_ports;
mod modify;
mod names;
mod numbering;
mod outgoing;
mod own_media;
mod oxo;
mod places;
mod registrar;
mod release;
mod security;
mod settings;
mod spelling;
mod spoil;
mod spoil_description;
mod supervision;
mod switching;
mod task;
mod transfer;

pub use defects::{Defect, DefectInfo, Defects, UnknownDefect, all as all_defects};
pub use oxo::{OxoCommand, OxoEvent, VirtualOxo};
pub use settings::{
    Attendant, Cac, Dns, DnsMode, Failover, Forward, ForwardMechanism, Gateway, Hold, HoldMethod, Identity,
    KeepAlive, Lan, Media, MediaMode, Nat, Numbering, Platform, Session, Sets, Settings, SettingsError, Sip,
    Srtp, TimerSettings, Tls, TlsMaterial, Tones, Transfer, TransferMechanism, Trunk, User,
};
