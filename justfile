# Recipes of the project. Run them with ./justw, which brings what the machine lacks.

export PATH := justfile_directory() / ".tools/bin" + ":" + env("PATH")

oxocert := "cargo run --locked --release --quiet --package oxocert-cli --"

# What there is
[private]
default:
    @just --list --unsorted

# Certify the virtual OXO, PowerCPU and OCE over BVPN (arguments go to `oxocert certify`)
[no-exit-message]
certify *arguments: build
    @{{ oxocert }} certify {{ arguments }}

# Certify the virtual OCE over internet, topologies A and B side by side
[no-exit-message]
certify-internet *arguments: build
    @{{ oxocert }} certify --profile virtual-oce-internet-a --profile virtual-oce-internet-b {{ arguments }}

# Certify Asterisk, a PBX that nobody here wrote
[no-exit-message]
certify-asterisk *arguments: build asterisk
    @{{ oxocert }} certify --profile hw-profiles/asterisk-bvpn.toml {{ arguments }}

# Certify Asterisk over internet: TLS and SRTP
[no-exit-message]
certify-asterisk-internet *arguments: build asterisk
    @{{ oxocert }} certify --profile hw-profiles/asterisk-internet.toml {{ arguments }}

# Format, lints, all tests
[no-exit-message]
test *arguments: peers asterisk nextest
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- --deny warnings
    cargo nextest run --locked --workspace --no-fail-fast {{ arguments }}

# Every defect of the virtual OXO against every scenario, in virtual time
[no-exit-message]
matrix: nextest
    cargo nextest run --locked --release --package oxocert-cli --no-fail-fast --success-output final matrix

# The figures of the README, measured on this machine; `bench media`: those of the packet loop
[no-exit-message]
bench *arguments:
    @if [ "{{ if arguments =~ '^media( |$)' { "media" } else { "" } }}" = media ]; then scripts/bench-media {{ trim_start_match(arguments, "media") }}; else {{ just_executable() }} bench-all {{ arguments }}; fi

[private]
bench-all *arguments: build asterisk nextest
    @scripts/bench {{ arguments }}

# Format the sources
fmt:
    cargo fmt --all

# The program, optimised
build:
    cargo build --locked --release --package oxocert-cli

# Asterisk into .peers/
[no-exit-message]
asterisk:
    @scripts/asterisk/install >/dev/null

# tshark, chromium, sipp, openssl, nftables from the machine's own release
[no-exit-message]
peers:
    @scripts/peers/install

[private]
nextest:
    @command -v cargo-nextest >/dev/null || cargo install --locked --quiet --root .tools cargo-nextest
