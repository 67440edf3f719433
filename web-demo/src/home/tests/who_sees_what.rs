//! Who may see which page.

use super::support::{DING, JIA, TestHall, YI, between};

const PERSONAL: [&str; 11] = [
    "/details",
    "/card/track",
    "/account",
    "/account/password",
    "/insurance/pension",
    "/insurance/statement",
    "/applications",
    "/exams",
    "/questions",
    "/resume",
    "/inbox",
];

#[tokio::test]
async fn strangers_are_sent_to_the_login_page_and_units_to_their_own() {
    let hall = TestHall::new().await;
    let (stranger, unit) = (hall.stranger(), hall.browser_for(YI, "90001").await);
    for path in PERSONAL {
        assert_eq!(stranger.get(path).await.sent_to(), "/login", "{path}");
        assert_eq!(unit.get(path).await.sent_to(), "/", "{path}");
    }
}

/// Row S4.
#[tokio::test]
async fn a_provisional_account_is_for_exams_and_applications_and_shows_nothing_of_the_person() {
    let hall = TestHall::new().await;
    hall.make_provisional(JIA).await;
    let browser = hall.browser_of(JIA).await;
    for path in [
        "/exams",
        "/applications",
        "/applications/new/professional-title",
        "/inbox",
        "/account",
    ] {
        browser.page(path).await;
    }
    for path in [
        "/details",
        "/card/track",
        "/insurance/pension",
        "/insurance/statement",
        "/questions",
        "/resume",
        "/training",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text.contains("需要身份认证"), "{path}");
    }
    assert_eq!(browser.post("/details", &[]).await.status, 403);
    let home = browser.page("/").await;
    assert!(home.contains("临时用户") && !home.contains("990") && !home.contains("/insurance"));
}

#[tokio::test]
async fn nobody_sees_what_is_another_persons() {
    let hall = TestHall::new().await;
    let (jia, ding) = (hall.browser_of(JIA).await, hall.browser_of(DING).await);
    let applications = jia.page("/applications").await;
    let path = format!(
        "/applications/{}",
        between(&applications, "href=\"/applications/", "\"")
    );
    jia.page(&path).await;
    assert_eq!(ding.get(&path).await.status, 404);
    let inbox = jia.page("/inbox").await;
    let notice = format!("/inbox/{}", between(&inbox, "href=\"/inbox/", "\""));
    assert_eq!(ding.get(&notice).await.status, 404);
    assert_eq!(
        ding.post(&format!("{notice}/not-me"), &[]).await.status,
        404
    );
    jia.page("/").await;
    for page in [
        "/insurance/pension",
        "/questions",
        "/resume",
        "/training",
        "/exams",
    ] {
        assert!(!ding.page(page).await.contains("示例单位一"), "{page}");
    }
}

/// Row S15.
#[tokio::test]
async fn details_are_masked_until_asked_for_and_that_is_noted() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    let number = "990000199003071016";
    for path in ["/", "/details", "/insurance/statement"] {
        let page = browser.page(path).await;
        assert!(
            page.contains("990*************16") && !page.contains(number),
            "{path}"
        );
    }
    let shown = browser.post("/details", &[]).await;
    assert_eq!(shown.status, 200);
    for expected in [number, "1990-03-07", "男", "S99000001"] {
        assert!(shown.text.contains(expected), "{expected}");
    }
    assert!(!browser.page("/details").await.contains(number));
    assert!(
        browser
            .page("/inbox")
            .await
            .contains("您的完整个人信息被查看")
    );
}

/// Row S15.
#[tokio::test]
async fn the_statement_of_rights_is_printed_with_the_full_number_on_demand() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    let shown = browser.post("/insurance/statement?year=2024", &[]).await;
    assert!(
        shown.status == 200 && shown.text.contains("990000199003071016"),
        "{}",
        shown.text
    );
    assert!(shown.text.contains("2024年度") && shown.text.contains("可以打印"));
    assert!(
        !browser
            .page("/insurance/statement?year=2024")
            .await
            .contains("990000199003071016")
    );
    assert!(
        browser
            .page("/inbox")
            .await
            .contains("您的完整个人信息被查看")
    );
    hall.make_provisional(JIA).await;
    assert_eq!(browser.post("/insurance/statement", &[]).await.status, 403);
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so() {
    let hall = TestHall::new().await;
    for path in [
        "/nowhere",
        "/insurance/none",
        "/card/none",
        "/applications/0",
        "/applications/new/none",
        "/inbox/x",
    ] {
        let answer = hall.browser_of(JIA).await.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("页面不存在"), "{path}");
    }
}
