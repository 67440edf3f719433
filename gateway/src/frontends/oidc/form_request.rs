//! Requests of clients with a form as their body, and their refusal.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use saoma_protocol::Place;

use super::Provider;
use super::client_auth::Form;
use super::oauth_error::OauthError;
use crate::client_address::ClientAddress;
use crate::http::body::{self, BodyError};
use crate::relying_parties::Client;

/// Maximum size of most forms, in bytes.
pub(super) const MAX_FORM_BYTES: usize = 8 * 1024;

/// The request of a client that has proved itself.
pub(super) struct ClientRequest {
    /// The client.
    pub(super) client: Arc<Client>,
    /// Headers of the request.
    pub(super) headers: HeaderMap,
    /// The form.
    pub(super) form: Form,
    /// The client's address.
    pub(super) address: ClientAddress,
    /// The scope of the address.
    pub(super) place: Place,
}

impl Provider {
    /// Reads a request whose form has at most this size, and lets its client prove itself.
    ///
    /// # Errors
    /// Returns an error if the body is no form, is too large or too slow, if the client's address is not known, or if the
    /// client does not prove itself.
    pub(super) async fn read_client_request(
        &self,
        request: Request,
        max_bytes: usize,
    ) -> Result<ClientRequest, OauthError> {
        let address = self.trusted_proxies.address_of(&request)?;
        let place = self.trusted_proxies.place_of(&request, address);
        let (parts, body) = body::read(request, max_bytes)
            .await
            .map_err(|error| match error {
                BodyError::TooLarge => OauthError::InvalidRequest("the body is too large"),
                BodyError::TooSlow => OauthError::InvalidRequest("the body did not come in time"),
            })?;
        let headers = parts.headers;
        if !Form::is_in(&headers) {
            return Err(OauthError::InvalidRequest(
                "send application/x-www-form-urlencoded",
            ));
        }
        let form = Form::parse(&body)?;
        let client = self.authenticate(&headers, &form, &address).await?;
        Ok(ClientRequest {
            client,
            headers,
            form,
            address,
            place,
        })
    }

    /// Logs the refusal of a request to this endpoint, and returns it as the answer.
    pub(super) fn refuse(&self, endpoint: &'static str, error: OauthError) -> Response {
        error.log(endpoint, self.logins.log_throttle());
        error.into_response()
    }
}
