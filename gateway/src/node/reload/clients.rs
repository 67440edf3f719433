//! Relying parties, reloaded with the files of their secrets and keys.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::{backend_error::BackendError, secret_files};
use super::{PartChanges, Prepared, ReloadablePart};
use crate::logins::Logins;
use crate::relying_parties::{ClientChanges, Clients};
use crate::settings::Settings;

/// `[[clients]]` and `oidc.clients_folder`.
#[derive(Debug)]
pub(in crate::node) struct ClientsPart(pub(in crate::node) Arc<Logins>);

#[async_trait]
impl ReloadablePart for ClientsPart {
    fn name(&self) -> &'static str {
        "clients"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["clients", "oidc.clients_folder"]
    }

    fn copy(&self, from: &Settings, to: &mut Settings) {
        to.clients.clone_from(&from.clients);
        to.oidc.clients_folder.clone_from(&from.oidc.clients_folder);
    }

    async fn prepare(&self, settings: &Settings) -> Result<Prepared, Vec<BackendError>> {
        let clients = Clients::new(secret_files::read(settings)?.clients);
        let logins = Arc::clone(&self.0);
        Ok(Box::new(move || {
            let ClientChanges {
                added,
                changed,
                removed,
            } = logins.client_registry().replace(clients);
            if !removed.is_empty() {
                logins.end_logins_of_removed_clients();
            }
            PartChanges {
                added,
                changed,
                removed,
            }
        }))
    }
}
