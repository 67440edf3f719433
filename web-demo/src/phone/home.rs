//! The app's first page: who is logged in, and the way to scan.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::Phone;
use super::sessions::PhoneSession;
use crate::accounts::Account;
use crate::cards::{self, Obstacle};
use crate::citizens::{self, Standing};
use crate::pages::{Failure, Frame, Locale, shown};
use crate::records::{Words, inbox};
use crate::verification::Notice;

#[derive(Template)]
#[template(path = "phone/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    standing: Standing,
    notice: Option<Notice>,
    e_card: bool,
    /// Why the electronic card cannot be applied for, or be used.
    obstacle: Option<Obstacle>,
    told: Option<Words>,
    /// Notices that have not been opened.
    unread: u32,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    let Some(standing) =
        citizens::standing(&phone.db, &phone.registers, &session.account_id).await?
    else {
        return Ok(Redirect::to("/login").into_response());
    };
    let e_card = cards::has_e_card(&phone.db, &session.account_id).await?;
    let (mut notice, mut obstacle) = (None, None);
    if let Some(account) = Account::find(&phone.db, &session.account_id).await? {
        notice = Notice::of(&account, locale);
        let card = phone.registers.cards.card(&account.id_number).await?;
        obstacle = match e_card {
            true => Obstacle::to_use(card.as_ref()),
            false => cards::obstacle(&account, card.as_ref()),
        };
    }
    // The notice says it, with the way on.
    let obstacle = obstacle.filter(|obstacle| *obstacle != Obstacle::Provisional);
    let unread = inbox::unread(&phone.db, &session.account_id).await?;
    let told = session.take_told(&phone.db).await?;
    let frame = Frame::phone(locale, "/");
    shown(&HomePage {
        frame,
        standing,
        notice,
        e_card,
        obstacle,
        told,
        unread,
    })
}
