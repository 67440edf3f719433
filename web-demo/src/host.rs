//! What registration and verification need of the surface that they happen on: both surfaces have the same pages.

use std::future::Future;

use http::{HeaderMap, HeaderValue};
use sqlx::SqlitePool;

use crate::accounts::Account;
use crate::browsers::Origin;
use crate::pages::{CookieName, Failure, Surface};
use crate::registers::Registers;
use crate::secret::Secret;
use crate::serving::Connection;

/// A surface that people register, verify themselves and log in on.
pub trait Host: Clone + Send + Sync + 'static {
    /// Which one it is.
    const SURFACE: Surface;

    /// The cookie of a registration under way there.
    const REGISTRATION_COOKIE: CookieName;

    /// The hall's database.
    fn db(&self) -> &SqlitePool;

    /// What is asked of the outside world.
    fn registers(&self) -> &Registers;

    /// Whether cookies of this connection go over HTTPS only.
    fn is_secure(&self, connection: Connection) -> bool;

    /// Where a registration has a face checked; nowhere if that is not possible here.
    fn face_check_page(&self) -> Option<&'static str>;

    /// Logs the owner of an account in, whose request came from there: the `Set-Cookie` of the new session.
    fn log_in(
        &self,
        account: Account,
        connection: Connection,
        origin: &Origin,
    ) -> impl Future<Output = Result<HeaderValue, Failure>> + Send;

    /// Who is logged in by a request's cookies.
    fn visitor(
        &self,
        headers: &HeaderMap,
    ) -> impl Future<Output = Result<Option<Visitor>, Failure>> + Send;
}

/// Somebody who is logged in.
#[derive(Debug)]
pub struct Visitor {
    /// Whose account.
    pub account_id: String,
    /// What only their browser or phone knows.
    pub holder: Secret,
}
