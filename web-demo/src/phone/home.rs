//! The app's first page: who is logged in, and the way to scan.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use saoma_protocol::IdentityKind;

use super::scan_barrier::Barrier;
use super::sessions::PhoneSession;
use super::{Phone, linked_code};
use crate::accounts::Account;
use crate::cards;
use crate::citizens::{self, Standing};
use crate::pages::{Cookies, Failure, Frame, Locale, shown};
use crate::records::person::mask;
use crate::records::{Words, inbox};
use crate::verification::Notice;

#[derive(Template)]
#[template(path = "phone/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    standing: Standing,
    notice: Option<Notice>,
    e_card: bool,
    told: Option<Words>,
    /// The number of the physical card, masked.
    card_number: Option<String>,
    region: String,
    /// What keeps the person from scanning.
    barrier: Option<Barrier>,
    /// Notices that have not been opened.
    unread: u32,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    cookies: Cookies,
    locale: Locale,
) -> Result<Response, Failure> {
    if linked_code::waits(&cookies) {
        return Ok(Redirect::to(linked_code::PATH).into_response());
    }
    let Some(standing) =
        citizens::standing(&phone.db, &phone.registers, &session.account_id).await?
    else {
        return Ok(Redirect::to("/login").into_response());
    };
    let Some(account) = Account::find(&phone.db, &session.account_id).await? else {
        return Ok(Redirect::to("/login").into_response());
    };
    let card = phone.registers.cards.card(&account.id_number).await?;
    let barrier = Barrier::of(&phone, &session.account_id).await?;
    let notice = Notice::of(&account, locale);
    // A provisional account shows nothing of the person's: a stranger can have made it.
    let card = card.filter(|_| notice.is_none());
    let e_card = cards::has_e_card(&phone.db, &session.account_id).await?;
    let unread = inbox::unread(&phone.db, &session.account_id).await?;
    let told = session.take_told(&phone.db).await?;
    let frame = Frame::phone(locale, "/");
    shown(&HomePage {
        frame,
        standing,
        notice,
        e_card,
        card_number: card.as_ref().map(|card| mask(&card.number)),
        region: card.map_or_else(String::new, |card| card.region.name),
        barrier,
        told,
        unread,
    })
}
