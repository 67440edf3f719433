//! The login that a request of the phone is about.

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use saoma_protocol::LoginId;

use super::Phone;
use super::scan_error::ScanError;
use super::scanned_login::ScannedLogin;
use super::sessions::PhoneSession;
use crate::pages::{Failure, Locale};

/// A login that this phone has scanned. As an extractor it answers requests for any other login.
pub(super) struct Confirmation {
    pub phone: Phone,
    pub session: PhoneSession,
    pub login: ScannedLogin,
    pub locale: Locale,
}

impl FromRequestParts<Phone> for Confirmation {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let session = PhoneSession::from_request_parts(parts, phone).await?;
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        let id = Path::<LoginId>::from_request_parts(parts, phone).await;
        let login = match id {
            Ok(Path(id)) => ScannedLogin::find(&phone.db, &session, id).await,
            Err(_) => Ok(None),
        };
        match login.map_err(|error| Failure::from(error).into_response())? {
            Some(login) => Ok(Self {
                phone: phone.clone(),
                session,
                login,
                locale,
            }),
            None => Err(ScanError::NotScanned
                .answer(locale, "/scan")
                .into_response()),
        }
    }
}

impl Confirmation {
    pub(super) const fn id(&self) -> LoginId {
        self.login.context.login_id
    }

    pub(super) fn gateway(&self) -> saoma_client::Phone {
        self.phone.gateway.phone_of(&self.session.access_token())
    }
}
