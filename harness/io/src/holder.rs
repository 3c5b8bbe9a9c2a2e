//! Who holds an address: read from /proc, for the message of a bind that failed.

use oxocert_machine::Transport;
use std::fs;
use std::net::{IpAddr, SocketAddr};

/// `name (pid 123)` of the process that holds `address`, as far as /proc lets us see it.
pub(crate) fn holder(transport: Transport, address: SocketAddr) -> Option<String> {
    let table = match transport {
        Transport::Udp => "/proc/net/udp",
        Transport::Tcp | Transport::Tls => "/proc/net/tcp",
    };
    let inode = fs::read_to_string(table)
        .ok()?
        .lines()
        .skip(1)
        .find_map(|line| inode_of(line, transport, address))?;
    let link = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Ok(pid) = process.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        if files
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == link.as_str()))
        {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim()));
        }
    }
    None
}

/// The inode of a line of /proc/net/{udp,tcp} that covers the address: equal port, equal or wildcard address,
/// and for TCP the state LISTEN (0A).
fn inode_of(line: &str, transport: Transport, address: SocketAddr) -> Option<String> {
    let mut fields = line.split_whitespace();
    let (ip, port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    if transport.is_reliable() && state != "0A" {
        return None;
    }
    let ip = u32::from_str_radix(ip, 16).ok()?.to_ne_bytes();
    let port = u16::from_str_radix(port, 16).ok()?;
    let covers = IpAddr::from(ip) == address.ip() || ip == [0; 4];
    (port == address.port() && covers).then(|| fields.nth(5).map(str::to_owned))?
}
