//! Reads files into [`Sources`]: the only I/O of this crate.

use crate::Sources;
use std::io;
use std::path::Path;

/// Everything below `scenarios/` and `hw-profiles/` of the project at `root` that ends in `.toml`.
///
/// # Errors
/// A folder or file that cannot be read, or that is no UTF-8.
pub fn read(root: &Path) -> io::Result<Sources> {
    let mut sources = Sources::default();
    for folder in ["scenarios", "hw-profiles"] {
        read_folder(root, folder, &mut sources)?;
    }
    Ok(sources)
}

/// Adds one more file, under the name the user gave.
///
/// # Errors
/// It cannot be read, or is no UTF-8; the error names it.
pub fn add(sources: &mut Sources, path: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(path).map_err(|error| named(path, &error))?;
    sources.files.insert(path.to_owned(), text);
    Ok(())
}

fn read_folder(root: &Path, relative: &str, sources: &mut Sources) -> io::Result<()> {
    let entries = std::fs::read_dir(root.join(relative)).map_err(|error| named(relative, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| named(relative, &error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{relative}/{name}");
        if entry.file_type()?.is_dir() {
            read_folder(root, &path, sources)?;
        } else if name.ends_with(".toml") {
            let text = std::fs::read_to_string(entry.path()).map_err(|error| named(&path, &error))?;
            sources.files.insert(path, text);
        }
    }
    Ok(())
}

fn named(path: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{path}: {error}"))
}
