//! Certificates and keys in files. A private key is written for its owner only, and read only where nobody else can.

use crate::{Identity, PkiError, error::openssl};
use openssl::pkey::PKey;
use openssl::x509::X509;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Largest file that is read, bytes: a chain of a dozen certificates is a tenth of it.
pub(crate) const LARGEST: u64 = 1 << 20;

/// A certificate chain (PEM, the end entity first) with its private key (PEM).
///
/// # Errors
/// A file cannot be read or holds something else, the key is not that of the first certificate, or group or others may read the key.
pub fn read_identity(certificate: &Path, key: &Path) -> Result<Identity, PkiError> {
    let chain = read_chain(certificate)?;
    let pem = read_key(key)?;
    let content = |why: &str| PkiError::Content { path: key.to_owned(), why: why.to_owned() };
    let key = PKey::private_key_from_pem_callback(&pem, |_| Ok(0))
        .map_err(|_| content("it holds no private key in PEM, or one with a passphrase"))?;
    let first = chain.first().map(|der| X509::from_der(der).and_then(|first| first.public_key()));
    match first {
        Some(Ok(public)) if public.public_eq(&key) => {}
        _ => return Err(content(&format!("it is not the key of the certificate {}", certificate.display()))),
    }
    Ok(Identity { chain, key: key.private_key_to_pkcs8().map_err(openssl("write a private key"))? })
}

/// The certificates of a PEM file, DER.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub fn read_chain(path: &Path) -> Result<Vec<Vec<u8>>, PkiError> {
    let bytes = read(path)?;
    let chain = X509::stack_from_pem(&bytes).and_then(|all| all.iter().map(|one| one.to_der()).collect());
    match chain {
        Ok(chain) if !Vec::<Vec<u8>>::is_empty(&chain) => Ok(chain),
        _ => Err(PkiError::Content { path: path.to_owned(), why: "it holds no certificate in PEM".into() }),
    }
}

/// A file, up to [`LARGEST`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, PkiError> {
    let file = File::open(path).map_err(failed("read", path))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() as u64 > LARGEST {
        let why = format!("it is larger than {LARGEST} bytes: neither a certificate nor a key");
        return Err(PkiError::Content { path: path.to_owned(), why });
    }
    Ok(bytes)
}

/// A private key file, where only its owner may touch it. The open file is asked, not its name: nobody can change it in between.
pub(crate) fn read_key(path: &Path) -> Result<Vec<u8>, PkiError> {
    let file = File::open(path).map_err(failed("read", path))?;
    let mode = file.metadata().map_err(failed("read", path))?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(PkiError::OpenKey { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed("read", path))?;
    Ok(bytes)
}

/// Writes certificates (DER) as PEM into a new file.
///
/// # Errors
/// The file is there already, or cannot be written; one of them is no certificate.
pub fn write_chain(path: &Path, chain: &[Vec<u8>]) -> Result<(), PkiError> {
    let mut pem = Vec::new();
    for der in chain {
        let one = X509::from_der(der).and_then(|certificate| certificate.to_pem());
        pem.extend(one.map_err(openssl("write a certificate"))?);
    }
    create(path, &pem, 0o644)
}

/// Writes a private key (PKCS#8 DER) as PEM into a new file that only its owner can read.
pub(crate) fn write_key(path: &Path, key: &[u8]) -> Result<(), PkiError> {
    let pem = PKey::private_key_from_der(key).and_then(|key| key.private_key_to_pem_pkcs8());
    create(path, &pem.map_err(openssl("write a private key"))?, 0o600)
}

/// Writes a new file; one that is there is never overwritten.
pub(crate) fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), PkiError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(failed("write", path))?;
    file.write_all(bytes).map_err(failed("write", path))
}

/// Adds to the end of a file, which is made where it is not there.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<(), PkiError> {
    let mut file =
        OpenOptions::new().append(true).create(true).mode(0o644).open(path).map_err(failed("write", path))?;
    file.write_all(bytes).map_err(failed("write", path))
}

/// Makes a folder that only its owner can enter, where it is not there yet.
pub(crate) fn folder(path: &Path) -> Result<(), PkiError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.map_err(failed("make the folder", path)),
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(path: &Path) -> Result<Vec<String>, PkiError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(failed("read the folder", path))? {
        let name = entry.map_err(failed("read the folder", path))?.file_name();
        names.extend(name.into_string().ok());
    }
    names.sort();
    Ok(names)
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> PkiError {
    move |source| PkiError::File { doing, path: path.to_owned(), source }
}
