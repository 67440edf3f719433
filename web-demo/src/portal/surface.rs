//! The portal as a place to register, to verify oneself and to log in by password.

use http::{HeaderMap, HeaderValue};
use sqlx::SqlitePool;

use super::Portal;
use super::sessions::PortalSession;
use crate::accounts::{Account, Accounts};
use crate::browsers::{LoggedIn, LoginMethod, Origin};
use crate::citizens::personal;
use crate::face::FaceChecks;
use crate::pages::{CookieName, Failure, Surface};
use crate::registers::Registers;
use crate::serving::Connection;
use crate::surface::{SurfaceContext, Visitor};

impl SurfaceContext for Portal {
    const SURFACE: Surface = Surface::Portal;

    const REGISTRATION_COOKIE: CookieName = CookieName("shili_hall_registration");

    fn db(&self) -> &SqlitePool {
        &self.db
    }

    fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }

    fn is_secure(&self, _: Connection) -> bool {
        Self::is_secure(self)
    }

    /// A computer need not have a camera.
    fn face_checks(&self) -> Option<&FaceChecks> {
        None
    }

    async fn log_in(
        &self,
        account: Account,
        _: Connection,
        origin: &Origin,
    ) -> Result<HeaderValue, Failure> {
        let Account { id, name, .. } = account;
        let logged_in = LoggedIn {
            account_id: id,
            identity: personal(&name),
            name,
        };
        PortalSession::start(self, &logged_in, LoginMethod::Password, origin).await
    }

    async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Visitor>, Failure> {
        let session = PortalSession::of(headers, self).await?;
        Ok(session.map(|session| Visitor {
            holder: session.holder(),
            account_id: session.account_id,
        }))
    }
}
