//! A look at the servers behind a node before it is started: asked as a login would ask them.

use futures_util::future::join_all;

use super::backend_error::BackendError;
use super::backends;
use crate::metrics::BackendMetrics;
use crate::settings::{SafetyWarning, Settings};
use crate::store::{StoreFinding, StoreMetrics};

/// What the servers behind a node lack.
#[derive(Debug, Default)]
pub(super) struct Probed {
    /// Logins would fail.
    pub(super) errors: Vec<BackendError>,
    /// Logins are at risk.
    pub(super) warnings: Vec<SafetyWarning>,
}

/// Asks the store and the app's backends. What cannot be opened is left out: it has been told.
pub(super) async fn probe(settings: &Settings) -> Probed {
    let mut probed = Probed::default();
    if let Ok(store) = backends::store(&settings.store, &StoreMetrics::default()).await {
        for StoreFinding { problem, is_fatal } in store.probe().await {
            let setting = "store.url".to_owned();
            if is_fatal {
                probed.errors.push(BackendError::Probe { setting, problem });
            } else {
                probed.warnings.push(SafetyWarning { setting, problem });
            }
        }
    }
    let sources = settings.identity.all_sources();
    let metrics = BackendMetrics::default();
    let asked = sources.iter().map(async |source| {
        let Ok(Some(backend)) = backends::source_of(source, &metrics).await else {
            return Vec::new();
        };
        let problems = backend.probe().await.into_iter();
        let error = |(endpoint, problem)| BackendError::Probe {
            setting: format!("{}.{endpoint}.url", source.path),
            problem,
        };
        problems.map(error).collect::<Vec<_>>()
    });
    probed
        .errors
        .extend(join_all(asked).await.into_iter().flatten());
    probed
}
