//! Media ports of the bench: even, rotating through the range of each address, not used again within 5 s.

use oxocert_machine::At;
use oxocert_media::engine::PortId;
use oxocert_record::RoleName;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How long a port rests after use, so that late packets of one call are never heard in the next.
const REST: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
struct Open {
    role: RoleName,
    local: SocketAddr,
}

/// Which ports are open, and whose they are.
#[derive(Debug, Default)]
pub(crate) struct MediaPorts {
    next_id: u32,
    open: BTreeMap<PortId, Open>,
    /// Ports of the past keep their owner: their last statistics come after they are closed.
    known: BTreeMap<PortId, Open>,
    next: BTreeMap<IpAddr, u16>,
    rested: BTreeMap<SocketAddr, At>,
}

impl MediaPorts {
    /// Takes a port for `role`; `None` where the whole range is in use or resting.
    pub(crate) fn take(
        &mut self,
        at: At,
        role: &RoleName,
        ip: IpAddr,
        range: (u16, u16),
    ) -> Option<(PortId, SocketAddr)> {
        let low = range.0.checked_add(range.0 % 2)?;
        // RTCP takes port + 1, which must lie in the range as well.
        let pairs = range.1.checked_sub(low)?.checked_add(1)? / 2;
        let start = self.next.get(&ip).copied().filter(|port| *port >= low && *port < range.1).unwrap_or(low);
        let first = (start - low) / 2;
        for step in 0..pairs {
            let port = low + ((u32::from(first) + u32::from(step)) % u32::from(pairs)) as u16 * 2;
            let local = SocketAddr::new(ip, port);
            let in_use = self.open.values().any(|open| open.local == local);
            let resting = self.rested.get(&local).is_some_and(|until| at < *until);
            if in_use || resting {
                continue;
            }
            let id = PortId(self.next_id);
            self.next_id += 1;
            self.next.insert(ip, port.saturating_add(2));
            let open = Open { role: role.clone(), local };
            self.open.insert(id, open.clone());
            self.known.insert(id, open);
            return Some((id, local));
        }
        None
    }

    /// Gives a port back.
    pub(crate) fn release(&mut self, at: At, port: PortId) {
        if let Some(open) = self.open.remove(&port) {
            self.rested.insert(open.local, at + REST);
        }
    }

    /// The ports that are open.
    pub(crate) fn open(&self) -> Vec<PortId> {
        self.open.keys().copied().collect()
    }

    /// The open ports of a role.
    pub(crate) fn open_of(&self, role: &RoleName) -> Vec<PortId> {
        self.open.iter().filter(|(_, open)| open.role == *role).map(|(port, _)| *port).collect()
    }

    /// Whose port it is or was, and its address.
    pub(crate) fn owner(&self, port: PortId) -> Option<(&RoleName, SocketAddr)> {
        self.known.get(&port).map(|known| (&known.role, known.local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_even_rotate_and_rest_before_they_come_back() {
        let mut ports = MediaPorts::default();
        let role = RoleName::from("pstn.a");
        let ip: IpAddr = "127.0.3.1".parse().unwrap();
        let range = (6001, 6005);
        let (first, a) = ports.take(At::ZERO, &role, ip, range).unwrap();
        let (_, b) = ports.take(At::ZERO, &role, ip, range).unwrap();
        assert_eq!((a.port(), b.port()), (6002, 6004));
        assert!(ports.take(At::ZERO, &role, ip, range).is_none(), "6002-6005 holds two pairs");
        ports.release(At::from_secs(1), first);
        assert!(ports.take(At::from_secs(5), &role, ip, range).is_none(), "6002 rests until 6 s");
        assert_eq!(ports.take(At::from_secs(6), &role, ip, range).unwrap().1.port(), 6002);
    }
}
