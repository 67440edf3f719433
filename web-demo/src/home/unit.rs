//! The home page of a unit (S16): the unit, the person's role in it, who else acts for it.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use saoma_protocol::UnitRole;

use super::{Hall, frame};
use crate::accounts::Account;
use crate::pages::{Failure, Frame, Locale, page};
use crate::portal::PortalSession;
use crate::units::{self, Member};

#[derive(Template)]
#[template(path = "home/unit.html")]
struct UnitPage<'a> {
    frame: Frame<'a>,
    session: &'a PortalSession,
    role: UnitRole,
    members: Vec<Member>,
}

#[derive(Template)]
#[template(path = "home/role_ended.html")]
struct RoleEndedPage<'a> {
    frame: Frame<'a>,
    session: &'a PortalSession,
}

impl UnitPage<'_> {
    /// Who has this role.
    fn of(&self, role: UnitRole) -> Vec<&Member> {
        self.members.iter().filter(|member| member.role == role).collect()
    }

    /// Whether the person may appoint and withdraw agents: the pages for it begin where this is asked.
    fn appoints(&self) -> bool {
        self.role == UnitRole::LegalRepresentative
    }

    fn role_name(&self, role: UnitRole) -> &'static str {
        let (zh, en) = match role {
            UnitRole::LegalRepresentative => ("法定代表人", "Legal representative"),
            UnitRole::AuthorisedAgent => ("授权经办人", "Authorised agent"),
            UnitRole::Operator => ("业务操作员", "Operator"),
        };
        self.frame.locale.pick(zh, en)
    }
}

/// The page of the unit that somebody has logged in for. Their role is read anew: whoever has lost it sees no more of it.
///
/// # Errors
/// The database's, or the register's.
pub async fn show(hall: &Hall, session: PortalSession, locale: Locale) -> Result<Response, Failure> {
    let frame = frame(locale, "/");
    let unit_id = session.identity.id.trim_start_matches("unit:");
    let register = &*hall.portal.registers.units;
    let posts = match Account::find(hall.db(), &session.account_id).await? {
        Some(account) => units::posts(hall.db(), register, &account.id_number).await?,
        None => Vec::new(),
    };
    let Some(role) = posts.into_iter().find(|post| post.unit.id == unit_id).map(|post| post.role) else {
        return page(StatusCode::FORBIDDEN, &RoleEndedPage { frame, session: &session });
    };
    let members = units::members(hall.db(), register, unit_id).await?;
    page(StatusCode::OK, &UnitPage { frame, session: &session, role, members })
}
