//! Files whose contents others must not read or change.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use url::Url;

use super::{Findings, SafetyWarning};
use crate::settings::{Effective, Origin, Settings};

/// Permission bits of users outside the owner and its group.
const OTHERS: u32 = 0o007;

/// Permission to write, for the group and for others.
const WRITABLE: u32 = 0o022;

impl Settings {
    pub(super) fn find_in_files(&self, findings: &mut Findings) {
        for path in &self.oidc.signing_keys {
            let problem = problem_with_secret(path);
            findings.refuse_if(
                problem.is_some(),
                "oidc.signing_keys",
                problem.unwrap_or_default(),
            );
        }
        for path in &self.cluster.secret_files {
            let problem = problem_with_secret(path);
            findings.refuse_if(
                problem.is_some(),
                "cluster.secret_files",
                problem.unwrap_or_default(),
            );
        }
        if let Some(path) = &self.store.ca_file {
            let problem = problem_with_public(path, "name an authority of theirs");
            findings.refuse_if(
                problem.is_some(),
                "store.ca_file",
                problem.unwrap_or_default(),
            );
        }
        for path in self
            .clients
            .iter()
            .filter_map(|client| client.jwks_file.as_ref())
        {
            let problem = problem_with_public(path, "add a key of theirs");
            findings.refuse_if(
                problem.is_some(),
                "clients.jwks_file",
                problem.unwrap_or_default(),
            );
        }
        let keys = self.identity.jwks.as_ref().and_then(|jwks| {
            let url = Url::parse(&jwks.url).ok()?;
            let is_file = url.scheme() == "file";
            is_file.then(|| url.to_file_path().ok()).flatten()
        });
        if let Some(path) = keys {
            let problem = problem_with_public(&path, "add a key of theirs");
            findings.refuse_if(
                problem.is_some(),
                "identity.jwks.url",
                problem.unwrap_or_default(),
            );
        }
    }

    fn holds_secrets(&self) -> bool {
        self.clients.iter().any(|client| client.secret.is_some())
            || self.identity.introspection.is_some()
            || self.store.url.contains('@')
    }
}

impl Effective {
    /// Returns the unsafe settings with which a node starts, those of the settings file itself included.
    pub fn safety_warnings(&self) -> Vec<SafetyWarning> {
        let mut warnings = self.settings.safety_warnings();
        if self.settings.is_remote() && self.settings.holds_secrets() {
            let files: BTreeSet<&Path> = self.origins.values().filter_map(file_of).collect();
            warnings.extend(files.into_iter().filter_map(|file| {
                let readable = std::fs::metadata(file).is_ok_and(|file| file.mode() & OTHERS != 0);
                let problem = "it holds secrets, and every user of this machine can read or change it: `chmod o= FILE`";
                readable.then(|| SafetyWarning::new(&file.display().to_string(), problem))
            }));
        }
        warnings
    }
}

fn file_of(origin: &Origin) -> Option<&Path> {
    match origin {
        Origin::File(path) => Some(path),
        _ => None,
    }
}

/// The problem with a file that only the gateway may read. Its group may, for volumes of containers.
fn problem_with_secret(path: &Path) -> Option<String> {
    problem_with(path, OTHERS | WRITABLE, |shown, mode| {
        format!(
            "{shown} has the permissions {mode:03o}, so that other users of this machine can read or change it: \
             `chmod 600 {shown}`"
        )
    })
}

/// The problem with a file that everyone may read and only the operator may change.
fn problem_with_public(path: &Path, harm: &str) -> Option<String> {
    problem_with(path, WRITABLE, |shown, mode| {
        format!(
            "{shown} has the permissions {mode:03o}, so that other users of this machine can {harm}: `chmod 644 {shown}`"
        )
    })
}

fn problem_with(
    path: &Path,
    forbidden: u32,
    advice: impl FnOnce(&str, u32) -> String,
) -> Option<String> {
    let shown = path.display().to_string();
    match std::fs::File::open(path).and_then(|file| file.metadata()) {
        Err(error) => Some(format!("cannot read {shown}: {error}")),
        Ok(file) if !file.is_file() => Some(format!("{shown} is not a file")),
        Ok(file) => {
            let mode = permissions(&file);
            (mode & forbidden != 0).then(|| advice(&shown, mode))
        }
    }
}

fn permissions(file: &Metadata) -> u32 {
    file.mode() & 0o777
}
