//! Codes by short message in a registration.

use crate::support::{Hall, Registering, sql};

const PHONE: &str = "13009700099";
const OVER: &str = "422 | #code 验证码已失效或未发送到该手机，请重新获取。";

/// 示例子 at the step of the user, and the code that was sent to their phone.
async fn with_code(hall: &Hall) -> (Registering, String) {
    let mut zi = Registering::at_the_portal(hall, "示例子").await;
    assert_eq!(zi.send_code(&[]).await.status, 200);
    (zi, hall.code_sent_to(PHONE).await)
}

/// Row S3a.
#[tokio::test]
async fn a_second_code_within_a_minute_is_refused_with_the_seconds_to_wait() {
    let hall = Hall::open().await;
    let (mut zi, _) = with_code(&hall).await;
    let again = zi.send_code(&[]).await;
    again.check("a second code", "429 | #code 验证码发送过于频繁…");
    hall.pass_limits(60).await;
    assert_eq!(zi.send_code(&[]).await.status, 200);
}

/// Row S3a.
#[tokio::test]
async fn a_wrong_code_says_how_many_tries_are_left_and_after_five_a_new_one_is_needed() {
    let hall = Hall::open().await;
    let (mut zi, right) = with_code(&hall).await;
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for left in (1..5).rev() {
        let page = zi.send(&[("code", wrong)]).await;
        assert_eq!(
            page.problem("code"),
            format!("验证码不正确，还可以输入 {left} 次。")
        );
    }
    for code in [wrong, &right] {
        let page = zi.send(&[("code", code)]).await;
        assert_eq!(page.problem("code"), "验证码错误次数过多，请重新获取。");
    }
    hall.pass_limits(60).await;
    assert_eq!(zi.finish(&hall, &[]).await.path, "/register/done");
}

/// Row S3a.
#[tokio::test]
async fn other_mistakes_cost_no_try_of_the_code() {
    let hall = Hall::open().await;
    let (mut zi, code) = with_code(&hall).await;
    for _ in 0..8 {
        let page = zi.send(&[("code", &code), ("user_name", "jia")]).await;
        assert_eq!(page.path, "/register/user");
    }
    assert_eq!(zi.send(&[("code", &code)]).await.path, "/register/done");
}

/// Row S3a.
#[tokio::test]
async fn a_code_counts_for_its_phone_only_and_for_ten_minutes() {
    let hall = Hall::open().await;
    let (mut zi, code) = with_code(&hall).await;
    zi.check(&[("code", &code), ("phone", "13009700098")], OVER)
        .await;
    sql!(hall; "UPDATE sms_codes SET expires_at = expires_at - 600");
    zi.check(&[("code", &code)], OVER).await;
}

/// Row S3a.
#[tokio::test]
async fn a_code_that_was_sent_to_one_person_does_not_count_for_another() {
    let hall = Hall::open().await;
    let mut chou = Registering::at_the_portal(&hall, "示例丑").await;
    let (_zi, code) = with_code(&hall).await;
    chou.check(&[("code", &code)], OVER).await;
}
