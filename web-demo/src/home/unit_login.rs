//! Who is logged in for a unit, and in what role. Both are read anew at each request: whoever has lost the role that they
//! logged in with sees no more of the unit (threat T25).

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use saoma_protocol::IdentityKind;

use super::{Hall, frame};
use crate::accounts::Account;
use crate::pages::{Failure, Frame, Locale, page};
use crate::portal::PortalSession;
use crate::registers::{Post, Unit, UnitRole};
use crate::units::{self, Affair, Scope, delegations};

/// A person who is logged in for a unit. As an extractor it sends strangers to the login page and persons to theirs.
#[derive(Debug, Clone)]
pub struct UnitLogin {
    /// The login.
    pub session: PortalSession,
    /// The page's language.
    pub locale: Locale,
    /// The person's account.
    pub account: Account,
    /// The unit.
    pub unit: Unit,
    /// What the person is to it.
    pub role: UnitRole,
    /// What an agent is appointed for; the roles of the authority's register are for all affairs.
    scope: Option<Scope>,
}

/// A unit's legal representative. As an extractor it refuses the unit's other people.
#[derive(Debug, Clone)]
pub struct LegalRepresentative(pub UnitLogin);

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
    /// Of a login for a unit, or what is answered to one that does not count any more.
    ///
    /// # Errors
    /// The database's, or the register's.
    pub async fn of(
        hall: &Hall,
        session: PortalSession,
        locale: Locale,
    ) -> Result<Result<Self, Response>, Failure> {
        if let Some(account) = Account::find(hall.db(), &session.account_id).await? {
            let posts =
                units::posts(hall.db(), &*hall.portal.registers.units, &account.id_number).await?;
            let held = posts.into_iter().find(|post| {
                units::identity_id(&post.unit) == session.identity.id
                    && Some(post.role) == UnitRole::of(&session.identity)
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
                        session,
                        locale,
                        account,
                        unit,
                        role,
                        scope,
                    }));
                }
            }
        }
        page(
            StatusCode::FORBIDDEN,
            &RoleEndedPage {
                frame: frame(locale, "/"),
                session: &session,
            },
        )
        .map(Err)
    }

    /// Whether the person may appoint and withdraw agents.
    pub fn appoints(&self) -> bool {
        self.role == UnitRole::LegalRepresentative
    }

    /// Whether the person may act in this affair.
    pub fn may(&self, affair: Affair) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.has(affair))
    }

    /// What the person may act in.
    pub fn affairs(&self) -> Vec<Affair> {
        Affair::ALL
            .into_iter()
            .filter(|affair| self.may(*affair))
            .collect()
    }

    /// What an agent is appointed for, in words.
    pub fn scope_words(&self) -> Option<String> {
        self.scope.as_ref().map(|scope| scope.words(self.locale))
    }

    /// The frame of a page of the unit.
    pub const fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
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
        Self::of(hall, session, locale)
            .await
            .map_err(IntoResponse::into_response)?
    }
}

impl FromRequestParts<Hall> for LegalRepresentative {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let login = UnitLogin::from_request_parts(parts, hall).await?;
        if login.appoints() {
            return Ok(Self(login));
        }
        let refusal = NotRepresentativePage {
            frame: login.frame("/"),
            login: &login,
        };
        Err(page(StatusCode::FORBIDDEN, &refusal).into_response())
    }
}

/// What people call a role.
pub const fn role_words(role: UnitRole, locale: Locale) -> &'static str {
    let (zh, en) = match role {
        UnitRole::LegalRepresentative => ("法定代表人", "Legal representative"),
        UnitRole::AuthorisedAgent => ("授权经办人", "Authorised agent"),
        UnitRole::Operator => ("业务操作员", "Operator"),
    };
    locale.pick(zh, en)
}
