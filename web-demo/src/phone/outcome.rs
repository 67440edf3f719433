//! What came of a decision: where, as whom and when; and "this was not me", which ends a confirmed login.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use super::disowned_computers;
use super::identity_choice::IdentityChoice;
use super::login_at_hand::Confirmation;
use super::requester;
use super::scanned_login::{Disowned, Kept, ScannedLogin, path_of};
use crate::browsers;
use crate::logouts::{self, LogoutReason};
use crate::pages::{Failure, Frame, shown};
use crate::provider::CLIENT_ID;
use crate::session_times::EndReason;

#[derive(Template)]
#[template(path = "phone/outcome.html")]
struct ConfirmedPage<'a> {
    frame: Frame<'a>,
    login: &'a ScannedLogin,
    identity: Option<IdentityChoice>,
}

#[derive(Template)]
#[template(path = "phone/disowned.html")]
struct DisownedPage<'a> {
    frame: Frame<'a>,
    login: &'a ScannedLogin,
    /// True if the login is known to be over.
    over: bool,
}

#[derive(Template)]
#[template(path = "phone/declined.html")]
struct DeclinedPage<'a> {
    frame: Frame<'a>,
    login: &'a ScannedLogin,
}

/// The page of a login that was decided on this phone.
pub(super) fn show(confirmation: &Confirmation, decision: Kept) -> Result<Response, Failure> {
    let (login, locale) = (&confirmation.login, confirmation.locale);
    let path = path_of(confirmation.id());
    let frame = Frame::phone(locale, &path);
    match (decision, login.disowned) {
        (Kept::Rejected, _) => shown(&DeclinedPage { frame, login }),
        (Kept::Confirmed, Some(disowned)) => shown(&DisownedPage {
            frame,
            login,
            over: disowned == Disowned::Ended,
        }),
        (Kept::Confirmed, None) => {
            let chosen = login.chosen();
            let identity = chosen.map(|identity| IdentityChoice::of(identity, locale));
            shown(&ConfirmedPage {
                frame,
                login,
                identity,
            })
        }
    }
}

/// Answers `POST /logins/{login_id}/not-me`: ends a login that was confirmed here, at the portal and at the gateway. If the
/// gateway knows no session of it, the browser may still hold the code back, or the gateway may not answer: then the outbox
/// ends all of the person's logins as this identity, now and once no code of this login can be redeemed.
pub(super) async fn disown(confirmation: Confirmation) -> Result<Response, Failure> {
    let (id, login) = (confirmation.id(), &confirmation.login);
    let path = path_of(id);
    if login.decision != Some(Kept::Confirmed) || login.disowned == Some(Disowned::Ended) {
        return Ok(Redirect::to(&path).into_response());
    }
    let (phone, session) = (&confirmation.phone, &confirmation.session);
    let requester = &login.context.requester;
    disowned_computers::remember(&phone.db, &session.account_id, requester).await?;
    // A session has the id of the login that began it.
    browsers::end_at_provider(&phone.db, &id.to_string(), EndReason::Disowned).await?;
    let at_gateway = confirmation.gateway().end_session(id).await;
    if let Err(error) = &at_gateway {
        tracing::info!(%error, "a disowned login is ended by the outbox");
        let (account_id, identity) = (&session.account_id, login.identity_id.as_deref());
        logouts::add(&phone.db, account_id, identity, LogoutReason::Disowned).await?;
        phone.logouts.wake();
    }
    let is_over = at_gateway.is_ok() || login.context.client.client_id == CLIENT_ID;
    let disowned = if is_over {
        Disowned::Ended
    } else {
        Disowned::Asked
    };
    ScannedLogin::disown(&phone.db, session, id, disowned).await?;
    Ok(Redirect::to(&path).into_response())
}

impl ScannedLogin {
    /// The browser or device, and where it is.
    fn requester(&self, frame: &Frame<'_>) -> String {
        let requester = &self.context.requester;
        let place = requester::place(requester, frame.texts());
        match requester::browser(requester) {
            Some(browser) => format!("{browser} · {place}"),
            None => place,
        }
    }
}
