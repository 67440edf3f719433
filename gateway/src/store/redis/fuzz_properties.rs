//! Properties of messages to a node's inbox.
#![allow(
    clippy::expect_used,
    reason = "a property that does not hold says so by panicking"
)]

use super::inbox::read;
use crate::store::{Change, InboxEvent, StoredChange};

/// A change arrives as it was stored, and does not print its code.
pub(crate) fn inbox_push(bytes: &[u8]) {
    let Ok(Some(event)) = read(bytes) else { return };
    let InboxEvent::Changed { change, .. } = &event else {
        return;
    };
    let stored = serde_json::to_string(change).expect("what was read can be stored");
    assert_eq!(
        serde_json::from_str::<StoredChange>(&stored).ok().as_ref(),
        Some(change)
    );
    let printed = format!("{event:?}");
    match &change.change {
        Change::Confirmed { redirect_to, known } if redirect_to.starts_with("http") => {
            assert!(!printed.contains(redirect_to.as_str()));
            let tag = known.as_ref().map(|known| known.person.to_string());
            assert!(!tag.is_some_and(|tag| printed.contains(&tag)));
        }
        Change::Renewed {
            scan_code,
            user_code,
        } => {
            assert!(
                !printed.contains(&scan_code.to_string())
                    && !printed.contains(&user_code.to_string())
            );
        }
        _ => {}
    }
}
