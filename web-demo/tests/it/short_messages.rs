//! Codes by short message, as a person who registers meets them.

use http::StatusCode;

use crate::support::{Hall, Registering, user_form};

const PHONE: &str = "13009700099";

/// Row S3a.
#[tokio::test]
async fn a_second_code_within_a_minute_is_refused_with_the_seconds_to_wait() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    assert_eq!(
        zi.visitor
            .post("/register/user/code", &user_form(&[]))
            .await
            .status,
        StatusCode::OK
    );
    let page = zi
        .visitor
        .post("/register/user/code", &user_form(&[]))
        .await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        page.problem("code").starts_with("验证码发送过于频繁"),
        "{page:?}"
    );
    hall.pass_limits(60).await;
    assert_eq!(
        zi.visitor
            .post("/register/user/code", &user_form(&[]))
            .await
            .status,
        StatusCode::OK
    );
}

/// Row S3a.
#[tokio::test]
async fn a_wrong_code_says_how_many_tries_are_left_and_after_five_a_new_one_is_needed() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.visitor
        .post("/register/user/code", &user_form(&[]))
        .await;
    let right = hall.code_sent_to(PHONE).await;
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for left in (1..5).rev() {
        let page = zi
            .visitor
            .post("/register/user", &user_form(&[("code", wrong)]))
            .await;
        assert_eq!(
            page.problem("code"),
            format!("验证码不正确，还可以输入 {left} 次。")
        );
    }
    for code in [wrong, &right] {
        let page = zi
            .visitor
            .post("/register/user", &user_form(&[("code", code)]))
            .await;
        assert_eq!(page.problem("code"), "验证码错误次数过多，请重新获取。");
    }
    hall.pass_limits(60).await;
    assert_eq!(zi.finish(&hall, &[]).await.path, "/register/done");
}

/// Row S3a.
#[tokio::test]
async fn other_mistakes_cost_no_try_of_the_code() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.visitor
        .post("/register/user/code", &user_form(&[]))
        .await;
    let code = hall.code_sent_to(PHONE).await;
    for _ in 0..8 {
        let page = zi
            .visitor
            .post(
                "/register/user",
                &user_form(&[("code", &code), ("user_name", "jia")]),
            )
            .await;
        assert_eq!(page.path, "/register/user");
    }
    assert_eq!(
        zi.visitor
            .post("/register/user", &user_form(&[("code", &code)]))
            .await
            .path,
        "/register/done"
    );
}

/// Row S3a.
#[tokio::test]
async fn a_code_counts_for_its_phone_only_and_for_ten_minutes() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.visitor
        .post("/register/user/code", &user_form(&[]))
        .await;
    let code = hall.code_sent_to(PHONE).await;
    let over = "验证码已失效或未发送到该手机，请重新获取。";
    let other = user_form(&[("code", &code), ("phone", "13009700098")]);
    assert_eq!(
        zi.visitor
            .post("/register/user", &other)
            .await
            .problem("code"),
        over
    );
    sqlx::query("UPDATE sms_codes SET expires_at = expires_at - 600")
        .execute(&hall.db)
        .await
        .unwrap();
    assert_eq!(
        zi.visitor
            .post("/register/user", &user_form(&[("code", &code)]))
            .await
            .problem("code"),
        over
    );
}

/// Row S3a.
#[tokio::test]
async fn a_code_that_was_sent_to_one_person_does_not_count_for_another() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let mut chou = Registering::at_the_portal(&hall, "示例丑").await;
    zi.visitor
        .post("/register/user/code", &user_form(&[]))
        .await;
    let code = hall.code_sent_to(PHONE).await;
    let page = chou
        .visitor
        .post("/register/user", &user_form(&[("code", &code)]))
        .await;
    assert_eq!(
        page.problem("code"),
        "验证码已失效或未发送到该手机，请重新获取。"
    );
}
