//! A socket that waits on any server with subscribe and publish, and what is published to it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use saoma_client::{BrowserError, DEFAULT_TIMEOUT, error_chain, tcp};
use saoma_protocol::LoginId;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use super::connection_pool::{ConnectionPool, RequestError};
use super::site::{Signal, Site};
use crate::open_model::Arrival;
use crate::scenario::Step;

type Socket = WebSocketStream<TcpStream>;

/// Why nothing came of a message.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("subscribe")]
    Subscribe(#[from] BrowserError),
    #[error("{0}")]
    InvalidAddress(String),
    #[error("publish")]
    Publish(#[from] RequestError),
    #[error("a message did not come within {0:?}")]
    Silence(Duration),
    #[error("the socket ended")]
    Ended,
}

/// The channel of a seat.
struct Channel {
    subscribe: Url,
    path: String,
}

/// Subscribes, and waits for messages until all are told to leave.
pub(super) async fn subscribe(
    site: Arc<Site>,
    publisher: Arc<ConnectionPool>,
    seat: u64,
    first: Arrival,
) {
    let outcome = wait(&site, &publisher, seat, first).await;
    if let Err(failure) = outcome {
        site.tally.failed(&error_chain(&failure));
    }
    site.living.fetch_sub(1, Ordering::Relaxed);
}

async fn wait(
    site: &Arc<Site>,
    publisher: &ConnectionPool,
    seat: u64,
    first: Arrival,
) -> Result<(), Failure> {
    let channel = channel(site, seat)?;
    let mut socket = timeout(DEFAULT_TIMEOUT, connect(site, &channel, seat))
        .await
        .map_err(|_| Failure::Silence(DEFAULT_TIMEOUT))??;
    site.measured("open", first.intended.elapsed());
    site.tally.socket_opened();
    drop(first);
    let mut signals = site.signals.subscribe();
    let ended = loop {
        let mut turn = site.wait(Step::Whole);
        let arrival = loop {
            tokio::select! {
                arrival = &mut turn => break arrival.ok(),
                frame = socket.next() => match frame {
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break None,
                },
                _ = signals.changed() => if *signals.borrow_and_update() == Signal::Leave {
                    site.tally.socket_closed();
                    return Ok(());
                },
            }
        };
        let Some(arrival) = arrival else {
            break Err(Failure::Ended);
        };
        match message(site, publisher, &channel, &mut socket, arrival.intended).await {
            Ok(()) => site.tally.done(),
            Err(failure) => break Err(failure),
        }
    };
    site.tally.socket_closed();
    ended
}

/// Publishes a message, and waits for it.
async fn message(
    site: &Site,
    publisher: &ConnectionPool,
    channel: &Channel,
    socket: &mut Socket,
    intended: Instant,
) -> Result<(), Failure> {
    let id = LoginId::from_random(std::array::from_fn(|_| fastrand::u8(..)));
    let text = id.to_string();
    site.tally.opened(id, &text);
    site.tally.book(|ledger| ledger.asked(id));
    let publishing = async {
        publisher
            .post(&channel.path, "text/plain", text.clone())
            .await?;
        site.measured("confirm", intended.elapsed());
        site.tally.book(|ledger| ledger.accepted(id));
        Ok(())
    };
    let hearing = async {
        while let Some(frame) = socket.next().await {
            if let Ok(Message::Text(heard)) = &frame {
                site.measured("push", intended.elapsed());
                site.tally.book(|ledger| ledger.received(id, heard));
                return Ok(());
            }
            frame.map_err(|_| Failure::Ended)?;
        }
        Err(Failure::Ended)
    };
    let both = async { tokio::try_join!(publishing, hearing) };
    timeout(DEFAULT_TIMEOUT, both)
        .await
        .map_err(|_| Failure::Silence(DEFAULT_TIMEOUT))?
        .map(|_| ())
}

async fn connect(site: &Site, channel: &Channel, seat: u64) -> Result<Socket, Failure> {
    let began = Instant::now();
    let stream = match site.source(seat) {
        Some(source) => tcp::connect_from(source, &channel.subscribe).await?,
        None => TcpStream::connect(tcp::socket_address(&channel.subscribe)?)
            .await
            .map_err(BrowserError::from)?,
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0);
    let connecting = client_async_with_config(channel.subscribe.as_str(), stream, Some(config));
    let (socket, _) = connecting.await.map_err(BrowserError::from)?;
    site.measured("handshake", began.elapsed());
    Ok(socket)
}

fn channel(site: &Site, seat: u64) -> Result<Channel, Failure> {
    let crate::orders::Target::Plain { subscribe, publish } = &site.plan.target else {
        return Err(Failure::InvalidAddress("no plain server".into()));
    };
    let id = format!("{}-{seat}", site.plan.worker);
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
