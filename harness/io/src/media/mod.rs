//! The media engine on sockets: an OS thread of its own, absolute deadlines, kernel receive stamps, no locks.

mod ports;
mod thread;

use crate::capture::Capture;
use crate::clock::RunClock;
use crate::socket::BindError;
use nix::sys::eventfd::{EfdFlags, EventFd};
use oxocert_machine::At;
use oxocert_media::engine::{Command, Engine, Event, PortId};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the media thread reports.
#[derive(Debug)]
pub enum Note {
    /// The engine reported something.
    Engine {
        /// When.
        at: At,
        /// What.
        event: Box<Event>,
    },
    /// The engine was served late: the thread got no processor in time.
    Late {
        /// Due against run.
        by: Duration,
    },
    /// A port pair could not be opened; the engine was not told of it.
    NotOpened {
        /// Its name.
        port: PortId,
        /// Why.
        error: BindError,
    },
}

/// The handle of a running media thread. Dropping it stops the thread.
pub struct MediaThread {
    remote: MediaRemote,
    thread: Option<JoinHandle<()>>,
}

/// Sends commands to the media thread; cheap to clone.
#[derive(Clone)]
pub struct MediaRemote {
    orders: Sender<Order>,
    wake: Arc<EventFd>,
}

enum Order {
    Command(Command),
    Stop,
}

impl MediaThread {
    /// Starts the thread. `report` is called on it: it must not block.
    ///
    /// # Errors
    /// The system gives no thread, epoll or eventfd.
    pub fn start<R>(
        engine: Engine,
        clock: RunClock,
        capture: Option<Capture>,
        report: R,
    ) -> io::Result<MediaThread>
    where
        R: FnMut(Note) + Send + 'static,
    {
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?);
        let (orders, inbox) = mpsc::channel();
        let running = thread::Running::new(engine, clock, capture, report, inbox, Arc::clone(&wake))?;
        let thread = std::thread::Builder::new().name("media".to_owned()).spawn(move || running.run())?;
        Ok(MediaThread { remote: MediaRemote { orders, wake }, thread: Some(thread) })
    }

    /// A handle that sends commands.
    pub fn remote(&self) -> MediaRemote {
        self.remote.clone()
    }
}

impl MediaRemote {
    /// Hands a command to the thread; after its end, nothing happens.
    pub fn send(&self, command: Command) {
        self.order(Order::Command(command));
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            // It fails only where the counter is full, and then the thread is being woken already.
            let _ = self.wake.write(1);
        }
    }
}

impl Drop for MediaThread {
    fn drop(&mut self) {
        self.remote.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by it; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}
