//! A login service on a store in memory, for tests of the front ends.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;

use super::Logins;
use crate::cluster_secrets::ClusterSecrets;
use crate::identity::{IdentityBackend, IdentityError, Person};
use crate::jose::{RefusalReason, TokenRefusal};
use crate::settings::Settings;
use crate::store::{MemoryStore, Store};
use crate::subjects::Subjects;

/// A backend that knows no tokens.
#[derive(Debug)]
struct Unknown;

#[async_trait]
impl IdentityBackend for Unknown {
    async fn identify(&self, _: &str) -> Result<Person, IdentityError> {
        Err(TokenRefusal::new(RefusalReason::Inactive).into())
    }
}

impl Logins {
    /// Creates a service whose store is empty and whose persons are unknown. Needs a tokio runtime.
    pub(crate) fn in_memory(settings: &Settings) -> Self {
        let store = Arc::new(MemoryStore::start());
        Self::without_persons(settings, store, &ClusterSecrets::random())
    }

    /// Creates a service on a store, whose persons are unknown.
    pub(crate) fn without_persons(
        settings: &Settings,
        store: Arc<dyn Store>,
        cluster: &ClusterSecrets,
    ) -> Self {
        Self::new(
            settings,
            store,
            Arc::new(Unknown),
            (cluster, Subjects::new(None)),
            Arc::default(),
            TaskTracker::new(),
        )
    }
}
