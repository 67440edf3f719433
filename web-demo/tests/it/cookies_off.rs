//! Browsers whose person has turned cookies off (row B4).

use crate::support::{Hall, PASSWORD, check};

#[tokio::test]
async fn b4_without_cookies_each_way_in_says_what_to_turn_on_and_which_other_way_there_is() {
    let hall = Hall::open().await;
    for (browser, path, form) in [
        (
            hall.portal(),
            "/login/password",
            format!("user_name=jia&password={PASSWORD}"),
        ),
        (
            hall.portal(),
            "/register/agreement",
            "agreed=yes".to_owned(),
        ),
        (
            hall.phone(),
            "/login",
            format!("user_name=jia&password={PASSWORD}"),
        ),
        (
            hall.phone(),
            "/login/face",
            "name=示例甲&id_number=1".to_owned(),
        ),
    ] {
        let mut browser = browser.without_cookies();
        check!(browser; "
            {path} <- {form} => @{path} | 400 | 请允许本网站使用Cookie | 12333 | href=\"{path}\"");
        let mut english = browser.in_english();
        check!(english; "{path} <- {form} => 400 | Allow this site to use cookies");
    }
    for table in [
        "portal_sessions",
        "phone_sessions",
        "registration_drafts",
        "attempts",
    ] {
        assert_eq!(hall.count(table).await, 0, "{table}: nothing was begun");
    }
}

#[tokio::test]
async fn b4_a_login_by_scanning_says_so_before_the_phone_is_asked() {
    let hall = Hall::with_gateway().await;
    let mut browser = hall.portal().without_cookies();
    browser
        .check("/login/hosted => @/login/hosted?again=yes | 400 | 请允许本网站使用Cookie")
        .await;
    browser
        .check("/callback?state=x&code=y => 400 | 请允许本网站使用Cookie | href=\"/login\"")
        .await;
    // The page asks for a style that shows its warning, and one with a cookie for one that does not.
    browser
        .check("/login => 您的浏览器未允许本网站使用Cookie | href=\"/cookies.css\"")
        .await;
    browser
        .check("/cookies.css => .cookies-off{display:block}")
        .await;
    let mut other = hall.portal();
    other.check("/cookies.css => !display").await;
    other.check("/login => !/cookies.css").await;
    other
        .check("/callback?state=x&code=y => 400 | 不是在本浏览器中发起的 | 允许本网站使用Cookie")
        .await;
}
