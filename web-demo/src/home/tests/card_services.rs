//! The services for a card, and that each changes at once who may log in by scanning.

use axum::body::{Body, to_bytes};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use saoma_protocol::IntrospectionResponse;
use sqlx::SqlitePool;
use tower::ServiceExt;

use super::support::{JIA, TestBrowser, TestHall};
use crate::identity::{self, INTROSPECTION_PATH};
use crate::phone::sessions::PhoneSession;
use crate::registers::Registers;
use crate::secret::Secret;

const CONFIRMED: [(&str, &str); 1] = [("confirmed", "yes")];

async fn set_state(db: &SqlitePool, account_id: &str, state: &str) {
    let set = sqlx::query(
        "UPDATE register_cards SET state = ?2 WHERE id_number = (SELECT id_number FROM accounts WHERE id = ?1)",
    );
    set.bind(account_id).bind(state).execute(db).await.unwrap();
}

/// What the gateway is told of a person's token: the reason why a scan login is refused.
async fn refusal(hall: &TestHall, token: &Secret) -> Option<String> {
    let secret = Secret::received("secret".to_owned());
    let backend = identity::routes(
        hall.db.clone(),
        Registers::embedded(&hall.db),
        "gateway",
        &secret,
    );
    let credentials = format!("Basic {}", data_encoding::BASE64.encode(b"gateway:secret"));
    let request = Request::post(INTROSPECTION_PATH).header(AUTHORIZATION, credentials);
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request
        .body(Body::from(format!("token={}", token.expose())))
        .unwrap();
    let answer = to_bytes(
        backend.oneshot(request).await.unwrap().into_body(),
        usize::MAX,
    )
    .await
    .unwrap();
    let answer: IntrospectionResponse = serde_json::from_slice(&answer).unwrap();
    assert!(answer.active);
    answer.ineligible_reason
}

async fn have(browser: &TestBrowser<'_>, service: &str) -> String {
    let done = browser.post(&format!("/card/{service}"), &CONFIRMED).await;
    browser.page(done.sent_to()).await
}

/// Rows S10, S13 and S15.
#[tokio::test]
async fn a_card_service_decides_at_once_whether_its_holder_may_log_in_by_scanning() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    set_state(&hall.db, JIA, "not_activated").await;
    let cookie = PhoneSession::start(&hall.db, JIA.into()).await.unwrap();
    let token = cookie.derive("access token");
    assert_eq!(
        refusal(&hall, &token).await.as_deref(),
        Some("card_not_activated")
    );
    for (service, title, then) in [
        ("activate", "社会保障卡已激活", None),
        (
            "report-loss",
            "社会保障卡已挂失",
            Some("card_reported_lost"),
        ),
        ("undo-loss", "社会保障卡已解挂", None),
        ("cancel", "社会保障卡已注销", Some("card_cancelled")),
        ("replace", "社会保障卡补办已受理", Some("card_cancelled")),
    ] {
        assert!(have(&browser, service).await.contains(title), "{service}");
        assert_eq!(refusal(&hall, &token).await.as_deref(), then, "{service}");
        assert!(browser.page("/inbox").await.contains(title), "{service}");
    }
}

/// Row S15.
#[tokio::test]
async fn nothing_happens_to_a_card_before_its_holder_has_confirmed_what_it_means() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    assert!(
        browser
            .page("/card/report-loss")
            .await
            .contains("您将不能扫码登录")
    );
    let unconfirmed = browser.post("/card/report-loss", &[]).await;
    assert_eq!(unconfirmed.status, 422);
    assert!(unconfirmed.text.contains("请先勾选确认"));
    assert!(browser.page("/card/track").await.contains("正常"));
    let in_english = hall.browser_of(JIA).await.in_english();
    assert!(
        in_english
            .page("/card/cancel")
            .await
            .contains("you can no longer log in by scanning")
    );
}

