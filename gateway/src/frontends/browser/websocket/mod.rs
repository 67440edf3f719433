//! Sessions over WebSocket (RFC 6455).
//!
//! [`handshake`] turns an HTTP request into a socket, and [`hibernation`] owns it from then on. A
//! [`connection`] exists only while messages are in transit: it carries the session's messages in
//! [`frames`]. [`message_boundary`] tells when it can be dropped. All are generic over the byte
//! stream below ([`stream`]). Deliveries are encoded to [`output`] before a future holds them.

mod close;
mod connection;
mod frames;
pub(super) mod handshake;
mod hibernation;
mod message_boundary;
mod output;
mod stream;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::future::Future;
use std::sync::Arc;

use saoma_protocol::CloseCode;
use tokio::time::timeout;

pub(crate) use self::frames::heartbeat_frames;
use self::output::Output;
pub(crate) use self::stream::SocketStream;
use super::BrowserFrontend;
use super::session::Session;
use crate::http::admission::ConnectionPermit;
use crate::waiting::waiter::{CloseReason, Delivery};

/// State of a socket from its upgrade to its close, hibernated or active.
struct SocketContext {
    frontend: Arc<BrowserFrontend>,
    session: Session,
}

impl SocketContext {
    fn new(frontend: Arc<BrowserFrontend>, permit: ConnectionPermit) -> Self {
        let session = Session::new(Arc::clone(&frontend.logins), permit);
        Self { frontend, session }
    }

    /// Renders and encodes a delivery.
    fn encode(&self, delivery: Delivery) -> Output {
        self.session.render(delivery).into()
    }

    /// Limits the time of a write, so that a browser that does not read holds nothing up.
    async fn in_time<E>(
        &self,
        write: impl Future<Output = Result<(), E>>,
    ) -> Result<(), SocketClose> {
        match timeout(self.frontend.sockets.write_timeout, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(SocketClose::PeerGone),
            Err(_) => Err(SocketClose::WriteTimeout),
        }
    }
}

/// The end of a socket, which every step on it can lead to.
enum SocketClose {
    /// The gateway sends a close frame.
    Sent(CloseReason),
    /// The browser has sent a close frame, which is answered in kind (RFC 6455 §5.5.1).
    Received,
    /// The browser has gone without one.
    PeerGone,
    /// The browser does not read.
    WriteTimeout,
}

impl From<CloseReason> for SocketClose {
    fn from(reason: CloseReason) -> Self {
        Self::Sent(reason)
    }
}

impl From<CloseCode> for SocketClose {
    fn from(code: CloseCode) -> Self {
        Self::Sent(code.into())
    }
}
