//! The certificate of a node that ends TLS, reloaded.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::backend_error::BackendError;
use super::super::serving::tls_files;
use super::{PartChanges, Prepared, ReloadablePart};
use crate::http::tls::{Certificate, NextCertificate};
use crate::settings::{Settings, SettingsError};

/// `[tls]`.
#[derive(Debug)]
pub(in crate::node) struct CertificatePart(pub(in crate::node) Arc<Certificate>);

#[async_trait]
impl ReloadablePart for CertificatePart {
    fn name(&self) -> &'static str {
        "certificate"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["tls"]
    }

    fn copy(&self, from: &Settings, to: &mut Settings) {
        to.tls.clone_from(&from.tls);
    }

    async fn prepare(&self, settings: &Settings) -> Result<Prepared, Vec<BackendError>> {
        let Some(files) = tls_files(&settings.tls) else {
            // The listener's connections are of one kind from its start to its end.
            let problem = "the node ends TLS until it is restarted: give the files, or restart it without them";
            return Err(vec![
                SettingsError::Invalid {
                    setting: "tls.certificate_file".into(),
                    problem: problem.into(),
                }
                .into(),
            ]);
        };
        let next = NextCertificate::read(&files).map_err(|error| vec![error.into()])?;
        let certificate = Arc::clone(&self.0);
        let shown = files.certificate.display().to_string();
        Ok(Box::new(move || {
            let is_other = certificate.replace(next);
            PartChanges {
                changed: is_other.then_some(shown).into_iter().collect(),
                ..PartChanges::default()
            }
        }))
    }
}
