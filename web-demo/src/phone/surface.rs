//! The app as a place to register, to verify oneself and to log in by password.

use sqlx::SqlitePool;

use super::Phone;
use super::sessions::PhoneSession;
use crate::accounts::{Account, Accounts};
use crate::browsers::Origin;
use crate::face::FaceChecks;
use crate::known_browsers::KnownBrowsers;
use crate::logouts::Logouts;
use crate::pages::{CookieName, Cookies, Failure, PersonBar, SetCookies, Surface};
use crate::proof;
use crate::records::inbox;
use crate::registers::Registers;
use crate::sms_codes::Outgoing;
use crate::surface::{SurfaceContext, Visitor};

impl SurfaceContext for Phone {
    const SURFACE: Surface = Surface::Phone;

    const REGISTRATION_COOKIE: CookieName = CookieName::PhoneRegistration;

    const KNOWN_COOKIE: CookieName = CookieName::PhoneKnown;

    const RESET_COOKIE: CookieName = CookieName::PhoneReset;

    const PAGES_COOKIE: CookieName = CookieName::PhonePages;

    const SESSION_COOKIE: CookieName = CookieName::PhoneSession;

    const NEXT_COOKIE: CookieName = CookieName::PhoneNext;

    fn portal_origin(&self) -> &str {
        &self.portal
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

    fn face_checks(&self) -> Option<&FaceChecks> {
        Some(&self.face)
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
        let session = PhoneSession::start(&self.db, account.id, cookies, origin.address).await?;
        let no_check = proof::abandon_face_check(&self.face, cookies).await?;
        Ok(SetCookies::from([session, known, no_check]))
    }

    async fn visitor(&self, cookies: &Cookies) -> Result<Option<Visitor>, Failure> {
        let session = PhoneSession::of(cookies, self).await?;
        Ok(session.map(|session| Visitor {
            holder: session.holder(),
            account_id: session.account_id,
        }))
    }

    async fn person_bar(&self, cookies: &Cookies) -> Result<Option<PersonBar>, Failure> {
        let Some(session) = PhoneSession::of(cookies, self).await? else {
            return Ok(None);
        };
        let account = Account::find(&self.db, &session.account_id).await?;
        let unread = inbox::unread(&self.db, &session.account_id).await?;
        Ok(account.map(|account| PersonBar {
            name: account.name,
            identity: None,
            unread,
        }))
    }
}
