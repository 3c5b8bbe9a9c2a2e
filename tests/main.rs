//! Whole-system tests, one module a behaviour. They are the `system` test target of the `oxocert` program.

mod architecture;
mod bad_input;
mod judging;
mod lab_names;
mod load_points;
mod matrix;
mod process;
mod running;
mod sockets_asterisk;
mod sockets_bad_input;
mod sockets_baresip;
mod sockets_certify;
mod sockets_defects;
mod sockets_hostile_tls;
mod sockets_internet;
mod sockets_namespaces;
mod tls_client;
mod virtual_seeds;

use std::path::{Path, PathBuf};

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
