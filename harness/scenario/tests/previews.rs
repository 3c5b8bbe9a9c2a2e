//! The ladder preview of a shipped scenario.
#![allow(clippy::unwrap_used)]

use oxocert_scenario::{disk, ladder, load_bench, load_cases};
use std::path::Path;

#[test]
fn the_ladder_of_a_call() {
    let sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let bench = load_bench(&sources, "hw-profiles/virtual-powercpu-bvpn.toml").unwrap();
    let cases = load_cases(&sources, &sources.scenario_paths(), &bench).unwrap();
    let bc_01 = cases.iter().find(|case| case.id.as_str() == "BC-01").unwrap();
    insta::assert_snapshot!(ladder::preview(bc_01), @r#"
    BC-01  Outgoing national call from the main site; the far end hangs up

                 set.hq1               DUT             sbc.nominal            pstn.a
           set-up -------------------------------------------------------------------------
    s1     * dut is idle within 5 s
           flow ---------------------------------------------------------------------------
    1                |INVITE 002771234~>|
    2                                    |---------------INVITE---------------->| <= 2 s via sbc.nominal
    3                |<-------180-------| <= 3 s
    4                                    |<-----------------200-----------------|
    5                |<---200 INVITE----| <= 1 s
    6      * set.hq1 and pstn.a talk for 1000 ms within 1 s
    7                                    |<---------------hang up---------------|
    8                |<-------BYE-------| <= 1 s
           measure first_tone_out, at most 200 ms (lab proposal: answer to the first speech)
           channels during step 6, row offnet-hq: IPBX 1, WAN 1 HQ + 0 RS, BTIP 1 HQ + 0 RS
    "#);
    for case in &cases {
        assert!(ladder::preview(case).lines().all(|line| line.chars().count() <= 100), "{}", case.id);
    }
}

#[test]
fn the_ladder_of_names_and_handshakes() {
    let sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let bench = load_bench(&sources, "hw-profiles/virtual-oce-internet-a.toml").unwrap();
    let cases = load_cases(&sources, &sources.scenario_paths(), &bench).unwrap();
    let dn_02 = cases.iter().find(|case| case.id.as_str() == "DN-02").unwrap();
    insta::assert_snapshot!(ladder::preview(dn_02), @r#"
    DN-02  The address of the a-SBC changes: the old one is left, the new one is used when its record s~

               set.hq1          DUT           dns.a       sbc.nominal    sbc.backup       pstn.a
           set-up -----------------------------------------------------------------------------------
    s1     * dut is idle within 5 s
           flow -------------------------------------------------------------------------------------
    1      * dns.a answers sbc1.business-talk-ip.orange-business.com with A 127.21.9.9, ttl 3 s
    2      * sbc.nominal waits 4400 ms
    3                            |<---------TLS close---------|
    4      * sbc.nominal sees no TLS handshake for 4400 ms
    5             |INVITE 0027~>|
    6                            |-------------------------INVITE-------------------------->| <= 3 s vi~
    7             |--hang up--->|
    8                            |-------------------------CANCEL-------------------------->| <= 1 s
    9      * dns.a answers sbc1.business-talk-ip.orange-business.com with A 127.21.1.1, ttl 3 s
    10                           |-------TLS completed------->| <= 4.4 s
           teardown ---------------------------------------------------------------------------------
    t1     * dns.a works normally again
    "#);
    for case in &cases {
        assert!(ladder::preview(case).lines().all(|line| line.chars().count() <= 100), "{}", case.id);
    }
}
