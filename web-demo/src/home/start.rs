//! The portal's first page: for strangers the way in (S1), for a person theirs (S15), for a unit
//! that of the unit (S16).

use askama::Template;
use axum::extract::State;
use strum::VariantArray;

use super::card::CardView;
use super::{Answer, AppLink, Hall, Person, frame, unit};
use crate::accounts::Contacts;
use crate::pages::{Action, Frame, Locale, Row, shown};
use crate::portal::PortalSession;
use crate::records::insurance::Insurance;
use crate::records::person::Details;
use crate::records::{Announcement, Record};
use crate::verification::Notice;

/// Announcements on a first page.
const ANNOUNCEMENTS: u32 = 5;

#[derive(Template)]
#[template(path = "home/start.html")]
struct StartPage<'a> {
    frame: Frame<'a>,
    app: &'a AppLink,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    details: Details,
    notice: Option<Notice>,
    card: CardView,
    contacts: &'a Contacts,
    rows: Vec<Row>,
}

/// A service on the first page of strangers; its page asks for the login.
#[derive(Debug, Clone, Copy)]
struct Service {
    path: &'static str,
    icon: &'static str,
    name: &'static str,
    about: &'static str,
}

impl Service {
    /// The name of its icon, in `icons.html`.
    const fn icon(&self) -> &'static str {
        self.icon
    }
}

/// Addresses and icons of what persons do, named by `texts.start.personal_names`.
const PERSONAL: [(&str, &str); 6] = [
    ("/insurance/statement", "insurance"),
    ("/card/track", "card"),
    ("/exams", "exam"),
    ("/applications", "application"),
    ("/training", "training"),
    ("/questions", "question"),
];

/// Addresses and icons of what units do, named by `texts.start.unit_names`.
const UNIT: [(&str, &str); 3] = [
    ("/unit/employees", "people"),
    ("/unit/contributions", "money"),
    ("/unit/cards", "card"),
];

impl StartPage<'_> {
    fn personal(&self) -> Vec<Service> {
        let texts = &self.frame.texts().start;
        services(&PERSONAL, &texts.personal_names, &texts.personal_abouts)
    }

    fn unit(&self) -> Vec<Service> {
        let texts = &self.frame.texts().start;
        services(&UNIT, &texts.unit_names, &texts.unit_abouts)
    }
}

fn services(
    addresses: &[(&'static str, &'static str)],
    names: &[&'static str],
    abouts: &[&'static str],
) -> Vec<Service> {
    let rows = addresses.iter().zip(names).zip(abouts);
    rows.map(|((&(path, icon), &name), &about)| Service {
        path,
        icon,
        name,
        about,
    })
    .collect()
}

pub(super) async fn show(
    State(hall): State<Hall>,
    session: Option<PortalSession>,
    locale: Locale,
) -> Answer {
    let frame = frame(locale, "/");
    let announcements = Announcement::page(hall.db(), "", 1, ANNOUNCEMENTS)
        .await?
        .records;
    let rows = announcements.iter().map(|record| record.row(locale));
    let (rows, app) = (rows.collect(), &hall.app);
    let Some(session) = session else {
        return shown(&StartPage { frame, app, rows });
    };
    let Some(mut person) = Person::of(&hall, session.clone(), locale).await? else {
        return unit::show(&hall, session, locale).await;
    };
    person.take_told().await?;
    let card = CardView::of(&person).await?;
    let home = HomePage {
        frame,
        details: Details::of(&person.account, card.number()).masked(),
        notice: Notice::of(&person.account, locale),
        contacts: &person.account.contacts,
        card,
        rows,
        person: &person,
    };
    shown(&home)
}
