//! Faces that are kept: descriptors, sealed. No picture is.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use sqlx::SqlitePool;

use super::verifier::VerifierError;
use crate::db::{execute, fetch_optional};
use crate::key_file::KeyFile;
use saoma_face_nets::Descriptor;

/// The kept faces of a database.
#[derive(Debug)]
pub(crate) struct References {
    db: SqlitePool,
    key: RandomizedNonceKey,
}

impl References {
    /// Those that this key opens.
    ///
    /// # Errors
    /// The key is of no use.
    pub(crate) fn new(db: SqlitePool, key: &KeyFile) -> Result<Self, VerifierError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key.derive("face references"));
        Ok(Self {
            db,
            key: key.map_err(|_| VerifierError::Seal)?,
        })
    }

    /// The face of this person.
    ///
    /// # Errors
    /// The database's; or what is there was sealed by another key or for another person.
    pub(crate) async fn find(&self, id_number: &str) -> Result<Option<Descriptor>, VerifierError> {
        let find = "SELECT sealed FROM face_references WHERE id_number = ?1";
        let sealed: Option<(Vec<u8>,)> = fetch_optional!(&self.db, find; id_number).await?;
        let face = sealed.map(|(sealed,)| self.open(id_number, &sealed));
        face.transpose()
    }

    /// Keeps a person's face in place of any before.
    pub(crate) async fn keep(
        &self,
        id_number: &str,
        face: &Descriptor,
    ) -> Result<(), VerifierError> {
        execute!(&self.db, "INSERT INTO face_references (id_number, sealed, kept_at)
                VALUES (?1, ?2, unixepoch()) ON CONFLICT (id_number) DO UPDATE
                SET sealed = excluded.sealed, kept_at = excluded.kept_at";
            id_number, self.seal(id_number, face)?)
        .await?;
        Ok(())
    }

    /// Since when this person's face is kept, in Unix seconds.
    pub(crate) async fn kept_since(&self, id_number: &str) -> Result<Option<i64>, sqlx::Error> {
        let find = "SELECT kept_at FROM face_references WHERE id_number = ?1";
        let kept: Option<(i64,)> = fetch_optional!(&self.db, find; id_number).await?;
        Ok(kept.map(|(kept_at,)| kept_at))
    }

    pub(crate) async fn forget(&self, id_number: &str) -> Result<(), sqlx::Error> {
        let delete = "DELETE FROM face_references WHERE id_number = ?1";
        execute!(&self.db, delete; id_number).await.map(drop)
    }

    fn seal(&self, id_number: &str, face: &Descriptor) -> Result<Vec<u8>, VerifierError> {
        let mut text = face.to_bytes();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(id_number.as_bytes()), &mut text);
        let nonce = nonce.map_err(|_| VerifierError::Seal)?;
        Ok([&nonce.as_ref()[..], &text].concat())
    }

    fn open(&self, id_number: &str, sealed: &[u8]) -> Result<Descriptor, VerifierError> {
        let (nonce, text) = sealed
            .split_at_checked(NONCE_LEN)
            .ok_or(VerifierError::Seal)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VerifierError::Seal)?;
        let mut text = text.to_vec();
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(id_number.as_bytes()), &mut text);
        Descriptor::from_bytes(opened.map_err(|_| VerifierError::Seal)?).ok_or(VerifierError::Seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::fetch_one;

    const JIA: &str = "990000199003071016";
    const YI: &str = "990000198511221020";

    async fn references(directory: &std::path::Path) -> References {
        let file = directory.join("hall.sqlite");
        let key = KeyFile::read_or_make(&directory.join("face.key")).unwrap();
        References::new(crate::db::open(&file).await.unwrap(), &key).unwrap()
    }

    fn face() -> Descriptor {
        Descriptor::from_bytes(&[0x3E; 512]).unwrap()
    }

    #[tokio::test]
    async fn a_kept_face_is_found_after_a_restart_and_forgotten_on_request() {
        let directory = tempfile::tempdir().unwrap();
        let before = references(directory.path()).await;
        before.keep(JIA, &face()).await.unwrap();
        let references = references(directory.path()).await;
        assert_eq!(references.find(JIA).await.unwrap(), Some(face()));
        assert!(references.kept_since(JIA).await.unwrap().is_some());
        assert_eq!(references.find(YI).await.unwrap(), None);
        references.forget(JIA).await.unwrap();
        assert_eq!(references.find(JIA).await.unwrap(), None);
        assert_eq!(references.kept_since(JIA).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_database_alone_shows_no_face_and_a_moved_row_opens_for_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let references = references(directory.path()).await;
        references.keep(JIA, &face()).await.unwrap();
        let sealed = "SELECT sealed FROM face_references";
        let (sealed,): (Vec<u8>,) = fetch_one!(&references.db, sealed).await.unwrap();
        let in_full = face().to_bytes();
        assert!(!sealed.windows(8).any(|window| in_full.starts_with(window)));
        execute!(&references.db, "UPDATE face_references SET id_number = ?1"; YI)
            .await
            .unwrap();
        let found = references.find(YI).await;
        assert!(matches!(found, Err(VerifierError::Seal)));
    }
}
