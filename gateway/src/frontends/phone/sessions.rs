//! The person's sessions at the provider, for the app.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use saoma_protocol::{EndedSessions, SessionList};

use super::{Phones, access_token};
use crate::http::json::Json;
use crate::logins::{Logins, PhoneAddress};

/// Answers `GET /v1/sessions`.
pub(super) async fn list(
    State(phones): State<Phones>,
    request: Request,
) -> Result<Json<SessionList>, Response> {
    let request = request.map(drop);
    let listed = async {
        let token = access_token(request.headers())?;
        let PhoneAddress { address, .. } = phones.address_of(&request)?;
        phones.logins.sessions_of(token, &address).await
    };
    let listed = listed.await.map(Json);
    listed.map_err(|denial| phones.refuse("sessions", denial))
}

/// Answers `POST /v1/sessions/{sid}/end`.
pub(super) async fn end(
    State(phones): State<Phones>,
    Path(sid): Path<String>,
    request: Request,
) -> Result<Json<EndedSessions>, Response> {
    let request = request.map(drop);
    let ended = async {
        let token = access_token(request.headers())?;
        let sid = sid.parse().map_err(|_| Logins::unknown_session())?;
        let PhoneAddress { address, .. } = phones.address_of(&request)?;
        phones.logins.end_own_session(token, sid, &address).await
    };
    let ended = ended.await.map(Json);
    ended.map_err(|denial| phones.refuse("end_session", denial))
}

/// Answers `POST /v1/sessions/end`.
pub(super) async fn end_all(
    State(phones): State<Phones>,
    request: Request,
) -> Result<Json<EndedSessions>, Response> {
    let request = request.map(drop);
    let ended = async {
        let token = access_token(request.headers())?;
        let PhoneAddress { address, .. } = phones.address_of(&request)?;
        phones.logins.end_own_sessions(token, &address).await
    };
    let ended = ended.await.map(Json);
    ended.map_err(|denial| phones.refuse("end_session", denial))
}
