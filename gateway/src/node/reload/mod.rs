//! Reload: a running node takes over new settings, of all parts that can, or of none.
//!
//! Each part first prepares what it needs, which may fail. Only when all parts are prepared does any of them change.

mod certificate;
mod clients;
mod keys;
mod limits;
mod log_filter;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

pub(super) use self::certificate::CertificatePart;
pub(super) use self::clients::ClientsPart;
pub(super) use self::keys::KeysPart;
pub(super) use self::limits::LimitsPart;
pub(super) use self::log_filter::LogFilterPart;
use super::backend_error::BackendError;
use super::check::{CheckError, check};
use crate::error_chain::chain;
use crate::metrics::{Metrics, ReloadResult};
use crate::settings::{Fingerprint, SafetyWarning, Settings, Sources};

/// A part of a node that takes over new settings while the node runs.
#[async_trait]
pub(super) trait ReloadablePart: fmt::Debug + Send + Sync {
    /// Returns the name of the part in logs.
    fn name(&self) -> &'static str;

    /// Returns the paths of the settings and sections that it takes over.
    fn settings(&self) -> &'static [&'static str];

    /// Copies its settings.
    fn copy(&self, from: &Settings, to: &mut Settings);

    /// Opens and checks everything that the part needs for these settings, and changes nothing yet.
    async fn prepare(&self, settings: &Settings) -> Result<Prepared, Vec<BackendError>>;
}

/// A change of a part that cannot fail any more. It is made when this is called, and returns what differs.
pub(super) type Prepared = Box<dyn FnOnce() -> PartChanges + Send>;

/// Names of what a reload has changed in one part. They hold no secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartChanges {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that are different.
    pub changed: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
}

impl PartChanges {
    /// Returns true if nothing differs.
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// The result of a reload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// The parts that have changed, by name.
    pub parts: Vec<(&'static str, PartChanges)>,
    /// Settings that differ from those of the start and count from the next start on.
    pub needs_restart: Vec<String>,
}

/// Reasons for a reload to change nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The settings, or files that they name, are at fault.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The node cannot take the settings over.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// The parts of a node that can be reloaded.
#[derive(Debug)]
pub(super) struct Reload {
    parts: Vec<Box<dyn ReloadablePart>>,
    /// The settings of the start.
    started_with: Fingerprint,
    /// The settings by which the node goes. Locked for the whole of a reload, so that one comes after the other.
    running: Mutex<Settings>,
    metrics: Arc<Metrics>,
}

impl Reload {
    /// Creates the reload of a node that was started with these settings.
    pub(super) fn new(
        settings: &Settings,
        parts: Vec<Box<dyn ReloadablePart>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            parts,
            started_with: Fingerprint::of(settings),
            running: Mutex::new(settings.clone()),
            metrics,
        }
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: Box<dyn ReloadablePart>) {
        self.parts.push(part);
    }

    /// Reads all sources of the settings again and takes them over, as far as they can be. Logs and counts the result.
    pub(super) async fn run(&self, sources: &Sources) -> Result<Reloaded, ReloadError> {
        let read = async {
            let effective = check(sources).await?;
            let reloaded = self.take_over(&effective.settings).await?;
            Ok((reloaded, effective.safety_warnings()))
        };
        match read.await {
            Ok((reloaded, warnings)) => {
                self.metrics.reloaded(ReloadResult::Ok);
                log(&reloaded, &warnings);
                Ok(reloaded)
            }
            Err(error) => {
                self.metrics.reloaded(ReloadResult::Failed);
                let told = chain(&error).to_string().replace('\n', "; ");
                tracing::error!(
                    error = told,
                    "could not reload the settings: nothing has changed"
                );
                Err(error)
            }
        }
    }

    /// Takes settings over, as far as they can be.
    pub(super) async fn take_over(&self, settings: &Settings) -> Result<Reloaded, BackendError> {
        let mut running = self.running.lock().await;
        settings.validate_complete()?;
        // The other settings stay as they are, so the new ones must fit those.
        let mut next = running.clone();
        for part in &self.parts {
            part.copy(settings, &mut next);
        }
        next.validate()?;
        let (mut prepared, mut errors) = (Vec::new(), Vec::new());
        for part in &self.parts {
            match part.prepare(settings).await {
                Ok(change) => prepared.push((part.name(), change)),
                Err(found) => errors.extend(found),
            }
        }
        BackendError::join(errors)?;
        let changes = prepared.into_iter().map(|(name, change)| (name, change()));
        let parts = changes.filter(|(_, changes)| !changes.is_empty()).collect();
        *running = next;
        Ok(Reloaded {
            parts,
            needs_restart: self.needs_restart(settings),
        })
    }

    /// Returns the settings that no part takes over and that differ from those of the start.
    fn needs_restart(&self, settings: &Settings) -> Vec<String> {
        let mut differing = self.started_with.differing(&Fingerprint::of(settings));
        let is_within = |path: &str, outer: &str| {
            path.strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        differing.retain(|path| {
            let mut reloaded = self.parts.iter().flat_map(|part| part.settings());
            !reloaded.any(|outer| is_within(path, outer))
        });
        differing
    }
}

/// Logs each part that has changed, and what counts from the next start on.
fn log(reloaded: &Reloaded, warnings: &[SafetyWarning]) {
    for (part, changes) in &reloaded.parts {
        let PartChanges {
            added,
            changed,
            removed,
        } = changes;
        tracing::info!(part, ?added, ?changed, ?removed, "reloaded a part");
    }
    if !reloaded.needs_restart.is_empty() {
        tracing::warn!(
            settings = ?reloaded.needs_restart,
            "changed settings need a restart: the node goes on with those of its start"
        );
    }
    for SafetyWarning { setting, problem } in warnings {
        tracing::warn!(setting, problem, "a setting is unsafe");
    }
    let parts: Vec<&str> = reloaded.parts.iter().map(|(name, _)| *name).collect();
    tracing::info!(
        changed = ?parts,
        needs_restart = ?reloaded.needs_restart,
        "reloaded the settings"
    );
}
