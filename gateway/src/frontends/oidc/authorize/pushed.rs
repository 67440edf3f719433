//! References to authentication requests that clients have pushed (RFC 9126 §4).

use crate::client_address::ClientAddress;
use crate::frontends::oidc::Provider;
use crate::frontends::oidc::client_auth::Form;
use crate::logins::RedeemError;

/// Start of a reference as a request carries it (RFC 9126 §2.2).
pub(in crate::frontends::oidc) const REFERENCE_URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Returns true if the request is a reference to one that was pushed.
pub(super) fn is_reference(form: &Form) -> bool {
    let uri = form.value("request_uri");
    uri.is_some_and(|uri| uri.starts_with(REFERENCE_URN))
}

impl Provider {
    /// Returns the request that a browser's request refers to; `None` if it is unknown, out of time, or another client's. All other parameters of the browser's request are ignored (RFC 9101 §5).
    ///
    /// # Errors
    /// Too many references from this address were made up, or the store does not answer.
    pub(super) async fn pushed_request(
        &self,
        form: &Form,
        address: &ClientAddress,
    ) -> Result<Option<Form>, RedeemError> {
        let reference = form
            .value("request_uri")
            .and_then(|uri| uri.strip_prefix(REFERENCE_URN));
        let Some(reference) = reference.and_then(|text| text.parse().ok()) else {
            self.logins.count_unknown(address)?;
            return Ok(None);
        };
        let found = self.logins.pushed_request(&reference, address).await?;
        let pushed = found.and_then(|text| Form::parse(text.as_bytes()).ok());
        Ok(pushed.filter(|pushed| pushed.value("client_id") == form.value("client_id")))
    }
}
