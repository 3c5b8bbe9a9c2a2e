//! The trunk over internet: TLS, SRTP, names, the address behind a firewall. Handshakes are real ones, in virtual time.

mod calls;
mod crypto_lines;
mod lab;
mod names;
mod party;
mod tls;
