//! What the loader says about wrong words, values and profiles of the trunk over internet.
#![allow(clippy::unwrap_used)]

use oxocert_scenario::{Sources, disk, load_bench, load_cases};
use std::path::Path;

const PROFILE_A: &str = "hw-profiles/virtual-oce-internet-a.toml";
const PROFILE_B: &str = "hw-profiles/virtual-oce-internet-b.toml";
const SCENARIO: &str = "scenarios/security/XX-01.toml";

fn sources() -> Sources {
    disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// What is said of a scenario with these steps, line 10 on.
fn of_steps(steps: &str) -> String {
    let mut sources = sources();
    let text = format!(
        "schema = 1\nid     = \"XX-01\"\ntitle  = \"A trunk\"\nwhy    = \"To see what is said.\"\nfor    = [\"oce-internet-a\"]\n\
         needs  = [\"sbc.nominal\", \"dns.a\", \"set.hq1\", \"pstn.a\"]\n\n[flow]\nsteps = [\n{steps}\n  \
         {{ id = \"last\", who = \"sbc.nominal\", expects = \"TLS completed\" }},\n]\n"
    );
    sources.files.insert(SCENARIO.to_owned(), text);
    let bench = load_bench(&sources, PROFILE_A).unwrap_or_else(|problems| panic!("{problems}"));
    let loaded = load_cases(&sources, &[SCENARIO.to_owned()], &bench);
    loaded.map_or_else(|problems| problems.to_string(), |_| "nothing".to_owned()).replace(SCENARIO, "")
}

fn of_profile(path: &str, from: &str, to: &str) -> String {
    let mut sources = sources();
    let text = sources.files[path].clone();
    assert!(text.contains(from), "{from}");
    sources.files.insert(path.to_owned(), text.replacen(from, to, 1));
    load_bench(&sources, path).map_or_else(|problems| problems.to_string(), |_| "nothing".to_owned())
}

#[test]
fn every_new_word_is_read() {
    let steps = r#"
  { id = 1, who = "sbc.nominal", does = "present", certificate = "expired" },
  { id = 2, who = "sbc.nominal", does = "limit-tls", versions = ["1.2", "1.2"], suites = ["0xc02f"], resumes = false, peer-name = "other.example" },
  { id = 3, who = "sbc.nominal", does = "connect" },
  { id = 4, who = "sbc.nominal", does = "drop-connection" },
  { id = 5, who = "sbc.nominal", does = "probe", with = "tls1.0" },
  { id = 6, who = "dns.a", does = "resolve", name = "${sbc.nominal.fqdn}", addresses = ["${sbc.backup.ip}", "2001:db8::1"], ttl = "60 s" },
  { id = 7, who = "dns.a", does = "resolve", name = "_sips._tcp.example", services = [{ priority = 1, weight = 2, port = 5061, target = "${sbc.backup.fqdn}" }], ttl = "60 s" },
  { id = 8, who = "dns.a", does = "fail", how = "nxdomain" },
  { id = 9, who = "dns.a", does = "restore" },
  { id = 10, who = "pstn.a", does = "describe", protocol = "RTP/SAVP", crypto = ["AES_CM_128_HMAC_SHA1_32"], lifetime-and-mki = true },
  { id = 11, who = "pstn.a", does = "trouble", how = "bad-tag", packets = 10 },
  { id = 12, who = "pstn.a", does = "start-media-at", sequence = 65500 },
  { id = 13, who = "dns.a", expects = "DNS SRV", check = { "dns.name" = "a.example" } },
  { id = 14, who = "sbc.nominal", expects = "TLS refused", check = { "tls.alert" = "unknown_ca", "tls.offered_suites" = { lacks = "0x0005" } } },
  { id = 15, who = "sbc.nominal", sees = "no TLS handshake", for = "1 s" },
  { id = 16, who = "sbc.nominal", expects = "probe answer", check = { "probe.outcome" = "alert" } },
  { id = 17, who = "sbc.nominal", expects = "TLS closed", check = { "tls.closed_by" = "dut" } },"#;
    insta::assert_snapshot!(of_steps(steps), @"nothing");
}

#[test]
fn wrong_words_and_values_of_actions() {
    let steps = r#"
  { id = 1, who = "sbc.nominal", does = "present", certificate = "expird" },
  { id = 2, who = "sbc.nominal", does = "limit-tls", versions = ["1.3", "1.2"], suites = ["c02f"] },
  { id = 3, who = "sbc.nominal", does = "limit-tls" },
  { id = 4, who = "sbc.nominal", does = "probe", with = "tls1.o" },
  { id = 5, who = "dns.a", does = "resolve", name = "a.example", addresses = ["127.0.0.300"], ttl = "60" },
  { id = 6, who = "dns.a", does = "resolve", name = "a.example", services = [{ priority = 1, weight = 2, port = 99999 }], ttl = "1 s" },
  { id = 7, who = "dns.a", does = "fail", how = "nxdomains" },
  { id = 8, who = "pstn.a", does = "describe", crypto = ["AES_CM_128_HMAC_SHA1_8"] },
  { id = 9, who = "pstn.a", does = "trouble", how = "bad-tags", packets = 0 },
  { id = 10, who = "pstn.a", does = "start-media-at", sequence = 65536 },
  { id = 11, who = "sbc.nominal", does = "conect" },"#;
    insta::assert_snapshot!(of_steps(steps), @r#"
    :11:66: unknown word "expird": known are good, expired, not-yet-valid, unknown-ca, self-signed, wrong-name, cn-only, wildcard, no-intermediate, server-only, g2-root, weak-key, revocation-unknown, renewed, none (did you mean `expired`?)
    :12:65: the lowest version stands first
    :12:91: expected the number of a suite such as "0xc030", found "c02f"
    :13:3: `limit-tls` needs one of `versions`, `suites`, `resumes`, `peer-name`
    :14:57: unknown word "tls1.o": known are ssl3, tls1.0, tls1.1, tls1.2, tls1.3, 0xc030, 0xc02f, 0xc028, 0xc027, rc4, 3des, null, export, static-rsa, anonymous, stalled, no-certificate, clear-udp, clear-tcp (did you mean `tls1.0`?)
    :15:79: expected an IP address without port
    :15:101: expected a duration such as "2 s" or "500 ms", found "60"
    :16:78: a service needs `target`
    :16:113: expected a number from 0 to 65535, found 99999
    :17:49: unknown word "nxdomains": known are nxdomain, servfail, silent, truncated, wrong-id, late-second (did you mean `nxdomain`?)
    :18:58: unknown word "AES_CM_128_HMAC_SHA1_8": known are AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_256_CM_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_32 (did you mean `AES_CM_128_HMAC_SHA1_80`?)
    :19:53: unknown word "bad-tags": known are bad-tag, replay, clear, wrong-key (did you mean `bad-tag`?)
    :19:75: trouble in no packets is none: at least 1
    :20:66: expected a sequence number from 0 to 65535, found 65536
    :21:42: unknown action "conect" (did you mean `connect`?)
    "#);
}

#[test]
fn wrong_roles_patterns_and_fields() {
    let steps = r#"
  { id = 1, who = "pstn.a", expects = "TLS completed" },
  { id = 2, who = "sbc.nominal", expects = "DNS A" },
  { id = 3, who = "dns.a", expects = "INVITE" },
  { id = 4, who = "sbc.nominal", expects = "TLS refusd" },
  { id = 5, who = "sbc.nominal", sees = "no DNS MX", for = "1 s" },
  { id = 6, who = "sbc.nominal", expects = "TLS completed", check = { "tls.sin" = "x", "from.user" = "x", "dns.name" = "x" } },
  { id = 7, who = "pstn.a", expects = "INVITE", check = { "tls.version" = "1.2", "sdp.crypto.keys" = { differs_from = "step 6.sdp.crypto.keys" } } },
  { id = 8, who = "set.hq1", does = "present", certificate = "good" },
  { id = 9, who = "dns.b", expects = "DNS A" },"#;
    insta::assert_snapshot!(of_steps(steps), @r#"
    :11:19: `pstn.a` is a PSTN party and cannot see a TLS handshake
    :12:19: `sbc.nominal` is an a-SBC and cannot see a DNS query
    :13:19: `dns.a` is a name server and cannot see a message
    :14:44: expected a message such as "INVITE", "re-INVITE", "BYE", "180", "4xx" or "200 INVITE", found "TLS refusd" (did you mean `TLS refused`?)
    :15:41: expected what may not come, such as "no re-INVITE", found "no DNS MX" (what must come is written with `expects`)
    :16:71: unknown field `tls.sin` (did you mean `tls.sni`?)
    :16:88: a TLS handshake has no field `from.user`
    :16:107: a TLS handshake has no field `dns.name` (did you mean `tls.names`?)
    :17:59: a message has no field `tls.version`
    :17:119: step `6` (line 16) is not a step that `expects` a message
    :18:19: `set.hq1` is a set and cannot do "present"
    :19:19: the role `dns.b` acts here and is missing in `needs`
    "#);
}

#[test]
fn wrong_benches() {
    let only = |from: &str, to: &str| of_profile(PROFILE_A, from, to);
    insta::assert_snapshot!(only("oce-internet-a\"", "powercpu-internet-a\""), @r#"hw-profiles/virtual-oce-internet-a.toml:4:16: only a stand-alone OCE is supported over internet, no PowerCPU and no OCE FrontEnd (clause 2.4-oce-standalone-only, Orange §2.4)"#);
    insta::assert_snapshot!(only("platform     = \"oce\"", "platform     = \"oce-frontend\""), @r#"hw-profiles/virtual-oce-internet-a.toml:8:16: only a stand-alone OCE is supported over internet, no PowerCPU and no OCE FrontEnd (clause 2.4-oce-standalone-only, Orange §2.4)"#);
    insta::assert_snapshot!(only("platform     = \"oce\"", "platform     = \"powercpu\""), @r#"hw-profiles/virtual-oce-internet-a.toml:1:1: only a stand-alone OCE is supported over internet, no PowerCPU and no OCE FrontEnd (clause 2.4-oce-standalone-only, Orange §2.4)"#);
    insta::assert_snapshot!(only("transport    = \"tls\"", "transport    = \"tcp\""), @r#"hw-profiles/virtual-oce-internet-a.toml:1:1: over internet the trunk is encrypted: `transport = "tls"` (Orange §2.4)"#);
    insta::assert_snapshot!(only("media        = \"dut\"", "media        = \"direct\""), @r#"hw-profiles/virtual-oce-internet-a.toml:1:1: over internet media is anchored by the OCE: `media = "dut"` (Orange §2.4)"#);
    let clear_offer = only("operator     = \"btipoi\"", "operator     = \"btip\"");
    insta::assert_snapshot!(clear_offer.lines().next().unwrap(), @r#"hw-profiles/virtual-oce-internet-a.toml:1:1: the operator profile has no [secured]: over internet it must say what TLS and SRTP do"#);
    insta::assert_snapshot!(only("fqdn      = \"sbc1.business-talk-ip.orange-business.com\"\n", ""), @r#"hw-profiles/virtual-oce-internet-a.toml:1:1: sbc.nominal needs `fqdn`: over internet it is reached by its name only (Orange §2.4.3)"#);
    insta::assert_snapshot!(only("\"sbc2.business-talk-ip.orange-business.com\"", "\"127.21.1.2\""), @r#"
    hw-profiles/virtual-oce-internet-a.toml:1:1: sbc.backup needs `fqdn`: over internet it is reached by its name only (Orange §2.4.3)
    hw-profiles/virtual-oce-internet-a.toml:45:13: expected a full name such as "oce.customer.example", found "127.21.1.2"
    "#);
    insta::assert_snapshot!(only("dut_fqdn    = \"oce.customer.example\"", "dut_fqdn    = \"oce\""), @r#"hw-profiles/virtual-oce-internet-a.toml:28:15: expected a full name such as "oce.customer.example", found "oce""#);
    insta::assert_snapshot!(only("resolves_by = \"a\" ", "resolves_by = \"naptr\" "), @r#"hw-profiles/virtual-oce-internet-a.toml:29:15: unknown word "naptr": known are a, srv"#);
    insta::assert_snapshot!(only("resolves_by", "dut_private = \"10.8.0.2\"\nresolves_by"), @r#"hw-profiles/virtual-oce-internet-a.toml:1:1: in topology A the OCE has its public address itself: no `dut_private` (Orange §5.2.1)"#);
    insta::assert_snapshot!(only("{ a = \"127.21.5.1:10053\"", "{ c = \"127.21.5.1:10053\""), @r#"hw-profiles/virtual-oce-internet-a.toml:26:15: the first name server is called `a`"#);
    insta::assert_snapshot!(of_profile(PROFILE_B, "dut_private = ", "# dut_private = "), @r#"hw-profiles/virtual-oce-internet-b.toml:1:1: topology B needs `dut_private`, the address of the OCE behind the NAT (Orange §5.2.2)"#);
    insta::assert_snapshot!(of_profile("hw-profiles/example-real-oce-internet.toml", "\"../pki\"", "\"generated\""), @r#"hw-profiles/example-real-oce-internet.toml:1:1: only where the harness starts the DUT itself may its certificates be "generated": name a folder made by `oxocert pki init`"#);
    insta::assert_snapshot!(of_profile("hw-profiles/virtual-oce-bvpn.toml", "[settings]", "[internet]\ndns = { a = \"127.0.0.1:53\" }\npki = \"generated\"\ndut_fqdn = \"a.example\"\nresolves_by = \"a\"\n[settings]"), @r#"hw-profiles/virtual-oce-bvpn.toml:1:1: [internet] belongs to an architecture over internet, and oce-bvpn is none"#);
}

#[test]
fn a_port_other_than_5061_is_told_and_no_error() {
    let mut sources = sources();
    let text = sources.files[PROFILE_A].replacen("127.21.1.2:5061", "127.21.1.2:5071", 1);
    sources.files.insert(PROFILE_A.to_owned(), text);
    let bench = load_bench(&sources, PROFILE_A).unwrap();
    assert_eq!(bench.operator.settings["tls_port"], "sbc.backup 5071 instead of 5061 (Orange §2.4.4)");
}

#[test]
fn an_operator_profile_says_only_what_differs() {
    let sources = sources();
    let bench = load_bench(&sources, PROFILE_A).unwrap();
    assert_eq!(bench.operator.name, "btipoi");
    assert_eq!(bench.operator.codecs, ["PCMA"]);
    assert_eq!(bench.operator.dscp_media, 46);
    assert!(bench.operator.sizing.contains_key("offnet-rs"));
    assert_eq!(bench.limits["channel.rate.max"].value.to_string(), "84.9 kb/s");
    assert!(bench.limits.contains_key("pdd.max"));
    let internet = bench.internet.unwrap();
    assert_eq!(internet.tls_suites, [0xc030, 0xc02f, 0xc028, 0xc027]);
    assert!(internet.forgiven.contains("no-client-auth"));
}

#[test]
fn wrong_operator_profiles() {
    let of = |from: &str, to: &str| {
        let mut sources = sources();
        let path = "hw-profiles/operator/btipoi.toml";
        let text = sources.files[path].clone();
        assert!(text.contains(from), "{from}");
        sources.files.insert(path.to_owned(), text.replacen(from, to, 1));
        load_bench(&sources, PROFILE_A).unwrap_err().to_string()
    };
    insta::assert_snapshot!(of("extends = \"btip\"", "extends = \"btop\""), @r#"hw-profiles/operator/btipoi.toml:4:11: there is no operator profile hw-profiles/operator/btop.toml"#);
    insta::assert_snapshot!(of("extends = \"btip\"", "extends = \"btipoi\""), @r#"hw-profiles/operator/btipoi.toml:4:11: hw-profiles/operator/btipoi.toml extends this profile already"#);
    insta::assert_snapshot!(of("extends = \"btip\"\n", ""), @r#"
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `audio.max`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `busy.off`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `busy.on`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `dialog.tail`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `ringback.off`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `ringback.on`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `rtp.tail`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `step.max`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `t1`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `t2`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `t4`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `talk.break`
    hw-profiles/operator/btipoi.toml:1:1: [limits] needs `talk`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `dscp_media`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `emergency`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `load_floors`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `options_alive`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `rtp_range`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `settings`
    hw-profiles/operator/btipoi.toml:1:1: an operator profile needs `sizing`
    "#);
    insta::assert_snapshot!(of("\"no-client-auth\"", "\"no-client-aut\""), @r#"hw-profiles/operator/btipoi.toml:15:27: unknown word "no-client-aut": known are absent, unreadable, expired, not-yet-valid, unknown-ca, missing-intermediate, bad-signature, name-mismatch, name-in-common-name-only, wildcard, no-server-auth, no-client-auth, weak-key (did you mean `no-client-auth`?)"#);
    insta::assert_snapshot!(of("\"0xc02f\"", "\"c02f\""), @r#"hw-profiles/operator/btipoi.toml:13:37: expected the number of a suite such as "0xc030", found "c02f""#);
    insta::assert_snapshot!(of("[\"1.2\", \"1.3\"]", "[\"1.4\"]"), @r#"hw-profiles/operator/btipoi.toml:12:27: unknown word "1.4": known are 1.0, 1.1, 1.2, 1.3 (did you mean `1.0`?)"#);
}
