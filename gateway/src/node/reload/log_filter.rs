//! The filter of log lines, reloaded.

use async_trait::async_trait;
use parking_lot::Mutex;
use std::sync::Arc;

use super::super::backend_error::BackendError;
use super::super::telemetry::LogFilter;
use super::{PartChanges, Prepared, ReloadablePart};
use crate::settings::{Settings, SettingsError};

/// `log.filter`.
#[derive(Debug)]
pub(in crate::node) struct LogFilterPart {
    filter: LogFilter,
    /// The filter as it is written.
    current: Arc<Mutex<String>>,
}

impl LogFilterPart {
    /// Creates the part of a process whose filter was made of these settings.
    pub(in crate::node) fn new(filter: LogFilter, settings: &Settings) -> Self {
        Self {
            filter,
            current: Arc::new(Mutex::new(settings.log.filter.clone())),
        }
    }
}

#[async_trait]
impl ReloadablePart for LogFilterPart {
    fn name(&self) -> &'static str {
        "log_filter"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["log.filter"]
    }

    fn copy(&self, from: &Settings, to: &mut Settings) {
        to.log.filter.clone_from(&from.log.filter);
    }

    async fn prepare(&self, settings: &Settings) -> Result<Prepared, Vec<BackendError>> {
        let next = settings.log.filter.clone();
        let prepared = self.filter.prepare(&next).map_err(|error| {
            let setting = "log.filter".to_owned();
            let problem = error.to_string();
            vec![SettingsError::Invalid { setting, problem }.into()]
        })?;
        let current = Arc::clone(&self.current);
        Ok(Box::new(move || {
            let mut current = current.lock();
            let mut changes = PartChanges::default();
            if *current != next {
                prepared();
                changes
                    .changed
                    .push(format!("{next} in place of {current}"));
                *current = next;
            }
            changes
        }))
    }
}
