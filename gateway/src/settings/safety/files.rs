//! Files whose contents others must not read or change.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use url::Url;

use super::{Findings, SafetyWarning};
use crate::settings::load::client_files;
use crate::settings::{Effective, Origin, Settings};

/// Permission bits of users outside the owner and its group.
const OTHERS: u32 = 0o007;

/// Permission to write, for the group and for others.
const WRITABLE: u32 = 0o022;

impl Settings {
    pub(super) fn find_in_files(&self, findings: &mut Findings) {
        let mut refuse = |setting: &str, problem: Option<String>| {
            findings.refuse_if(problem.is_some(), setting, problem.unwrap_or_default());
        };
        for path in &self.oidc.signing_keys {
            refuse("oidc.signing_keys", problem_with_secret(path));
        }
        let sources = self.identity.all_sources();
        for source in &sources {
            let introspection = source.introspection;
            if let Some(path) = introspection.and_then(|own| own.client_secret_file.as_ref()) {
                let setting = format!("{}.introspection.client_secret_file", source.path);
                refuse(&setting, problem_with_secret(path));
            }
        }
        for path in &self.cluster.secret_files {
            refuse("cluster.secret_files", problem_with_secret(path));
        }
        for client in &self.clients {
            let id = &client.client_id;
            let problem = client
                .secret_file
                .as_ref()
                .and_then(|path| problem_with_secret(path));
            let problem = problem.map(|problem| format!("{problem} (in {id:?})"));
            refuse("clients.secret_file", problem);
        }
        if let Some(path) = &self.store.password_file {
            refuse("store.password_file", problem_with_secret(path));
        }
        for (setting, path) in [
            ("tls.key_file", &self.tls.key_file),
            ("store.key_file", &self.store.key_file),
        ] {
            if let Some(path) = path {
                refuse(setting, problem_with_secret(path));
            }
        }
        for (setting, path) in [
            ("tls.certificate_file", &self.tls.certificate_file),
            ("store.certificate_file", &self.store.certificate_file),
        ] {
            if let Some(path) = path {
                refuse(
                    setting,
                    problem_with_public(path, "put another certificate there"),
                );
            }
        }
        if let Some(path) = &self.oidc.pairwise_secret_file {
            refuse("oidc.pairwise_secret_file", problem_with_secret(path));
        }
        if let Some(folder) = &self.oidc.clients_folder {
            refuse("oidc.clients_folder", problem_with_folder(folder));
            // A folder that cannot be read is told where it is read.
            for path in client_files::files(folder).into_iter().flatten() {
                let problem = problem_with_public(&path, "change a client");
                refuse("oidc.clients_folder", problem);
            }
        }
        if let Some(path) = &self.store.ca_file {
            let problem = problem_with_public(path, "name an authority of theirs");
            refuse("store.ca_file", problem);
        }
        let clients = self.clients.iter();
        for path in clients.filter_map(|client| client.jwks_file.as_ref()) {
            let problem = problem_with_public(path, "add a key of theirs");
            refuse("clients.jwks_file", problem);
        }
        for source in &sources {
            let keys = source.jwks.and_then(|jwks| {
                let url = Url::parse(&jwks.url).ok()?;
                let is_file = url.scheme() == "file";
                is_file.then(|| url.to_file_path().ok()).flatten()
            });
            let problem = keys.and_then(|path| problem_with_public(&path, "add a key of theirs"));
            refuse(&format!("{}.jwks.url", source.path), problem);
        }
    }

    fn holds_secrets(&self) -> bool {
        let introspection = self.identity.introspection.as_ref();
        self.clients.iter().any(|client| client.secret.is_some())
            || introspection.is_some_and(|own| !own.client_secret.is_empty())
            || self.identity.standing.is_some()
            || !self.identity.sources.is_empty()
            || self.store.url.contains('@')
    }

    /// Returns the ids of the clients whose secrets stand in the settings themselves.
    fn with_written_secrets(&self) -> impl Iterator<Item = &str> {
        let written = self.clients.iter().filter(|client| client.secret.is_some());
        written.map(|client| &*client.client_id)
    }
}

impl Effective {
    /// Returns the unsafe settings with which a node starts, those of the settings file itself included.
    pub fn safety_warnings(&self) -> Vec<SafetyWarning> {
        let mut warnings = self.settings.safety_warnings();
        if self.settings.is_remote() && self.settings.holds_secrets() {
            let settings = self.origins.iter().filter(|(path, _)| !path.contains('/'));
            let settings = settings.filter_map(|(_, origin)| file_of(origin));
            let clients = self.settings.with_written_secrets();
            let clients =
                clients.filter_map(|id| file_of(self.origins.get(&format!("clients/{id}"))?));
            let files: BTreeSet<&Path> = settings.chain(clients).collect();
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

/// The problem with a folder whose files only the operator may change.
fn problem_with_folder(path: &Path) -> Option<String> {
    let shown = path.display();
    match std::fs::metadata(path) {
        // A folder that cannot be read is told where it is read.
        Err(_) => None,
        Ok(folder) if !folder.is_dir() => Some(format!("{shown} is not a folder")),
        Ok(folder) => {
            let mode = permissions(&folder);
            (mode & WRITABLE != 0).then(|| {
                format!(
                    "{shown} has the permissions {mode:03o}, so that other users of this machine can add clients: \
                     `chmod 755 {shown}`"
                )
            })
        }
    }
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
