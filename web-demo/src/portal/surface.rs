//! The portal as a place to register, to verify oneself and to log in by password.

use sqlx::SqlitePool;

use super::Portal;
use super::sessions::PortalSession;
use crate::accounts::{Account, Accounts};
use crate::browsers::{LoggedIn, LoginMethod, Origin};
use crate::citizens::personal;
use crate::face::FaceChecks;
use crate::known_browsers::KnownBrowsers;
use crate::logouts::Logouts;
use crate::pages::{CookieName, Cookies, Failure, PersonBar, SetCookies, Surface};
use crate::records::inbox;
use crate::registers::Registers;
use crate::sms_codes::Outgoing;
use crate::surface::{SurfaceContext, Visitor};

impl SurfaceContext for Portal {
    const SURFACE: Surface = Surface::Portal;

    const REGISTRATION_COOKIE: CookieName = CookieName::PortalRegistration;

    const KNOWN_COOKIE: CookieName = CookieName::PortalKnown;

    const RESET_COOKIE: CookieName = CookieName::PortalReset;

    const PAGES_COOKIE: CookieName = CookieName::PortalPages;

    const SESSION_COOKIE: CookieName = CookieName::PortalSession;

    const NEXT_COOKIE: CookieName = CookieName::PortalNext;

    fn portal_origin(&self) -> &str {
        &self.origin
    }

    fn db(&self) -> &SqlitePool {
        &self.db
    }

    fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }

    fn logouts(&self) -> &Logouts {
        &self.logouts
    }

    fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    fn known_browsers(&self) -> &KnownBrowsers {
        &self.known_browsers
    }

    /// A computer need not have a camera.
    fn face_checks(&self) -> Option<&FaceChecks> {
        None
    }

    async fn log_in(
        &self,
        account: Account,
        cookies: &Cookies,
        origin: &Origin,
    ) -> Result<SetCookies, Failure> {
        let known = self
            .known_browsers
            .remember(cookies, Self::KNOWN_COOKIE, &account.user_name);
        let known = known.await?;
        let Account { id, name, .. } = account;
        let logged_in = LoggedIn {
            account_id: id,
            identity: personal(&name),
            name,
            at_provider: None,
        };
        let started =
            PortalSession::start(&self.db, &logged_in, LoginMethod::Password, cookies, origin);
        Ok(started.await?.and([known]))
    }

    async fn visitor(&self, cookies: &Cookies) -> Result<Option<Visitor>, Failure> {
        let session = PortalSession::of(cookies, self).await?;
        Ok(session.map(|session| Visitor {
            holder: session.holder(),
            account_id: session.account_id,
        }))
    }

    async fn person_bar(&self, cookies: &Cookies) -> Result<Option<PersonBar>, Failure> {
        let Some(session) = PortalSession::of(cookies, self).await? else {
            return Ok(None);
        };
        Ok(Some(PersonBar {
            unread: inbox::unread(&self.db, &session.account_id).await?,
            name: session.name,
            identity: Some(session.identity),
        }))
    }
}
