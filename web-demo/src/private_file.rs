//! Files with secrets in them, and their folder: for their owner only.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;

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
        read => {
            let read = read?;
            restrict(file, FILE)?;
            Ok(read)
        }
    }
}

/// Makes the folder of such files. One that holds `file` already is the hall's own, and is closed to others; another one,
/// which the hall only puts its files into, keeps its permissions.
///
/// # Errors
/// Returns an error if the folder cannot be made, or its permissions cannot be changed.
pub(crate) fn make_folder(folder: &Path, file: &str) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER)
        .create(folder)?;
    if folder.join(file).exists() {
        restrict(folder, FOLDER)?;
    }
    Ok(())
}

/// Makes the file of an SQLite database if it is not there, and closes it and the files beside it to others. Files that
/// SQLite makes beside it later get the same permissions.
///
/// # Errors
/// Returns an error if a file cannot be made, or its permissions cannot be changed.
pub(crate) fn make_database(file: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE)
        .open(file)?;
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        match restrict(&PathBuf::from(name), FILE) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            restricted => restricted?,
        }
    }
    Ok(())
}

/// Takes all permissions away but these. A file of another owner that is closed already stays as it is.
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    let found = std::fs::metadata(path)?.permissions().mode();
    if found & 0o777 & !mode == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(found & mode))
}

/// Written beside and renamed, so that a process that dies in between leaves no half a key.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let unfinished = file.with_extension("unfinished");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE)
        .open(&unfinished)?;
    restrict(&unfinished, FILE)?;
    out.write_all(text.as_bytes())?;
    std::fs::rename(&unfinished, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open_to_all(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// Row A19.
    #[test]
    fn a_key_is_for_its_owner_only_also_one_that_was_open_to_others() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.key");
        read_or_make(&file, || Ok("key".to_owned())).unwrap();
        assert_eq!(mode(&file), 0o600);
        open_to_all(&file, 0o644);
        let read = read_or_make(&file, || Ok("another".to_owned())).unwrap();
        assert_eq!((&*read, mode(&file)), ("key", 0o600));
    }

    /// Row A19.
    #[tokio::test]
    async fn the_database_and_its_folder_are_for_their_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("a/b");
        let file = folder.join("hall.sqlite");
        let beside = ["hall.sqlite", "hall.sqlite-wal", "hall.sqlite-shm"];
        for _ in 0..2 {
            make_folder(&folder, "hall.sqlite").unwrap();
            let db = crate::db::open(&file).await.unwrap();
            assert_eq!(mode(&folder), 0o700);
            for name in beside {
                let file = folder.join(name);
                assert_eq!(mode(&file), 0o600, "{name}");
                // As an earlier version, or a careless copy, has left it.
                open_to_all(&file, 0o644);
            }
            open_to_all(&folder, 0o755);
            std::mem::forget(db);
        }
        let shared = directory.path().join("shared");
        std::fs::create_dir(&shared).unwrap();
        open_to_all(&shared, 0o755);
        make_folder(&shared, "hall.sqlite").unwrap();
        assert_eq!(mode(&shared), 0o755, "not the hall's own");
    }
}
