//! A subscriber of a publish-subscribe server, and the messages that are published to it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use saoma_client::{BrowserError, DEFAULT_TIMEOUT, tcp};
use saoma_protocol::LoginId;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use super::connection_pool::{ConnectionPool, RequestError};
use super::state::{Signal, WorkerState};
use crate::messages::Target;
use crate::open_model::Arrival;
use crate::scenario::Step;

type Socket = WebSocketStream<TcpStream>;

/// A failed subscription or message.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("subscribe")]
    Subscribe(#[from] BrowserError),
    #[error("{0}")]
    InvalidAddress(String),
    #[error("publish")]
    Publish(#[from] RequestError),
    #[error("a message did not come within {0:?}")]
    Timeout(Duration),
    #[error("the socket ended")]
    Ended,
}

/// The channel of a slot.
struct Channel {
    subscribe: Url,
    path: String,
}

/// Subscribes, and waits for messages until all are told to leave.
pub(super) async fn run_slot(
    state: Arc<WorkerState>,
    publisher: Arc<ConnectionPool>,
    slot: u64,
    first: Arrival,
) {
    if let Err(failure) = run(&state, &publisher, slot, first).await {
        state.fail("", &failure);
    }
    state.active.fetch_sub(1, Ordering::Relaxed);
}

async fn run(
    state: &Arc<WorkerState>,
    publisher: &ConnectionPool,
    slot: u64,
    first: Arrival,
) -> Result<(), Failure> {
    let channel = channel(state, slot)?;
    let mut socket = timeout(DEFAULT_TIMEOUT, connect(state, &channel, slot))
        .await
        .map_err(|_| Failure::Timeout(DEFAULT_TIMEOUT))??;
    state.record("open", first.intended.elapsed());
    state.recorder.socket_opened();
    drop(first);
    let ended = receive_messages(state, publisher, &channel, &mut socket).await;
    state.recorder.socket_closed();
    ended
}

async fn receive_messages(
    state: &WorkerState,
    publisher: &ConnectionPool,
    channel: &Channel,
    socket: &mut Socket,
) -> Result<(), Failure> {
    let mut signals = state.signals.subscribe();
    loop {
        let mut arrival = state.next_arrival(Step::Whole);
        let arrival = loop {
            tokio::select! {
                arrived = &mut arrival => break arrived.map_err(|_| Failure::Ended)?,
                frame = socket.next() => match frame {
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(Failure::Ended),
                },
                _ = signals.changed() => if *signals.borrow_and_update() == Signal::Leave {
                    return Ok(());
                },
            }
        };
        iterate(state, publisher, channel, socket, arrival.intended).await?;
        state.recorder.done();
    }
}

/// Publishes a message and waits for it.
async fn iterate(
    state: &WorkerState,
    publisher: &ConnectionPool,
    channel: &Channel,
    socket: &mut Socket,
    intended: Instant,
) -> Result<(), Failure> {
    let id = LoginId::from_random(std::array::from_fn(|_| fastrand::u8(..)));
    let text = id.to_string();
    state.recorder.opened(id, &text);
    state.recorder.ledger(|ledger| ledger.asked(id));
    let publishing = async {
        publisher
            .post(&channel.path, "text/plain", text.clone())
            .await?;
        state.record("confirm", intended.elapsed());
        state.recorder.ledger(|ledger| ledger.accepted(id));
        Ok(())
    };
    let receiving = async {
        while let Some(frame) = socket.next().await {
            if let Ok(Message::Text(received)) = &frame {
                state.record("push", intended.elapsed());
                state
                    .recorder
                    .ledger(|ledger| ledger.received(id, received));
                return Ok(());
            }
            frame.map_err(|_| Failure::Ended)?;
        }
        Err(Failure::Ended)
    };
    let both = async { tokio::try_join!(publishing, receiving) };
    timeout(DEFAULT_TIMEOUT, both)
        .await
        .map_err(|_| Failure::Timeout(DEFAULT_TIMEOUT))?
        .map(|_| ())
}

async fn connect(state: &WorkerState, channel: &Channel, slot: u64) -> Result<Socket, Failure> {
    let began = Instant::now();
    let stream = match state.local_address(slot) {
        Some(address) => tcp::connect_from(address, &channel.subscribe).await?,
        None => TcpStream::connect(tcp::socket_address(&channel.subscribe)?)
            .await
            .map_err(BrowserError::from)?,
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0);
    let connecting = client_async_with_config(channel.subscribe.as_str(), stream, Some(config));
    let (socket, _) = connecting.await.map_err(BrowserError::from)?;
    state.record("handshake", began.elapsed());
    Ok(socket)
}

fn channel(state: &WorkerState, slot: u64) -> Result<Channel, Failure> {
    let Target::Plain { subscribe, publish } = &state.plan.target else {
        return Err(Failure::InvalidAddress("no plain server".into()));
    };
    let id = format!("{}-{slot}", state.plan.worker);
    let url = |template: &str| {
        Url::parse(&template.replace("{id}", &id))
            .map_err(|error| Failure::InvalidAddress(format!("{template}: {error}")))
    };
    let (subscribe, publish) = (url(subscribe)?, url(publish)?);
    let path = publish.query().map_or_else(
        || publish.path().into(),
        |query| format!("{}?{query}", publish.path()),
    );
    Ok(Channel { subscribe, path })
}
