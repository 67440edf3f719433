//! The person who sees a page, and the menu beside it.

use std::ops::Deref;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{Method, StatusCode};
use saoma_protocol::IdentityKind;
use sqlx::SqlitePool;

use super::{Hall, frame};
use crate::accounts::{Account, AccountStanding};
use crate::pages::{Failure, Frame, Locale, Texts, page};
use crate::portal::PortalSession;
use crate::records::Words;
use crate::records::inbox::{self, Notice};

/// A person who is logged in as themselves. As an extractor it sends strangers to the login page
/// and units to theirs.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub hall: Hall,
    pub session: PortalSession,
    pub locale: Locale,
    pub account: Account,
    /// Notices that have not been opened.
    pub unread: u32,
    /// What became of the request before, shown once at the head of this page.
    pub told: Option<Words>,
}

/// A person whose account is verified. As an extractor it refuses provisional accounts and says why
/// (S4).
#[derive(Debug, Clone)]
pub(crate) struct VerifiedPerson(Person);

impl Deref for VerifiedPerson {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.0
    }
}

/// A line of the menu.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub path: &'static str,
    pub label: &'static str,
    icon: &'static str,
    pub current: bool,
    /// The number of things that wait there.
    pub count: u32,
}

impl Entry {
    /// The name of its icon, in `icons.html`.
    pub(crate) const fn icon(&self) -> &'static str {
        self.icon
    }
}

/// The addresses and icons of the menu, named by `texts.home.entries`: the manual's home page, then
/// the ways to its other parts.
const MENU: [(&str, &str); 9] = [
    ("/", "home"),
    ("/applications", "application"),
    ("/exams", "exam"),
    ("/questions", "question"),
    ("/resume", "resume"),
    (INBOX, "inbox"),
    ("/training", "training"),
    ("/insurance/statement", "insurance"),
    ("/account", "account"),
];

const INBOX: &str = "/inbox";

/// The entries of a provisional account.
const PROVISIONAL: [&str; 5] = ["/", "/applications", "/exams", INBOX, "/account"];

impl Person {
    /// Returns the person of a login as oneself; `None` for a login for a unit, or without an
    /// account any more.
    pub(crate) async fn of(
        hall: &Hall,
        session: PortalSession,
        locale: Locale,
    ) -> Result<Option<Self>, Failure> {
        if session.identity.kind != IdentityKind::PERSONAL {
            return Ok(None);
        }
        let Some(account) = Account::find(hall.db(), &session.account_id).await? else {
            return Ok(None);
        };
        let unread = inbox::unread(hall.db(), &session.account_id).await?;
        Ok(Some(Self {
            hall: hall.clone(),
            session,
            locale,
            account,
            unread,
            told: None,
        }))
    }

    /// Takes what became of the request before, for a page that shows it.
    pub(crate) async fn take_told(&mut self) -> Result<(), Failure> {
        self.told = self.session.take_told(self.db()).await?;
        Ok(())
    }

    /// Notes what has become of a request, for the page that the browser is redirected to.
    pub(crate) async fn tell(&self, told: impl Fn(Locale) -> String) -> Result<(), Failure> {
        let told = Words::of_locales(told);
        self.session.tell(self.db(), &told).await
    }

    pub(crate) const fn db(&self) -> &SqlitePool {
        self.hall.db()
    }

    pub(crate) fn account_id(&self) -> &str {
        &self.session.account_id
    }

    pub(crate) const fn texts(&self) -> &'static Texts {
        self.locale.texts()
    }

    pub(crate) fn is_verified(&self) -> bool {
        self.account.standing == AccountStanding::Verified
    }

    pub(crate) const fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        frame(self.locale, path)
    }

    pub(crate) async fn notify(&self, title: Words, body: Words) -> sqlx::Result<()> {
        inbox::notify(self.db(), self.account_id(), &Notice::new(title, body)).await
    }

    pub(crate) fn menu(&self, here: &str) -> Vec<Entry> {
        let room = here.split(['/', '?']).nth(1);
        let entry = |((path, icon), label): ((&'static str, &'static str), &'static str)| Entry {
            path,
            label,
            icon,
            current: path.split('/').nth(1) == room,
            count: if path == INBOX { self.unread } else { 0 },
        };
        let entries = MENU.into_iter().zip(self.texts().home.entries);
        let offered =
            entries.filter(|((path, _), _)| self.is_verified() || PROVISIONAL.contains(path));
        offered.map(entry).collect()
    }
}

impl FromRequestParts<Hall> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let session =
            <PortalSession as FromRequestParts<Hall>>::from_request_parts(parts, hall).await?;
        let Ok(locale) = Locale::from_request_parts(parts, hall).await;
        let person = Self::of(hall, session, locale).await;
        let person = person.map_err(IntoResponse::into_response)?;
        let mut person = person.ok_or_else(|| Redirect::to("/").into_response())?;
        if parts.method == Method::GET {
            let taken = person.take_told().await;
            taken.map_err(IntoResponse::into_response)?;
        }
        Ok(person)
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
