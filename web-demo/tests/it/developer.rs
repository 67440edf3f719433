//! The developer page.

use http::StatusCode;
use saoma_demo::{Options, RegistersElsewhere, Secret};

use crate::support::Hall;

/// Row S3a.
#[tokio::test]
async fn short_messages_are_shown_in_the_demonstration_and_marked_as_such() {
    let hall = Hall::open().await;
    let page = hall.at_the_portal().get("/developer/messages").await;
    assert!(page.status == StatusCode::OK && page.says("仅演示系统有此页面"), "{page:?}");
    assert_eq!(hall.on_the_phone().get("/developer/messages").await.status, StatusCode::NOT_FOUND);
}

/// Row S3a.
#[tokio::test]
async fn nobody_reads_messages_that_a_real_carrier_takes() {
    let registers =
        RegistersElsewhere { url: "http://127.0.0.1:9".parse().unwrap(), token: Secret::received("a token") };
    let hall = Hall::open_with(|options| Options { registers: Some(registers), ..options }).await;
    assert_eq!(hall.at_the_portal().get("/developer/messages").await.status, StatusCode::NOT_FOUND);
}
