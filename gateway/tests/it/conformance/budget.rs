//! The budget of frames: pings, pongs and fragments count as messages do (row A1, threat T36).

use std::time::Duration;

use tokio::time::timeout;

use super::bytes::*;
use super::wire::{Answer, Pace, Wire};
use super::{Moment, UNKNOWN_TYPE, serves_others};
use crate::support::World;

const TOO_MANY: Answer = Answer::Close(Some(4101));

/// Frames that a socket may send at once.
const BURST: usize = 240;

/// Frames of a flood: as many bytes as the kernels of both ends hold.
const FLOOD: usize = 100_000;

/// Row A1: control frames and empty fragments without end close the socket, before a login and with
/// one.
#[tokio::test]
async fn a1_a_flood_of_frames_that_are_no_messages_closes_the_socket() {
    let node = World::in_memory()
        .with("limits.open_per_address = { burst = 100000, per = '1m' }")
        .start()
        .await;
    let floods = [
        ("pings", frame(FIN | PING, b"")),
        ("long pings", frame(FIN | PING, &[b'p'; 125])),
        ("pongs", frame(FIN | PONG, b"")),
        ("empty fragments", frame(CONTINUATION, b"")),
    ];
    for (name, one) in floods {
        for moment in [Moment::First, Moment::Opened] {
            let case = format!("{name} ({moment:?})");
            let mut wire = Wire::at(moment, &node).await;
            if one == frame(CONTINUATION, b"") {
                wire.send(&frame(TEXT, b""), Pace::Whole).await;
            }
            wire.send(&one.repeat(FLOOD), Pace::Whole).await;
            let (count, answer) = wire.pongs().await;
            assert_eq!(answer, TOO_MANY, "{case}");
            // The frames that lie in buffers beside the budget's are a kibibyte's.
            assert!(count <= 2 * BURST, "{case}: {count} pongs");
            wire.ends(&case).await;
            serves_others(&node, &case).await;
        }
    }
    let metrics = reqwest::get(node.operations("/metrics")).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let counted = r#"saoma_rate_limited_total{limit="frame_per_socket"} 8"#;
    assert!(metrics.contains(counted), "{metrics}");
}

/// Row A1: the gateway waits for the browser's close frame before it ends its side of the stream. A proxy that sees that
/// end at once ends the browser's side too, and the browser would lose the close frame.
#[tokio::test]
async fn a1_a_flooded_socket_stays_open_until_its_browser_closes() {
    let node = World::in_memory().start().await;
    let mut wire = Wire::at(Moment::Opened, &node).await;
    wire.send(&frame(FIN | PONG, b"").repeat(2 * BURST), Pace::Whole)
        .await;
    assert_eq!(wire.next().await, TOO_MANY);
    let more = timeout(Duration::from_millis(300), wire.next()).await;
    assert!(more.is_err(), "{more:?} before the browser's close frame");
    wire.send(&frame(FIN | PONG, b"").repeat(FLOOD), Pace::Whole)
        .await;
    wire.ends("after a flood behind the close").await;
}

/// Row A1: a client that pings often, or sends a message in many fragments, is served.
#[tokio::test]
async fn a1_a_burst_of_pings_and_fragments_within_the_budget_is_answered() {
    let node = World::in_memory().start().await;
    let mut wire = Wire::at(Moment::First, &node).await;
    wire.open().await;
    let pings = BURST / 2;
    wire.send(&frame(FIN | PING, b"").repeat(pings), Pace::Whole)
        .await;
    let letters: Vec<&[u8]> = br#"{"type":"dance"}"#.chunks(1).collect();
    wire.send(&fragments(&letters), Pace::Whole).await;
    assert_eq!(wire.pongs().await, (pings, UNKNOWN_TYPE));
    wire.is_open("after a burst").await;
}

/// Row A1: the count goes on while the socket hibernates between its frames.
#[tokio::test]
async fn a1_the_budget_of_frames_outlives_hibernation() {
    let node = World::in_memory()
        .with("limits.frame_per_socket = { burst = 5, per = '1h' }")
        .start()
        .await;
    let mut wire = Wire::at(Moment::Opened, &node).await;
    for _ in 0..4 {
        wire.is_open("within the budget").await;
    }
    wire.send(&frame(FIN | PING, b"x"), Pace::Whole).await;
    // The last ping is in the same read as the budget's end, and may be answered before it.
    assert_eq!(wire.pongs().await.1, TOO_MANY);
}
