//! The home page of a unit (S16): the unit, the person's role in it, its operators, its agents, and
//! the affairs that the person may act in. The legal representative appoints and withdraws agents
//! from here.

use askama::Template;
use http::StatusCode;

use super::appointment_form::{AppointmentErrors, AppointmentForm};
use super::unit_login::{UnitLogin, role_name};
use super::{Answer, Hall, affairs};
use crate::pages::{Frame, Locale, page};
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
    /// The address and the name of an affair's page.
    const fn entry(&self, affair: &Affair) -> (&'static str, &'static str) {
        affairs::entry(*affair, self.frame.texts())
    }

    /// The name of an affair's icon, in `icons.html`.
    const fn icon(&self, affair: &Affair) -> &'static str {
        match affair {
            Affair::Registration => "people",
            Affair::Contributions => "money",
            Affair::Cards => "card",
        }
    }

    /// The people of this role by the authority's records.
    fn of(&self, role: UnitRole) -> Vec<&UnitMember> {
        let members = self.members.iter();
        members.filter(|member| member.role == role).collect()
    }

    fn own(&self) -> Option<&Delegation> {
        let id_number = &self.login.account.id_number;
        let own = |delegation: &&Delegation| {
            delegation.state == DelegationState::Active && delegation.id_number == *id_number
        };
        let agent = self.login.role == UnitRole::AuthorisedAgent;
        self.delegations.iter().filter(|_| agent).find(own)
    }

    /// An agent's ID number, masked, for the legal representative only.
    fn number(&self, delegation: &Delegation) -> Option<String> {
        let number = delegation.id_number.as_str();
        self.login.appoints().then(|| mask(number))
    }

    /// A delegation's state, as a colour and in words.
    const fn state(&self, delegation: &Delegation) -> (&'static str, &'static str) {
        let state = delegation.state as usize;
        (
            ["done", "", "warning"][state],
            self.frame.texts().unit.states[state],
        )
    }

    const fn role(&self, role: UnitRole) -> &'static str {
        role_name(role, self.frame.texts())
    }
}

/// Answers with the page of the unit that a person has logged in for.
pub(super) async fn show(hall: &Hall, session: PortalSession, locale: Locale) -> Answer {
    match UnitLogin::of(hall, session, locale).await? {
        Ok(mut login) => {
            login.take_told().await?;
            let errors = AppointmentErrors::default();
            answer(&login, StatusCode::OK, AppointmentForm::default(), errors).await
        }
        Err(ended) => Ok(ended),
    }
}

/// Answers with the page and the form for an appointment as it was typed, with its errors.
pub(super) async fn answer(
    login: &UnitLogin,
    status: StatusCode,
    form: AppointmentForm,
    errors: AppointmentErrors,
) -> Answer {
    let shown = UnitPage {
        frame: login.frame("/"),
        login,
        members: login.members().await?,
        delegations: delegations::of_unit(login.db(), &login.unit.id).await?,
        form,
        errors,
        ends: delegations::possible_ends(login.db()).await?,
    };
    page(status, &shown)
}
