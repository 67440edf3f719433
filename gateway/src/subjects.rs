//! Subject identifiers: what a relying party is told in place of a person (OpenID Connect Core §8).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::{Digest, Identity, PersonId};

use crate::cluster_secrets::ClusterSecrets;
use crate::random;
use crate::relying_parties::Client;
use crate::settings::{SubjectSetting, SubjectTypeSetting};

/// Use of the secret.
const USAGE: &str = "pairwise subject identifiers";

/// Makes the subjects of all relying parties. One person always has the same subject at one relying party.
#[derive(Clone)]
pub(crate) struct Subjects {
    /// Shared, because the key takes 1 KiB, and each request has clones of what answers it.
    pairwise: Arc<hmac::Key>,
    /// Mark of the settings' secret, if there is one.
    mark: Option<Arc<str>>,
}

impl Subjects {
    /// Creates a maker whose pairwise subjects depend on this secret. The settings require one for a pairwise client; for
    /// a client that is added while the node runs without one, subjects hold until its end, and tell nothing either.
    pub(crate) fn new(secret: Option<&ClusterSecrets>) -> Self {
        let key = secret.map_or_else(random::bytes, |secret| secret.current_key(USAGE));
        Self {
            pairwise: Arc::new(hmac::Key::new(HMAC_SHA256, &key)),
            mark: secret.map(|secret| secret.marks().seals.into()),
        }
    }

    /// Returns the mark of the settings' secret, by which nodes compare it. It tells nothing of the secret.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Returns the types of subjects that a client can have (OpenID Connect Discovery 1.0 §3).
    pub(crate) fn supported_types(&self) -> &'static [&'static str] {
        if self.mark.is_some() {
            &["public", "pairwise"]
        } else {
            &["public"]
        }
    }

    /// Returns the subject of a person who acts as an identity, for this relying party.
    pub(crate) fn of(&self, client: &Client, person: &PersonId, identity: &Identity) -> String {
        let whom = match client.subject {
            SubjectSetting::Person => [person.as_str(), ""],
            SubjectSetting::Identity => [person.as_str(), identity.id.as_str()],
        };
        match (client.subject_type, client.subject) {
            (SubjectTypeSetting::Pairwise, _) => {
                let [person, identity] = whom;
                let tag = hmac::sign(&self.pairwise, &joined(&[&client.sector, person, identity]));
                BASE64URL_NOPAD.encode(tag.as_ref())
            }
            (SubjectTypeSetting::Public, SubjectSetting::Person) => person.as_str().to_owned(),
            (SubjectTypeSetting::Public, SubjectSetting::Identity) => {
                Digest::of(&joined(&["saoma identity", whom[0], whom[1]])).to_string()
            }
        }
    }
}

/// Joins texts so that different ones stay different, wherever they are divided.
fn joined(texts: &[&str]) -> Vec<u8> {
    let mut joined = Vec::new();
    for text in texts {
        joined.extend_from_slice(&(text.len() as u64).to_be_bytes());
        joined.extend_from_slice(text.as_bytes());
    }
    joined
}

impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subjects")
            .field("has_secret", &self.mark.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use saoma_protocol::IdentityKind;

    use super::*;
    use crate::settings::ClientSettings;

    fn client(sector: &str, subject: SubjectSetting, subject_type: SubjectTypeSetting) -> Client {
        Client::from(ClientSettings {
            client_id: sector.into(),
            redirect_uris: vec![format!("https://{sector}/callback")],
            subject,
            subject_type,
            ..ClientSettings::default()
        })
    }

    fn identity(id: &str) -> Identity {
        Identity {
            id: id.into(),
            kind: IdentityKind::PERSONAL,
            name: "x".into(),
            role: None,
        }
    }

    fn subjects() -> Subjects {
        Subjects::new(Some(&ClusterSecrets::random()))
    }

    #[test]
    fn a_public_subject_of_a_person_is_the_persons_id() {
        let client = client(
            "a.example",
            SubjectSetting::Person,
            SubjectTypeSetting::Public,
        );
        let subject = Subjects::new(None).of(&client, &PersonId::new("c-1"), &identity("personal"));
        assert_eq!(subject, "c-1");
    }

    proptest! {
        /// Two logins have one subject at a relying party exactly if the person is the same, and where the client wants it
        /// the identity, and for pairwise subjects the sector.
        #[test]
        fn subjects_are_the_same_exactly_for_the_same_person(
            persons in ("[a-b:]{1,3}", "[a-b:]{1,3}"),
            identities in ("[a-b:]{1,3}", "[a-b:]{1,3}"),
            by_identity: bool,
            pairwise: bool,
            is_one_sector: bool,
        ) {
            let subject = if by_identity { SubjectSetting::Identity } else { SubjectSetting::Person };
            let kind = if pairwise { SubjectTypeSetting::Pairwise } else { SubjectTypeSetting::Public };
            let clients = ["a.example", if is_one_sector { "a.example" } else { "b.example" }]
                .map(|sector| client(sector, subject, kind));
            let subjects = subjects();
            let told = [
                subjects.of(&clients[0], &PersonId::new(&*persons.0), &identity(&identities.0)),
                subjects.of(&clients[1], &PersonId::new(&*persons.1), &identity(&identities.1)),
            ];
            let is_same = persons.0 == persons.1
                && (!by_identity || identities.0 == identities.1)
                && (!pairwise || is_one_sector);
            prop_assert_eq!(told[0] == told[1], is_same);
            let again = subjects.of(&clients[0], &PersonId::new(&*persons.0), &identity(&identities.0));
            prop_assert_eq!(&told[0], &again);
            prop_assert!(told.iter().all(|subject| subject.len() <= 255));
        }
    }

    #[test]
    fn pairwise_subjects_depend_on_the_secret() {
        let client = client(
            "a.example",
            SubjectSetting::Person,
            SubjectTypeSetting::Pairwise,
        );
        let of = |subjects: &Subjects| {
            subjects.of(&client, &PersonId::new("c-1"), &identity("personal"))
        };
        assert_ne!(of(&subjects()), of(&subjects()));
        assert_ne!(of(&subjects()), "c-1");
    }
}
