//! The source of published keys: an address or a file.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::super::backend_http::{AnswerError, BackendClient, MAX_ANSWER_BYTES};
use crate::jose::PublishedKeys;
use crate::metrics::{BackendCall, BackendMetrics};

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The source of keys.
#[derive(Debug)]
pub(super) enum Source {
    Http { client: BackendClient, url: String },
    File(PathBuf),
}

/// Reasons for the keys not to be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the keys cannot be fetched")]
    Http(#[from] AnswerError),
    #[error("{}: the file of keys cannot be read", .path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("invalid JWK set: {0}")]
    Invalid(String),
    #[error("the last fetch of the keys failed a moment ago")]
    Paused,
}

/// The file with the keys of the app's backend cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct KeysFileError(FetchError);

impl Source {
    /// Reads the keys, if they are in a file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is too large, or is no JWK set.
    pub(super) async fn check_file(&self) -> Result<(), KeysFileError> {
        match self {
            Self::File(_) => self.fetch().await.map(|_| ()).map_err(KeysFileError),
            Self::Http { .. } => Ok(()),
        }
    }

    /// Creates the source at an address.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(super) fn new(url: String, metrics: &BackendMetrics) -> Result<Self, reqwest::Error> {
        let file = Url::parse(&url)
            .ok()
            .filter(|url| url.scheme() == "file")
            .and_then(|url| url.to_file_path().ok());
        Ok(match file {
            Some(path) => Self::File(path),
            None => Self::Http {
                client: BackendClient::new(FETCH_TIMEOUT, BackendCall::Keys, metrics)?,
                url,
            },
        })
    }

    /// Fetches the keys.
    ///
    /// # Errors
    /// Returns an error if they cannot be fetched, are too large, or are no JWK set.
    pub(super) async fn fetch(&self) -> Result<PublishedKeys, FetchError> {
        let json = match self {
            Self::Http { client, url } => client.ask(client.get(url)).await?,
            Self::File(path) => {
                let text = tokio::fs::read(path).await;
                text.map_err(|source| FetchError::Unreadable {
                    path: path.clone(),
                    source,
                })?
            }
        };
        if json.len() > MAX_ANSWER_BYTES {
            return Err(AnswerError::TooLarge.into());
        }
        PublishedKeys::read(&json).map_err(FetchError::Invalid)
    }
}
