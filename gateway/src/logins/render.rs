//! From what the store keeps to what a browser is told.

use saoma_protocol::{ScanCode, ServerMessage, Timestamp};

use super::Logins;
use crate::store::{Change, StoredChange};

impl Logins {
    /// Renders a change as the message for its browser, as of now by the store's clock.
    pub(crate) fn render(&self, change: StoredChange) -> ServerMessage {
        self.wording.message(change, self.clock.now())
    }
}

/// Puts changes into the words of the wire.
#[derive(Debug, Clone)]
pub(crate) struct Wording {
    public_origin: String,
}

impl Wording {
    /// Words for browsers of the gateway at this origin.
    pub(crate) fn new(public_origin: impl Into<String>) -> Self {
        Self {
            public_origin: public_origin.into(),
        }
    }

    /// What the QR code holds.
    pub(crate) fn qr(&self, code: &ScanCode) -> String {
        code.to_qr_text(&self.public_origin)
    }

    /// The message that tells of a change, as of `now` by the store's clock.
    pub(crate) fn message(&self, stored: StoredChange, now: Timestamp) -> ServerMessage {
        let seq = stored.seq;
        let expires_in = now.seconds_until(stored.expires_at);
        match stored.change {
            Change::Renewed {
                scan_code,
                user_code,
            } => ServerMessage::Renewed {
                seq,
                qr: self.qr(&scan_code),
                user_code,
                expires_in,
                server_time: now.seconds(),
            },
            Change::Scanned { person } => ServerMessage::Scanned {
                seq,
                person,
                expires_in,
            },
            Change::Confirmed { redirect_to } => ServerMessage::Confirmed { seq, redirect_to },
            Change::Rejected { reason } => ServerMessage::Rejected { seq, reason },
            Change::Cancelled => ServerMessage::Cancelled { seq },
            Change::Expired => ServerMessage::Expired { seq },
        }
    }
}
