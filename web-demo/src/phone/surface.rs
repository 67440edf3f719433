//! The app as a place to register, to verify oneself and to log in by password.

use http::{HeaderMap, HeaderValue};
use sqlx::SqlitePool;

use super::Phone;
use super::sessions::PhoneSession;
use crate::accounts::{Account, Accounts};
use crate::browsers::Origin;
use crate::face::FaceChecks;
use crate::pages::{CookieName, Failure, Surface};
use crate::registers::Registers;
use crate::serving::Connection;
use crate::surface::{SurfaceContext, Visitor};

impl SurfaceContext for Phone {
    const SURFACE: Surface = Surface::Phone;

    const REGISTRATION_COOKIE: CookieName = CookieName("shili_app_registration");

    fn db(&self) -> &SqlitePool {
        &self.db
    }

    fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }

    fn is_secure(&self, connection: Connection) -> bool {
        connection.secure
    }

    fn face_checks(&self) -> Option<&FaceChecks> {
        Some(&self.face)
    }

    async fn log_in(
        &self,
        account: Account,
        connection: Connection,
        _: &Origin,
    ) -> Result<HeaderValue, Failure> {
        let cookie = PhoneSession::start(&self.db, account.id).await?;
        Ok(PhoneSession::to_cookie(&cookie, connection))
    }

    async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Visitor>, Failure> {
        let session = PhoneSession::of(headers, self).await?;
        Ok(session.map(|session| Visitor {
            holder: session.holder(),
            account_id: session.account_id,
        }))
    }
}
