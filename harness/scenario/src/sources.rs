//! The texts that everything is loaded from: from disk, or from a run's `inputs/` folder.

use std::collections::BTreeMap;

/// Files by their path relative to the project (`scenarios/basic-calls/BC-01.toml`), with `/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// Path to text.
    pub files: BTreeMap<String, String>,
}

/// The register's path.
pub const REGISTER: &str = "scenarios/requirements.toml";
/// The standing checks' path.
pub const STANDING: &str = "scenarios/standing.toml";
/// The defects' path.
pub const DEFECTS: &str = "scenarios/defects.toml";

impl Sources {
    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The paths of all scenario files: `scenarios/<theme>/<ID>.toml`.
    pub fn scenario_paths(&self) -> Vec<String> {
        self.files
            .keys()
            .filter(|path| {
                path.starts_with("scenarios/") && path.ends_with(".toml") && path.matches('/').count() >= 2
            })
            .cloned()
            .collect()
    }

    /// The paths of all hw-profiles: `hw-profiles/<name>.toml`, without the `.expected.toml` beside them.
    pub fn profile_paths(&self) -> Vec<String> {
        self.files
            .keys()
            .filter(|path| {
                path.starts_with("hw-profiles/")
                    && path.matches('/').count() == 1
                    && path.ends_with(".toml")
                    && !path.ends_with(".expected.toml")
            })
            .cloned()
            .collect()
    }
}

/// `hw-profiles/x.toml` to `x`.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".toml").unwrap_or(name)
}

/// The folder of a path, with its slash; empty where it has none.
pub(crate) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}
