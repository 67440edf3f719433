//! Stored changes as messages to browsers.

use std::sync::Arc;

use saoma_protocol::{ScanCode, ServerMessage, Timestamp};

use crate::known_persons::KnownPersons;
use crate::store::{Change, StoredChange};

/// Renders changes as messages of the protocol.
#[derive(Debug, Clone)]
pub(crate) struct Renderer {
    public_origin: String,
    known_persons: Arc<KnownPersons>,
}

impl Renderer {
    /// Creates a renderer for the gateway at this origin, which seals persons for their browsers.
    pub(crate) fn new(public_origin: impl Into<String>, known_persons: Arc<KnownPersons>) -> Self {
        Self {
            public_origin: public_origin.into(),
            known_persons,
        }
    }

    /// Returns the text of the QR code.
    pub(crate) fn qr(&self, code: &ScanCode) -> String {
        code.to_qr_text(&self.public_origin)
    }

    /// Returns the message that tells of a change, as of `now` by the store's clock.
    pub(crate) fn message(&self, stored: StoredChange, now: Timestamp) -> ServerMessage {
        let seq = stored.seq;
        // The node's idea of the store's clock is late by the time that an answer took.
        let now = now.max(stored.at);
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
            Change::Scanned { person, agree } => ServerMessage::Scanned {
                seq,
                person,
                expires_in,
                agree,
            },
            Change::Agreed => ServerMessage::Agreed { seq, expires_in },
            Change::Confirmed { redirect_to, known } => ServerMessage::Confirmed {
                seq,
                redirect_to,
                known: known.and_then(|known| self.known_persons.seal(&known, stored.at)),
            },
            Change::Rejected { reason } => ServerMessage::Rejected { seq, reason },
            Change::Cancelled { reason } => ServerMessage::Cancelled { seq, reason },
            Change::Expired => ServerMessage::Expired { seq },
        }
    }
}
