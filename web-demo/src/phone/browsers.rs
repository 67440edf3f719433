//! Where the person is logged in: the sessions that the gateway keeps for sites, and the portal's own logins; and the way
//! to log out there.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::Uri;
use saoma_client::PhoneError;
use saoma_protocol::{ErrorCode, Identity, LoginId, SessionSummary};
use sqlx::SqlitePool;
use sqlx::types::Json;

use super::claim::refused;
use super::scan_error::{ScanError, SentForm};
use super::sessions::PhoneSession;
use super::{Phone, requester};
use crate::browsers::{self, Browser};
use crate::db::fetch_all;
use crate::pages::{Failure, Frame, Locale, shown};
use crate::provider::{CLIENT_ID, CLIENT_NAME};
use crate::records::Words;
use crate::session_times::EndReason;

const PATH: &str = "/sessions";

#[derive(Template)]
#[template(path = "phone/browsers.html")]
struct BrowsersPage<'a> {
    frame: Frame<'a>,
    logins: Vec<Login>,
    /// True if the gateway does not say where else the person is logged in.
    incomplete: bool,
    told: Option<Words>,
}

/// The page that asks whether to end a login.
#[derive(Template)]
#[template(path = "phone/end_login.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    login: &'a Login,
}

/// A login, as its person sees it from the phone.
struct Login {
    /// The names of its sites.
    sites: Vec<String>,
    identity: Identity,
    /// The time of the login, in the province's time (UTC+8).
    since: String,
    place: String,
    /// Browser and system, as far as known.
    browser: Option<String>,
    /// The address of the page that asks about its end, to which the end is posted.
    end: String,
}

impl From<Browser> for Login {
    /// A login that the portal alone keeps, as one by password.
    fn from(browser: Browser) -> Self {
        Self {
            sites: vec![CLIENT_NAME.to_owned()],
            identity: browser.identity,
            since: browser.logged_in_at,
            place: browser.address,
            browser: browser.browser,
            end: format!("{PATH}/{}/end", browser.id),
        }
    }
}

/// The logins of a person that could be found.
struct Found {
    logins: Vec<Login>,
    /// True if the gateway does not say where else the person is logged in.
    incomplete: bool,
}

impl Found {
    /// Asks the portal and the gateway; `None` if the gateway no longer takes the app's token.
    async fn of(
        phone: &Phone,
        session: &PhoneSession,
        locale: Locale,
    ) -> Result<Option<Self>, Failure> {
        let browsers = browsers::of(&phone.db, &session.account_id).await?;
        let gateway = phone.gateway.phone_of(&session.access_token());
        let (sessions, unanswered) = match gateway.sessions().await {
            Ok(list) => (list.sessions, None),
            Err(PhoneError::Refused { problem, .. })
                if problem.error == ErrorCode::InvalidToken =>
            {
                return Ok(None);
            }
            Err(error) => (Vec::new(), Some(ScanError::from(error))),
        };
        Ok(Some(Self {
            logins: logins(&phone.db, sessions, browsers, locale).await?,
            incomplete: unanswered.is_some(),
        }))
    }
}

pub(super) async fn list(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    let Some(found) = Found::of(&phone, &session, locale).await? else {
        session.end(&phone.db).await?;
        return Ok(Redirect::to("/login").into_response());
    };
    shown(&BrowsersPage {
        frame: Frame::phone(locale, PATH),
        logins: found.logins,
        incomplete: found.incomplete,
        told: session.take_told(&phone.db).await?,
    })
}

/// Answers `GET` of a login's end: asks for a confirmation. For one that is not in the list, it leads there.
pub(super) async fn ask(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    uri: Uri,
) -> Result<Response, Failure> {
    let found = Found::of(&phone, &session, locale).await?;
    let logins = found.into_iter().flat_map(|found| found.logins);
    let mut named = logins.filter(|login| login.end == uri.path());
    let Some(login) = named.next() else {
        return Ok(Redirect::to(PATH).into_response());
    };
    shown(&EndPage {
        frame: Frame::phone(locale, &login.end),
        login: &login,
    })
}

/// Returns all logins, the latest first. A login at the portal that began a session is shown as that session. The portal's
/// login may have ended without the gateway, such as after half an hour without activity: then the session does not name
/// the portal.
async fn logins(
    db: &SqlitePool,
    mut sessions: Vec<SessionSummary>,
    mut browsers: Vec<Browser>,
    locale: Locale,
) -> Result<Vec<Login>, Failure> {
    for session in &mut sessions {
        let sid = session.sid.to_string();
        let is_of_it = |browser: &Browser| browser.provider_sid.as_ref() == Some(&sid);
        let is_at_portal = browsers.iter().any(is_of_it);
        session
            .clients
            .retain(|site| is_at_portal || site.client_id != CLIENT_ID);
        browsers.retain(|browser| !is_of_it(browser));
    }
    sessions.retain(|session| !session.clients.is_empty());
    let times: Vec<u64> = sessions.iter().map(|session| session.began_at).collect();
    let times: Vec<(String,)> = fetch_all!(db,
        "SELECT strftime('%Y-%m-%d %H:%M', value, 'unixepoch', '+8 hours') FROM json_each(?1)
        ORDER BY key"; Json(times))
    .await?;
    let at_sites = sessions
        .into_iter()
        .zip(times)
        .map(|(session, (since,))| Login {
            sites: session.clients.into_iter().map(|site| site.name).collect(),
            identity: session.identity,
            since,
            place: requester::place(&session.requester, locale.texts()),
            browser: requester::browser(&session.requester),
            end: end_path(session.sid),
        });
    let mut logins: Vec<_> = at_sites
        .chain(browsers.into_iter().map(Login::from))
        .collect();
    logins.sort_by(|one, other| other.since.cmp(&one.since));
    Ok(logins)
}

/// What the list says after a login was ended.
fn ended(locale: Locale) -> String {
    locale.texts().told.login_ended.to_owned()
}

fn end_path(sid: LoginId) -> String {
    format!("{PATH}/at-sites/{sid}/end")
}

/// Answers `POST /sessions/{id}/end`: the browser is logged out of the portal with its next request. One that is logged out
/// already, or is another person's, changes nothing.
pub(super) async fn end(
    State(phone): State<Phone>,
    session: PhoneSession,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    if browsers::end(&phone.db, &session.account_id, &id).await? {
        session.tell(&phone.db, ended).await?;
    }
    Ok(Redirect::to(PATH).into_response())
}

/// Answers `POST /sessions/at-sites/{sid}/end`: the gateway ends the session and tells its sites. One that has ended
/// already, or is another person's, changes nothing.
pub(super) async fn end_at_sites(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    Path(sid): Path<String>,
) -> Result<Response, Failure> {
    let Ok(sid) = sid.parse::<LoginId>() else {
        return Ok(Redirect::to(PATH).into_response());
    };
    let gateway = phone.gateway.phone_of(&session.access_token());
    match gateway.end_session(sid).await {
        // The portal does not wait for the gateway's token, so that the list is right at once.
        Ok(_) => {
            browsers::end_at_provider(&phone.db, &sid.to_string(), EndReason::Elsewhere).await?;
            session.tell(&phone.db, ended).await?;
        }
        Err(PhoneError::Refused { problem, .. }) if problem.error == ErrorCode::UnknownLogin => {}
        Err(error) => {
            let action = end_path(sid);
            let sent = SentForm {
                action: &action,
                identity: "",
            };
            return refused(&phone, session, error, Some(&sent), locale, PATH).await;
        }
    }
    Ok(Redirect::to(PATH).into_response())
}
