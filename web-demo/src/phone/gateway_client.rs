//! The three requests that an app sends to the gateway (docs/protocol.md §5).

use std::time::Duration;

use saoma_protocol::{
    ConfirmRequest, Decision, LoginId, ParseCodeError, Problem, ScanCode, ScanContext, ScanRequest,
    paths,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::secret::Secret;

/// A person is watching: after this long they are told that the gateway cannot be reached.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The gateway, as the app's backend reaches it.
#[derive(Debug, Clone)]
pub struct GatewayClient {
    http: reqwest::Client,
    /// The gateway's public origin: where the QR codes that this app takes lead.
    origin: String,
}

/// Why the gateway did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It refused and said why.
    #[error("refused: {}", .0.title)]
    Refused(Box<Problem>),
    /// It cannot be reached, or did not answer in time.
    #[error("the gateway cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// It answered something that is not in the contract.
    #[error("the gateway's answer cannot be read: {0}")]
    Unreadable(reqwest::Error),
}

impl GatewayClient {
    /// The gateway of this public origin.
    pub fn new(origin: String) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, origin })
    }

    /// Checks that a QR code's text is a login code of this gateway. No other text is sent on (threat T31).
    ///
    /// # Errors
    /// It leads elsewhere, or is damaged.
    pub fn check(&self, qr: &str) -> Result<(), ParseCodeError> {
        ScanCode::from_qr_text(qr, &self.origin).map(drop)
    }

    /// Claims the login of a code for the token's person.
    pub async fn scan(
        &self,
        token: &Secret,
        request: &ScanRequest,
    ) -> Result<ScanContext, GatewayError> {
        self.post(paths::SCANS, token, Some(request)).await
    }

    /// Logs the browser in as the chosen identity.
    pub async fn confirm(
        &self,
        token: &Secret,
        id: LoginId,
        identity: String,
    ) -> Result<Decision, GatewayError> {
        self.post(
            &paths::of_login(paths::CONFIRM, id),
            token,
            Some(&ConfirmRequest { identity }),
        )
        .await
    }

    /// Declines.
    pub async fn reject(&self, token: &Secret, id: LoginId) -> Result<Decision, GatewayError> {
        self.post(&paths::of_login(paths::REJECT, id), token, None::<&()>)
            .await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &Secret,
        body: Option<&impl Serialize>,
    ) -> Result<T, GatewayError> {
        let request = self
            .http
            .post(format!("{}{path}", self.origin))
            .bearer_auth(token.expose());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.map_err(GatewayError::Unreachable)?;
        if response.status().is_success() {
            response.json().await.map_err(GatewayError::Unreadable)
        } else {
            Err(GatewayError::Refused(Box::new(
                response.json().await.map_err(GatewayError::Unreadable)?,
            )))
        }
    }
}
