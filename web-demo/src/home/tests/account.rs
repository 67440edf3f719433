//! My account: password and contact details.

use super::support::{JIA, TestHall};
use crate::accounts::Accounts;
use crate::phone::sessions::PhoneSession;

const OLD: &str = "shili2026";
const NEW: &str = "q7wz88";

fn form<'a>(old: &'a str, new: &'a str, repeat: &'a str) -> [(&'static str, &'a str); 3] {
    [("old", old), ("new", new), ("repeat", repeat)]
}

/// Row S15.
#[tokio::test]
async fn a_new_password_works_at_once_and_ends_every_other_login() {
    let hall = TestHall::new().await;
    let (here, elsewhere) = (hall.browser_of(JIA).await, hall.browser_of(JIA).await);
    let phone = PhoneSession::start(&hall.db, JIA.into()).await.unwrap();
    assert!(
        !here
            .page("/account?done=changed")
            .await
            .contains("修改成功"),
        "no address makes it up"
    );
    let changed = here.post("/account/password", &form(OLD, NEW, NEW)).await;
    assert!(here.page(changed.sent_to()).await.contains("修改成功"));
    assert!(
        !here.page("/account").await.contains("修改成功"),
        "it is told once"
    );
    assert_eq!(elsewhere.get("/account").await.sent_to(), "/login");
    let phones: i64 =
        sqlx::query_scalar("SELECT count(*) FROM phone_sessions WHERE cookie_digest = ?1")
            .bind(phone.digest())
            .fetch_one(&hall.db)
            .await
            .unwrap();
    assert_eq!(phones, 0);
    let accounts = Accounts::new(hall.db.clone()).unwrap();
    assert!(
        accounts
            .log_in("jia", OLD, [192, 0, 2, 1].into())
            .await
            .is_err()
    );
    assert_eq!(
        accounts
            .log_in("jia", NEW, [192, 0, 2, 1].into())
            .await
            .unwrap(),
        JIA
    );
    assert!(here.page("/inbox").await.contains("您的登录密码已修改"));
}

/// Rows S6 and S15.
#[tokio::test]
async fn a_password_that_keeps_no_rule_is_refused_with_the_reason_and_nothing_changes() {
    let hall = TestHall::new().await;
    let (here, elsewhere) = (hall.browser_of(JIA).await, hall.browser_of(JIA).await);
    for (fields, reason) in [
        (form("wrong1", NEW, NEW), "当前密码不正确"),
        (form(OLD, NEW, "q7wz89"), "两次输入的新密码不一致"),
        (form(OLD, "a1", "a1"), "4至16位"),
        (form(OLD, "abcdefg", "abcdefg"), "字母和数字"),
        (form(OLD, "abc123", "abc123"), "过于简单"),
        (form(OLD, OLD, OLD), "不能与当前密码相同"),
    ] {
        let answer = here.post("/account/password", &fields).await;
        assert_eq!(answer.status, 422, "{reason}");
        assert!(
            answer.text.contains(reason) && answer.text.contains("aria-invalid"),
            "{reason}"
        );
        assert!(
            !answer.text.contains("value=\"q7wz"),
            "passwords do not come back"
        );
    }
    elsewhere.page("/account").await;
}

#[tokio::test]
async fn passwords_cannot_be_guessed_by_changing_them() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    for _ in 0..5 {
        assert_eq!(
            browser
                .post("/account/password", &form("wrong1", NEW, NEW))
                .await
                .status,
            422
        );
    }
    let answer = browser
        .post("/account/password", &form(OLD, NEW, NEW))
        .await;
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("尝试次数过多"));
}

/// Row S15.
#[tokio::test]
async fn contact_details_are_changed_and_other_logins_end() {
    let hall = TestHall::new().await;
    let (here, elsewhere) = (hall.browser_of(JIA).await, hall.browser_of(JIA).await);
    let wrong = here
        .post(
            "/account/details",
            &[("email", "nobody"), ("qq", "1"), ("wechat", "")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("value=\"nobody\"") && wrong.text.contains("QQ号为5至11位数字"));
    elsewhere.page("/account").await;
    let fields = [
        ("email", "new@example.com"),
        ("qq", ""),
        ("wechat", "shili_new"),
    ];
    let changed = here.post("/account/details", &fields).await;
    let account = here.page(changed.sent_to()).await;
    assert!(
        account.contains("new@example.com")
            && account.contains("shili_new")
            && account.contains("未填写")
    );
    assert_eq!(elsewhere.get("/account").await.sent_to(), "/login");
}
