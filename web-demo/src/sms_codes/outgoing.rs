//! Short messages that no answer waits for: the time of an answer must not tell whether one was sent.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::accounts::PhoneNumber;
use crate::log_pace::LogPace;
use crate::registers::SmsCarrier;

/// Messages that wait for the carrier. Those beyond are dropped and counted in the log.
const WAITING: usize = 256;

static FAILURES: LogPace = LogPace::new();

/// The way to the carrier.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing(mpsc::Sender<Message>);

#[derive(Debug)]
struct Message {
    phone: PhoneNumber,
    text: String,
}

/// Gives the messages to the carrier, one after the other.
#[derive(Debug)]
pub(crate) struct Deliverer {
    waiting: mpsc::Receiver<Message>,
    carrier: Arc<dyn SmsCarrier>,
}

impl Outgoing {
    /// Creates the way to a carrier, and its end, which has to run.
    pub(crate) fn new(carrier: Arc<dyn SmsCarrier>) -> (Self, Deliverer) {
        let (sender, waiting) = mpsc::channel(WAITING);
        (Self(sender), Deliverer { waiting, carrier })
    }

    /// Sends a message, without waiting for the carrier.
    pub(crate) fn send(&self, phone: PhoneNumber, text: String) {
        if self.0.try_send(Message { phone, text }).is_err()
            && let Some(unlogged) = FAILURES.admit()
        {
            tracing::error!(unlogged, "a short message was dropped: too many wait");
        }
    }
}

impl Deliverer {
    /// Delivers messages until the hall ends, and then those that wait.
    pub(crate) async fn run(mut self, closing: CancellationToken) {
        loop {
            tokio::select! {
                () = closing.cancelled() => break,
                message = self.waiting.recv() => match message {
                    Some(message) => self.deliver(&message).await,
                    None => return,
                },
            }
        }
        while let Ok(message) = self.waiting.try_recv() {
            self.deliver(&message).await;
        }
    }

    async fn deliver(&self, Message { phone, text }: &Message) {
        if let Err(error) = self.carrier.send(phone.as_str(), text).await
            && let Some(unlogged) = FAILURES.admit()
        {
            tracing::error!(%error, unlogged, "the carrier took no message");
        }
    }
}
