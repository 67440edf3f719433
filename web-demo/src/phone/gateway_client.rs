//! The three requests that an app sends to the gateway (docs/protocol.md §5).

use std::time::Duration;

use saoma_client::{Phone, PhoneError, error_chain};
use saoma_protocol::{
    Decision, LoginId, ParseCodeError, Problem, ScanCode, ScanContext, ScanRequest,
};

use crate::secret::Secret;

/// Time limit for an answer, after which the waiting person is told that the gateway cannot be reached.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The gateway, as the app's backend reaches it.
#[derive(Debug, Clone)]
pub(crate) struct GatewayClient {
    /// A phone without a token: each request has that of its person.
    phone: Phone,
    /// The gateway's public origin, to which valid QR codes lead.
    origin: String,
}

/// A failed request to the gateway.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// The gateway refused.
    #[error("refused: {}", .0.title)]
    Refused(Box<Problem>),
    /// The gateway cannot be reached, or did not answer in time.
    #[error("the gateway cannot be reached: {}", error_chain(.0))]
    Unreachable(PhoneError),
    /// The gateway's answer is not in the contract.
    #[error("the gateway's answer cannot be read: {}", error_chain(.0))]
    Unreadable(PhoneError),
}

impl From<PhoneError> for GatewayError {
    fn from(error: PhoneError) -> Self {
        match error {
            PhoneError::Refused { problem, .. } => Self::Refused(problem),
            PhoneError::NoAnswer(_) | PhoneError::InvalidRequest(_) => Self::Unreachable(error),
            PhoneError::InvalidAnswer { .. } => Self::Unreadable(error),
        }
    }
}

impl GatewayClient {
    /// Creates a client for the gateway of this public origin.
    ///
    /// # Errors
    /// Returns an error if the origin is not a URL, or if no HTTP client can be created on this machine.
    pub(crate) fn new(origin: String) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        // Building a request parses the origin, with reqwest's own error for a malformed one.
        let url = http.get(&origin).build()?.url().clone();
        let phone = Phone::with_client(http, url, "");
        Ok(Self { phone, origin })
    }

    /// Checks that a QR code's text is a login code of this gateway. Other texts are sent nowhere (threat T31).
    ///
    /// # Errors
    /// Returns an error if the text leads elsewhere or is damaged.
    pub(crate) fn check(&self, qr: &str) -> Result<(), ParseCodeError> {
        ScanCode::from_qr_text(qr, &self.origin).map(drop)
    }

    /// Claims the login of a code for the token's person.
    pub(crate) async fn scan(
        &self,
        token: &Secret,
        request: &ScanRequest,
    ) -> Result<ScanContext, GatewayError> {
        Ok(self.phone_of(token).claim(request).await?)
    }

    /// Logs the browser in as the chosen identity.
    pub(crate) async fn confirm(
        &self,
        token: &Secret,
        id: LoginId,
        identity: String,
    ) -> Result<Decision, GatewayError> {
        Ok(self.phone_of(token).confirm(id, &identity).await?)
    }

    /// Rejects the login.
    pub(crate) async fn reject(
        &self,
        token: &Secret,
        id: LoginId,
    ) -> Result<Decision, GatewayError> {
        Ok(self.phone_of(token).reject(id).await?)
    }

    fn phone_of(&self, token: &Secret) -> Phone {
        self.phone.with_token(token.expose())
    }
}
