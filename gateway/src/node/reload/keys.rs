//! Signing keys, reloaded.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::{backend_error::BackendError, backends};
use super::{PartChanges, Prepared, ReloadablePart};
use crate::frontends::oidc::KeyRing;
use crate::replaceable::Replaceable;
use crate::settings::Settings;

/// `oidc.signing_keys`.
#[derive(Debug)]
pub(in crate::node) struct KeysPart {
    /// The keys of the node.
    pub(in crate::node) keys: Arc<Replaceable<KeyRing>>,
    /// The keys were made or handed over by the program, and are not in files.
    pub(in crate::node) are_own: bool,
}

#[async_trait]
impl ReloadablePart for KeysPart {
    fn name(&self) -> &'static str {
        "signing_keys"
    }

    fn settings(&self) -> &'static [&'static str] {
        if self.are_own {
            &[]
        } else {
            &["oidc.signing_keys"]
        }
    }

    fn copy(&self, from: &Settings, to: &mut Settings) {
        if !self.are_own {
            to.oidc.signing_keys.clone_from(&from.oidc.signing_keys);
        }
    }

    /// The algorithms of all clients must have a key, also where the keys stay and the clients change.
    async fn prepare(&self, settings: &Settings) -> Result<Prepared, Vec<BackendError>> {
        let files = &settings.oidc.signing_keys;
        let next = if self.are_own || files.is_empty() {
            self.keys.current()
        } else {
            Arc::new(backends::read_keys(files).await?)
        };
        let without_key = backends::clients_without_key(settings, &next);
        if !without_key.is_empty() {
            return Err(without_key);
        }
        let keys = Arc::clone(&self.keys);
        Ok(Box::new(move || {
            let changes = differences(&keys.current(), &next);
            keys.replace(next);
            changes
        }))
    }
}

/// Returns the ids of the keys that differ. Those that begin or cease to sign count as changed.
fn differences(old: &KeyRing, new: &KeyRing) -> PartChanges {
    let without = |ids: Vec<String>, others: &[String]| -> Vec<String> {
        let others = |id: &String| !others.contains(id);
        ids.into_iter().filter(others).collect()
    };
    let (published, signing) = (old.published_ids(), old.signing_ids());
    let added = without(new.published_ids(), &published);
    let removed = without(published, &new.published_ids());
    let mut changed = without(new.signing_ids(), &signing);
    changed.extend(without(signing, &new.signing_ids()));
    changed.retain(|id| !added.contains(id) && !removed.contains(id));
    PartChanges {
        added,
        changed,
        removed,
    }
}
