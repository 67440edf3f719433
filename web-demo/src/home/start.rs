//! The portal's first page: for strangers what the hall is and how to come in (S1), for a person theirs (S15), for a unit
//! that of the unit (S16).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::card::CardView;
use super::{AppLink, Hall, Person, frame, unit};
use crate::accounts::Contacts;
use crate::pages::{Failure, Frame, Locale, page};
use crate::portal::PortalSession;
use crate::records::announcements::{self, Announcement};
use crate::records::insurance::Insurance;
use crate::records::person::Details;
use crate::verification::Notice;

/// How many announcements stand on a first page.
const ANNOUNCEMENTS: u32 = 5;

#[derive(Template)]
#[template(path = "home/start.html")]
struct StartPage<'a> {
    frame: Frame<'a>,
    app: &'a AppLink,
    announcements: Vec<Announcement>,
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    details: Details,
    notice: Option<Notice>,
    card: CardView,
    contacts: Contacts,
    insurances: [Insurance; 5],
    announcements: Vec<Announcement>,
}

/// Answers `GET /`.
pub async fn show(
    State(hall): State<Hall>,
    session: Option<PortalSession>,
    locale: Locale,
) -> Result<Response, Failure> {
    let (announcements, _) = announcements::page(hall.db(), 1, ANNOUNCEMENTS).await?;
    let Some(session) = session else {
        let start = StartPage {
            frame: frame(locale, "/"),
            app: &hall.app,
            announcements,
        };
        return page(StatusCode::OK, &start);
    };
    let Some(person) = Person::of(&hall.portal, session.clone(), locale).await? else {
        return unit::show(&hall, session, locale).await;
    };
    let card = CardView::of(&hall, &person.account, locale).await?;
    let home = HomePage {
        frame: person.frame("/"),
        details: Details::of(&person.account, card.number()).masked(),
        notice: Notice::of(&person.account, locale),
        contacts: person.account.contacts.clone(),
        card,
        insurances: Insurance::ALL,
        announcements,
        person: &person,
    };
    page(StatusCode::OK, &home)
}
