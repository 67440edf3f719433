//! Logins end after a while, say why, and nothing that was typed is lost (rows U3 and U11).

use http::Method;
use http::header::{CACHE_CONTROL, LOCATION};

use crate::support::{Hall, PASSWORD, check, sql};

const IDLE: &str = "您已连续 30 分钟没有操作";

/// Lets half an hour pass without activity.
async fn idle(hall: &Hall) {
    sql!(hall; "UPDATE portal_sessions SET expires_at = unixepoch() - 1");
}

#[tokio::test]
async fn u3_a_login_lasts_while_it_is_used_and_up_to_its_maximum() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let left = "SELECT expires_at - unixepoch() FROM portal_sessions";
    sql!(hall; "UPDATE portal_sessions SET expires_at = unixepoch() + 100");
    let answer = jia.ask(Method::GET, "/session", &[]).await;
    assert!(
        (90..=100).contains(&answer["seconds"].as_i64().unwrap()),
        "{answer}"
    );
    jia.check("/account => 保持登录 | 长时间没有操作将自动退出登录")
        .await;
    assert!(hall.row::<(i64,)>(left).await.0 > 1790);
    sql!(hall; "UPDATE portal_sessions SET expires_at = unixepoch() + 100");
    let answer = jia.ask(Method::POST, "/session/extend", &[]).await;
    assert!(answer["seconds"].as_i64().unwrap() > 1790, "{answer}");
    jia.check("/session/extend <- => @/session | 您仍处于登录状态")
        .await;
    sql!(hall; "UPDATE portal_sessions SET ends_at = unixepoch() + 60, expires_at = unixepoch() + 10");
    jia.check("/account => 单次登录时间已到上限 | !保持登录")
        .await;
    assert!(hall.row::<(i64,)>(left).await.0 <= 60);
    sql!(hall; "UPDATE portal_sessions SET ends_at = unixepoch() - 1, expires_at = unixepoch() - 1");
    jia.check("/account => @/login | 单次登录最长 8 小时").await;
}

#[tokio::test]
async fn u3_what_was_typed_is_there_again_after_the_login_and_nothing_was_sent() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let count = hall.count("questions").await;
    idle(&hall).await;
    check!(jia; "
        /questions <- subject=养老&body=<b>&password=x => @/login | {IDLE} | 已保留15分钟
        /login/password => !{IDLE} | 已保留15分钟
        /login/password <- user_name=jia&password={PASSWORD}
            => @/questions | 您刚才填写的内容仍在此处 | value=\"养老\" | &lt;b&gt;
        / => @/");
    assert_eq!(hall.count("questions").await, count);
    // Another person at the same browser sees none of it.
    idle(&hall).await;
    check!(jia; "
        /questions <- subject=秘密&body=x => @/login
        /login/password <- user_name=yi&password={PASSWORD} => @/questions | !秘密");
    // Pages that only forms lead to: the page that the form stands on.
    idle(&hall).await;
    check!(jia; "
        /exams/electrician/register <- => @/login
        /login/password <- user_name=yi&password={PASSWORD} => @/exams");
}

#[tokio::test]
async fn u3_each_page_for_people_who_are_logged_in_is_there_after_each_way_in() {
    let hall = Hall::with_gateway().await;
    let mut browser = hall.portal();
    check!(browser; "
        /applications?page=2 => @/login | 该页面需要登录后查看
        /login/password <- user_name=jia&password=wrong => 422
        /login/password <- user_name=jia&password={PASSWORD} => @/applications?page=2
        / => @/");
    let mut phone = hall.phone();
    check!(phone; "
        /inbox => @/login | 该页面需要登录后查看
        /login <- user_name=jia&password={PASSWORD} => @/inbox");
    let mut scanning = hall.portal();
    scanning.check("/insurance/pension => @/login").await;
    let page = scanning.get("/login").await;
    let callback = hall.confirmed(&page, &mut phone, "personal").await;
    let callback = scanning.path_of(&callback).to_owned();
    check!(scanning; "{callback} => @/insurance/pension");
    // The first page begins anew.
    let mut other = hall.portal();
    check!(other; "
        /resume => @/login
        / => @/
        /login/password <- user_name=jia&password={PASSWORD} => @/");
    // A planted page of another site is none.
    let mut planted = hall.portal();
    planted
        .cookies
        .insert("shili_hall_next".into(), "%2F%2Fevil.example".into());
    check!(planted; "/login/password <- user_name=jia&password={PASSWORD} => @/");
}

#[tokio::test]
async fn u11_the_next_page_says_once_why_a_login_has_ended() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let headers = jia.headers_of("/account").await;
    assert_eq!(
        headers[CACHE_CONTROL], "no-store",
        "Back shows nothing after the logout"
    );
    idle(&hall).await;
    check!(jia; "
        / => @/ | {IDLE}
        / => !{IDLE}
        /login/password <- user_name=jia&password={PASSWORD} => @/ | !{IDLE}
        /logout <- => @/login | 您已安全退出登录
        /account => @/login | !您已安全退出登录");
    let headers = jia.headers_of("/account").await;
    assert_eq!(headers[LOCATION], "/login");
    let mut phone = hall.phone_of("jia").await;
    check!(phone; "
        /logout <- => @/login | 您已安全退出登录
        /login => !您已安全退出登录");
    let mut phone = hall.phone_of("yi").await;
    sql!(hall; "UPDATE phone_sessions SET expires_at = unixepoch() - 1");
    check!(phone; "/inbox => @/login | 您已连续 12 小时没有使用");
    let mut phone = hall.phone_of("yi").await;
    sql!(hall; "UPDATE phone_sessions SET ends_at = unixepoch() - 1, expires_at = unixepoch() - 1");
    check!(phone; "/inbox => @/login | 单次登录最长 72 小时");
    let mut english = hall
        .portal()
        .in_english()
        .logged_in("/login/password", "jia")
        .await;
    idle(&hall).await;
    english
        .check("/account => @/login | because 30 minutes passed without activity")
        .await;
}

#[tokio::test]
async fn u12_a_new_password_and_the_ends_of_other_logins_are_kept_together_or_not_at_all() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let mut phone = hall.phone_of("jia").await;
    sql!(hall; "CREATE TRIGGER broken BEFORE INSERT ON logouts BEGIN SELECT RAISE(ABORT, 'broken'); END");
    check!(jia; "/account/password <- old={PASSWORD}&new=q7wz88&repeat=q7wz88 => 500");
    phone.check("/inbox => @/inbox").await;
    let mut again = hall.portal();
    let home = again.log_in("/login/password", "jia", PASSWORD).await;
    home.check("the old password", "@/");
}
