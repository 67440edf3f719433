//! Step 4: registered.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};

use super::Registration;
use crate::accounts::Account;
use crate::pages::{Failure, Frame, shown};
use crate::registration::draft::Step;
use crate::surface::SurfaceContext;
use crate::verification::Notice;

#[derive(Template)]
#[template(path = "registration/done.html")]
struct DonePage<'a> {
    frame: Frame<'a>,
    notice: Option<Notice>,
    user_name: String,
}

impl DonePage<'_> {
    fn place(&self) -> usize {
        self.frame.registration_place(Step::Done)
    }
}

pub(super) async fn show<S: SurfaceContext>(
    registration: Registration<S>,
) -> Result<Response, Failure> {
    if let Some(elsewhere) = registration.elsewhere(Step::Done) {
        return Ok(elsewhere);
    }
    let account_id = registration.draft.data.account_id.as_deref();
    let account = Account::find(registration.surface.db(), account_id.unwrap_or_default());
    let Some(account) = account.await? else {
        return Ok(Redirect::to("/register").into_response());
    };
    let done = DonePage {
        frame: registration.frame(Step::Done),
        notice: Notice::of(&account, registration.locale),
        user_name: account.user_name,
    };
    shown(&done)
}
