//! The browsers' front end: one dialogue ([`session`]) over three transports.
//!
//! A transport turns messages into its own bytes. It calls the session and the waiter, and knows no
//! store and no other transport.

mod follow;
mod frame_budget;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;
mod http_login;
mod http_request;
mod long_poll;
mod requester;
mod session;
mod sse;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use saoma_protocol::{ResumeRequest, paths};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::cors::CorsLayer;

pub(crate) use self::requester::open_context;
pub(crate) use self::websocket::SocketStream;
pub(crate) use self::websocket::heartbeat_frames;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::http::admission::{Admission, ConnectionPermit};
use crate::http::cors;
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::Logins;
use crate::settings::Sockets;

/// State that all transports share.
#[derive(Debug)]
pub(crate) struct BrowserFrontend {
    /// The login service.
    pub logins: Arc<Logins>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Arc<TrustedProxies>,
    /// The node's capacity.
    pub admission: Arc<Admission>,
    /// Timeouts of sockets.
    pub sockets: Sockets,
    /// Frames that ping a socket, from [`heartbeat_frames`].
    pub heartbeat_frames: Bytes,
    /// Tracks the socket tasks, which outlive their HTTP connections.
    pub tasks: TaskTracker,
    /// Cancelled when the node ends.
    pub closing: CancellationToken,
}

impl BrowserFrontend {
    /// Admits a new socket, before anything is spent on it (threat T12).
    ///
    /// # Errors
    /// The node has no room, or the address starts too many.
    fn admit_socket(&self, address: &ClientAddress) -> Result<ConnectionPermit, ApiError> {
        self.logins.count_connect(address)?;
        self.admission.admit(address)
    }

    /// Admits the stream of a login. One without a key of this gateway takes none of the node's pace.
    ///
    /// # Errors
    /// As [`BrowserFrontend::admit_socket`].
    fn admit_stream(
        &self,
        address: &ClientAddress,
        request: &ResumeRequest,
    ) -> Result<ConnectionPermit, ApiError> {
        self.logins.count_connect(address)?;
        let permit = self.admission.take(address)?;
        if self.logins.has_made(request.login_id, &request.receive_key) {
            self.admission.pace()?;
        }
        Ok(permit)
    }

    /// Admits a login without a connection of its own. The permit is for the time of its opening.
    ///
    /// # Errors
    /// The node or the address has no room for its browser, or the node has none for its login.
    fn admit_login(&self, address: &ClientAddress) -> Result<ConnectionPermit, ApiError> {
        let permit = self.admission.admit(address)?;
        permit.admit_login(|maximum| self.logins.unattended_reach(maximum))?;
        Ok(permit)
    }
}

/// Returns the routes of all transports, for HTTP connections over streams of type `S`.
pub(crate) fn routes<S: SocketStream>(frontend: BrowserFrontend) -> Router {
    let frontend = Arc::new(frontend);
    let http = Router::new()
        .route(paths::LOGINS, post(http_login::open))
        .route(paths::EVENTS, get(follow::events))
        .route(paths::REFRESH, post(http_login::refresh))
        .route(paths::AGREE, post(http_login::agree))
        .route(paths::CANCEL, post(http_login::cancel))
        .layer(for_pages(&frontend));
    Router::new()
        .route(paths::SOCKET, get(websocket::handshake::upgrade::<S>))
        .merge(http)
        .with_state(frontend)
}

/// Allows requests from the pages of every registered client. The login service checks that a page
/// opens logins for its own client only.
fn for_pages(frontend: &BrowserFrontend) -> CorsLayer {
    cors::for_pages_of(frontend.logins.client_registry())
        .allow_headers([
            http::header::CONTENT_TYPE,
            http::HeaderName::from_static(saoma_protocol::RECEIVE_KEY_HEADER),
            http::HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([http::header::RETRY_AFTER])
        .max_age(Duration::from_secs(3600))
}
