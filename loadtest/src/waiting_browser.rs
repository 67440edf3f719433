//! A browser that waits for its turn: served by a task of its own, so that it answers pings, takes new codes, and comes
//! back when its node goes.

use std::time::Duration;

use saoma_protocol::ServerMessage;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::browser::{BrowserError, OpenedLogin, PATIENCE};
use crate::persistent_browser::{Heard, PersistentBrowser};

/// What becomes of a connection that ends before its login is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It is the end of the login, and a failure.
    Fails,
    /// The browser comes back.
    IsMended,
}

impl Loss {
    /// How long a browser may take to be told what is due.
    pub const fn patience(self) -> Duration {
        match self {
            Self::Fails => PATIENCE,
            Self::IsMended => Duration::from_secs(90),
        }
    }
}

/// A waiting browser. Dropping it ends its connection.
#[derive(Debug)]
pub struct WaitingBrowser {
    /// Its login, with the code that it shows now.
    pub login: OpenedLogin,
    /// The node that it was opened at.
    pub node: usize,
    loss: Loss,
    heard: mpsc::UnboundedReceiver<(Heard, Instant)>,
    /// Heard while only new codes were looked for.
    early: Option<(ServerMessage, Instant)>,
}

impl WaitingBrowser {
    /// Lets a browser wait.
    pub fn new(browser: PersistentBrowser, node: usize, loss: Loss) -> Self {
        let (login, (hearing, heard)) = (browser.login().clone(), mpsc::unbounded_channel());
        tokio::spawn(wait(browser, hearing, loss));
        Self { login, node, loss, heard, early: None }
    }

    /// Takes what has been heard while nobody looked: the code may be a new one.
    ///
    /// # Errors
    /// The browser has lost its login meanwhile.
    pub fn catch_up(&mut self) -> Result<(), BrowserError> {
        while self.early.is_none()
            && let Ok((heard, at)) = self.heard.try_recv()
        {
            self.early = self.take(heard)?.map(|message| (message, at));
        }
        Ok(())
    }

    /// The next message that tells of more than a new code, and when it came.
    ///
    /// # Errors
    /// The connection ends for good, or nothing comes.
    pub async fn told(&mut self) -> Result<(ServerMessage, Instant), BrowserError> {
        if let Some(early) = self.early.take() {
            return Ok(early);
        }
        let patience = self.loss.patience();
        let told = async {
            while let Some((heard, at)) = self.heard.recv().await {
                if let Some(message) = self.take(heard)? {
                    return Ok((message, at));
                }
            }
            Err(BrowserError::Connection("the browser has gone".into()))
        };
        timeout(patience, told).await.unwrap_or(Err(BrowserError::Silence(patience)))
    }

    fn take(&mut self, heard: Heard) -> Result<Option<ServerMessage>, BrowserError> {
        match heard {
            Heard::News(ServerMessage::Renewed { qr, user_code, .. }) => {
                self.login.qr = qr;
                self.login.user_code = user_code.to_string();
                Ok(None)
            }
            // What was refused for a while is asked for again by the browser itself.
            Heard::News(ServerMessage::Error { .. }) if self.loss == Loss::IsMended => Ok(None),
            // The same result again is the ledger's business.
            Heard::Stale(message @ ServerMessage::Confirmed { .. }) | Heard::News(message) => Ok(Some(message)),
            Heard::Lost { code, .. } if self.loss == Loss::Fails => closed(code),
            Heard::SentAway { code } => closed(code),
            Heard::Stale(_) | Heard::Lost { .. } | Heard::Returned { .. } => Ok(None),
        }
    }
}

fn closed<T>(code: u16) -> Result<T, BrowserError> {
    Err(BrowserError::Closed { code, reason: String::new() })
}

/// Serves the browser until its login has ended, or nobody waits for it any more.
async fn wait(mut browser: PersistentBrowser, hearing: mpsc::UnboundedSender<(Heard, Instant)>, loss: Loss) {
    loop {
        let heard = tokio::select! {
            heard = browser.next() => heard,
            () = hearing.closed() => return,
        };
        let ends = match heard {
            Heard::SentAway { .. } => true,
            Heard::Lost { .. } => loss == Loss::Fails,
            _ => false,
        };
        if hearing.send((heard, Instant::now())).is_err() || ends {
            return;
        }
    }
}
