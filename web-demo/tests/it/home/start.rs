//! The first page: of strangers, of a person, of a unit.

use crate::support::{Hall, check, sql};

/// Row S1.
#[tokio::test]
async fn strangers_see_how_to_get_the_app_and_how_to_come_in() {
    let hall = Hall::open().await;
    check!(hall.portal(); "
        / => 示例人社 | {} | <path d=\"M4 4h1v1h-1z | /login | /register | /announcements", hall.phone);
    check!(hall.portal().in_english(); "/ => Get the app | 示例人社");
}

/// Row S15.
#[tokio::test]
async fn the_home_page_has_every_entry_of_the_manual_and_each_leads_somewhere() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let page = check!(jia; "
        / => 您好，示例甲 | 退出
            | 我的申请 | 我的考试 | 我的提问 | 我的简历 | 我的收件箱 | 我的培训
            | 我的社会保障卡 | 姓名 | 性别 | 社会保障号码 | 卡号
            | 卡激活 | 卡跟踪 | 卡挂失 | 卡解挂 | 卡注销 | 卡补办
            | 我的账户 | 密码修改 | 信息修改 | 用户名 | 电子邮箱 | QQ号码 | 微信号码
            | 我的社保 | 养老保险 | 医疗保险 | 权益记录 | 失业保险 | 工伤保险 | 生育保险
            | 我的公告 | 更多");
    let links = page.body.split("href=\"/").skip(1);
    let mut links: Vec<_> = links
        .filter_map(|rest| rest.split(['"', '#']).next())
        .collect();
    links.retain(|link| !link.starts_with("assets/") && !link.starts_with('?'));
    assert!(links.len() > 20, "{links:?}");
    for link in links {
        check!(jia; "/{link} => @/{link}");
    }
}

/// Row S16.
#[tokio::test]
async fn a_unit_login_lands_on_the_unit_its_role_and_its_people() {
    let hall = Hall::open().await;
    check!(hall.portal_for("yi", "90002").await; "
        / => 示例单位二 | 90002 | 示例乙 | 业务操作员 | 没有授权经办人 | !您是法定代表人");
    check!(hall.portal_for("yi", "90001").await; "/ => 示例单位一 | 您是法定代表人");
}

/// Row S16.
#[tokio::test]
async fn a_person_who_has_lost_their_role_sees_the_unit_no_more() {
    let hall = Hall::open().await;
    let mut operator = hall.portal_for("yi", "90002").await;
    operator.check("/ => 示例单位二").await;
    sql!(hall; "DELETE FROM register_posts WHERE unit_id = '90002'");
    operator.check("/ => 403 | 授权已终止").await;
}

/// Row S15.
#[tokio::test]
async fn announcements_are_listed_by_date_in_pages_and_read_by_everybody() {
    let hall = Hall::open().await;
    let first = check!(hall.portal(); "
        /announcements?page=2 => 2026-04-02
        /announcements?page=99 => 暂无公告
        /announcements/2026-11-b => 不会要求您替他人扫码
        /announcements/none => 404
        /announcements => page=2 | !2026-04-02");
    let place = |day| first.body.find(day).unwrap();
    assert!(place("2026-11-20") < place("2026-11-12"));
    check!(hall.portal().in_english(); "/announcements/2026-11-b => never ask you to scan");
}
