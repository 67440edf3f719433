//! The parts behind a node, chosen by the settings: a store, an identity backend and signing keys.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backend_error::BackendError;
use crate::cluster_secrets::ClusterSecrets;
use crate::frontends::oidc::{KeyRing, PemSigner, Signer};
use crate::identity::{
    ClaimMap, IdentityBackend, Introspection, Jwks, NamedSource, NamedSources, WithStanding,
};
use crate::metrics::{BackendMetrics, Metrics};
use crate::replaceable::Replaceable;
use crate::settings::{IdentitySource, Settings, SettingsError, StoreSettings, WaitForReplicas};
use crate::store::{
    ConnectionSettings, Connections, MemoryStore, RedisStore, SchemaFound, Store, StoreError,
    StoreMetrics, TlsAuthentication,
};
use crate::subjects::Subjects;

/// Beginning of a certificate in PEM (RFC 7468 §5).
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// End of the first line of a private key of any kind in PEM (RFC 7468 §10).
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// Times that a start tries to note the version of its data.
const CLAIM_TRIES: u32 = 3;

/// All parts behind a node.
#[derive(Debug)]
pub(crate) struct Backends {
    /// Store of the logins.
    pub store: Arc<dyn Store>,
    /// Backend that knows the persons.
    pub identity: Arc<dyn IdentityBackend>,
    /// Keys that sign tokens.
    pub keys: Arc<Replaceable<KeyRing>>,
    /// Secrets that the node shares with others.
    pub cluster_secrets: ClusterSecrets,
    /// Maker of the subjects that relying parties are told.
    pub subjects: Subjects,
}

/// The parts that are made of settings and files. A part whose setting is missing is `None`.
pub(super) struct Parts {
    store: Arc<dyn Store>,
    identity: Option<Arc<dyn IdentityBackend>>,
    keys: KeyRing,
    cluster_secrets: ClusterSecrets,
    subjects: Subjects,
}

impl Parts {
    /// Opens all files that the settings name, without connecting to a Redis.
    ///
    /// # Errors
    /// Returns an error for each key, certificate or URL that cannot be used.
    pub(super) async fn open(
        settings: &Settings,
        given_keys: Option<KeyRing>,
        metrics: &Metrics,
    ) -> Result<Self, Vec<BackendError>> {
        let parts = (
            store(&settings.store, metrics.store()).await,
            identity(settings, metrics.backends()).await,
            keys(settings, given_keys).await,
            cluster_secrets(&settings.cluster.secret_files).await,
            subjects(settings).await,
        );
        match parts {
            (Ok(store), Ok(identity), Ok(keys), Ok(cluster_secrets), Ok(subjects)) => Ok(Self {
                store,
                identity,
                keys,
                cluster_secrets,
                subjects,
            }),
            (store, identity, keys, cluster_secrets, subjects) => {
                let one = [store.err(), identity.err(), subjects.err()];
                let one = one.into_iter().flatten();
                let several = [keys.err(), cluster_secrets.err()].into_iter().flatten();
                Err(one.chain(several.flatten()).collect())
            }
        }
    }
}

/// Creates the parts that the settings name, and notes in the store which version of data the node writes. `keys` take the
/// place of those of `oidc.signing_keys`.
///
/// # Errors
/// Returns an error if a key, a certificate or a URL cannot be used, if the store does not answer, or if it holds data of a
/// newer version.
pub(crate) async fn connect(
    settings: &Settings,
    keys: Option<KeyRing>,
    metrics: &Metrics,
) -> Result<Backends, BackendError> {
    settings.validate_complete()?;
    let parts = match Parts::open(settings, keys, metrics).await {
        Ok(parts) => parts,
        Err(errors) => return BackendError::join(errors).and(Err(no_identity())),
    };
    claim_schema(&*parts.store).await?;
    Ok(Backends {
        store: parts.store,
        identity: parts.identity.ok_or_else(no_identity)?,
        keys: Arc::new(Replaceable::new(parts.keys)),
        cluster_secrets: parts.cluster_secrets,
        subjects: parts.subjects,
    })
}

/// Notes the version of data that the node writes. The first connections may take longer than a command is given.
async fn claim_schema(store: &dyn Store) -> Result<(), BackendError> {
    let mut tries = 1;
    loop {
        match store.claim_schema().await {
            Ok(SchemaFound::Understood) => return Ok(()),
            Ok(SchemaFound::Newer(found)) => return Err(BackendError::NewerSchema { found }),
            Err(error) if tries >= CLAIM_TRIES => return Err(error.into()),
            Err(_) => tries += 1,
        }
    }
}

fn no_identity() -> BackendError {
    SettingsError::Invalid {
        setting: "identity".into(),
        problem: "give [identity.introspection] or [identity.jwks]".into(),
    }
    .into()
}

