//! Nothing that cannot be undone happens on one click, and what has happened is said once.

use crate::support::{Hall, check, sql};

/// Row U1.
#[tokio::test]
async fn u1_cancelling_the_card_names_both_buttons_by_what_they_do_and_declining_comes_first() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await.in_english();
    let page =
        check!(jia; "/card/cancel => cannot be undone | Keep the card | Cancel this card for good");
    let (keep, end) = (
        page.body.find("Keep the card").unwrap(),
        page.body.find("Cancel this card for good").unwrap(),
    );
    assert!(keep < end, "the way back comes first");
    assert!(
        !page.body.contains(">Cancel</"),
        "no button says Cancel alone"
    );
    check!(hall.portal_of("jia").await; "/card/cancel => 保留此卡 | 永久注销此卡");
}

/// Row U1.
#[tokio::test]
async fn u1_a_double_click_on_a_card_service_is_one() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    jia.location_of("/card/cancel", &[("confirmed", "yes")])
        .await;
    check!(jia; "
        /card/cancel <- confirmed=yes => @/card/cancel | 社会保障卡已注销");
}

/// Row U2.
#[tokio::test]
async fn u2_leaving_an_exam_or_a_course_asks_first_and_names_it() {
    let hall = Hall::open().await;
    let mut ding = hall.portal_of("ding").await;
    check!(ding; "
        /exams/human-resources/register <-
        /training/home-care/enrol <-
        /exams => href=\"/exams/human-resources/cancel\" | !action=\"/exams/human-resources/cancel\"
        /training => href=\"/training/home-care/leave\" | !action=\"/training/home-care/leave\"");
    let registered = "exam_registrations WHERE account_id = 'c-1004'";
    let enrolled = "enrolments WHERE account_id = 'c-1004'";
    check!(ding; "
        /exams/human-resources/cancel => 企业人力资源管理师 | 名额立即退回 | 保留报名 | 确认取消报名
        /training/home-care/leave => 继续学习 | 确认退出课程");
    assert_eq!(
        (hall.count(registered).await, hall.count(enrolled).await),
        (1, 1)
    );
    // The second click of a double one ends nothing more.
    check!(ding; "
        /exams/human-resources/cancel <- => @/exams | 已取消报名：企业人力资源管理师
        /exams/human-resources/cancel <- => @/exams
        /training/home-care/leave <- => @/training | 已退出课程
        /training/home-care/leave <- => @/training | !已退出课程");
    assert_eq!(
        (hall.count(registered).await, hall.count(enrolled).await),
        (0, 0)
    );
    // What is over is not asked about.
    check!(ding; "
        /exams/human-resources/cancel => @/exams
        /training/home-care/leave => @/training");
}

/// Row U2.
#[tokio::test]
async fn u2_withdrawing_an_application_asks_first_and_says_that_it_is_final() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let path =
        check!(jia; "/applications/new/professional-title <- reason=晋升 => 申请已提交").path;
    check!(jia; "
        {path} => href=\"{path}/withdraw\"
        {path}/withdraw => 撤回后不能恢复 | 保留申请 | 确认撤回申请
        {path} => 已提交
        {path}/withdraw <- => @{path} | 已撤回 | 申请 3 已撤回
        {path}/withdraw => @{path}
        {path}/withdraw <- => @{path} | !申请 3 已撤回");
}

/// Row U13.
#[tokio::test]
async fn u13_what_was_done_is_said_once_at_the_head_of_the_page_with_what_comes_next() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    for (sent, list, said, next) in [
        (
            "/exams/human-resources/register <-",
            "/exams",
            "报名成功：企业人力资源管理师",
            "考试日期 20",
        ),
        (
            "/training/home-care/enrol <-",
            "/training",
            "课程报名成功",
            "课时",
        ),
        (
            "/questions <- subject=缴费&body=何时到账？",
            "/questions",
            "提问已提交，编号 2",
            "三个工作日",
        ),
        (
            "/resume <- education=&experience=&wish=&skills=电工",
            "/resume",
            "简历已保存",
            "",
        ),
    ] {
        let page = check!(jia; "{sent} => @{list} | {said} | {next} | role=\"status\"");
        assert_eq!(page.body.matches("role=\"status\"").count(), 1, "{sent}");
        let (said_at, list_at) = (
            page.body.find(said).unwrap(),
            page.body.find("<h1>").unwrap(),
        );
        assert!(said_at < list_at, "{sent}: at the head");
        check!(jia; "{list} => !{said}");
    }
    let path =
        check!(jia; "/applications/new/professional-title <- reason=晋升 => 申请已提交 | 编号 3")
            .path;
    check!(jia; "{path} => !申请已提交：");
}

/// Row U13: no address makes a message up, and another browser's messages stay its own.
#[tokio::test]
async fn u13_a_message_is_of_the_browser_that_has_done_it() {
    let hall = Hall::open().await;
    let (mut here, mut elsewhere) = (hall.portal_of("jia").await, hall.portal_of("jia").await);
    here.location_of("/exams/human-resources/register", &[])
        .await;
    check!(elsewhere; "/exams?told=1 => !报名成功");
    check!(here; "/exams => 报名成功");
}

/// Row U13.
#[tokio::test]
async fn u13_a_unit_is_told_of_appointments_and_registrations() {
    let hall = Hall::open().await;
    let mut unit = hall.portal_for("yi", "90001").await;
    let last = hall.day("+1 year").await;
    let ding = "id_number=990000199506161048&name=示例丁";
    check!(unit; "
        /delegations <- {ding}&ends_on={last}&cards=1 => @/ | 已授权 示例丁 为经办人，有效期至 {last}
        / => !已授权 示例丁
        /unit/employees <- {ding}&base=6000 => @/unit/employees | 已为 示例丁 办理参保登记
        /unit/contributions/1 <- base=7100 => @/unit/contributions | 申报缴费基数 7,100.00 元");
    let path = unit.get("/").await.link("/delegations/");
    check!(unit; "
        {path} => 暂不撤销 | 确认撤销
        {path} <- => @/ | 已撤销对 示例丁 的授权
        {path} <- => @/ | !已撤销对");
}

/// A double click sends a form twice.
#[tokio::test]
async fn u13_a_question_or_an_application_sent_twice_is_one() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let sent = "/questions <- subject=缴费&body=何时到账？ => 编号 2\n
        /applications/new/professional-title <- reason=晋升 => 编号 3\n";
    jia.check(&sent.repeat(2)).await;
    assert_eq!(hall.count("questions").await, 2);
    sql!(hall; "UPDATE questions SET asked_at = asked_at - 61");
    check!(jia; "/questions <- subject=缴费&body=何时到账？ => 编号 3");
}
