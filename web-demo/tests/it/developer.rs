//! The developer pages.

use crate::support::{Hall, PASSWORD, PHONE_HOST, PORTAL_HOST, check};

/// Row S3a.
#[tokio::test]
async fn short_messages_are_shown_in_the_demonstration_and_marked_as_such() {
    let hall = Hall::open().await;
    check!(hall.developer().await; "/developer/messages => 仅演示系统有此页面");
    hall.phone().check("/developer/messages => 404").await;
}

/// Row S3a.
#[tokio::test]
async fn messages_that_a_real_carrier_takes_are_shown_on_no_page() {
    let hall = Hall::without_registers().await;
    check!(hall.portal(); "
        /developer/messages => 404
        /developer/desk => 404
        /developer/desk/applications/2 <- decision=approved&answer=同意 => 404");
}

const COOKIE: &str = "shili_developer";

const PAGES: [&str; 2] = ["/developer/messages", "/developer/desk"];

/// The codes of the short messages would let anyone log in as the people who get them.
#[tokio::test]
async fn a_hall_that_other_machines_reach_has_no_developer_pages() {
    let hall = Hall::not_exposed().await;
    let mut browser = hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7");
    for page in PAGES {
        check!(browser; "{page} => 404");
    }
    check!(browser; "/developer/desk/applications/2 <- decision=approved&answer=x => 404");
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let mut browser = hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7");
    for page in PAGES {
        check!(browser; "{page} => 仅演示系统有此页面");
    }
}

/// Row A13: a proxy that `--trusted-proxy` does not name stands before a portal of this machine, and says so.
#[tokio::test]
async fn a_proxy_that_was_not_declared_gets_no_developer_pages() {
    let hall = Hall::open().await;
    let developer = hall.developer().await;
    let http = reqwest::Client::new();
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
        .into_iter()
        .chain(["cf-connecting-ip", "cdn-loop", "x-envoy-external-address"])
    {
        for page in PAGES {
            let request = http.get(format!("{}{page}", hall.portal));
            let cookie = format!("{COOKIE}={}", developer.cookies[COOKIE]);
            let request = request.header(header, "192.0.2.7").header("cookie", cookie);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 404, "{header} {page}");
        }
    }
}

/// Row A13: a proxy that says nothing looks like a browser of this machine, so the key of the terminal is asked for.
#[tokio::test]
async fn a13_developer_pages_open_with_the_key_of_the_terminal_alone() {
    let hall = Hall::open().await;
    let mut visitor = hall.portal();
    let wrong = "A".repeat(43);
    for page in PAGES {
        check!(visitor; "
            {page} => 404
            {page}?key= => 404
            {page}?key={wrong} => 404");
    }
    let decision = "/developer/desk/applications/2 <- decision=approved&answer=x";
    check!(visitor; "{decision} => 404");
    visitor.cookies.insert(COOKIE.to_owned(), wrong);
    check!(visitor; "
        /developer/messages => 404
        {decision} => 404");
    let mut developer = hall.developer().await;
    for page in PAGES {
        check!(developer; "{page} => 仅演示系统有此页面");
    }
    let other = Hall::open().await.developer().await;
    visitor.cookies = other.cookies;
    check!(visitor; "/developer/messages => 404");
}

/// Everybody can read the password of the demo's accounts in the source.
#[tokio::test]
async fn a_hall_that_other_machines_reach_has_a_password_of_its_own() {
    let hall = Hall::not_exposed().await;
    let own = hall.file("demo-password");
    let portal = hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7");
    let phone = hall.phone().through_proxy(PHONE_HOST, "192.0.2.8");
    for (mut browser, path) in [(portal, "/login/password"), (phone, "/login")] {
        let refused = browser.log_in(path, "jia", PASSWORD).await;
        refused.check(path, "422");
        let home = browser.log_in(path, "jia", &own).await;
        home.check(path, "@/ | 示例甲");
    }
}

/// Row S15.
#[tokio::test]
async fn the_authoritys_desk_decides_an_application_once_and_its_person_is_told() {
    let hall = Hall::open().await;
    let path = "/developer/desk/applications/2";
    check!(hall.developer().await; "
        /developer/desk?lang=en => Open applications
        /developer/desk?lang=zh => 仅演示系统有此页面 | 由外省转入
        {path} <- decision=returned&answer=+ => 422 | #application-2 请填写答复。
            | value=\"returned\" checked
        {path} <- decision=approved&answer=转移已办结+<b> => @/developer/desk | !由外省转入
        {path} <- decision=returned&answer=x => 409");
    let notice = hall.last_notice("c-1001").await;
    assert!(notice.starts_with("您的申请已办结："), "{notice}");
    check!(hall.portal_of("jia").await; "/applications/2 => 已办结 | 转移已办结 &#60;b&#62;");
}

/// Row S15.
#[tokio::test]
async fn the_authoritys_desk_answers_a_question_and_the_inbox_of_both_surfaces_tells() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    check!(jia; "/questions <- subject=缴费&body=何时到账？");
    let path = "/developer/desk/questions/2";
    check!(hall.developer().await; "
        /developer/desk => 何时到账？
        {path} <- answer=次月到账。 => !何时到账？
        {path} <- answer=x => 409");
    check!(jia; "
        /questions => 次月到账。
        /inbox => 您的提问已答复：缴费");
    check!(hall.phone_of("jia").await; "/inbox => 您的提问已答复：缴费");
}
