//! The device authorization endpoint (RFC 8628 §3.1), and the page that explains a device's code.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use saoma_protocol::paths;
use serde::Serialize;

use super::Provider;
use super::form_request::MAX_FORM_BYTES;
use super::oauth_error::OauthError;
use super::pages::{self, Locale};
use crate::frontends::browser::open_context;
use crate::http::json::Json;
use crate::metrics::Transport;
use crate::scopes;

/// A successful answer (RFC 8628 §3.2).
#[derive(Serialize)]
struct DeviceAuthorization {
    device_code: String,
    user_code: String,
    verification_uri: String,
    /// The text of the QR code. The app reads it off the device's screen.
    verification_uri_complete: String,
    expires_in: u32,
    interval: u64,
}

/// Answers `POST /oauth2/device_authorization`.
pub(super) async fn authorize(State(provider): State<Provider>, request: Request) -> Response {
    match provider.authorize_device(request).await {
        Ok(response) => ([(CACHE_CONTROL, "no-store")], Json(response)).into_response(),
        Err(error) => {
            error.log("device_authorization", provider.logins.log_throttle());
            error.into_response()
        }
    }
}

/// Answers `GET /device`, and the address in a QR code. The page is the same for every code: it reads none and tells nothing.
pub(super) async fn page(headers: HeaderMap) -> Response {
    pages::device(Locale::of(None, &headers))
}

impl Provider {
    async fn authorize_device(&self, request: Request) -> Result<DeviceAuthorization, OauthError> {
        let request = self.read_form(request, MAX_FORM_BYTES).await?;
        let (form, headers) = (&request.form, &request.parts.headers);
        let client = self.authenticate(headers, form, &request.address).await?;
        if !client.has_devices() {
            return Err(OauthError::UnauthorizedClient);
        }
        let scope = form
            .value("scope")
            .filter(|scope| scopes::has_openid(scope))
            .ok_or(OauthError::InvalidScope("scope must contain openid"))?;
        // A waiting device takes as much room as a browser that has left its login (threat T37).
        let permit = self.admission.admit(&request.address)?;
        permit.admit_login(|maximum| self.logins.unattended_reach(maximum))?;
        let context = open_context(headers, request.address, request.place, Transport::Device);
        let opened = self.logins.open_device(&client, scope, context).await?;
        Ok(DeviceAuthorization {
            device_code: opened.device_code.to_string(),
            user_code: opened.user_code.to_string(),
            verification_uri: format!("{}{}", self.issuer, paths::DEVICE),
            verification_uri_complete: opened.qr,
            expires_in: opened.expires_in,
            interval: opened.interval.as_secs(),
        })
    }
}
