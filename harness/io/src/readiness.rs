//! Which of many sockets has something to read: one level-triggered epoll, asked without blocking or waited on.
#![allow(unsafe_code)]

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Sockets asked at once; more are found by asking again, as the epoll is level-triggered.
const AT_ONCE: usize = 64;

/// A set of sockets, each with a token.
#[derive(Debug)]
pub(crate) struct Readiness {
    epoll: Epoll,
}

impl Readiness {
    /// An empty set.
    pub(crate) fn new() -> io::Result<Readiness> {
        Ok(Readiness { epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)? })
    }

    /// The same set as something a tokio task can wait on; inside a runtime only.
    pub(crate) fn into_async(self) -> io::Result<AsyncFd<Readiness>> {
        // SAFETY: `Readiness` owns its epoll descriptor: `as_raw_fd` gives the same open descriptor for as long as
        // the value lives, and the `AsyncFd` owns the value.
        Ok(unsafe { AsyncFd::register_with_interest(self, Interest::READABLE) }?)
    }

    /// Watches a socket for data and errors until it is closed.
    pub(crate) fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(self.epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, token))?)
    }

    /// The tokens of sockets that have something to read right now; empty when none has.
    pub(crate) fn ready(&self, tokens: &mut Vec<u64>) {
        tokens.clear();
        let mut events = [EpollEvent::empty(); AT_ONCE];
        // A signal that interrupts the call is the same as nothing ready: the caller comes back.
        let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
        tokens.extend(events.iter().take(count).map(EpollEvent::data));
    }
}

impl AsRawFd for Readiness {
    fn as_raw_fd(&self) -> RawFd {
        self.epoll.0.as_raw_fd()
    }
}

impl AsFd for Readiness {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }
}
