//! The parts behind a node, chosen by the settings: a store, an identity backend and a signing key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cluster_secrets::{ClusterSecrets, ParseSecretError};
use crate::frontends::oidc::{KeyError, SigningKey};
use crate::identity::{IdentityBackend, Introspection, Jwks};
use crate::settings::{Settings, SettingsError, StoreSettings, WaitForReplicas};
use crate::store::{
    ConnectionSettings, Connections, MemoryStore, RedisStore, Store, StoreError, StoreMetrics,
};

/// All parts behind a node.
#[derive(Debug)]
pub(crate) struct Backends {
    /// Store of the logins.
    pub store: Arc<dyn Store>,
    /// Backend that knows the persons.
    pub identity: Arc<dyn IdentityBackend>,
    /// Key that signs ID tokens.
    pub signing_key: Arc<SigningKey>,
    /// Secrets that the node shares with others.
    pub cluster_secrets: ClusterSecrets,
}

/// Reasons for a node to lack one of its parts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The store cannot be used.
    #[error("store.url: cannot use the store, and logins are kept nowhere else")]
    Store(#[from] StoreError),
    /// The file of the certificate authority cannot be read.
    #[error("store.ca_file: cannot read {}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Settings are missing.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The signing key's file cannot be read.
    #[error("oidc.signing_key: cannot read {}; `saoma generate-key` makes a key", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file holds no usable signing key.
    #[error("oidc.signing_key: the file holds no usable key; `saoma generate-key` makes one")]
    Key(#[from] KeyError),
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
    /// No HTTP client can be made.
    #[error("cannot create an HTTP client")]
    Http(#[from] reqwest::Error),
}

/// Creates the parts that the settings name, without connecting to a Redis yet.
///
/// # Errors
/// Returns an error if a key, a certificate or a URL cannot be used.
pub(crate) async fn connect(
    settings: &Settings,
    metrics: &StoreMetrics,
) -> Result<Backends, BackendError> {
    settings.validate_complete()?;
    let store: Arc<dyn Store> = if settings.store.url == "memory:" {
        Arc::new(MemoryStore::start())
    } else {
        let connections = connection_settings(&settings.store).await?;
        Arc::new(RedisStore::new(Connections::new(
            &connections,
            metrics.clone(),
        )?))
    };
    Ok(Backends {
        store,
        identity: identity(settings)?,
        signing_key: Arc::new(signing_key(settings).await?),
        cluster_secrets: cluster_secrets(&settings.cluster.secret_files).await?,
    })
}

async fn connection_settings(store: &StoreSettings) -> Result<ConnectionSettings, BackendError> {
    let ca = match &store.ca_file {
        None => None,
        Some(path) => {
            let pem = tokio::fs::read(path).await;
            Some(pem.map_err(|source| BackendError::CaFile {
                path: path.clone(),
                source,
            })?)
        }
    };
    let StoreSettings {
        url,
        pool_size,
        command_timeout,
        wait_for_replicas,
        ..
    } = store.clone();
    Ok(ConnectionSettings {
        url,
        ca,
        pool_size,
        command_timeout,
        wait_for_replicas: wait_for_replicas == WaitForReplicas::Auto,
    })
}

fn identity(settings: &Settings) -> Result<Arc<dyn IdentityBackend>, BackendError> {
    let identity = settings.identity.clone();
    match (identity.introspection, identity.jwks) {
        (Some(introspection), _) => Ok(Arc::new(Introspection::new(introspection)?)),
        (None, Some(jwks)) => Ok(Arc::new(Jwks::new(jwks)?)),
        (None, None) => Err(SettingsError::Invalid {
            setting: "identity".into(),
            problem: "give [identity.introspection] or [identity.jwks]".into(),
        }
        .into()),
    }
}

async fn signing_key(settings: &Settings) -> Result<SigningKey, BackendError> {
    match &settings.oidc.signing_key {
        None => Ok(SigningKey::generate()?),
        Some(path) => {
            let pem = tokio::fs::read_to_string(path).await;
            let pem = pem.map_err(|source| BackendError::KeyFile {
                path: path.clone(),
                source,
            })?;
            Ok(SigningKey::from_pem(&pem)?)
        }
    }
}

/// Reads the secrets of these files. Without a file the node is alone on its store, and makes a secret.
async fn cluster_secrets(files: &[PathBuf]) -> Result<ClusterSecrets, BackendError> {
    let mut texts = Vec::with_capacity(files.len());
    for path in files {
        texts.push(read_secret(path).await?);
    }
    ClusterSecrets::parse(texts.iter().map(String::as_str)).map_err(|(number, source)| {
        BackendError::Secret {
            path: files.get(number).cloned().unwrap_or_default(),
            source,
        }
    })
}

async fn read_secret(path: &Path) -> Result<String, BackendError> {
    let text = tokio::fs::read_to_string(path).await;
    text.map_err(|source| BackendError::SecretFile {
        path: path.to_owned(),
        source,
    })
}
