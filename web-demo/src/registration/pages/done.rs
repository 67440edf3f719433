//! Step 4: registered.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};

use super::{elsewhere, path_of};
use crate::accounts::Account;
use crate::host::Host;
use crate::pages::{Failure, Frame, Locale, Surface, page};
use crate::registration::{Draft, Step};
use crate::verification::Notice;

#[derive(Template)]
#[template(path = "registration/done.html")]
struct DonePage<'a> {
    frame: Frame<'a>,
    notice: Option<Notice>,
    user_name: String,
}

impl DonePage<'_> {
    /// The step's place in the stepper, from 1.
    fn place(&self) -> usize {
        if self.frame.surface == Surface::Portal {
            4
        } else {
            3
        }
    }
}

/// Answers `GET /register/done`.
pub async fn show<H: Host>(
    State(host): State<H>,
    headers: HeaderMap,
    locale: Locale,
) -> Result<Response, Failure> {
    let draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if let Some(elsewhere) = elsewhere::<H>(&draft, Step::Done) {
        return Ok(elsewhere);
    }
    let account_id = draft.data.account_id.as_deref().unwrap_or_default();
    let Some(account) = Account::find(host.db(), account_id).await? else {
        return Ok(Redirect::to("/register").into_response());
    };
    let frame = Frame::new(H::SURFACE, locale, path_of(Step::Done, H::SURFACE));
    let notice = Notice::of(&account, locale);
    page(
        StatusCode::OK,
        &DonePage {
            frame,
            notice,
            user_name: account.user_name,
        },
    )
}
