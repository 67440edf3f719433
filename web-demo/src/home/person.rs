//! Who sees a page, and what the menu beside it offers them.

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use saoma_protocol::IdentityKind;

use super::{Hall, frame};
use crate::accounts::{Account, AccountStanding};
use crate::pages::{Failure, Frame, Locale, page};
use crate::portal::{Portal, PortalSession};
use crate::records::inbox;

/// A person who is logged in as themselves. As an extractor it sends strangers to the login page and units to theirs.
#[derive(Debug, Clone)]
pub struct Person {
    /// The login.
    pub session: PortalSession,
    /// The page's language.
    pub locale: Locale,
    /// Their account.
    pub account: Account,
    /// Notices that have not been opened.
    pub unread: u32,
}

/// A person whose account is verified. As an extractor it tells the others what they lack (S4).
#[derive(Debug, Clone)]
pub struct VerifiedPerson(pub Person);

/// A line of the menu.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Where it leads.
    pub path: &'static str,
    /// What it says.
    pub label: &'static str,
    /// Whether the page belongs to it.
    pub current: bool,
    /// How many things wait there.
    pub count: u32,
}

/// The menu of the manual's home page, then what its other parts are reached by.
const MENU: [(&str, &str, &str); 9] = [
    ("/", "我的首页", "My home"),
    ("/applications", "我的申请", "My applications"),
    ("/exams", "我的考试", "My exams"),
    ("/questions", "我的提问", "My questions"),
    ("/resume", "我的简历", "My resume"),
    (INBOX, "我的收件箱", "My inbox"),
    ("/training", "我的培训", "My training"),
    ("/insurance/statement", "我的社保", "My insurance"),
    ("/account", "我的账户", "My account"),
];

const INBOX: &str = "/inbox";

/// What a provisional account may use.
const PROVISIONAL: [&str; 5] = ["/", "/applications", "/exams", INBOX, "/account"];

impl Person {
    /// Of a login as oneself; of a login for a unit there is none, nor without an account any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(
        portal: &Portal,
        session: PortalSession,
        locale: Locale,
    ) -> Result<Option<Self>, Failure> {
        if session.identity.kind != IdentityKind::PERSONAL {
            return Ok(None);
        }
        let Some(account) = Account::find(&portal.db, &session.account_id).await? else {
            return Ok(None);
        };
        let unread = inbox::unread(&portal.db, &session.account_id).await?;
        Ok(Some(Self {
            session,
            locale,
            account,
            unread,
        }))
    }

    /// Whose account.
    pub fn account_id(&self) -> &str {
        &self.session.account_id
    }

    /// Whether the account is verified.
    pub fn is_verified(&self) -> bool {
        self.account.standing == AccountStanding::Verified
    }

    /// The frame of a page of theirs.
    pub const fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        frame(self.locale, path)
    }

    /// The menu beside the page at this path.
    pub fn menu(&self, here: &str) -> Vec<Entry> {
        let offered = MENU
            .into_iter()
            .filter(|(path, ..)| self.is_verified() || PROVISIONAL.contains(path));
        let room = here.split(['/', '?']).nth(1);
        let entry = |(path, zh, en): (&'static str, &'static str, &'static str)| {
            let current = path.split('/').nth(1) == room;
            Entry {
                path,
                label: self.locale.pick(zh, en),
                current,
                count: if path == INBOX { self.unread } else { 0 },
            }
        };
        offered.map(entry).collect()
    }
}

impl FromRequestParts<Hall> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let session =
            <PortalSession as FromRequestParts<Hall>>::from_request_parts(parts, hall).await?;
        let Ok(locale) = Locale::from_request_parts(parts, hall).await;
        let person = Self::of(&Portal::from_ref(hall), session, locale)
            .await
            .map_err(IntoResponse::into_response)?;
        person.ok_or_else(|| Redirect::to("/").into_response())
    }
}

#[derive(Template)]
#[template(path = "home/provisional.html")]
struct ProvisionalPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
}

impl FromRequestParts<Hall> for VerifiedPerson {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let person = Person::from_request_parts(parts, hall).await?;
        if person.is_verified() {
            return Ok(Self(person));
        }
        let refusal = ProvisionalPage {
            frame: person.frame("/"),
            person: &person,
        };
        Err(page(StatusCode::FORBIDDEN, &refusal).into_response())
    }
}
