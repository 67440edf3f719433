//! The device authorization endpoint (RFC 8628 §3.1).

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use saoma_protocol::paths;
use serde::Serialize;

use super::Provider;
use super::authorize::Refused;
use super::form_request::{ClientRequest, MAX_FORM_BYTES};
use super::oauth_error::OauthError;
use crate::claims::ClaimsRequest;
use crate::frontends::browser::open_context;
use crate::http::json::Json;
use crate::logins::DeviceRequest;
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
        Err(error) => provider.refuse("device_authorization", error),
    }
}

impl Provider {
    async fn authorize_device(&self, request: Request) -> Result<DeviceAuthorization, OauthError> {
        let ClientRequest {
            client,
            headers,
            form,
            address,
            place,
        } = self.read_client_request(request, MAX_FORM_BYTES).await?;
        if !client.has_devices() {
            return Err(OauthError::UnauthorizedClient);
        }
        let scope = form
            .value("scope")
            .filter(|scope| scopes::has_openid(scope))
            .ok_or(OauthError::InvalidScope("scope must contain openid"))?;
        let claims = form.value("claims").map(ClaimsRequest::parse).transpose();
        let claims = claims.map_err(Refused::of_claims)?;
        // A waiting device takes as much room as a browser that has left its login (threat T37).
        let permit = self.admission.admit(&address)?;
        permit.admit_login(|maximum| self.logins.unattended_reach(maximum))?;
        let context = open_context(&headers, address, place, Transport::Device);
        let request = DeviceRequest { scope, claims };
        let opened = self.logins.open_device(&client, request, context).await?;
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
