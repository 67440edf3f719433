//! Stored changes as messages to browsers.

use saoma_protocol::{ScanCode, ServerMessage, Timestamp};

use crate::store::{Change, StoredChange};

/// Renders changes as messages of the protocol.
#[derive(Debug, Clone)]
pub(crate) struct Renderer {
    public_origin: String,
}

impl Renderer {
    /// Creates a renderer for the gateway at this origin.
    pub(crate) fn new(public_origin: impl Into<String>) -> Self {
        Self {
            public_origin: public_origin.into(),
        }
    }

    /// Returns the text of the QR code.
    pub(crate) fn qr(&self, code: &ScanCode) -> String {
        code.to_qr_text(&self.public_origin)
    }

    /// Returns the message that tells of a change, as of `now` by the store's clock.
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
                agree: false,
            },
            Change::Confirmed { redirect_to } => ServerMessage::Confirmed {
                seq,
                redirect_to,
                known: None,
            },
            Change::Rejected { reason } => ServerMessage::Rejected { seq, reason },
            Change::Cancelled => ServerMessage::Cancelled { seq, reason: None },
            Change::Expired => ServerMessage::Expired { seq },
        }
    }
}
