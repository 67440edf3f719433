//! The photos that the population register has of people.

use std::fmt::Debug;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Gives the photo that a register has of a person. A deployment asks its population register here.
pub(crate) trait ReferencePhotos: Debug + Send + Sync {
    /// The photo of this person, a JPEG; none when the register has none.
    fn photo(&self, id_number: &str) -> std::io::Result<Option<Vec<u8>>>;
}

/// The demo's register: a folder of pictures named by ID number. It is empty until a user puts pictures there.
#[derive(Debug)]
pub(crate) struct PhotoFolder(pub PathBuf);

impl ReferencePhotos for PhotoFolder {
    fn photo(&self, id_number: &str) -> std::io::Result<Option<Vec<u8>>> {
        if !id_number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        match std::fs::read(self.0.join(format!("{id_number}.jpg"))) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }
}
