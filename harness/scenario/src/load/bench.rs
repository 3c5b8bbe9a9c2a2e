//! hw-profiles: `hw-profiles/<name>.toml` with the operator profile they name.

use super::internet;
use super::limits::shorten;
use super::open;
use super::operator::{OperatorFile, load_operator, millis, port_range, settings};
use super::pools;
use super::reader::{Node, Table, schema};
use super::roles::{address, named, party, sbc, set};
use super::texts::from_roles;
use crate::model::bench::{
    Bench, Dut, DutDriver, MediaAnchor, NumberFormat, Party, PasswordSource, SetPhone, Timers,
};
use crate::model::{Architecture, Platform};
use crate::oxo_load::OxoLoad;
use crate::problem::Problems;
use crate::sources::{Sources, folder, stem};
use oxocert_machine::Transport;
use oxocert_record::RoleName;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// Loads a bench with the operator profile that it names (`operator/<name>.toml` beside it).
///
/// # Errors
/// All problems of the profile, and those of the operator profile.
pub fn load_bench(sources: &Sources, path: &str) -> Result<Bench, Problems> {
    let doc = open(sources, path, None)?;
    let parsed = doc.parse();
    let root = Table::root(&doc, &parsed, "a hw-profile");
    schema(&root);
    let title = root.need("title").and_then(|node| node.text()).unwrap_or_default().to_owned();
    let architecture = root.need("architecture").and_then(|node| architecture(&node));
    let operator_node = root.need("operator");
    let dut_file = root.need("dut").and_then(|node| dut(&node));
    let sbcs = named(&root, "sbc", sbc);
    let mut sets = named(&root, "set", set);
    let mut parties = named(&root, "pstn", party);
    tones_differ(&root, &sets, &parties);
    let taken = sets.values().map(|set| set.tone_hz).chain(parties.values().map(|party| party.tone_hz));
    let pools = pools::pools(&root, &taken.collect());
    sets.extend(pools.sets);
    parties.extend(pools.parties);
    let own_texts = root.get("texts").map(|node| settings(&node)).unwrap_or_default();
    let own_settings = root.get("settings").map(|node| settings(&node)).unwrap_or_default();
    let own_limits = root.get("limits");
    let internet_file = root.get("internet").and_then(|node| internet::internet(&node));
    let shortened = root.get("shortened").and_then(|node| node.table("[shortened]"));

    let mut elsewhere = Problems::default();
    let operator_file = operator_node.and_then(|node| operator_of(sources, path, &node, &mut elsewhere));
    let simulation = dut_file.as_ref().is_some_and(|(dut, _)| dut.driver != DutDriver::Operator);
    let mut bench = None;
    if let (Some(architecture), Some((dut, dut_texts)), Some(file)) = (architecture, dut_file, operator_file)
    {
        let OperatorFile { mut operator, mut limits, rows, security } = file;
        for (name, limit) in own_limits.map(super::limits::limits).unwrap_or_default() {
            if limits.insert(name.clone(), limit).is_some() {
                root.problem(format!("[limits]: `{name}` stands in the operator profile already"));
            }
        }
        if let Some(table) = shortened {
            if simulation {
                shorten(&table, &mut limits);
            } else {
                table.problem("a real bench shortens nothing: write an operator profile of its own instead");
            }
        }
        operator.settings.extend(own_settings);
        operator.settings.insert("media_anchor".to_owned(), anchor_name(dut.media).to_owned());
        for row in rows {
            match row.choose(&operator.settings) {
                Ok((name, row)) => {
                    operator.sizing.insert(name, row);
                }
                Err(message) => root.problem(format!("{message}: give it in [settings]")),
            }
        }
        let internet = internet::joined(&root, architecture, internet_file, security, &mut operator.settings);
        let timers = Timers {
            t1_ms: millis(&limits, "t1"),
            t2_ms: millis(&limits, "t2"),
            t4_ms: millis(&limits, "t4"),
        };
        let expected_path = format!("{}{}.expected.toml", folder(path), stem(path));
        let mut made = Bench {
            name: stem(path).to_owned(),
            title,
            simulation,
            architecture,
            operator,
            dut,
            sbcs,
            sets,
            parties,
            pools: pools.members,
            limits,
            texts: BTreeMap::new(),
            timers,
            internet,
            expected_file: sources.files.contains_key(&expected_path).then_some(expected_path),
        };
        made.texts = from_roles(&made);
        let ips: Vec<(String, String)> = own_texts
            .iter()
            .filter_map(|(name, text)| {
                Some((format!("{name}.ip"), text.parse::<SocketAddr>().ok()?.ip().to_string()))
            })
            .collect();
        for (name, text) in dut_texts.into_iter().chain(own_texts).chain(ips) {
            if made.texts.insert(name.clone(), text).is_some() {
                root.problem(format!("the text `{name}` is made from the roles already"));
            }
        }
        agree(&root, &made);
        internet::agree(&root, &mut made);
        bench = Some(made);
    }
    root.finish();
    let mut problems = doc.into_problems();
    problems.extend(elsewhere);
    match bench {
        Some(bench) => problems.or(bench),
        None => Err(problems.or(()).err().unwrap_or_default()),
    }
}

