//! The first page: of strangers, of a person, of a unit.

use super::support::{JIA, TestHall, YI};

/// Row S1.
#[tokio::test]
async fn strangers_see_how_to_get_the_app_and_how_to_come_in() {
    let hall = TestHall::new().await;
    let page = hall.stranger().page("/").await;
    for expected in [
        "示例省人社",
        "https://192.0.2.1:8443",
        "<path d=\"M4 4h1v1h-1z",
        "/login",
        "/register",
        "/announcements",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let english = hall.stranger().in_english().page("/").await;
    assert!(english.contains("Get the phone app") && english.contains("示例省人社"));
}

/// Row S15.
#[tokio::test]
async fn the_home_page_has_every_entry_of_the_manual_and_each_leads_somewhere() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    let page = browser.page("/").await;
    for entry in [
        "您好，示例甲",
        "退出",
        "我的申请",
        "我的考试",
        "我的提问",
        "我的简历",
        "我的收件箱",
        "我的培训",
        "我的社会保障卡",
        "姓名",
        "性别",
        "社会保障号码",
        "卡号",
        "卡激活",
        "卡跟踪",
        "卡挂失",
        "卡解挂",
        "卡注销",
        "卡补办",
        "我的账户",
        "密码修改",
        "信息修改",
        "用户名",
        "电子邮箱",
        "QQ号码",
        "微信号码",
        "我的社保",
        "养老保险",
        "医疗保险",
        "权益记录",
        "失业保险",
        "工伤保险",
        "生育保险",
        "我的公告",
        "更多",
    ] {
        assert!(page.contains(entry), "{entry}");
    }
    let mut links: Vec<&str> = page
        .split("href=\"/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    links.retain(|link| !link.starts_with("assets/") && !link.starts_with("?lang"));
    assert!(links.len() > 20, "{links:?}");
    for link in links {
        browser.page(&format!("/{link}")).await;
    }
}

/// Row S16.
#[tokio::test]
async fn a_unit_login_lands_on_the_unit_its_role_and_its_people() {
    let hall = TestHall::new().await;
    let page = hall.browser_for(YI, "90002").await.page("/").await;
    for expected in [
        "示例单位二",
        "90002",
        "示例乙",
        "业务操作员",
        "没有授权经办人",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("您是法定代表人"));
    let page = hall.browser_for(YI, "90001").await.page("/").await;
    assert!(page.contains("示例单位一") && page.contains("您是法定代表人"));
}

/// Row S16.
#[tokio::test]
async fn who_has_lost_their_role_sees_the_unit_no_more() {
    let hall = TestHall::new().await;
    let browser = hall.browser_for(YI, "90002").await;
    browser.page("/").await;
    sqlx::query("DELETE FROM register_posts WHERE unit_id = '90002'")
        .execute(&hall.db)
        .await
        .unwrap();
    let answer = browser.get("/").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("授权已终止"));
}

/// Row S15.
#[tokio::test]
async fn announcements_are_listed_by_date_in_pages_and_read_by_everybody() {
    let hall = TestHall::new().await;
    let stranger = hall.stranger();
    let first = stranger.page("/announcements").await;
    assert!(first.find("2026-11-20").unwrap() < first.find("2026-11-12").unwrap());
    assert!(first.contains("page=2") && !first.contains("2026-04-02"));
    assert!(
        stranger
            .page("/announcements?page=2")
            .await
            .contains("2026-04-02")
    );
    assert!(
        stranger
            .page("/announcements?page=99")
            .await
            .contains("暂无公告")
    );
    assert!(
        stranger
            .page("/announcements/2026-11-b")
            .await
            .contains("不会要求您替他人扫码")
    );
    assert!(
        stranger
            .in_english()
            .page("/announcements/2026-11-b")
            .await
            .contains("never ask you to scan")
    );
    assert_eq!(hall.stranger().get("/announcements/none").await.status, 404);
}
