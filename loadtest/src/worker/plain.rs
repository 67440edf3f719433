//! A socket that waits on any server with subscribe and publish, and what is published to it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use saoma_protocol::LoginId;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use super::requests::{Asked, RequestError, Requests};
use super::site::{Signal, Site};
use crate::browser::PATIENCE;
use crate::open_model::Arrival;
use crate::scenario::Step;
use crate::source::{bound_stream, socket_address};

type Socket = WebSocketStream<TcpStream>;

/// Why nothing came of a message.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("subscribe: {0}")]
    Subscribe(String),
    #[error("publish: {0}")]
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
    publisher: Arc<Requests>,
    seat: u64,
    first: Arrival,
) {
    let outcome = wait(&site, &publisher, seat, first).await;
    if let Err(failure) = outcome {
        site.tally.failed(&failure.to_string());
    }
    site.living.fetch_sub(1, Ordering::Relaxed);
}

async fn wait(
    site: &Arc<Site>,
    publisher: &Requests,
    seat: u64,
    first: Arrival,
) -> Result<(), Failure> {
    let channel = channel(site, seat)?;
    let mut socket = timeout(PATIENCE, connect(site, &channel, seat))
        .await
        .map_err(|_| Failure::Silence(PATIENCE))??;
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
    publisher: &Requests,
    channel: &Channel,
    socket: &mut Socket,
    intended: Instant,
) -> Result<(), Failure> {
    let id = LoginId::from_random(std::array::from_fn(|_| fastrand::u8(..)));
    let text = id.to_string();
    site.tally.opened(id, &text);
    site.tally.book(|ledger| ledger.asked(id));
    let publishing = async {
        let asked = Asked {
            path: &channel.path,
            token: None,
            media_type: "text/plain",
            body: text.clone(),
        };
        publisher.post(&asked).await?;
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
    timeout(PATIENCE, both)
        .await
        .map_err(|_| Failure::Silence(PATIENCE))?
        .map(|_| ())
}

async fn connect(site: &Site, channel: &Channel, seat: u64) -> Result<Socket, Failure> {
    let wrong = |error: String| Failure::Subscribe(error);
    let began = Instant::now();
    let stream = match site.source(seat) {
        Some(source) => bound_stream(source, &channel.subscribe)
            .await
            .map_err(|error| wrong(error.to_string()))?,
        None => {
            let address =
                socket_address(&channel.subscribe).map_err(|error| wrong(error.to_string()))?;
            TcpStream::connect(address)
                .await
                .map_err(|error| wrong(error.to_string()))?
        }
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0);
    let connecting = client_async_with_config(channel.subscribe.as_str(), stream, Some(config));
    let (socket, _) = connecting.await.map_err(|error| wrong(error.to_string()))?;
    site.measured("handshake", began.elapsed());
    Ok(socket)
}

fn channel(site: &Site, seat: u64) -> Result<Channel, Failure> {
    let crate::orders::Target::Plain { subscribe, publish } = &site.plan.target else {
        return Err(Failure::Subscribe("no plain server".into()));
    };
    let id = format!("{}-{seat}", site.plan.worker);
    let url = |template: &str| {
        Url::parse(&template.replace("{id}", &id))
            .map_err(|error| Failure::Subscribe(format!("{template}: {error}")))
    };
    let (subscribe, publish) = (url(subscribe)?, url(publish)?);
    let path = publish.query().map_or_else(
        || publish.path().into(),
        |query| format!("{}?{query}", publish.path()),
    );
    Ok(Channel { subscribe, path })
}