fn operator_of(
    sources: &Sources,
    path: &str,
    node: &Node<'_>,
    elsewhere: &mut Problems,
) -> Option<OperatorFile> {
    let operator_path = format!("{}operator/{}.toml", folder(path), node.text()?);
    if sources.text(&operator_path).is_none() {
        node.problem(format!("there is no operator profile {operator_path}"));
        return None;
    }
    load_operator(sources, &operator_path).map_err(|problems| elsewhere.extend(problems)).ok()
}

/// One of the architectures; one that the document excludes is refused by its clause.
fn architecture(node: &Node<'_>) -> Option<Architecture> {
    let text = node.text()?;
    let known = Architecture::ALL.iter().any(|architecture| architecture.name() == text);
    if !known && text.contains("internet") && (text.starts_with("powercpu") || text.contains("frontend")) {
        node.problem(internet::STANDALONE_ONLY);
        return None;
    }
    node.word_of(text, &Architecture::ALL.map(|a| (a.name(), a)))
}

/// The platform; an OCE FrontEnd is refused by its clause.
fn platform(node: &Node<'_>) -> Option<Platform> {
    let text = node.text()?;
    if text == "oce-frontend" {
        node.problem(internet::STANDALONE_ONLY);
        return None;
    }
    node.word_of(text, &[("powercpu", Platform::PowerCpu), ("oce", Platform::Oce)])
}

fn anchor_name(media: MediaAnchor) -> &'static str {
    match media {
        MediaAnchor::Direct => "direct",
        MediaAnchor::Dut => "dut",
    }
}

/// The DUT, and the texts it gives (`dut.outside`, `dut.codes.forward`, `dut.load`).
fn dut(node: &Node<'_>) -> Option<(Dut, BTreeMap<String, String>)> {
    let fields = node.table("[dut]")?;
    let mut texts = BTreeMap::new();
    let platform = fields.get("platform").and_then(|node| platform(&node));
    let driver = driver(&fields);
    let trunk = address(&fields, "trunk");
    let transport = fields.need("transport").and_then(|node| {
        node.word(&[("udp", Transport::Udp), ("tcp", Transport::Tcp), ("tls", Transport::Tls)])
    });
    let registrar = address(&fields, "registrar");
    let console = fields.get("console").and_then(|node| node.parsed("an address with its port"));
    let console_from = fields.get("console_from").and_then(|node| node.parsed("an address without port"));
    let addresses: Vec<IpAddr> = fields
        .need("addresses")
        .and_then(|node| node.list())
        .map(|list| list.iter().filter_map(|node| node.parsed("an address without port")).collect())
        .unwrap_or_default();
    let media = fields
        .need("media")
        .and_then(|node| node.word(&[("direct", MediaAnchor::Direct), ("dut", MediaAnchor::Dut)]));
    let numbers = fields
        .need("numbers")
        .and_then(|node| node.word(&[("e164", NumberFormat::E164), ("national", NumberFormat::National)]));
    let rtp_range = fields.need("rtp_range").and_then(|node| port_range(&node));
    let mut properties: BTreeSet<String> = fields
        .get("properties")
        .and_then(|node| node.texts())
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut lacks = fields.get("lacks").map(|node| settings(&node)).unwrap_or_default();
    match media {
        Some(MediaAnchor::Direct) => {
            properties.insert("media-direct".to_owned());
            lacks.insert(
                "media-through-dut".to_owned(),
                "media flows directly between set and a-SBC".to_owned(),
            );
        }
        Some(MediaAnchor::Dut) => {
            properties.insert("media-through-dut".to_owned());
            lacks.insert("media-direct".to_owned(), "media flows through the DUT".to_owned());
        }
        None => {}
    }
    let namespace = fields.get("namespace").and_then(|node| node.text()).map(str::to_owned);
    let realm = fields.get("realm").and_then(|node| node.text()).map(str::to_owned);
    if let Some(outside) = fields.need("outside").and_then(|node| node.text()) {
        texts.insert("dut.outside".to_owned(), outside.to_owned());
    }
    for (code, value) in fields.get("codes").map(|node| settings(&node)).unwrap_or_default() {
        texts.insert(format!("dut.codes.{code}"), value);
    }
    if let Some(load_node) = fields.get("load") {
        match load_node.text().and_then(OxoLoad::find) {
            Some(load) => texts.extend(load_texts(&load)),
            None => load_node.problem("expected a load such as \"OXO063/011.001\""),
        }
    }
    for name in properties.iter().filter(|name| lacks.contains_key(*name)) {
        fields.problem(format!("`{name}` stands in `properties` and in `lacks`"));
    }
    let trunk_known = trunk.is_none_or(|trunk| addresses.contains(&trunk.ip()));
    if !trunk_known {
        fields.problem("the address of `trunk` is missing in `addresses`");
    }
    fields.finish();
    let dut = Dut {
        platform,
        driver: driver?,
        namespace,
        trunk: trunk?,
        transport: transport?,
        registrar: registrar?,
        console,
        console_from,
        addresses: addresses.into_iter().collect(),
        media: media?,
        numbers: numbers?,
        rtp_range: rtp_range?,
        properties,
        lacks,
        realm,
    };
    Some((dut, texts))
}

