//! Where the project lies, and its files.

use crate::failure::Failure;
use oxocert_scenario::{Sources, disk};
use std::path::{Path, PathBuf};

/// The project and its texts.
#[derive(Debug)]
pub struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// Everything below scenarios/ and hw-profiles/.
    pub sources: Sources,
}

impl Project {
    /// Finds the project (`root`, or the nearest folder upward with scenarios/ and hw-profiles/) and reads it.
    ///
    /// # Errors
    /// There is none, or a file cannot be read.
    pub fn open(root: Option<&Path>) -> Result<Project, Failure> {
        let root = match root {
            Some(root) if is_project(root) => root.to_owned(),
            Some(root) => {
                return Err(Failure::Usage(format!(
                    "{} holds no scenarios/ and hw-profiles/",
                    root.display()
                )));
            }
            None => find()?,
        };
        let sources = disk::read(&root).map_err(|error| Failure::Usage(format!("failed to read {error}")))?;
        Ok(Project { root, sources })
    }

    /// The path of a profile in the sources: named by file name, with or without folder and ending, or a file anywhere.
    ///
    /// # Errors
    /// No such profile; the message lists those there are.
    pub fn profile(&mut self, named: &str) -> Result<String, Failure> {
        let short = format!("hw-profiles/{named}.toml");
        let relative = Path::new(named).strip_prefix(&self.root).ok().and_then(Path::to_str).unwrap_or(named);
        for path in [relative, short.as_str(), &format!("hw-profiles/{relative}")] {
            if self.sources.text(path).is_some() {
                return Ok(path.to_owned());
            }
        }
        if named.ends_with(".toml") && Path::new(named).is_file() {
            disk::add(&mut self.sources, named)
                .map_err(|error| Failure::Usage(format!("failed to read {error}")))?;
            return Ok(named.to_owned());
        }
        let known = self.sources.profile_paths().join(", ");
        Err(Failure::Usage(format!("there is no profile {named}; there are: {known}")))
    }

    /// The path of a scenario in the sources: as in a message, or a file anywhere.
    ///
    /// # Errors
    /// No such file.
    pub fn scenario(&mut self, named: &str) -> Result<String, Failure> {
        let absolute = std::path::absolute(named).unwrap_or_else(|_| PathBuf::from(named));
        let relative = absolute.strip_prefix(&self.root).ok().and_then(Path::to_str);
        for path in relative.into_iter().chain([named]) {
            if self.sources.text(path).is_some() {
                return Ok(path.to_owned());
            }
        }
        let ending = format!("/{named}.toml");
        if let Some(path) = self.sources.scenario_paths().into_iter().find(|path| path.ends_with(&ending)) {
            return Ok(path);
        }
        disk::add(&mut self.sources, named)
            .map_err(|error| Failure::Usage(format!("failed to read {error}")))?;
        Ok(named.to_owned())
    }
}

fn is_project(folder: &Path) -> bool {
    folder.join("scenarios").is_dir() && folder.join("hw-profiles").is_dir()
}

fn find() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::Harness(format!("failed to find this folder: {error}")))?;
    here.ancestors().find(|folder| is_project(folder)).map(Path::to_owned).ok_or_else(|| {
        Failure::Usage(format!(
            "neither {} nor a folder above it holds scenarios/ and hw-profiles/; name it with --root",
            here.display()
        ))
    })
}
