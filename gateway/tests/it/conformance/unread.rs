//! A browser that never reads is cut off in bounded time, and its pending output stays small.

use saoma_client::{DEFAULT_TIMEOUT, NewLogin};
use saoma_protocol::{ClientMessage, ServerMessage};
use tokio::net::TcpSocket;
use tokio::time::timeout;

use super::bytes::{FIN, PING, close, frame, text};
use super::serves_others;
use super::wire::{Answer, Wire};
use crate::support::{Node, World, hall};

/// Pings whose pongs fit into no buffer.
const PINGS: usize = 100_000;

/// A budget of frames that those pings do not use up.
const ANY_FRAMES: &str = "limits.frame_per_socket = { burst = 1000000, per = '1s' }";

/// Those pings, and short ones whose pongs fill what room the long ones leave.
fn many_pings() -> Vec<u8> {
    [
        frame(FIN | PING, &[b'p'; 125]).repeat(PINGS),
        frame(FIN | PING, b"").repeat(100),
    ]
    .concat()
}

/// A browser whose kernel takes as little for it as it can, with a login that it has read of.
async fn narrow(node: &Node) -> Wire {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    let mut wire = Wire::from(socket.connect(node.gateway.address()).await.unwrap());
    wire.shake_hands().await;
    wire.open().await;
    wire
}

async fn cut_off(node: &Node, case: &str) {
    assert_eq!(node.gateway.waiting(), 0, "{case}");
    serves_others(node, case).await;
}

#[tokio::test]
async fn a_browser_that_neither_reads_nor_writes_is_cut_off() {
    let pings =
        "sockets = { ping_interval = '100ms', ping_timeout = '100ms', write_timeout = '100ms' }";
    let node = World::in_memory().with(pings).start().await;
    let mut wire = narrow(&node).await;
    wire.is_reset().await;
    cut_off(&node, "silence").await;
}

#[tokio::test]
async fn a_pinging_browser_that_never_reads_is_cut_off_at_the_gateways_ping() {
    let pings =
        "sockets = { ping_interval = '300ms', ping_timeout = '300ms', write_timeout = '100ms' }";
    let node = World::in_memory()
        .with(pings)
        .with(ANY_FRAMES)
        .start()
        .await;
    let mut wire = narrow(&node).await;
    wire.is_reset_while_sending(&frame(FIN | PING, &[b'p'; 125]).repeat(100))
        .await;
    cut_off(&node, "pings").await;
}

#[tokio::test]
async fn a_flooding_browser_that_never_reads_is_cut_off_when_an_answer_does_not_fit() {
    let node = World::in_memory()
        .with("sockets.write_timeout = '100ms'")
        .start()
        .await;
    let mut wire = narrow(&node).await;
    let again = serde_json::to_string(&ClientMessage::Open(NewLogin::of(&hall()).request)).unwrap();
    wire.is_reset_while_sending(&text(&again).repeat(100)).await;
    cut_off(&node, "questions").await;
}

/// Of pings whose pongs do not fit, RFC 6455 §5.5.3 lets all but the last go unanswered.
#[tokio::test]
async fn pongs_that_do_not_fit_are_dropped_and_the_close_is_answered() {
    without_heartbeat(async |node| {
        let mut wire = narrow(node).await;
        wire.is_read(&[many_pings(), close(1000, b"")].concat())
            .await;
        until(async || node.gateway.waiting() == 0).await?;
        let (count, answer) = wire.pongs().await;
        not_heartbeat(&answer)?;
        // The kernel's buffers, of some megabytes, hold these.
        assert!(count < PINGS / 2, "{count} pongs waited");
        assert_eq!(answer, Answer::Close(Some(1000)));
        assert_eq!(wire.next().await, Answer::End);
        Ok(())
    })
    .await;
}

/// A browser that begins to read in time gets everything.
#[tokio::test]
async fn a_browser_that_reads_late_gets_every_message_and_the_close_code() {
    without_heartbeat(async |node| {
        let mut wire = narrow(node).await;
        wire.is_read(&[many_pings(), text(r#"{"type":"cancel"}"#)].concat())
            .await;
        until(async || {
            let metrics = reqwest::get(node.operations("/metrics"))
                .await
                .unwrap()
                .text()
                .await
                .unwrap();
            metrics.contains(r#"saoma_login_changes_total{event="cancel"} 1"#)
        })
        .await?;
        let (_, answer) = wire.pongs().await;
        not_heartbeat(&answer)?;
        assert_eq!(
            answer,
            Answer::Told(Box::new(ServerMessage::Cancelled {
                seq: 2,
                reason: None
            }))
        );
        assert_eq!(wire.pongs().await.1, Answer::Close(Some(1000)));
        Ok(())
    })
    .await;
}

/// A heartbeat of the gateway came between: it waits to be written, and nothing more is read until it is.
#[derive(Debug)]
struct HeartbeatCame;

/// Runs a case until no heartbeat comes in it. The first comes at a random part of 50 s, and a case takes about three.
async fn without_heartbeat(case: impl AsyncFn(&Node) -> Result<(), HeartbeatCame>) {
    for _ in 0..4 {
        let node = World::in_memory()
            .with("sockets.ping_interval = '50s'")
            .with(ANY_FRAMES)
            .start()
            .await;
        if case(&node).await.is_ok() {
            return;
        }
    }
    panic!("four times in a row what was read did not come about in time");
}

fn not_heartbeat(answer: &Answer) -> Result<(), HeartbeatCame> {
    match answer {
        Answer::Told(message) if matches!(**message, ServerMessage::Heartbeat { .. }) => {
            Err(HeartbeatCame)
        }
        _ => Ok(()),
    }
}

async fn until(condition: impl AsyncFn() -> bool) -> Result<(), HeartbeatCame> {
    let holds = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEFAULT_TIMEOUT, holds)
        .await
        .map_err(|_| HeartbeatCame)
}