fn driver(fields: &Table<'_>) -> Option<DutDriver> {
    #[derive(Clone, Copy)]
    enum Word {
        VirtualOxo,
        Asterisk,
        Operator,
    }
    let words =
        [("virtual-oxo", Word::VirtualOxo), ("asterisk", Word::Asterisk), ("operator", Word::Operator)];
    Some(match fields.need("driver").and_then(|node| node.word(&words))? {
        Word::VirtualOxo => DutDriver::VirtualOxo { settings: fields.need("settings")?.text()?.to_owned() },
        Word::Asterisk => DutDriver::Asterisk { templates: fields.need("templates")?.text()?.to_owned() },
        Word::Operator => DutDriver::Operator,
    })
}

/// Who speaks is told by the tone: each role has its own. Members of pools share theirs; in one call they differ.
fn tones_differ(root: &Table<'_>, sets: &BTreeMap<RoleName, SetPhone>, parties: &BTreeMap<RoleName, Party>) {
    let mut tones: BTreeMap<u16, &str> = BTreeMap::new();
    let set_tones = sets.iter().map(|(role, set)| (set.tone_hz, role.as_str()));
    for (hz, role) in set_tones.chain(parties.iter().map(|(role, party)| (party.tone_hz, role.as_str()))) {
        if let Some(other) = tones.insert(hz, role) {
            root.problem(format!("{other} and {role} have the same tone, {hz} Hz"));
        }
    }
}

/// What must agree between the parts of a bench.
fn agree(root: &Table<'_>, bench: &Bench) {
    if !bench.sbcs.contains_key(&"sbc.nominal".into()) {
        root.problem("a bench needs [sbc.nominal]");
    }
    if bench.sets.is_empty() || bench.parties.is_empty() {
        root.problem("a bench needs at least one [set.<name>] and one [pstn.<name>]");
    }
    let platform = match bench.architecture {
        Architecture::PowerCpuBvpn => Platform::PowerCpu,
        Architecture::OceBvpn | Architecture::OceInternetA | Architecture::OceInternetB => Platform::Oce,
    };
    let over_internet = bench.architecture.is_over_internet();
    if bench.dut.platform.is_some_and(|declared| declared != platform) && !over_internet {
        root.problem(format!(
            "the platform of [dut] cannot stand in the architecture {}",
            bench.architecture.name()
        ));
    }
    let mut taken: BTreeMap<IpAddr, String> =
        bench.dut.addresses.iter().map(|ip| (*ip, "dut".to_owned())).collect();
    let sbcs = bench.sbcs.iter().map(|(role, sbc)| (role, sbc.address));
    for (role, address) in sbcs.chain(bench.sets.iter().map(|(role, set)| (role, set.address))) {
        if let Some(other) = taken.insert(address.ip(), role.to_string()) {
            root.problem(format!("{other} and {role} have the same address, {}", address.ip()));
        }
    }
    let mut numbers: BTreeMap<&str, &RoleName> = BTreeMap::new();
    for (role, set) in &bench.sets {
        if let Some(other) = numbers.insert(&set.number, role) {
            root.problem(format!("{other} and {role} have the same number, {}", set.number));
        }
        if set.password == PasswordSource::Generated && !bench.simulation {
            root.problem(format!(
                "{role}: only where the harness starts the DUT itself may a password be \"generated\""
            ));
        }
    }
}

impl Bench {
    /// Takes the load that the user named as `${dut.load}` and `${dut.load.pattern}`.
    ///
    /// # Errors
    /// The text is no OXO load, in words.
    pub fn name_load(&mut self, load: &str) -> Result<(), String> {
        let parsed =
            OxoLoad::find(load).ok_or_else(|| format!("\"{load}\" is no load such as OXO063/011.001"))?;
        self.texts.extend(load_texts(&parsed));
        Ok(())
    }
}

/// `dut.load`, and `dut.load.pattern`: a regular expression for User-Agent and Server as an OXO writes them, call
/// server and VoIP gateway of the same load.
fn load_texts(load: &OxoLoad) -> [(String, String); 2] {
    let OxoLoad { release, load: number, patch } = load;
    let pattern = format!("OXO{release}/{number}\\.{patch}( GW_{release}/{number}\\.{patch})?");
    [("dut.load".to_owned(), load.to_string()), ("dut.load.pattern".to_owned(), pattern)]
}