/// Row S15.
#[tokio::test]
async fn what_a_card_does_not_allow_is_refused_with_its_own_reason_and_what_to_do() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    for (state, service, reason) in [
        ("active", "activate", "卡片已激活"),
        ("active", "undo-loss", "没有挂失，无需解挂"),
        ("active", "replace", "请先办理卡挂失"),
        ("reported_lost", "report-loss", "已经挂失，无需再次办理"),
        ("reported_lost", "activate", "请先办理卡解挂"),
        ("sealed", "cancel", "申请解封"),
        ("application_locked", "report-loss", "窗口解锁"),
        ("cancelled", "undo-loss", "请办理卡补办"),
    ] {
        set_state(&hall.db, JIA, state).await;
        let path = format!("/card/{service}");
        assert!(
            browser.page(&path).await.contains(reason),
            "{state} {service}"
        );
        let answer = browser.post(&path, &CONFIRMED).await;
        assert_eq!(answer.status, 409, "{state} {service}");
        assert!(
            answer.text.contains(reason) && !answer.text.contains("<form class=\"card"),
            "{state} {service}"
        );
    }
    assert!(
        !browser.page("/inbox").await.contains("社会保障卡已"),
        "what was refused leaves no notice"
    );
}

/// Row S15.
#[tokio::test]
async fn a_new_card_is_ordered_once_and_followed_until_it_is_there() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    have(&browser, "report-loss").await;
    have(&browser, "replace").await;
    let again = browser.post("/card/replace", &CONFIRMED).await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("新卡正在制作，不能再次补办"));
    assert!(
        browser
            .page("/card/track")
            .await
            .contains("aria-current=\"step\">已受理")
    );
    let pass = |seconds| {
        sqlx::query("UPDATE register_makings SET ordered_at = ordered_at - ?1").bind(seconds)
    };
    pass(60).execute(&hall.db).await.unwrap();
    assert!(
        browser
            .page("/card/track")
            .await
            .contains("aria-current=\"step\">制卡中")
    );
    pass(120).execute(&hall.db).await.unwrap();
    assert!(browser.page("/card/track").await.contains("未激活"));
    assert!(
        have(&browser, "activate")
            .await
            .contains("社会保障卡已激活")
    );
}

/// Row S15.
#[tokio::test]
async fn what_was_done_to_a_card_is_told_once_and_no_address_makes_it_up() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    set_state(&hall.db, JIA, "reported_lost").await;
    assert!(
        !browser
            .page("/card/report-loss?done")
            .await
            .contains("社会保障卡已挂失")
    );
    set_state(&hall.db, JIA, "active").await;
    assert!(
        have(&browser, "report-loss")
            .await
            .contains("社会保障卡已挂失")
    );
    for path in [
        "/card/report-loss",
        "/card/report-loss?done",
        "/card/cancel",
    ] {
        assert!(!browser.page(path).await.contains("notice done"), "{path}");
    }
}

/// Row S15.
#[tokio::test]
async fn the_number_of_a_new_card_is_masked_until_asked_for_and_that_is_noted() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    have(&browser, "report-loss").await;
    have(&browser, "replace").await;
    let number: String = sqlx::query_scalar("SELECT number FROM register_makings")
        .fetch_one(&hall.db)
        .await
        .unwrap();
    let masked = browser.page("/card/track").await;
    assert!(
        !masked.contains(&number) && masked.contains("S99****"),
        "{masked}"
    );
    let shown = browser.post("/card/track", &[]).await;
    assert!(
        shown.status == 200 && shown.text.contains(&number),
        "{}",
        shown.text
    );
    assert!(!browser.page("/card/track").await.contains(&number));
    assert!(
        browser
            .page("/inbox")
            .await
            .contains("您的完整个人信息被查看")
    );
}

/// Rows S4 and S15.
#[tokio::test]
async fn a_provisional_account_can_have_nothing_done_to_a_card() {
    let hall = TestHall::new().await;
    hall.make_provisional(JIA).await;
    let answer = hall
        .browser_of(JIA)
        .await
        .post("/card/cancel", &CONFIRMED)
        .await;
    assert_eq!(answer.status, 403);
    let state: String = sqlx::query_scalar(
        "SELECT state FROM register_cards WHERE id_number = (SELECT id_number FROM accounts WHERE id = ?1)",
    )
    .bind(JIA)
    .fetch_one(&hall.db)
    .await
    .unwrap();
    assert_eq!(state, "active");
}
