//! The check of settings before a node is started with them.

use std::error::Error;
use std::fmt;

use prometheus_client::metrics::gauge::Gauge;

use super::backend_error::BackendError;
use super::backends::Parts;
use super::probe::probe;
use super::secret_files;
use super::serving::tls_files;
use crate::error_chain::chain;
use crate::http::tls::Certificate;
use crate::metrics::Metrics;
use crate::settings::{Effective, Loaded, SafetyWarning, Settings, SettingsError, Sources};

/// Everything that keeps a node from starting, as far as this machine alone tells. Each error is a line of its text.
#[derive(Debug)]
pub struct CheckError {
    settings: Vec<SettingsError>,
    parts: Vec<BackendError>,
    warnings: Vec<SafetyWarning>,
}

impl CheckError {
    /// Returns the unsafe settings with which a node would start once the errors are mended.
    pub fn warnings(&self) -> &[SafetyWarning] {
        &self.warnings
    }

    /// Returns true if a value of the settings is wrong, and not only a file that one of them names.
    pub const fn is_of_settings(&self) -> bool {
        !self.settings.is_empty()
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.settings.iter().map(|error| chain(error).to_string());
        let parts = self.parts.iter().map(|error| chain(error).to_string());
        let lines: Vec<String> = settings.chain(parts).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Error for CheckError {}

/// Reads settings and opens every file that they name, by the code that a start runs. No address is bound, and no server
/// is asked.
///
/// # Errors
/// Returns an error that names everything with which a node would not start.
pub async fn check(sources: &Sources) -> Result<Effective, CheckError> {
    Ok(look(sources, false).await?.0)
}

/// Checks settings as [`check`] does, and asks the servers behind a node as a login would: the store for each command, the
/// app's backend for its keys or an answer. Nothing stays in the store. Returns the warnings with the settings.
///
/// # Errors
/// Returns an error that names everything with which a node would not start, or a login would fail.
pub async fn check_and_probe(
    sources: &Sources,
) -> Result<(Effective, Vec<SafetyWarning>), CheckError> {
    look(sources, true).await
}

async fn look(
    sources: &Sources,
    is_probing: bool,
) -> Result<(Effective, Vec<SafetyWarning>), CheckError> {
    let loaded = Settings::load_with_findings(sources);
    let mut warnings = loaded.safety_warnings();
    let Loaded {
        effective,
        errors: settings,
        ..
    } = loaded;
    let Some(effective) = effective else {
        return Err(CheckError {
            settings,
            parts: Vec::new(),
            warnings,
        });
    };
    let (read, mut parts) = match secret_files::read(&effective.settings) {
        Ok(read) => (read, Vec::new()),
        Err(errors) => (effective.settings.clone(), errors),
    };
    let opened = Parts::open(&read, None, &Metrics::default()).await;
    parts.extend(opened.err().into_iter().flatten());
    if let Some(files) = tls_files(&read.tls) {
        parts.extend(
            Certificate::read(&files, Gauge::default())
                .err()
                .map(Into::into),
        );
    }
    if is_probing {
        let probed = probe(&read).await;
        parts.extend(probed.errors);
        warnings.extend(probed.warnings);
    }
    parts.retain(|error| !error.is_told_by(&settings));
    if settings.is_empty() && parts.is_empty() {
        return Ok((effective, warnings));
    }
    Err(CheckError {
        settings,
        parts,
        warnings,
    })
}
