//! The two surfaces as the rooms see them that have pages on both: registration and verification.

use std::future::Future;

use http::{HeaderMap, HeaderValue};
use sqlx::SqlitePool;

use crate::accounts::{Account, Accounts};
use crate::browsers::Origin;
use crate::face::FaceChecks;
use crate::pages::{CookieName, Failure, Surface};
use crate::registers::Registers;
use crate::secret::Secret;
use crate::serving::Connection;

/// A surface on which people register, verify themselves and log in.
pub(crate) trait SurfaceContext: Clone + Send + Sync + 'static {
    const SURFACE: Surface;

    /// The cookie of a registration under way there.
    const REGISTRATION_COOKIE: CookieName;

    /// The hall's database.
    fn db(&self) -> &SqlitePool;

    /// The accounts, for logins by password.
    fn accounts(&self) -> &Accounts;

    /// The registers of people, cards, units and messages.
    fn registers(&self) -> &Registers;

    /// Returns true if cookies of this connection go over HTTPS only.
    fn is_secure(&self, connection: Connection) -> bool;

    /// The face checks; `None` on a surface that makes none.
    fn face_checks(&self) -> Option<&FaceChecks>;

    /// Logs the owner of an account in. Returns the `Set-Cookie` of the new session.
    fn log_in(
        &self,
        account: Account,
        connection: Connection,
        origin: &Origin,
    ) -> impl Future<Output = Result<HeaderValue, Failure>> + Send;

    /// Returns the person who is logged in by a request's cookies.
    fn visitor(
        &self,
        headers: &HeaderMap,
    ) -> impl Future<Output = Result<Option<Visitor>, Failure>> + Send;
}

/// A person who is logged in.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub account_id: String,
    /// A secret of the browser or phone.
    pub holder: Secret,
}
