//! A phone whose person is logged in to the app.

use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode};
use saoma_protocol::{
    ConfirmRequest, Decision, ErrorCode, LoginId, Problem, ScanContext, ScanRequest, paths,
};
use serde::de::DeserializeOwned;
use url::Url;

use crate::browser::PATIENCE;

/// Why the gateway did not do what the phone asked.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// It refused.
    #[error("refused with {status}: {}", .problem.detail)]
    Refused {
        /// The status.
        status: StatusCode,
        /// Seconds of `Retry-After`.
        retry_after: Option<u64>,
        /// What the gateway said.
        problem: Box<Problem>,
    },
    /// It did not answer, or answered what is no answer.
    #[error("no answer: {0}")]
    NoAnswer(#[from] reqwest::Error),
}

impl PhoneError {
    /// The code, when the gateway refused.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { problem, .. } => Some(problem.error),
            Self::NoAnswer(_) => None,
        }
    }
}

/// A phone. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Phone {
    http: reqwest::Client,
    gateway: Url,
    token: String,
}

impl Phone {
    /// A phone whose app holds `token` and asks the gateway at `gateway`.
    ///
    /// # Errors
    /// No HTTP client can be made on this machine.
    pub fn new(gateway: Url, token: impl Into<String>) -> Result<Self, PhoneError> {
        Self::with_patience(gateway, token, PATIENCE)
    }

    /// A phone that waits so long for an answer.
    ///
    /// # Errors
    /// As [`Phone::new`].
    pub fn with_patience(
        gateway: Url,
        token: impl Into<String>,
        patience: Duration,
    ) -> Result<Self, PhoneError> {
        let http = reqwest::Client::builder()
            .timeout(patience)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self {
            http,
            gateway,
            token: token.into(),
        })
    }

    /// The same phone in the hand of another person.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            ..self.clone()
        }
    }

    /// The same phone, asking another node.
    #[must_use]
    pub fn at(&self, gateway: Url) -> Self {
        Self {
            gateway,
            ..self.clone()
        }
    }

    /// Scans a QR code's text.
    ///
    /// # Errors
    /// The gateway refuses or does not answer.
    pub async fn scan(&self, qr: &str) -> Result<ScanContext, PhoneError> {
        self.send_scan(&ScanRequest::Qr { qr: qr.to_owned() }).await
    }

    /// Types a user code.
    ///
    /// # Errors
    /// The gateway refuses or does not answer.
    pub async fn type_code(&self, user_code: &str) -> Result<ScanContext, PhoneError> {
        self.send_scan(&ScanRequest::UserCode {
            user_code: user_code.to_owned(),
        })
        .await
    }

    /// Confirms as an identity.
    ///
    /// # Errors
    /// The gateway refuses or does not answer.
    pub async fn confirm(&self, login_id: LoginId, identity: &str) -> Result<Decision, PhoneError> {
        let body = ConfirmRequest {
            identity: identity.to_owned(),
        };
        self.send(
            self.post(&paths::of_login(paths::CONFIRM, login_id))
                .json(&body),
        )
        .await
    }

    /// Declines.
    ///
    /// # Errors
    /// The gateway refuses or does not answer.
    pub async fn reject(&self, login_id: LoginId) -> Result<Decision, PhoneError> {
        self.send(self.post(&paths::of_login(paths::REJECT, login_id)))
            .await
    }

    async fn send_scan(&self, scan: &ScanRequest) -> Result<ScanContext, PhoneError> {
        self.send(self.post(paths::SCANS).json(scan)).await
    }

    fn post(&self, path: &str) -> RequestBuilder {
        let mut url = self.gateway.clone();
        url.set_path(path);
        self.http.post(url).bearer_auth(&self.token)
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, PhoneError> {
        let response = request.send().await?;
        if response.status().is_success() {
            Ok(response.json().await?)
        } else {
            Err(refused(response).await)
        }
    }
}

async fn refused(response: Response) -> PhoneError {
    let status = response.status();
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    match response.json().await {
        Ok(problem) => PhoneError::Refused {
            status,
            retry_after,
            problem: Box::new(problem),
        },
        Err(error) => PhoneError::NoAnswer(error),
    }
}
