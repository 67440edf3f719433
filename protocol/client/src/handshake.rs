//! WebSocket handshake requests.

use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue};
use saoma_protocol::{OpenRequest, ProtocolVersion, SealedPerson, paths};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::BrowserError;

/// Headers that a page of `origin` sends.
pub(crate) fn page_headers(origin: &str) -> Result<HeaderMap, BrowserError> {
    let origin = HeaderValue::from_str(origin)
        .map_err(|_| BrowserError::InvalidAddress(origin.to_owned()))?;
    Ok(HeaderMap::from_iter([
        (ORIGIN, origin),
        (
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(ProtocolVersion::V1.subprotocol()),
        ),
    ]))
}

pub(crate) fn socket_request(gateway: &Url, headers: HeaderMap) -> Result<Request, BrowserError> {
    let mut request = socket_address(gateway)?.as_str().into_client_request()?;
    request.headers_mut().extend(headers);
    Ok(request)
}

/// A page's handshake with these parameters in the address.
pub(crate) fn query<K: AsRef<str>, V: AsRef<str>>(
    gateway: &Url,
    origin: &str,
    parameters: impl IntoIterator<Item = (K, V)>,
) -> Result<Request, BrowserError> {
    let query = Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let mut request = socket_request(gateway, page_headers(origin)?)?;
    let address = format!("{}?{query}", request.uri());
    *request.uri_mut() = address
        .parse()
        .map_err(|_| BrowserError::InvalidAddress(address))?;
    Ok(request)
}

/// An `open` request as parameters of the address.
pub(crate) fn open_query(open: &OpenRequest) -> impl Iterator<Item = (&'static str, String)> {
    let known: Vec<_> = open.known.iter().map(SealedPerson::as_str).collect();
    [
        ("known", (!known.is_empty()).then(|| known.join(" "))),
        ("client_id", Some(open.client_id.clone())),
        ("redirect_uri", Some(open.redirect_uri.clone())),
        ("scope", Some(open.scope.clone())),
        (
            "code_challenge",
            open.code_challenge.map(|challenge| challenge.to_string()),
        ),
        ("code_challenge_method", Some("S256".to_owned())),
        ("state", open.state.clone()),
        ("nonce", open.nonce.clone()),
        ("claims", open.claims.clone()),
        ("locale", open.locale.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// Small buffers, because a load generator holds thousands of sockets in one process.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_write_buffer_size(64 * 1024)
}

fn socket_address(gateway: &Url) -> Result<Url, BrowserError> {
    let invalid = || BrowserError::InvalidAddress(gateway.to_string());
    let mut address = gateway.join(paths::SOCKET).map_err(|_| invalid())?;
    let scheme = if address.scheme() == "https" {
        "wss"
    } else {
        "ws"
    };
    address.set_scheme(scheme).map_err(|()| invalid())?;
    Ok(address)
}
