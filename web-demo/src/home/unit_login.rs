//! A login for a unit, and its role. Both are read anew at each request: a person who has lost the
//! role that they logged in with sees no more of the unit (threat T25).

use std::ops::Deref;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{Method, StatusCode};
use saoma_protocol::IdentityKind;
use sqlx::SqlitePool;

use super::{Hall, frame};
use crate::accounts::Account;
use crate::accounts::attempts::{AttemptLimit, Wait};
use crate::accounts::id_number::IdNumber;
use crate::logouts::Logouts;
use crate::pages::{Failure, Frame, Locale, Texts, page};
use crate::portal::PortalSession;
use crate::records::Words;
use crate::registers::{Post, RegisterError, Unit, UnitMember, UnitRole};
use crate::units::{self, Affair, Scope, delegations};

/// Wrong names or numbers from one person who acts for a unit: ten, then one in ten minutes.
const WRONG_PERSONS: AttemptLimit = AttemptLimit {
    name: "appointment",
    burst: 10,
    interval: 600,
};

/// Why a person is not looked up, or not found, in the population register.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PersonRefused {
    TooMany(Wait),
    /// The register knows no such person.
    Unknown,
}

/// A person who is logged in for a unit. As an extractor it sends strangers to the login page and
/// persons to theirs.
#[derive(Debug, Clone)]
pub(crate) struct UnitLogin {
    pub hall: Hall,
    pub session: PortalSession,
    pub locale: Locale,
    pub account: Account,
    pub unit: Unit,
    pub role: UnitRole,
    /// The affairs of an agent; the roles of the authority's register are for all affairs.
    scope: Option<Scope>,
    /// What became of the request before, shown once at the head of this page.
    pub told: Option<Words>,
}

/// A unit's legal representative. As an extractor it refuses the unit's other people.
#[derive(Debug, Clone)]
pub(super) struct LegalRepresentative(UnitLogin);

impl Deref for LegalRepresentative {
    type Target = UnitLogin;

    fn deref(&self) -> &UnitLogin {
        &self.0
    }
}

#[derive(Template)]
#[template(path = "home/role_ended.html")]
struct RoleEndedPage<'a> {
    frame: Frame<'a>,
    session: &'a PortalSession,
}

#[derive(Template)]
#[template(path = "home/not_representative.html")]
struct NotRepresentativePage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
}

impl UnitLogin {
    /// Returns the unit's login of a session, or the answer if its role has ended.
    pub(crate) async fn of(
        hall: &Hall,
        session: PortalSession,
        locale: Locale,
    ) -> Result<Result<Self, Response>, Failure> {
        if let Some(account) = Account::find(hall.db(), &session.account_id).await? {
            let posts =
                units::posts(hall.db(), &*hall.portal.registers.units, &account.id_number).await?;
            let identity = &session.identity;
            let held = posts.into_iter().find(|post| {
                let role = UnitRole::of(identity);
                units::identity_id(&post.unit) == identity.id && Some(post.role) == role
            });
            if let Some(Post { unit, role }) = held {
                let scope = match role {
                    UnitRole::AuthorisedAgent => {
                        delegations::scope(hall.db(), &unit, &account.id_number).await?
                    }
                    UnitRole::LegalRepresentative | UnitRole::Operator => None,
                };
                // An appointment that ends at this very moment counts no more.
                if role != UnitRole::AuthorisedAgent || scope.is_some() {
                    return Ok(Ok(Self {
                        hall: hall.clone(),
                        session,
                        locale,
                        account,
                        unit,
                        role,
                        scope,
                        told: None,
                    }));
                }
            }
        }
        let (frame, session) = (frame(locale, "/"), &session);
        page(StatusCode::FORBIDDEN, &RoleEndedPage { frame, session }).map(Err)
    }

    /// Takes what became of the request before, for a page that shows it.
    pub(super) async fn take_told(&mut self) -> Result<(), Failure> {
        self.told = self.session.take_told(self.db()).await?;
        Ok(())
    }

    /// Notes what has become of a request, for the page that the browser is redirected to.
    pub(super) async fn tell(&self, told: impl Fn(Locale) -> String) -> Result<(), Failure> {
        let told = Words::of_locales(told);
        self.session.tell(self.db(), &told).await
    }

    /// Returns whether the person may appoint and withdraw agents.
    pub(crate) fn appoints(&self) -> bool {
        self.role == UnitRole::LegalRepresentative
    }

    /// Returns whether the person may act in this affair.
    pub(crate) fn may(&self, affair: Affair) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.has(affair))
    }

    pub(crate) fn affairs(&self) -> Vec<Affair> {
        let all = Affair::ALL.into_iter();
        all.filter(|affair| self.may(*affair)).collect()
    }

    /// The affairs of an agent, in words.
    pub(crate) fn scope_words(&self) -> Option<String> {
        self.scope.as_ref().map(|scope| scope.words(self.texts()))
    }

    pub(crate) const fn db(&self) -> &SqlitePool {
        self.hall.db()
    }

    pub(crate) const fn logouts(&self) -> &Logouts {
        &self.hall.portal.logouts
    }

    pub(crate) const fn texts(&self) -> &'static Texts {
        self.locale.texts()
    }

    /// The unit's people by the authority's records.
    pub(crate) async fn members(&self) -> Result<Vec<UnitMember>, RegisterError> {
        let record = self.hall.portal.registers.units.unit(&self.unit.id).await?;
        Ok(record.map_or_else(Vec::new, |record| record.members))
    }

    /// Compares a person's number and name, in any spelling, with the population register. Returns
    /// the name in the register's own form. Wrong ones are few: no number must give its person away.
    ///
    /// # Errors
    /// The outer error is the database's or the register's, the inner one the refusal.
    pub(crate) async fn check_person(
        &self,
        id_number: &IdNumber,
        name: &str,
    ) -> Result<Result<String, PersonRefused>, Failure> {
        if let Err(wait) = WRONG_PERSONS.count(self.db(), &self.account.id).await? {
            return Ok(Err(PersonRefused::TooMany(wait)));
        }
        let population = &self.hall.portal.registers.population;
        let Some(registered) = population.registered_name(id_number, name).await? else {
            return Ok(Err(PersonRefused::Unknown));
        };
        WRONG_PERSONS.forgive(self.db(), &self.account.id).await?;
        Ok(Ok(registered))
    }

    pub(crate) const fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        frame(self.locale, path)
    }
}

impl FromRequestParts<Hall> for UnitLogin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let session =
            <PortalSession as FromRequestParts<Hall>>::from_request_parts(parts, hall).await?;
        let Ok(locale) = Locale::from_request_parts(parts, hall).await;
        if session.identity.kind != IdentityKind::UNIT {
            return Err(Redirect::to("/").into_response());
        }
        let login = Self::of(hall, session, locale).await;
        let mut login = login.map_err(IntoResponse::into_response)??;
        if parts.method == Method::GET {
            let taken = login.take_told().await;
            taken.map_err(IntoResponse::into_response)?;
        }
        Ok(login)
    }
}

impl FromRequestParts<Hall> for LegalRepresentative {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let login = UnitLogin::from_request_parts(parts, hall).await?;
        if login.appoints() {
            return Ok(Self(login));
        }
        let (frame, login) = (login.frame("/"), &login);
        Err(page(
            StatusCode::FORBIDDEN,
            &NotRepresentativePage { frame, login },
        )
        .into_response())
    }
}

pub(super) const fn role_name(role: UnitRole, texts: &Texts) -> &'static str {
    texts.unit.roles[role as usize]
}
