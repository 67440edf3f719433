//! The developer pages.

use http::StatusCode;
use saoma_demo::{Options, RegistersElsewhere, Secret};

use crate::support::{Hall, PASSWORD};

/// Row S3a.
#[tokio::test]
async fn short_messages_are_shown_in_the_demonstration_and_marked_as_such() {
    let hall = Hall::open().await;
    let page = hall.at_the_portal().get("/developer/messages").await;
    assert!(
        page.status == StatusCode::OK && page.says("仅演示系统有此页面"),
        "{page:?}"
    );
    assert_eq!(
        hall.on_the_phone().get("/developer/messages").await.status,
        StatusCode::NOT_FOUND
    );
}

/// Row S3a.
#[tokio::test]
async fn nobody_reads_messages_that_a_real_carrier_takes() {
    let registers = RegistersElsewhere {
        url: "http://127.0.0.1:9".parse().unwrap(),
        token: Secret::received("a token"),
    };
    let hall = Hall::open_with(|options| Options {
        registers: Some(registers),
        ..options
    })
    .await;
    for path in ["/developer/messages", "/developer/desk"] {
        assert_eq!(
            hall.at_the_portal().get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let answer = [("decision", "approved"), ("answer", "同意")];
    let refused = hall
        .at_the_portal()
        .post("/developer/desk/applications/2", &answer)
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

/// Row S15.
#[tokio::test]
async fn the_authoritys_desk_decides_an_application_once_and_its_person_is_told() {
    let hall = Hall::open().await;
    let mut desk = hall.at_the_portal();
    assert!(
        desk.get("/developer/desk?lang=en")
            .await
            .says("Open applications")
    );
    let page = desk.get("/developer/desk?lang=zh").await;
    assert!(
        page.says("仅演示系统有此页面") && page.says("由外省转入"),
        "{page:?}"
    );
    let path = "/developer/desk/applications/2";
    let empty = desk
        .post(path, &[("decision", "returned"), ("answer", " ")])
        .await;
    assert!(
        empty.status == StatusCode::UNPROCESSABLE_ENTITY
            && empty.problem("application-2") == "请填写答复。"
    );
    assert!(
        empty.says("value=\"returned\" checked"),
        "what was chosen stands: {empty:?}"
    );
    let done = desk
        .post(
            path,
            &[("decision", "approved"), ("answer", "转移已办结 <b>")],
        )
        .await;
    assert!(
        done.path == "/developer/desk" && !done.says("由外省转入"),
        "{done:?}"
    );
    assert_eq!(
        desk.post(path, &[("decision", "returned"), ("answer", "x")])
            .await
            .status,
        StatusCode::CONFLICT
    );
    assert!(
        hall.last_notice("c-1001")
            .await
            .starts_with("您的申请已办结：")
    );
    let mut jia = hall.at_the_portal();
    jia.post(
        "/login/password",
        &[("user_name", "jia"), ("password", PASSWORD)],
    )
    .await;
    let application = jia.get("/applications/2").await;
    assert!(
        application.says("已办结") && application.says("转移已办结 &#60;b&#62;"),
        "{application:?}"
    );
}

/// Row S15.
#[tokio::test]
async fn the_authoritys_desk_answers_a_question_and_the_inbox_of_both_surfaces_tells() {
    let hall = Hall::open().await;
    let (mut jia, mut desk) = (hall.at_the_portal(), hall.at_the_portal());
    jia.post(
        "/login/password",
        &[("user_name", "jia"), ("password", PASSWORD)],
    )
    .await;
    jia.post("/questions", &[("subject", "缴费"), ("body", "何时到账？")])
        .await;
    assert!(desk.get("/developer/desk").await.says("何时到账？"));
    let answered = desk
        .post("/developer/desk/questions/2", &[("answer", "次月到账。")])
        .await;
    assert!(!answered.says("何时到账？"), "{answered:?}");
    assert_eq!(
        desk.post("/developer/desk/questions/2", &[("answer", "x")])
            .await
            .status,
        StatusCode::CONFLICT
    );
    assert!(jia.get("/questions").await.says("次月到账。"));
    assert!(jia.get("/inbox").await.says("您的提问已答复：缴费"));
    let mut phone = hall.on_the_phone();
    phone
        .post("/login", &[("user_name", "jia"), ("password", PASSWORD)])
        .await;
    assert!(phone.get("/inbox").await.says("您的提问已答复：缴费"));
}
