//! The end of a socket: the closing handshake, within a time limit.

use std::future::Future;

use tokio::time::timeout;

use super::frames::FrameStream;
use super::{SocketClose, SocketContext, SocketStream};

/// Closes a socket. A browser that takes part gets all that was sent before; others are cut off
/// after the write timeout.
#[allow(
    clippy::manual_async_fn,
    reason = "an async fn would keep the socket twice"
)]
pub(super) fn close<S: SocketStream>(
    context: SocketContext,
    mut frames: FrameStream<S>,
    close: SocketClose,
) -> impl Future<Output = ()> {
    async move {
        context.session.count_close(match &close {
            SocketClose::Sent(reason) => Some(reason.code),
            SocketClose::Received | SocketClose::PeerGone | SocketClose::WriteTimeout => None,
        });
        let write_timeout = context.frontend.sockets.write_timeout;
        let closed = async {
            match close {
                SocketClose::Sent(reason) => {
                    let sent = context.in_time(frames.send_close(reason)).await;
                    // A browser that has sent its close frame sends nothing behind it.
                    let read = match sent {
                        Ok(_) => frames.read_close().await,
                        Err(_) => return false,
                    };
                    match read {
                        Ok(true) => true,
                        Ok(false) => frames.shutdown().await.is_ok(),
                        Err(_) => false,
                    }
                }
                SocketClose::Received => {
                    frames.answer_close().await.is_ok() && frames.shutdown().await.is_ok()
                }
                SocketClose::PeerGone => true,
                SocketClose::WriteTimeout => false,
            }
        };
        if !timeout(write_timeout, closed).await.unwrap_or(false) {
            tracing::debug!("a browser was cut off");
            frames.get_ref().discard_unsent();
        }
    }
}
