//! Reasons for a node to lack a part behind it.

use std::error::Error;
use std::path::PathBuf;

use crate::cluster_secrets::ParseSecretError;
use crate::error_chain::chain;
use crate::frontends::oidc::{KeyError, KeyRingError};
use crate::http::tls::TlsError;
use crate::identity::KeysFileError;
use crate::settings::{SecretFileError, SettingsError};
use crate::store::StoreError;

/// Reasons for a node to lack one of its parts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The store cannot be used.
    #[error("store.url: cannot use the store, and logins are kept nowhere else")]
    Store(#[from] StoreError),
    /// A newer version has written to the store.
    #[error(
        "store.url: the store holds data of schema {found}, which a newer version of saoma has written; this version \
         understands schemas up to {}: start the newer version, or give this one a Redis, or a store.key_prefix, of its own",
        crate::store::SCHEMA
    )]
    NewerSchema {
        /// The version in the store.
        found: u32,
    },
    /// Something behind the gateway was asked, and would fail a login.
    #[error("{setting}: {problem}")]
    Probe {
        /// The setting that names it.
        setting: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The file of the certificate authority cannot be read.
    #[error("store.ca_file: cannot read {}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file of the certificate authority holds no certificates.
    #[error(
        "store.ca_file: {} holds no certificates that can be used; give a PEM file with those of the authority",
        .path.display()
    )]
    Certificates {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The certificate for the store's servers, or its key, cannot be used.
    #[error("{setting}: cannot use {}", .path.display())]
    StoreCertificate {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The node's own certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Settings are missing.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A signing key's file cannot be read.
    #[error("oidc.signing_keys: cannot read {}; `saoma generate-key` makes a key", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file holds no usable signing key.
    #[error("oidc.signing_keys: {} holds no usable key; `saoma generate-key` makes one", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The form that was expected.
        source: KeyError,
    },
    /// No signing key can be made.
    #[error("oidc.signing_keys: cannot make a key")]
    NewKey(#[source] KeyError),
    /// The signing keys do not go together.
    #[error("oidc.signing_keys: {0}")]
    Keys(KeyRingError),
    /// A secret's file cannot be read.
    #[error("cluster.secret_files: cannot read {}; `saoma generate-secret` makes a secret", .path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file holds no secret.
    #[error("cluster.secret_files: {} holds no secret; `saoma generate-secret` makes one", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// The form that was expected.
        source: ParseSecretError,
    },
    /// A file that holds a secret of a setting cannot be used.
    #[error("{setting}: cannot use {}{owner}", .path.display())]
    SettingFile {
        /// The setting.
        setting: String,
        /// The file.
        path: PathBuf,
        /// The client that it belongs to, as the end of a phrase; empty for none.
        owner: String,
        /// The cause.
        source: SecretFileError,
    },
    /// The secret of pairwise subjects cannot be used.
    #[error("oidc.pairwise_secret_file: cannot use {}; `saoma generate-secret` makes a secret", .path.display())]
    PairwiseSecret {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// No HTTP client can be made.
    #[error("cannot create an HTTP client")]
    Http(#[from] reqwest::Error),
    /// The file with the keys of the app's backend cannot be used.
    #[error("{setting}: cannot use the file of keys: give one with a JWK set (RFC 7517)")]
    KeysFile {
        /// The setting.
        setting: String,
        /// The cause.
        source: KeysFileError,
    },
    /// Several of these, each on a line.
    #[error("{}", .0.iter().map(|error| chain(error).to_string()).collect::<Vec<_>>().join("\n"))]
    Several(Vec<Self>),
}

impl BackendError {
    /// Returns true if one of these errors says the same of the same file or URL.
    pub(super) fn is_told_by(&self, told: &[SettingsError]) -> bool {
        let about = |setting: &str, part: &str| {
            told.iter()
                .any(|error| error.is_about(setting) && error.to_string().contains(part))
        };
        match self {
            Self::Store(_) => about("store.url", ""),
            Self::CaFile { path, .. } => about("store.ca_file", &path.to_string_lossy()),
            Self::StoreCertificate { setting, path, .. } => about(setting, &path.to_string_lossy()),
            Self::Tls(TlsError::File { setting, path, .. }) => {
                about(setting, &path.to_string_lossy())
            }
            Self::KeyFile { path, .. } => about("oidc.signing_keys", &path.to_string_lossy()),
            Self::SecretFile { path, .. } => about("cluster.secret_files", &path.to_string_lossy()),
            Self::SettingFile { setting, path, .. } => about(setting, &path.to_string_lossy()),
            Self::PairwiseSecret { path, .. } => {
                about("oidc.pairwise_secret_file", &path.to_string_lossy())
            }
            Self::KeysFile { setting, .. } => about(setting, "cannot read"),
            Self::Certificates { .. }
            | Self::Tls(_)
            | Self::Settings(_)
            | Self::Key { .. }
            | Self::NewKey(_)
            | Self::NewerSchema { .. }
            | Self::Probe { .. }
            | Self::Keys(_)
            | Self::Secret { .. }
            | Self::Http(_)
            | Self::Several(_) => false,
        }
    }

    /// Says whose file cannot be used.
    pub(super) fn name_owner(&mut self, client_id: &str) {
        if let Self::SettingFile { owner, .. } = self {
            *owner = format!(" of {client_id:?}");
        }
    }

    /// Joins errors, if there are any.
    pub(super) fn join(mut errors: Vec<Self>) -> Result<(), Self> {
        match errors.len() {
            0 => Ok(()),
            1 => errors.pop().map_or(Ok(()), Err),
            _ => Err(Self::Several(errors)),
        }
    }
}
