//! Malformed, binary and oversized messages on a browser's socket.

use saoma_protocol::{ErrorCode, ServerMessage};
use tokio_tungstenite::tungstenite::Message;

use super::world;

#[tokio::test]
async fn the_fifth_malformed_message_closes_the_socket() {
    let (_world, node) = world().await;
    let (mut browser, _) = node.browser().await;
    let much_to_quote = format!(
        r#"{{"type":"resume","last_seq":"{}"}}"#,
        "\u{7f}".repeat(4000)
    );
    for (text, error) in [
        ("hello", ErrorCode::InvalidRequest),
        (much_to_quote.as_str(), ErrorCode::InvalidRequest),
        (r#"{"type":"dance"}"#, ErrorCode::UnknownType),
        (r#"["refresh"]"#, ErrorCode::InvalidRequest),
        ("", ErrorCode::InvalidRequest),
    ] {
        browser.send_frame(Message::text(text)).await.unwrap();
        assert!(
            matches!(browser.next().await.unwrap(), ServerMessage::Error { error: told, .. } if told == error),
            "{text}"
        );
    }
    assert_eq!(browser.closed().await.unwrap(), 4000);
}

#[tokio::test]
async fn binary_and_oversized_messages_end_the_socket() {
    let (_world, node) = world().await;
    let (mut browser, _) = node.browser().await;
    browser
        .send_frame(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(browser.closed().await.unwrap(), 1003);
    let (mut browser, _) = node.browser().await;
    browser
        .send_frame(Message::text("x".repeat(4097)))
        .await
        .unwrap();
    assert_eq!(browser.closed().await.unwrap(), 1009);
}
