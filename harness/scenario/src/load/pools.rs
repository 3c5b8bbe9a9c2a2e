//! Pools of a bench: many sets, many PSTN parties, each declared once. Calls of load points bind their members.

use super::operator::port_range;
use super::reader::{Node, Table};
use super::roles::{address, digits, e164, is_free_of_signalling, password, site};
use crate::model::bench::{Party, SetPhone};
use oxocert_record::RoleName;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// More members than this no bench has addresses for.
const MOST: u32 = 1000;

/// What the pools of a profile are made into.
#[derive(Default)]
pub(super) struct Pools {
    /// The members of each pool, in order.
    pub(super) members: BTreeMap<RoleName, Vec<RoleName>>,
    /// The sets among them.
    pub(super) sets: BTreeMap<RoleName, SetPhone>,
    /// The parties among them.
    pub(super) parties: BTreeMap<RoleName, Party>,
}

/// `[pool.set.load]`, `[pool.pstn.load]`: the roles `set.load` and `pstn.load`, with members `set.load01`, `set.load02`, ...
/// `tones`: those that other roles have already.
pub(super) fn pools(root: &Table<'_>, tones: &BTreeSet<u16>) -> Pools {
    let mut pools = Pools::default();
    let Some(families) = root.get("pool").and_then(|node| node.table("[pool.<family>.<name>]")) else {
        return pools;
    };
    if let Some(table) = families.get("set").and_then(|node| node.table("[pool.set.<name>]")) {
        for (name, node) in table.entries() {
            let members = node.table("a pool of sets").and_then(|fields| {
                let read = sets(&fields, name, tones);
                fields.finish();
                read
            });
            pools.take(&format!("set.{name}"), members, |pools, role, set| {
                pools.sets.insert(role, set);
            });
        }
    }
    if let Some(table) = families.get("pstn").and_then(|node| node.table("[pool.pstn.<name>]")) {
        for (name, node) in table.entries() {
            let members = node.table("a pool of PSTN parties").and_then(|fields| {
                let read = parties(&fields, name, tones);
                fields.finish();
                read
            });
            pools.take(&format!("pstn.{name}"), members, |pools, role, party| {
                pools.parties.insert(role, party);
            });
        }
    }
    families.finish();
    pools
}

impl Pools {
    fn take<T>(
        &mut self,
        pool: &str,
        members: Option<Vec<(RoleName, T)>>,
        mut put: impl FnMut(&mut Pools, RoleName, T),
    ) {
        let mut names = Vec::new();
        for (role, member) in members.unwrap_or_default() {
            names.push(role.clone());
            put(self, role, member);
        }
        self.members.insert(RoleName::from(pool), names);
    }
}

fn sets(fields: &Table<'_>, name: &str, taken: &BTreeSet<u16>) -> Option<Vec<(RoleName, SetPhone)>> {
    let count = count(fields);
    let site = fields.need("site").and_then(|node| site(&node));
    let first = address(fields, "address");
    let number_node = fields.need("number");
    let number = number_node.and_then(|node| digits(&node));
    let ddi_node = fields.need("ddi");
    let ddi = ddi_node.and_then(|node| e164(&node));
    let password = fields.need("password").and_then(|node| password(&node));
    let rtp_range = fields.need("rtp_range").and_then(|node| port_range(&node));
    let tones = fields.need("tones").and_then(|node| tones(&node, taken));
    let (count, site, first, password, rtp_range) = (count?, site?, first?, password?, rtp_range?);
    let (number, ddi, tones) = (number?, ddi?, tones?);
    let mut members = Vec::new();
    for (index, tone_hz) in (0..count).zip(tones.into_iter().cycle()) {
        let Some(address) = nth_address(first, index) else {
            fields.problem(format!("there are no {count} addresses from {first} on"));
            return None;
        };
        let set = SetPhone {
            site,
            address,
            number: nth_number(number_node.as_ref(), &number, index)?,
            ddi: nth_number(ddi_node.as_ref(), &ddi, index)?,
            password: password.clone(),
            rtp_range,
            tone_hz,
        };
        members.push((member("set", name, index, count), set));
    }
    Some(members)
}

fn parties(fields: &Table<'_>, name: &str, taken: &BTreeSet<u16>) -> Option<Vec<(RoleName, Party)>> {
    let count = count(fields);
    let number_node = fields.need("number");
    let number = number_node.and_then(|node| e164(&node));
    let tones = fields.need("tones").and_then(|node| tones(&node, taken));
    let (count, number, tones) = (count?, number?, tones?);
    let mut members = Vec::new();
    for (index, tone_hz) in (0..count).zip(tones.into_iter().cycle()) {
        let number = nth_number(number_node.as_ref(), &number, index)?;
        members.push((member("pstn", name, index, count), Party { number, tone_hz }));
    }
    Some(members)
}

/// `set.load07`.
fn member(family: &str, name: &str, index: u32, count: u32) -> RoleName {
    let width = count.to_string().len();
    RoleName(format!("{family}.{name}{:0width$}", index + 1))
}

fn count(fields: &Table<'_>) -> Option<u32> {
    let node = fields.need("count")?;
    let count = node.integer::<u32>("a number of members")?;
    if !(1..=MOST).contains(&count) {
        node.problem(format!("a pool has 1 to {MOST} members, found {count}"));
        return None;
    }
    Some(count)
}

/// The address that lies so many behind the first, with its port.
fn nth_address(first: SocketAddr, index: u32) -> Option<SocketAddr> {
    match first.ip() {
        IpAddr::V4(ip) => {
            let ip = Ipv4Addr::from(u32::from(ip).checked_add(index)?);
            Some(SocketAddr::new(ip.into(), first.port()))
        }
        IpAddr::V6(_) => None,
    }
}

/// The number that lies so many behind the first, in as many digits; `+` stays in front.
fn nth_number(node: Option<&Node<'_>>, first: &str, index: u32) -> Option<String> {
    let digits = first.trim_start_matches('+');
    let plus = &first[..first.len() - digits.len()];
    let next = digits.parse::<u64>().ok().and_then(|number| number.checked_add(u64::from(index)));
    let text = next.map(|next| format!("{next:0width$}", width = digits.len()));
    let fits = text.filter(|text| text.len() == digits.len());
    if let (None, Some(node)) = (&fits, node) {
        node.problem(format!(
            "the numbers from {first} on run out of digits before the pool has all its members"
        ));
    }
    fits.map(|text| format!("{plus}{text}"))
}

/// `"600-1400"`: the identity tones of that range that no other role has and that lie away from signalling, taken in turn.
fn tones(node: &Node<'_>, taken: &BTreeSet<u16>) -> Option<Vec<u16>> {
    let text = node.text()?;
    let range = text
        .split_once('-')
        .and_then(|(low, high)| Some((low.parse::<u16>().ok()?, high.parse::<u16>().ok()?)))
        .filter(|(low, high)| low < high && *low >= 300 && *high <= 3400);
    let Some((low, high)) = range else {
        node.problem(format!(
            "expected a range of frequencies between 300 and 3400 Hz such as \"600-1400\", found \"{text}\""
        ));
        return None;
    };
    let free = |hz: &u16| hz.is_multiple_of(50) && is_free_of_signalling(*hz) && !taken.contains(hz);
    let tones: Vec<u16> = (low..=high).filter(free).collect();
    if tones.is_empty() {
        node.problem("no identity tone of this range is free");
        return None;
    }
    Some(tones)
}
