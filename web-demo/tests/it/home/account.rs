//! My account: password and contact details.

use crate::support::{Hall, PASSWORD, check};

const NEW: &str = "q7wz88";

/// Row S15.
#[tokio::test]
async fn a_new_password_works_at_once_and_ends_every_other_login() {
    let hall = Hall::open().await;
    let (mut here, mut elsewhere) = (hall.portal_of("jia").await, hall.portal_of("jia").await);
    let mut phone = hall.phone_of("jia").await;
    check!(here; "
        /account?done=changed => !修改成功
        /account/password <- old={PASSWORD}&new={NEW}&repeat={NEW} => @/account | 修改成功
        /account => !修改成功
        /inbox => 您的登录密码已修改");
    elsewhere.check("/account => @/login").await;
    phone.check("/ => @/login").await;
    let old = hall
        .portal()
        .log_in("/login/password", "jia", PASSWORD)
        .await;
    assert_eq!(old.status, 422, "{old:?}");
    let new = hall.portal().log_in("/login/password", "jia", NEW).await;
    assert!(new.path == "/" && new.says("示例甲"), "{new:?}");
}

/// Rows S6 and S15.
#[tokio::test]
async fn a_password_against_the_rules_is_refused_with_the_reason_and_nothing_changes() {
    let hall = Hall::open().await;
    let (mut here, mut elsewhere) = (hall.portal_of("jia").await, hall.portal_of("jia").await);
    for (old, new, repeat, reason) in [
        ("wrong1", NEW, NEW, "当前密码不正确"),
        (PASSWORD, NEW, "q7wz89", "两次输入的新密码不一致"),
        (PASSWORD, "a1", "a1", "4至16位"),
        (PASSWORD, "abcdefg", "abcdefg", "字母和数字"),
        (PASSWORD, "abc123", "abc123", "过于简单"),
        (PASSWORD, PASSWORD, PASSWORD, "不能与当前密码相同"),
    ] {
        // Typed passwords do not come back.
        check!(here; "
            /account/password <- old={old}&new={new}&repeat={repeat}
                => 422 | {reason} | aria-invalid | !value=\"q7wz");
    }
    elsewhere.check("/account => @/account").await;
}

#[tokio::test]
async fn passwords_cannot_be_guessed_by_changing_them() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let wrong = format!("/account/password <- old=wrong1&new={NEW}&repeat={NEW} => 422\n");
    jia.check(&wrong.repeat(5)).await;
    let right = format!("/account/password <- old={PASSWORD}&new={NEW}&repeat={NEW}");
    jia.check(&(right + " => 429 | 尝试次数过多")).await;
}

/// Row S15.
#[tokio::test]
async fn u12_contact_details_are_changed_and_no_login_ends() {
    let hall = Hall::open().await;
    let (mut here, mut elsewhere) = (hall.portal_of("jia").await, hall.portal_of("jia").await);
    check!(here; "
        /account/details <- email=nobody&qq=1&wechat=
            => 422 | value=\"nobody\" | QQ号为5至11位数字");
    elsewhere.check("/account => @/account").await;
    check!(here; "
        /account/details <- email=new@example.com&qq=&wechat=shili_new
            => @/account | new@example.com | shili_new | 未填写 | 所有登录保持不变 | !均已退出
        /inbox => 您的账户信息已修改");
    elsewhere.check("/account => @/account").await;
    assert_eq!(hall.count("logouts").await, 0);
}
