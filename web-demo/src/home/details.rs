//! Personal details: masked until the person asks for them, which is noted.

use askama::Template;

use super::card::CardView;
use super::{Answer, Person, VerifiedPerson};
use crate::pages::{Failure, Frame, Texts, shown};
use crate::records::Words;
use crate::records::person::Details;

#[derive(Template)]
#[template(path = "home/details.html")]
struct DetailsPage<'a> {
    frame: Frame<'a>,
    person: &'a Person,
    details: Details,
    in_full: bool,
}

pub(super) async fn show(person: VerifiedPerson) -> Answer {
    answer(&person, false).await
}

/// Answers `POST /details` with the numbers in full: on this page only, and with a notice in the
/// inbox.
pub(super) async fn show_in_full(person: VerifiedPerson) -> Answer {
    note_shown(&person, |texts| texts.account.shown_numbers).await?;
    answer(&person, true).await
}

/// Notes in the inbox that this was shown in full.
pub(super) async fn note_shown(
    person: &Person,
    shown: fn(&'static Texts) -> &'static str,
) -> Result<(), Failure> {
    let title = Words::of_texts(|texts| texts.account.shown_title);
    let body = Words::of_texts(|texts| texts.account.shown(shown(texts)));
    Ok(person.notify(title, body).await?)
}

async fn answer(person: &Person, in_full: bool) -> Answer {
    let card = CardView::of(person).await?;
    let view = DetailsPage {
        frame: person.frame("/details"),
        person,
        details: Details::of(&person.account, card.number()).shown(in_full),
        in_full,
    };
    shown(&view)
}
