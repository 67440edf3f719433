//! The three requests that an app sends to the gateway (docs/protocol.md §5).

use std::time::Duration;

use saoma_client::Phone;
use saoma_protocol::{ParseCodeError, ScanCode};

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

    /// Returns the phone of the token's person, which claims, confirms and rejects logins.
    pub(crate) fn phone_of(&self, token: &Secret) -> Phone {
        self.phone.with_token(token.expose())
    }
}
