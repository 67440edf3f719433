//! The relying parties of a gateway, which can be replaced while it runs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;

use super::client::Client;
use crate::settings::ClientSettings;

/// All relying parties of a gateway at one time.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    by_id: HashMap<String, Arc<Client>>,
    origins: HashSet<String>,
    /// Ids that were registered at this node before, and are not any more.
    removed: HashSet<String>,
}

impl Clients {
    /// Creates the set of these relying parties.
    pub(crate) fn new(clients: Vec<ClientSettings>) -> Self {
        let by_id: HashMap<_, _> = clients
            .into_iter()
            .map(|client| Arc::new(Client::from(client)))
            .map(|client| (client.id.clone(), client))
            .collect();
        let origins = by_id
            .values()
            .flat_map(|client| client.origins().iter().cloned())
            .collect();
        Self {
            by_id,
            origins,
            removed: HashSet::new(),
        }
    }

    /// Returns the relying party of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Client>> {
        self.by_id.get(id)
    }

    /// Returns true if this id was registered before and is not any more. One that this node has never known may be new at
    /// other nodes.
    pub(crate) fn has_removed(&self, id: &str) -> bool {
        self.removed.contains(id)
    }

    /// Returns true if any client is told of logouts.
    pub(crate) fn have_logout_endpoints(&self) -> bool {
        let mut clients = self.by_id.values();
        clients.any(|client| client.backchannel_logout_uri().is_some())
    }

    /// Returns true if a client is for the persons of one source only.
    pub(crate) fn has_sources(&self) -> bool {
        self.by_id.values().any(|client| client.has_source())
    }

    /// Returns true if pages of this origin may open logins for any client.
    pub(crate) fn admits_origin_of_any(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }
}

/// Ids of the relying parties that differ between two lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClientChanges {
    /// Those that are new.
    pub(crate) added: Vec<String>,
    /// Those whose settings or secrets have changed.
    pub(crate) changed: Vec<String>,
    /// Those that are gone. Their logins in progress cannot be redeemed any more.
    pub(crate) removed: Vec<String>,
}

impl ClientChanges {
    fn between(old: &Clients, new: &Clients) -> Self {
        let sorted = |ids: &mut dyn Iterator<Item = &String>| {
            let mut ids: Vec<String> = ids.cloned().collect();
            ids.sort();
            ids
        };
        let is_known = |id: &&String| old.by_id.contains_key(*id);
        let has_changed = |id: &&String| match (old.by_id.get(*id), new.by_id.get(*id)) {
            (Some(old), Some(new)) => !old.is_same(new),
            _ => false,
        };
        Self {
            added: sorted(&mut new.by_id.keys().filter(|id| !is_known(id))),
            changed: sorted(&mut new.by_id.keys().filter(has_changed)),
            removed: sorted(&mut old.by_id.keys().filter(|id| !new.by_id.contains_key(*id))),
        }
    }
}

/// The relying parties of a running gateway. A request reads the current ones once and goes by them until its end.
#[derive(Debug, Default)]
pub(crate) struct ClientRegistry(RwLock<Arc<Clients>>);

impl ClientRegistry {
    /// Creates a registry of these relying parties.
    pub(crate) fn new(clients: Clients) -> Self {
        Self(RwLock::new(Arc::new(clients)))
    }

    /// Returns the current relying parties.
    pub(crate) fn current(&self) -> Arc<Clients> {
        Arc::clone(&self.0.read())
    }

    /// Puts other relying parties in the place of the current ones. Requests in progress go by the old ones to their end.
    pub(crate) fn replace(&self, mut clients: Clients) -> ClientChanges {
        let mut current = self.0.write();
        let changes = ClientChanges::between(&current, &clients);
        let removed = current.removed.iter().chain(&changes.removed);
        clients.removed = removed
            .filter(|id| !clients.by_id.contains_key(*id))
            .cloned()
            .collect();
        *current = Arc::new(clients);
        changes
    }

    /// Returns the relying party that currently has this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Client>> {
        self.0.read().get(id).cloned()
    }
}
