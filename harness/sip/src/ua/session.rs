//! Session timers (RFC 4028): who refreshes, when, and when the session is over.

use super::{CallId, CallState, Event, Header, Purpose, SessionTimer, UserAgent};
use crate::message::{Message, text};
use oxocert_machine::At;
use rand::Rng;
use std::time::Duration;

/// The Min-SE that holds where none is written (RFC 4028 §5), seconds.
const DEFAULT_MIN_SE: u32 = 90;

/// The running timer of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    /// Session interval, seconds.
    pub(super) interval: u32,
    /// We refresh.
    pub(super) ours: bool,
    /// When we refresh next; `None` while a refresh is under way or the peer refreshes.
    refresh: Option<At>,
    /// When BYE is due (RFC 4028 §10).
    expiry: At,
}

impl Session {
    fn new(at: At, interval: u32, ours: bool) -> Session {
        let whole = Duration::from_secs(u64::from(interval));
        let early = Duration::from_secs(32).min(whole / 3);
        Session { interval, ours, refresh: ours.then_some(at + whole / 2), expiry: at + (whole - early) }
    }

    pub(super) fn deadline(&self) -> At {
        self.refresh.map_or(self.expiry, |refresh| refresh.min(self.expiry))
    }
}

/// Session-Expires taken apart: seconds and refresher.
pub(super) fn session_expires(message: &Message) -> Option<(u32, Option<bool>)> {
    let value = message.header("Session-Expires")?;
    let (seconds, params) = value.split_once(';').unwrap_or((value, ""));
    let params = text::params(params);
    let refresher = match text::param(&params, "refresher") {
        Some(name) if name.eq_ignore_ascii_case("uac") => Some(true),
        Some(name) if name.eq_ignore_ascii_case("uas") => Some(false),
        _ => None,
    };
    Some((seconds.trim().parse().ok()?, refresher))
}

/// Min-SE in seconds.
pub(super) fn min_se(message: &Message) -> Option<u32> {
    message.header("Min-SE")?.split(';').next()?.trim().parse().ok()
}

/// The headers of a request of ours that offers a session timer; `refresher` where one is in force already.
pub(super) fn request_headers(timer: &SessionTimer, running: Option<&Session>) -> Vec<Header> {
    let value = match running {
        Some(session) => {
            format!("{};refresher={}", session.interval, if session.ours { "uac" } else { "uas" })
        }
        None => timer.expires.to_string(),
    };
    vec![("Session-Expires".to_string(), value), ("Min-SE".to_string(), timer.min_se.to_string())]
}

impl UserAgent {
    /// The Min-SE to refuse this request with (422), where its Session-Expires is below ours.
    pub(super) fn too_short(&self, request: &Message) -> Option<u32> {
        let floor = self.config.session?.min_se;
        let (asked, _) = session_expires(request)?;
        (asked < floor && request.lists("Supported", "timer")).then_some(floor)
    }

    /// Chooses interval and refresher for our 2xx (RFC 4028 §9) and gives its headers; the timer starts.
    pub(super) fn accept_session(&mut self, at: At, id: CallId, request: &Message) -> Vec<Header> {
        let peer_knows = request.lists("Supported", "timer") || request.lists("Require", "timer");
        let own = self.config.session;
        let asked = session_expires(request);
        let (interval, uac) = match (asked, own) {
            (None, None) => (None, true),
            (Some((asked, refresher)), None) => (Some(asked), refresher.unwrap_or(peer_knows)),
            (Some((asked, refresher)), Some(own)) => {
                let floor = min_se(request).unwrap_or(DEFAULT_MIN_SE).max(own.min_se);
                let interval = if own.expires >= floor { asked.min(own.expires) } else { asked };
                (Some(interval), refresher.unwrap_or(peer_knows))
            }
            (None, Some(own)) => (Some(own.expires.max(min_se(request).unwrap_or(0))), peer_knows),
        };
        let Some(call) = self.calls.get_mut(&id) else { return Vec::new() };
        call.session = interval.map(|interval| Session::new(at, interval, !uac));
        let Some(interval) = interval else { return Vec::new() };
        let refresher = if uac { "uac" } else { "uas" };
        let mut headers = vec![("Session-Expires".to_string(), format!("{interval};refresher={refresher}"))];
        if uac {
            headers.push(("Require".to_string(), "timer".to_string()));
        }
        headers
    }

    /// Takes interval and refresher from the 2xx to our INVITE or UPDATE; without Session-Expires there is no expiry.
    pub(super) fn start_session(&mut self, at: At, id: CallId, response: &Message) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.session = session_expires(response)
            .map(|(interval, refresher)| Session::new(at, interval, refresher.unwrap_or(true)));
    }

    /// Refreshes, or ends the call, where due.
    pub(super) fn session_timeout(&mut self, at: At, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(session), CallState::Up) = (call.session.as_mut(), call.state) else { return };
        if call.no_refresh {
            call.session = None;
            return;
        }
        if session.expiry <= at {
            self.expire(at, id);
        } else if session.refresh.is_some_and(|due| due <= at) {
            session.refresh = None;
            self.refresh(at, id);
        }
    }

    /// BYE, and the owner is told.
    pub(super) fn expire(&mut self, at: At, id: CallId) {
        self.bye(at, id, &[]);
        if let Some(call) = self.calls.get_mut(&id) {
            call.session = None;
        }
        self.event(Event::Expired { call: id });
    }

    fn refresh(&mut self, at: At, id: CallId) {
        let by_update = self.config.session.is_some_and(|timer| timer.by_update);
        let Some(call) = self.calls.get(&id) else { return };
        if call.client.is_some() || call.modify_pending {
            self.refresh_later(at, id);
            return;
        }
        if by_update && call.peer_updates {
            self.modify(at, id, "UPDATE", &[], None, Purpose::Refresh { call: id });
        } else {
            let body = call.local_body.clone();
            self.modify(at, id, "INVITE", &[], body, Purpose::Refresh { call: id });
        }
    }

    /// Tries the refresh again after glare (RFC 3261 §14.1: the owner of the Call-ID waits longer).
    pub(super) fn refresh_later(&mut self, at: At, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let wait =
            if call.outgoing { self.rng.random_range(2100..=4000) } else { self.rng.random_range(0..=2000) };
        if let Some(session) = &mut call.session {
            session.refresh = Some(at + Duration::from_millis(wait / 10 * 10));
        }
    }
}
