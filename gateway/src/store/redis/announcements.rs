//! Announcements of nodes in a stream, whose ids are the times of the store's own clock.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connections;
use super::corrupt;
use crate::store::{Announcements, StoreError};

/// Announcements that are surely kept: those of some hundred nodes in a lifetime.
const KEPT: u32 = 1000;

/// Seconds after the last announcement until the stream ends.
const EXPIRY: u32 = 3600;

/// The only field of an entry.
const FIELD: &str = "node";

/// Adds an announcement and reads those of the last `lifetime`.
///
/// # Errors
/// Returns an error if there is no answer, or none that is understood.
pub(super) async fn announce(
    connections: &Connections,
    announcement: &str,
    lifetime: Duration,
) -> Result<Announcements, StoreError> {
    let mut add = redis::cmd("XADD");
    add.arg(connections.keys().nodes())
        .arg("MAXLEN")
        .arg("~")
        .arg(KEPT);
    add.arg("*").arg(FIELD).arg(announcement);
    let asked_at = Instant::now();
    let own: String = connections.query("announce", &add).await?;
    let mut expire = redis::cmd("EXPIRE");
    expire.arg(connections.keys().nodes()).arg(EXPIRY);
    let _: bool = connections.query("announce", &expire).await?;
    let now = own
        .split('-')
        .next()
        .and_then(|time| time.parse::<u64>().ok());
    let now = now.ok_or_else(|| corrupt("an entry of the nodes' stream has no time"))?;
    connections.observe_clock(now, asked_at);
    let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    let mut range = redis::cmd("XRANGE");
    range
        .arg(connections.keys().nodes())
        .arg(now.saturating_sub(lifetime))
        .arg("+");
    let found: Vec<(String, Vec<String>)> = connections.query("announce", &range).await?;
    let earlier = found.iter().take_while(|(id, _)| *id != own).count();
    let all = found
        .into_iter()
        .filter_map(|(_, fields)| fields.into_iter().nth(1));
    Ok(Announcements {
        all: all.collect(),
        earlier,
    })
}
