//! Properties of the values that browsers send as known persons.

use saoma_protocol::SealedPerson;

use super::KnownPersons;
use crate::cluster_secrets::ClusterSecrets;

/// Row A16: a value that the gateway has not sealed names no person.
pub(crate) fn sealed_person(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let persons = KnownPersons::new(&ClusterSecrets::random());
    let values: Vec<_> = text.split(' ').map(SealedPerson::new).collect();
    let opened = persons.open(&values, "hall", std::time::Duration::ZERO);
    assert!(opened.is_empty());
}
