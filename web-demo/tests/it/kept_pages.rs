//! Forms are answered by a redirect, and their refusals are kept for the browser that sent them (row B5).

use http::header::{CACHE_CONTROL, LOCATION};

use crate::support::{Hall, TestBrowser, check, sql};

const QUESTION: [(&str, &str); 2] = [("subject", ""), ("body", "怎样转移<b>养老</b>保险？")];

/// Sends a form that is refused, and follows the redirect to the refusal.
async fn refused(browser: &mut TestBrowser) -> crate::support::Page {
    let page = browser.post("/questions", &QUESTION).await;
    page.check(
        "a question without a subject",
        "@/questions | 422 | #subject 请填写主题…",
    );
    page
}

#[tokio::test]
async fn b5_a_refusal_is_read_at_an_address_that_can_be_loaded_again() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    assert_eq!(jia.status_of("/questions", &QUESTION).await, 303);
    let page = refused(&mut jia).await;
    assert!(
        page.says("怎样转移&#60;b&#62;养老") || page.says("怎样转移&lt;b&gt;养老"),
        "{page:?}"
    );
    for _ in 0..3 {
        let again = jia.get(&page.address).await;
        assert_eq!((again.status, &again.body), (page.status, &page.body));
    }
    let headers = jia.headers_of(&page.address).await;
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert!(!headers.contains_key(LOCATION));
    // Nothing was sent twice.
    assert_eq!(
        hall.count("questions WHERE account_id = 'c-1001' AND subject = ''")
            .await,
        0
    );
    // A login that is refused says how long to wait, at each load.
    let mut stranger = hall.portal();
    let wrong = [("user_name", "jia"), ("password", "wrong")];
    let page = stranger.post("/login/password", &wrong).await;
    page.check(
        "a wrong password",
        "@/login/password | 422 | =user_name jia | 用户名或密码不正确",
    );
    let again = stranger.get(&page.address).await;
    assert_eq!(again.body, page.body);
}

#[tokio::test]
async fn b5_a_kept_page_is_for_its_browser_and_person_and_for_a_quarter_of_an_hour() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let page = refused(&mut jia).await;
    let plain = "/questions | !请填写主题";
    let mut elsewhere = hall.portal_of("jia").await;
    let line = format!("{} => @{plain} | !怎样转移", page.address);
    elsewhere.check(&line).await;
    let mut stranger = hall.portal();
    check!(stranger; "{} => @/login | !怎样转移", page.address);
    // Another person at the same browser, and nobody.
    let mut yi = jia.back_at(jia.origin());
    yi.cookies.remove("shili_hall");
    let mut yi = yi.logged_in("/login/password", "yi").await;
    yi.check(&line).await;
    jia.check(&format!("{} => 422 | 怎样转移", page.address))
        .await;
    sql!(hall; "UPDATE kept_pages SET expires_at = unixepoch()");
    jia.check(&line).await;
}

#[tokio::test]
async fn b5_what_was_typed_stays_in_the_other_language_too() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let page = refused(&mut jia).await;
    let other = page
        .link("/questions?lang=en")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let english = jia.get(&other).await;
    english.check(
        "in English",
        "200 | What you typed is still here | 怎样转移",
    );
    let back = english
        .link("/questions?lang=zh-CN")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    jia.get(&back)
        .await
        .check("in Chinese again", "422 | #subject 请填写主题… | 怎样转移");
}

#[tokio::test]
async fn b5_an_address_of_forms_alone_leads_to_the_page_that_they_stand_on() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    for (path, expected) in [
        ("/exams/electrician/register", "/exams"),
        ("/logout", "/"),
        ("/delegations", "/"),
        ("/questions", "/questions"),
    ] {
        check!(jia; "{path} => @{expected}");
    }
    let mut phone = hall.phone_of("jia").await;
    for (path, expected) in [
        ("/sessions/at-sites/x/end", "/sessions"),
        ("/inbox/1/not-me", "/inbox"),
        ("/logout", "/"),
    ] {
        let page = phone.get(path).await;
        assert!(page.path.starts_with(expected), "{path}: {page:?}");
        assert_eq!(page.status, 200, "{path}");
    }
    check!(jia; "/no-such-page => 404");
}

#[tokio::test]
async fn b5_a_form_that_is_sent_twice_is_taken_once() {
    let hall = Hall::with_double_clicks().await;
    let mut jia = hall.portal_of("jia").await;
    let before = hall.count("questions").await;
    let question = [("subject", "双击"), ("body", "同一个问题")];
    let mut again = jia.back_at(jia.origin());
    let (one, other) = tokio::join!(
        jia.post("/questions", &question),
        again.post("/questions", &question)
    );
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_eq!(hall.count("questions").await, before + 1);
    jia.post("/questions", &question).await;
    assert_eq!(hall.count("questions").await, before + 1);
}

#[tokio::test]
async fn b5_a_form_without_room_is_answered_at_once() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    sql!(hall; "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
        INSERT INTO kept_pages SELECT 'k' || i, 'b' || i, 'a', x'', unixepoch() + 900 FROM n");
    jia.check("/questions <- subject=&body=b => @/questions | 422")
        .await;
    assert_eq!(jia.status_of("/questions", &QUESTION).await, 422);
}
