//! A flood of messages on an open socket.

use std::sync::Arc;

use saoma_client::Browser;
use saoma_protocol::{ClientMessage, ServerMessage};
use tokio::sync::mpsc;

use super::{CoarseClock, Flood};
use crate::open_model::{ConcurrencyLimit, schedule};

/// Messages that wait for the socket.
const QUEUED: usize = 64;

const DOOR: &str = "refresh";

/// Sends `refresh` at a rate on one socket, and opens another when the gateway has closed it.
pub(super) async fn flood(flood: Arc<Flood>, rate: f64) {
    let (ticks, mut due) = mpsc::channel(QUEUED);
    let sending = Arc::clone(&flood);
    let sender = tokio::spawn(async move {
        let mut browser = None;
        while let Some(number) = due.recv().await {
            match &mut browser {
                None => match sending.open(number).await {
                    Ok(opened) => browser = Some(opened),
                    Err(outcome) => sending.count(DOOR, &format!("no socket: {outcome}")),
                },
                Some(open) => {
                    if !refresh(&sending, open).await {
                        browser = None;
                    }
                }
            }
        }
    });
    let limit = ConcurrencyLimit::new(u32::try_from(QUEUED).unwrap_or(1));
    let moments = flood.moments(rate);
    schedule(&mut CoarseClock, flood.began, moments, &limit, |arrival| {
        // A full queue drops the message, as an overloaded attacker does.
        if let Some((arrival, _)) = arrival {
            let _ = ticks.try_send(arrival.number);
        }
    })
    .await;
    drop(ticks);
    let _ = sender.await;
}

/// Sends one message and counts its answer. Returns false if the socket is closed.
async fn refresh(flood: &Flood, browser: &mut Browser) -> bool {
    let answer = match browser.send(&ClientMessage::Refresh).await {
        Ok(()) => browser.next().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(ServerMessage::Error { error, .. }) => {
            flood.count(DOOR, error.as_str());
            true
        }
        Ok(_) => {
            flood.count(DOOR, "renewed");
            true
        }
        Err(_) => {
            flood.count(DOOR, "closed");
            false
        }
    }
}
