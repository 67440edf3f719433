//! Keeps forms and the pages that answer them.

use axum::body::to_bytes;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{RETRY_AFTER, SET_COOKIE};

use super::layer::Forms;
use super::requests::{MAX_PAGE_BYTES, Sent, without_kept};
use super::store::{self, Holder, KeptAnswer, KeptForm};
use crate::log_pace::LogPace;
use crate::pages::{Failure, KEPT, SetCookies, plain};
use crate::secret::Secret;
use crate::serving::Connection;
use crate::session_times::LoginState;
use crate::surface::SurfaceContext;

static NOT_KEPT: LogPace = LogPace::new();

impl<S: SurfaceContext> Forms<S> {
    /// Keeps a form that was sent after the login's end, for the person who was logged in. Returns the address at which it
    /// will be there again.
    pub(super) async fn page_after_login(
        &self,
        holder: Holder,
        key: &Secret,
        sent: Sent<'_>,
        login: &LoginState,
    ) -> Result<String, Failure> {
        let path = sent.parts.uri.path();
        let page = self.page_of(path, &sent.parts.headers).await;
        let fields = store::fields_of(sent.body);
        let (LoginState::Ended { account_id, .. }, Some(connection)) =
            (login, sent.parts.extensions.get::<Connection>())
        else {
            return Ok(page);
        };
        if account_id.is_empty() || fields.is_empty() {
            return Ok(page);
        }
        let holder = Holder {
            account_id: account_id.clone(),
            ..holder
        };
        let form = KeptForm {
            path: path.to_owned(),
            fields,
            answer: None,
        };
        let db = self.surface.db();
        if !store::keep(db, &holder, connection.address, key, &form).await? {
            return Ok(page);
        }
        let joint = if page.contains('?') { '&' } else { '?' };
        Ok(format!("{page}{joint}{KEPT}={}", key.expose()))
    }

    /// Keeps a page that answers a form, and sends the browser on to it.
    pub(super) async fn keep(
        &self,
        holder: &Holder,
        key: &Secret,
        sent: Sent<'_>,
        response: Response,
    ) -> Response {
        let (mut head, body) = response.into_parts();
        let Ok(html) = to_bytes(body, MAX_PAGE_BYTES).await else {
            return plain(StatusCode::INTERNAL_SERVER_ERROR, |texts| {
                texts.common.failure
            });
        };
        let path = sent.parts.uri.path();
        let retry_after = head
            .headers
            .get(RETRY_AFTER)
            .and_then(|after| after.to_str().ok());
        let kept = KeptForm {
            path: path.to_owned(),
            fields: store::fields_of(sent.body),
            answer: Some(KeptAnswer {
                status: head.status.as_u16(),
                retry_after: retry_after.map(str::to_owned),
                language: sent.locale.tag().to_owned(),
                html: String::from_utf8_lossy(&html).into_owned(),
            }),
        };
        let address = sent
            .parts
            .extensions
            .get::<Connection>()
            .map(|connection| connection.address);
        let kept = match address {
            Some(address) => store::keep(self.surface.db(), holder, address, key, &kept).await,
            None => Ok(false),
        };
        match kept {
            Ok(true) => {
                let cookies = head.headers.get_all(SET_COOKIE).iter().cloned().collect();
                let query = without_kept(&sent.parts.uri);
                let address = format!("{path}?{query}{KEPT}={}", key.expose());
                (SetCookies::of(cookies), Redirect::to(&address)).into_response()
            }
            // The page is shown all the same, as the answer to the form.
            not_kept => {
                if let Err(error) = not_kept
                    && let Some(unlogged) = NOT_KEPT.admit()
                {
                    tracing::warn!(%error, unlogged, "the answer to a form could not be kept");
                }
                head.headers.remove(http::header::CONTENT_LENGTH);
                Response::from_parts(head, html.into())
            }
        }
    }
}
