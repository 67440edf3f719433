//! My inbox, and ending a login that was somebody else's.

use super::support::{DING, JIA, TestHall, between};
use crate::records::Words;
use crate::records::inbox::{self, Notice};

/// Row S15.
#[tokio::test]
async fn a_login_tells_the_person_when_where_and_by_which_browser_and_they_end_it() {
    let hall = TestHall::new().await;
    let mine = hall.browser_of(JIA).await;
    let theirs = hall.browser_of(JIA).await;
    let list = mine.page("/inbox").await;
    let path = format!("/inbox/{}", between(&list, "href=\"/inbox/", "\""));
    let notice = mine.page(&path).await;
    for expected in ["192.0.2.7", "Chrome · Linux", "这不是我"] {
        assert!(notice.contains(expected), "{expected}");
    }
    theirs.page("/account").await;
    let ended = mine.post(&format!("{path}/not-me"), &[]).await;
    assert!(mine.page(ended.sent_to()).await.contains("该登录已经结束"));
    assert_eq!(theirs.get("/account").await.sent_to(), "/login");
    mine.page("/account").await;
}

#[tokio::test]
async fn the_login_at_hand_is_named_and_not_offered_to_be_ended_as_anothers() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await;
    let list = browser.page("/inbox").await;
    let notice = browser
        .page(&format!(
            "/inbox/{}",
            between(&list, "href=\"/inbox/", "\"")
        ))
        .await;
    assert!(notice.contains("这是您当前使用的登录") && !notice.contains("这不是我"));
}

/// Row S15.
#[tokio::test]
async fn the_menu_counts_what_has_not_been_read() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await.in_english();
    let notice = Notice::new(
        Words::new("通知", "A notice"),
        Words::new("一\n二", "One\nTwo"),
    );
    inbox::notify(&hall.db, DING, &notice).await.unwrap();
    let unread = |page: &str| between(page, "badge count\">", "<").to_owned();
    assert_eq!(unread(&browser.page("/exams").await), "2");
    let list = browser.page("/inbox").await;
    let opened = browser
        .page(&format!(
            "/inbox/{}",
            between(&list, "href=\"/inbox/", "\"")
        ))
        .await;
    assert!(opened.contains("<p>One</p>") && opened.contains("<p>Two</p>"));
    assert_eq!(unread(&opened), "1");
    assert_eq!(unread(&browser.page("/exams").await), "1");
}

#[tokio::test]
async fn a_long_inbox_is_read_in_pages() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await;
    for number in 0..12 {
        let title = format!("第{number}号");
        inbox::notify(
            &hall.db,
            DING,
            &Notice::new(Words::new(title, "x"), Words::new("", "")),
        )
        .await
        .unwrap();
    }
    let first = browser.page("/inbox").await;
    assert!(first.contains("第11号") && !first.contains("第1号") && first.contains("page=2"));
    assert!(browser.page("/inbox?page=2").await.contains("第1号"));
    assert!(browser.page("/inbox?page=9").await.contains("没有通知"));
}