pub(super) async fn store(
    settings: &StoreSettings,
    metrics: &StoreMetrics,
) -> Result<Arc<dyn Store>, BackendError> {
    if settings.url == "memory:" {
        return Ok(Arc::new(MemoryStore::start()));
    }
    let connections = connection_settings(settings).await?;
    let opened = Connections::new(&connections, metrics.clone());
    let opened = opened.map_err(|source| unusable(settings, connections, source))?;
    Ok(Arc::new(RedisStore::new(opened)))
}

/// Returns the error of connections that cannot be created, with the file at fault.
fn unusable(
    settings: &StoreSettings,
    mut connections: ConnectionSettings,
    source: StoreError,
) -> BackendError {
    let own = connections.authentication.own.take();
    let works_without = Connections::new(&connections, StoreMetrics::default()).is_ok();
    match (own, &settings.certificate_file, &settings.ca_file) {
        (Some(_), Some(path), _) if works_without => BackendError::StoreCertificate {
            setting: "store.certificate_file",
            path: path.clone(),
            source: Box::new(source),
        },
        (_, _, Some(path)) => BackendError::Certificates {
            path: path.clone(),
            source: Box::new(source),
        },
        _ => source.into(),
    }
}

async fn connection_settings(store: &StoreSettings) -> Result<ConnectionSettings, BackendError> {
    let ca = match &store.ca_file {
        None => None,
        Some(path) => {
            let pem = tokio::fs::read(path).await;
            let pem = pem.map_err(|source| BackendError::CaFile {
                path: path.clone(),
                source,
            })?;
            // A file without any is taken for an empty list of authorities, which fails at each connection.
            if !holds(&pem, CERTIFICATE) {
                return Err(BackendError::Certificates {
                    path: path.clone(),
                    source: "there is no certificate in it".into(),
                });
            }
            Some(pem)
        }
    };
    let own = match (&store.certificate_file, &store.key_file) {
        (Some(certificate), Some(key)) => Some((
            read_own("store.certificate_file", certificate, CERTIFICATE).await?,
            read_own("store.key_file", key, PRIVATE_KEY).await?,
        )),
        _ => None,
    };
    let StoreSettings {
        url,
        pool_size,
        command_timeout,
        wait_for_replicas,
        key_prefix,
        ..
    } = store.clone();
    Ok(ConnectionSettings {
        url,
        authentication: TlsAuthentication { ca, own },
        pool_size,
        command_timeout,
        key_prefix,
        wait_for_replicas: wait_for_replicas == WaitForReplicas::Auto,
    })
}

/// Reads a file by which the node proves itself to the store's servers, and which must hold this part of a PEM.
async fn read_own(
    setting: &'static str,
    path: &Path,
    part: &[u8],
) -> Result<Vec<u8>, BackendError> {
    let unusable = |source| BackendError::StoreCertificate {
        setting,
        path: path.to_owned(),
        source,
    };
    let read = tokio::fs::read(path).await;
    let pem = read.map_err(|source| unusable(Box::new(source)))?;
    if !holds(&pem, part) {
        let wanted = String::from_utf8_lossy(part);
        return Err(unusable(format!("there is no `{wanted}` in it").into()));
    }
    Ok(pem)
}

fn holds(pem: &[u8], part: &[u8]) -> bool {
    pem.windows(part.len()).any(|window| window == part)
}

/// Creates the identity backend. Files of keys are read, so that one that is missing shows itself at once.
async fn identity(
    settings: &Settings,
    metrics: &BackendMetrics,
) -> Result<Option<Arc<dyn IdentityBackend>>, BackendError> {
    let mut sources = Vec::new();
    for source in settings.identity.all_sources() {
        if let Some(backend) = source_of(&source, metrics).await? {
            sources.push(NamedSource {
                name: source.name.map(Arc::from),
                issuer: source.issuer.map(str::to_owned),
                backend,
            });
        }
    }
    Ok(match sources.pop() {
        None => None,
        // A single source without a name needs no choice.
        Some(only) if sources.is_empty() && only.name.is_none() => Some(only.backend),
        Some(last) => {
            sources.push(last);
            Some(Arc::new(NamedSources::new(sources)))
        }
    })
}

