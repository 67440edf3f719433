//! Files with secrets in them: readable by their owner only.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads the file, or writes what `make` returns if it does not exist yet.
///
/// # Errors
/// The file cannot be read or written, or nothing could be made.
pub(crate) fn read_or_make(
    file: &Path,
    make: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let made = make()?;
            write(file, &made)?;
            Ok(made)
        }
        read => Ok(read?),
    }
}

/// Written beside and renamed, so that a process that dies in between leaves no half a key.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = file.with_extension("unfinished");
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    out.write_all(text.as_bytes())?;
    std::fs::rename(&unfinished, file)
}
