//! The opening handshake (RFC 6455 §4.2): checks an HTTP request, then upgrades it to a socket.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    CONNECTION, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use saoma_protocol::{
    ClientMessage, ErrorCode, MAX_INBOUND_MESSAGE_BYTES, OpenRequest, ProtocolVersion,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use url::form_urlencoded;

use super::super::BrowserFrontend;
use super::super::requester::{open_context, origin, single};
use super::super::session::upgrade_refused;
use super::connection::Connection;
use super::hibernation::Socket;
use super::{SocketContext, SocketStream};
use crate::error::ApiError;
use crate::http::problem::ApiProblem;
use crate::http::security_headers::map_with_room;
use crate::http::server::Timed;
use crate::metrics::Transport;
use crate::request_id;

/// Answers `GET /v1/socket`, on an HTTP connection over a stream of type `S`.
pub(crate) async fn upgrade<S: SocketStream>(
    State(frontend): State<Arc<BrowserFrontend>>,
    mut request: Request,
) -> Response {
    match accept::<S>(&frontend, &mut request) {
        Ok(response) => response,
        Err(problem) => {
            upgrade_refused(&frontend.logins, problem.error());
            problem.into_response()
        }
    }
}

fn accept<S: SocketStream>(
    frontend: &Arc<BrowserFrontend>,
    request: &mut Request,
) -> Result<Response, ApiProblem> {
    let headers = request.headers();
    // A GET of one host, and behind its head no body but frames (RFC 6455 §4.2.1).
    if request.method() != Method::GET
        || single(headers, &HOST).is_none()
        || !request.body().is_end_stream()
    {
        return Err(not_a_handshake().into());
    }
    let key = handshake_key(headers)?;
    let version = version(headers)?;
    let admitted = |origin: &str| {
        origin == frontend.logins.public_origin()
            || frontend.logins.clients().admits_origin_of_any(origin)
    };
    if !origin(headers).is_some_and(admitted) {
        return Err(ApiError::new(
            ErrorCode::OriginNotAllowed,
            "the page's origin is on no client's list",
        )
        .into());
    }
    let address = frontend.trusted_proxies.address_of(request)?;
    let place = frontend.trusted_proxies.place_of(request, address);
    let open_context = open_context(headers, address, place, Transport::WebSocket);
    let requested = requested_open(request.uri());
    let permit = frontend.admit_socket(&address)?;
    let on_upgrade = request
        .extensions_mut()
        .remove::<OnUpgrade>()
        .ok_or_else(not_a_handshake)?;
    let served = Arc::clone(frontend);
    let first_steps = async move {
        let (stream, read) = bare_stream(on_upgrade)
            .await
            .inspect_err(|error| tracing::debug!(%error, "a connection broke during its upgrade"))
            .ok()?;
        let context = SocketContext::new(served, permit);
        Connection::new(context, stream, read)
            .await
            .start(open_context, requested)
            .await
    };
    let first_steps = request_id::carried(first_steps);
    frontend.tasks.spawn(Socket::<S>::new(first_steps));
    Ok(switching_protocols(&key, version))
}

/// Checks the headers of a handshake, and returns its key (RFC 6455 §4.2.1).
fn handshake_key(headers: &HeaderMap) -> Result<HeaderValue, ApiProblem> {
    if !has_token(headers, &CONNECTION, "upgrade") || !has_token(headers, &UPGRADE, "websocket") {
        return Err(ApiProblem::from(not_a_handshake())
            .with_status(StatusCode::UPGRADE_REQUIRED)
            .with_header(UPGRADE, "websocket"));
    }
    if single(headers, &SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let problem = ApiProblem::from(ApiError::new(
            ErrorCode::InvalidRequest,
            "Sec-WebSocket-Version must be 13",
        ));
        return Err(problem
            .with_status(StatusCode::UPGRADE_REQUIRED)
            .with_header(SEC_WEBSOCKET_VERSION, "13"));
    }
    let key = single(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_nonce(key.as_bytes()));
    key.cloned().ok_or_else(|| not_a_handshake().into())
}

/// Returns true for 16 bytes in base64 (RFC 6455 §4.1).
fn is_nonce(key: &[u8]) -> bool {
    data_encoding::BASE64
        .decode(key)
        .is_ok_and(|nonce| nonce.len() == 16)
}

fn has_token(headers: &HeaderMap, name: &http::HeaderName, token: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(token))
}

fn version(headers: &HeaderMap) -> Result<ProtocolVersion, ApiProblem> {
    let offered = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    ProtocolVersion::negotiate(offered).ok_or_else(|| {
        let denial = ApiError::new(
            ErrorCode::UnsupportedVersion,
            "offer one of the subprotocols in `supported`",
        );
        ApiProblem::from(denial).with_supported(
            ProtocolVersion::ALL
                .iter()
                .map(|version| version.subprotocol()),
        )
    })
}

/// Reads an `open` from the address's query, which saves the browser a round trip. Its members are
/// those of an authentication request (OIDC Core §3.1.2.1). A query without `client_id` is ignored.
fn requested_open(address: &Uri) -> Option<Result<ClientMessage, ApiError>> {
    let query = address.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "client_id")?;
    if query.len() > MAX_INBOUND_MESSAGE_BYTES {
        return Some(Err(ApiError::new(
            ErrorCode::RequestTooLarge,
            "the query of a socket's address holds at most 4096 bytes",
        )));
    }
    let request = Query::<OpenRequest>::try_from_uri(address)
        .map(|Query(request)| ClientMessage::Open(request));
    Some(request.map_err(|_| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            "the address names a client and holds no whole `open`",
        )
    }))
}

fn not_a_handshake() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        "this address takes WebSocket handshakes only (RFC 6455)",
    )
}

fn switching_protocols(key: &HeaderValue, version: ProtocolVersion) -> Response {
    let mut headers = map_with_room();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    let subprotocol = HeaderValue::from_static(version.subprotocol());
    headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    *response.headers_mut() = headers;
    response
}

/// Takes the bare stream back from hyper, together with the frames that hyper has read. Ends hyper's
/// connection and frees its 16 KiB of buffers.
async fn bare_stream<S: SocketStream>(on_upgrade: OnUpgrade) -> Result<(S, Vec<u8>), UpgradeError> {
    let parts = on_upgrade
        .await?
        .downcast::<TokioIo<Timed<S>>>()
        .map_err(|_: Upgraded| UpgradeError::WrongStream)?;
    // A socket has a write deadline of its own, which tells the browser why it closes.
    let stream = parts.io.into_inner().into_inner().into_inner();
    Ok((stream, parts.read_buf.to_vec()))
}

/// An upgrade that led to no socket.
#[derive(Debug, thiserror::Error)]
enum UpgradeError {
    #[error(transparent)]
    Hyper(#[from] hyper::Error),
    #[error("the connection's stream is not of the type that the routes were made for")]
    WrongStream,
}