pub(super) async fn source_of(
    source: &IdentitySource<'_>,
    metrics: &BackendMetrics,
) -> Result<Option<Arc<dyn IdentityBackend>>, BackendError> {
    let claims = ClaimMap::new(source.claims);
    let backend: Arc<dyn IdentityBackend> = match (source.introspection, source.jwks) {
        (Some(introspection), _) => Arc::new(Introspection::new(
            introspection.clone(),
            claims.clone(),
            metrics,
        )?),
        (None, Some(jwks)) => {
            let jwks = Jwks::new(jwks.clone(), claims.clone(), metrics)?;
            let checked = jwks.check_file().await;
            checked.map_err(|error| BackendError::KeysFile {
                setting: format!("{}.jwks.url", source.path),
                source: error,
            })?;
            Arc::new(jwks)
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(match source.standing {
        Some(standing) => Arc::new(WithStanding::new(
            backend,
            standing.clone(),
            claims,
            metrics,
        )?),
        None => backend,
    }))
}

/// Returns the given signing keys, else those of the settings' files, else one that it makes. Checks that each client's algorithm has a key.
///
/// # Errors
/// Returns an error for each file without a key, or for what the keys lack.
async fn keys(settings: &Settings, given: Option<KeyRing>) -> Result<KeyRing, Vec<BackendError>> {
    let ring = match given {
        Some(ring) => ring,
        None if settings.oidc.signing_keys.is_empty() => {
            KeyRing::generate().map_err(|error| vec![BackendError::NewKey(error)])?
        }
        None => read_keys(&settings.oidc.signing_keys).await?,
    };
    let errors = clients_without_key(settings, &ring);
    if errors.is_empty() {
        Ok(ring)
    } else {
        Err(errors)
    }
}

/// Returns an error for each client whose algorithm no key is for.
pub(super) fn clients_without_key(settings: &Settings, ring: &KeyRing) -> Vec<BackendError> {
    let algorithms = ring.algorithms();
    settings
        .clients
        .iter()
        .filter_map(|client| {
            let algorithm = client.id_token_signed_response_alg.as_str();
            let problem = format!(
                "{:?} is to get tokens signed by {algorithm}, and oidc.signing_keys has no key for it: add one that \
                 `saoma generate-key` makes",
                client.client_id
            );
            let setting = "clients.id_token_signed_response_alg".to_owned();
            (!algorithms.contains(&algorithm))
                .then(|| SettingsError::Invalid { setting, problem }.into())
        })
        .collect()
}

pub(super) async fn read_keys(files: &[PathBuf]) -> Result<KeyRing, Vec<BackendError>> {
    let (mut signers, mut errors) = (Vec::<Arc<dyn Signer>>::new(), Vec::new());
    for path in files {
        match read_key(path).await {
            Ok(signer) => signers.push(Arc::new(signer)),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    KeyRing::new(signers).map_err(|error| vec![BackendError::Keys(error)])
}

async fn read_key(path: &Path) -> Result<PemSigner, BackendError> {
    let pem = tokio::fs::read_to_string(path).await;
    let pem = pem.map_err(|source| BackendError::KeyFile {
        path: path.to_owned(),
        source,
    })?;
    PemSigner::read(&pem).map_err(|source| BackendError::Key {
        path: path.to_owned(),
        source,
    })
}

/// Creates the maker of subjects, with the secret of pairwise ones if the settings name its file.
async fn subjects(settings: &Settings) -> Result<Subjects, BackendError> {
    let Some(path) = &settings.oidc.pairwise_secret_file else {
        return Ok(Subjects::new(None));
    };
    let unusable = |source: Box<dyn Error + Send + Sync>| BackendError::PairwiseSecret {
        path: path.clone(),
        source,
    };
    let text = tokio::fs::read_to_string(path).await;
    let text = text.map_err(|error| unusable(error.into()))?;
    match ClusterSecrets::parse([&*text]) {
        Ok(secret) => Ok(Subjects::new(Some(&secret))),
        Err((_, error)) => Err(unusable(error.into())),
    }
}

/// Reads the secrets of these files. Without a file the node is alone on its store, and makes a secret.
///
/// # Errors
/// Returns an error for each file that cannot be read or holds no secret.
async fn cluster_secrets(files: &[PathBuf]) -> Result<ClusterSecrets, Vec<BackendError>> {
    let (mut texts, mut errors) = (Vec::with_capacity(files.len()), Vec::new());
    for path in files {
        match read_secret(path).await {
            Ok(text) => texts.push(text),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    ClusterSecrets::parse(texts.iter().map(String::as_str)).map_err(|(number, source)| {
        vec![BackendError::Secret {
            path: files.get(number).cloned().unwrap_or_default(),
            source,
        }]
    })
}

async fn read_secret(path: &Path) -> Result<String, BackendError> {
    let text = tokio::fs::read_to_string(path).await;
    let text = text.map_err(|source| BackendError::SecretFile {
        path: path.to_owned(),
        source,
    })?;
    match ClusterSecrets::parse([&*text]) {
        Ok(_) => Ok(text),
        Err((_, source)) => Err(BackendError::Secret {
            path: path.to_owned(),
            source,
        }),
    }
}
