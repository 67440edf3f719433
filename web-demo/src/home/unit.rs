//! The home page of a unit (S16): the unit, the person's role in it, its operators, its agents, and the affairs that
//! the person may act in. The legal representative appoints and withdraws agents from here.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::delegations::{AppointmentErrors, AppointmentForm};
use super::unit_login::{UnitLogin, role_words};
use super::{Hall, affairs};
use crate::pages::{Failure, Frame, Locale, page};
use crate::portal::PortalSession;
use crate::records::person::mask;
use crate::registers::{UnitMember, UnitRole};
use crate::units::Affair;
use crate::units::delegations::{self, Delegation, DelegationState};

#[derive(Template)]
#[template(path = "home/unit.html")]
struct UnitPage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    members: Vec<UnitMember>,
    delegations: Vec<Delegation>,
    form: AppointmentForm,
    errors: AppointmentErrors,
    /// The first and the last day that an appointment can end on.
    ends: (String, String),
}

impl UnitPage<'_> {
    /// Where an affair's page is, and its name.
    const fn entry(&self, affair: &Affair) -> (&'static str, &'static str) {
        affairs::entry(*affair, self.frame.locale)
    }

    /// Who has this role by the authority's records.
    fn of(&self, role: UnitRole) -> Vec<&UnitMember> {
        self.members
            .iter()
            .filter(|member| member.role == role)
            .collect()
    }

    /// What the person is appointed for.
    fn own(&self) -> Option<&Delegation> {
        let own = |delegation: &&Delegation| {
            delegation.state == DelegationState::Active
                && delegation.id_number == self.login.account.id_number
        };
        self.delegations
            .iter()
            .filter(|_| self.login.role == UnitRole::AuthorisedAgent)
            .find(own)
    }

    /// An agent's ID number, of which only the legal representative sees anything.
    fn number(&self, delegation: &Delegation) -> Option<String> {
        self.login
            .appoints()
            .then(|| mask(delegation.id_number.as_str()))
    }

    /// The tone and the words of a delegation's state.
    const fn state(&self, delegation: &Delegation) -> (&'static str, &'static str) {
        match delegation.state {
            DelegationState::Active => ("done", self.frame.say("有效", "Active")),
            DelegationState::Ended => ("", self.frame.say("已到期", "Ended")),
            DelegationState::Withdrawn => ("warning", self.frame.say("已撤销", "Withdrawn")),
        }
    }

    const fn role(&self, role: UnitRole) -> &'static str {
        role_words(role, self.frame.locale)
    }
}

/// The page of the unit that somebody has logged in for.
///
/// # Errors
/// The database's, or the register's.
pub async fn show(
    hall: &Hall,
    session: PortalSession,
    locale: Locale,
) -> Result<Response, Failure> {
    match UnitLogin::of(hall, session, locale).await? {
        Ok(login) => {
            answer(
                hall,
                &login,
                StatusCode::OK,
                AppointmentForm::default(),
                AppointmentErrors::default(),
            )
            .await
        }
        Err(ended) => Ok(ended),
    }
}

/// The page with the form for an appointment as it was typed, and what is wrong with it.
///
/// # Errors
/// The database's, or the register's.
pub async fn answer(
    hall: &Hall,
    login: &UnitLogin,
    status: StatusCode,
    form: AppointmentForm,
    errors: AppointmentErrors,
) -> Result<Response, Failure> {
    let record = hall.portal.registers.units.unit(&login.unit.id).await?;
    let members = record.map(|record| record.members).unwrap_or_default();
    let delegations = delegations::of_unit(hall.db(), &login.unit.id).await?;
    let ends = delegations::possible_ends(hall.db()).await?;
    page(
        status,
        &UnitPage {
            frame: login.frame("/"),
            login,
            members,
            delegations,
            form,
            errors,
            ends,
        },
    )
}
