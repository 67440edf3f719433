//! Rate limits, reloaded.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::backend_error::BackendError;
use super::{PartChanges, Prepared, ReloadablePart};
use crate::limits::LimitName;
use crate::logins::Logins;
use crate::settings::Settings;

/// `[limits]`.
#[derive(Debug)]
pub(in crate::node) struct LimitsPart(pub(in crate::node) Arc<Logins>);

#[async_trait]
impl ReloadablePart for LimitsPart {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["limits"]
    }

    fn copy(&self, from: &Settings, to: &mut Settings) {
        to.limits = from.limits.clone();
    }

    async fn prepare(&self, settings: &Settings) -> Result<Prepared, Vec<BackendError>> {
        let (logins, limits) = (Arc::clone(&self.0), settings.limits.clone());
        Ok(Box::new(move || {
            let has_changed = |name: &&LimitName| logins.rate(**name) != limits.rate(**name);
            let changed = LimitName::ALL.iter().filter(has_changed);
            let changed = changed.map(|name| name.as_str().to_owned()).collect();
            logins.replace_limits(limits);
            PartChanges {
                changed,
                ..PartChanges::default()
            }
        }))
    }
}
