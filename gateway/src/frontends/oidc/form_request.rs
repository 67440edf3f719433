//! Requests of clients with a form as their body.

use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use saoma_protocol::Place;

use super::Provider;
use super::client_auth::Form;
use super::oauth_error::OauthError;
use crate::client_address::ClientAddress;
use crate::http::body::{self, BodyError};

/// Maximum size of most forms, in bytes.
pub(super) const MAX_FORM_BYTES: usize = 8 * 1024;

/// A client's request.
pub(super) struct FormRequest {
    /// The request without its body.
    pub(super) parts: Parts,
    /// The form.
    pub(super) form: Form,
    /// The client's address.
    pub(super) address: ClientAddress,
    /// The scope of the address.
    pub(super) place: Place,
}

impl Provider {
    /// Reads a request whose form has at most this size.
    ///
    /// # Errors
    /// Returns an error if the body is no form, is too large or too slow, or if the client's address is not known.
    pub(super) async fn read_form(
        &self,
        request: Request,
        max_bytes: usize,
    ) -> Result<FormRequest, OauthError> {
        let address = self.trusted_proxies.address_of(&request)?;
        let place = self.trusted_proxies.place_of(&request, address);
        let (parts, body) = body::read(request, max_bytes)
            .await
            .map_err(|error| match error {
                BodyError::TooLarge => OauthError::InvalidRequest("the body is too large"),
                BodyError::TooSlow => OauthError::InvalidRequest("the body did not come in time"),
            })?;
        let media_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !media_type.starts_with("application/x-www-form-urlencoded") {
            return Err(OauthError::InvalidRequest(
                "send application/x-www-form-urlencoded",
            ));
        }
        Ok(FormRequest {
            form: Form::parse(&body)?,
            parts,
            address,
            place,
        })
    }
}
