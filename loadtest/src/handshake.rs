//! How a browser's socket begins: the request, the limits, and what a refusal says.

use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue};
use saoma_protocol::{ProtocolVersion, paths};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::Url;

use crate::browser::BrowserError;

pub(crate) fn page_headers(origin: &str) -> Result<HeaderMap, BrowserError> {
    Ok(HeaderMap::from_iter([
        (
            ORIGIN,
            HeaderValue::from_str(origin).map_err(|_| BrowserError::Target(origin.to_owned()))?,
        ),
        (
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(ProtocolVersion::V1.subprotocol()),
        ),
    ]))
}

pub(crate) fn socket_request(target: &Url, headers: HeaderMap) -> Result<Request, BrowserError> {
    let mut request = socket_address(target)?
        .as_str()
        .into_client_request()
        .map_err(connection_error)?;
    request.headers_mut().extend(headers);
    Ok(request)
}

/// Many browsers live in one process.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_write_buffer_size(64 * 1024)
}

fn socket_address(target: &Url) -> Result<Url, BrowserError> {
    let wrong = || BrowserError::Target(target.to_string());
    let mut address = target.join(paths::SOCKET).map_err(|_| wrong())?;
    let scheme = if address.scheme() == "https" {
        "wss"
    } else {
        "ws"
    };
    address.set_scheme(scheme).map_err(|()| wrong())?;
    Ok(address)
}

pub(crate) fn connection_error(error: Error) -> BrowserError {
    match error {
        Error::Http(response) => BrowserError::Refused {
            status: response.status(),
            retry_after: response
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok()?.parse().ok()),
            problem: response
                .body()
                .as_ref()
                .and_then(|body| serde_json::from_slice(body).ok()),
        },
        other => BrowserError::Connection(other.to_string()),
    }
}
