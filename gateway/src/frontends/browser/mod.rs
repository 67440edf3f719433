//! The front ends for browsers: each turns the same deliveries into its own bytes.
//!
//! A transport knows the login service and its waiter, and nothing of stores.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;
mod http_login;
mod http_request;
mod long_poll;
mod requester;
mod sse;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use saoma_protocol::{ServerMessage, paths};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::http::admission::{Admission, Place};
use crate::http::trusted_proxies::TrustedProxies;
use crate::limits::{LimitName, LocalLimiter, Rate, Verdict};
use crate::logins::Logins;
use crate::settings::Sockets;

/// What the transports share.
#[derive(Debug)]
pub(crate) struct Transports {
    /// The service behind them.
    pub logins: Arc<Logins>,
    /// Whose word counts about where a browser is.
    pub trusted_proxies: Arc<TrustedProxies>,
    /// Whether there is room for one more.
    pub admission: Arc<Admission>,
    /// Counts the sockets and streams that one address begins.
    pub beginnings: Arc<LocalLimiter>,
    /// How often it may.
    pub beginning_rate: Rate,
    /// How sockets are kept.
    pub sockets: Sockets,
    /// What a socket is sent to ping it.
    pub sign_of_life: Bytes,
    /// Owns the socket tasks, which outlive their HTTP connections.
    pub tasks: TaskTracker,
    /// Ends every socket.
    pub closing: CancellationToken,
}

impl Transports {
    /// Room for one more browser from this address, before anything is spent on it (threat T12).
    ///
    /// # Errors
    /// There is none, or the address begins too many.
    fn admit(&self, address: &ClientAddress) -> Result<Place, ApiError> {
        let limit = LimitName::SocketPerAddress;
        match self
            .beginnings
            .take(limit, self.beginning_rate, &address.limit_key())
        {
            Verdict::Allowed => self.admission.take(address),
            Verdict::Limited { retry_after } => {
                self.logins.metrics().limited(limit);
                Err(ApiError::too_many_requests(retry_after))
            }
        }
    }
}

/// What the sockets of a node that pings so often are sent: a ping, and the message `heartbeat`, because a page does not
/// see pings. Always the same, so written once.
pub(crate) fn sign_of_life(ping_interval: Duration) -> Bytes {
    let next_within = u32::try_from(ping_interval.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    let heartbeat =
        serde_json::to_string(&ServerMessage::Heartbeat { next_within }).unwrap_or_default();
    let mut frames = Vec::new();
    for frame in [
        Frame::ping(Bytes::new()),
        Frame::message(heartbeat, OpCode::Data(Data::Text), true),
    ] {
        // A vector takes everything.
        let _ = frame.format(&mut frames);
    }
    frames.into()
}

/// The routes of all transports.
pub(crate) fn routes(transports: Transports) -> Router {
    let transports = Arc::new(transports);
    let http = Router::new()
        .route(paths::LOGINS, post(http_login::open))
        .route(paths::EVENTS, get(http_login::events))
        .route(paths::REFRESH, post(http_login::refresh))
        .route(paths::CANCEL, post(http_login::cancel))
        .layer(cors(&transports));
    Router::new()
        .route(paths::SOCKET, get(websocket::handshake::upgrade))
        .merge(http)
        .with_state(transports)
}

/// Browsers may call from the pages of registered clients. What they may open is decided by the login service.
fn cors(transports: &Transports) -> CorsLayer {
    let clients = Arc::clone(transports.logins.clients());
    let admits = move |origin: &http::HeaderValue, _: &http::request::Parts| {
        origin
            .to_str()
            .is_ok_and(|origin| clients.admits_origin_of_any(origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(admits))
        .allow_methods([http::Method::GET, http::Method::POST])
        .allow_headers([
            http::header::CONTENT_TYPE,
            http::HeaderName::from_static(saoma_protocol::RECEIVE_KEY_HEADER),
            http::HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([http::header::RETRY_AFTER])
        .max_age(Duration::from_secs(3600))
}
