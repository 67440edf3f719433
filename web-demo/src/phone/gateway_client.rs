//! The three requests that an app sends to the gateway (docs/protocol.md §5).

use std::time::Duration;

use saoma_client::Phone;
use saoma_protocol::{ParseCodeError, ScanCode, ScanRequest, UserCode};

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

    /// Returns the login code in a link of this gateway, or in an address of this app, as short as it can be written.
    pub(crate) fn code_in_link(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let scanned = ScanCode::from_qr_text(text, &self.origin).or_else(|_| text.parse());
        scanned
            .map(|code: ScanCode| code.to_string())
            .ok()
            .or_else(|| {
                let typed: UserCode = text.parse().ok()?;
                Some(typed.to_string())
            })
    }

    /// Returns the scan of a code that [`GatewayClient::code_in_link`] has returned.
    pub(crate) fn scan_of(&self, code: &str) -> Option<ScanRequest> {
        if let Ok(code) = code.parse::<ScanCode>() {
            let qr = code.to_qr_text(&self.origin);
            return Some(ScanRequest::Qr { qr });
        }
        let code = code.parse::<UserCode>().ok()?;
        let user_code = code.to_string();
        Some(ScanRequest::UserCode { user_code })
    }

    /// Returns the phone of the token's person, which claims, confirms and rejects logins.
    pub(crate) fn phone_of(&self, token: &Secret) -> Phone {
        self.phone.with_token(token.expose())
    }
}
