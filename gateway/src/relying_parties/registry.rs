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
        Self { by_id, origins }
    }

    /// Returns the relying party of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Client>> {
        self.by_id.get(id)
    }

    /// Returns true if pages of this origin may open logins for any client.
    pub(crate) fn admits_origin_of_any(&self, origin: &str) -> bool {
        self.origins.contains(origin)
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

    /// Returns the relying party that currently has this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Client>> {
        self.0.read().get(id).cloned()
    }
}
