//! Insurance, applications, exams, questions, resume, training.

use super::support::{DING, JIA, TestHall, YI, between};

/// Row S15.
#[tokio::test]
async fn each_insurance_shows_months_base_and_both_parts_by_year() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    let page = browser.page("/insurance/pension").await;
    // 6800 yuan: 16 % by the unit, 8 % by the person.
    for expected in [
        "2026-10",
        "示例单位一",
        "6,800.00",
        "1,088.00",
        "544.00",
        "year=2023",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    let old = browser.page("/insurance/pension?year=2023").await;
    assert!(old.contains("2023-03") && !old.contains("2026-10") && old.contains("示例单位二"));
    assert!(
        browser
            .page("/insurance/pension?year=1900")
            .await
            .contains("2026-10")
    );
    for other in ["medical", "unemployment", "work-injury", "maternity"] {
        assert!(
            browser
                .page(&format!("/insurance/{other}"))
                .await
                .contains("2026-10"),
            "{other}"
        );
    }
    assert!(
        hall.browser_of(DING)
            .await
            .page("/insurance/medical")
            .await
            .contains("暂无缴费记录")
    );
}

/// Row S15.
#[tokio::test]
async fn the_statement_of_rights_sums_a_year_and_all_before_it() {
    let hall = TestHall::new().await;
    let statement = hall
        .browser_of(JIA)
        .await
        .page("/insurance/statement?year=2024")
        .await;
    // 2024: eight months of 5200 and four of 6800; before it ten months of 5200.
    let pension = between(&statement, "<th scope=\"row\">养老保险</th>", "</tr>");
    for expected in [">12<", "11,008.00", "5,504.00", ">22<", "9,664.00"] {
        assert!(pension.contains(expected), "{expected}: {pension}");
    }
    assert!(
        hall.browser_of(DING)
            .await
            .page("/insurance/statement")
            .await
            .contains("暂无权益记录")
    );
}

/// Row S15.
#[tokio::test]
async fn an_application_is_made_followed_and_withdrawn_while_nobody_has_looked_at_it() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    let list = browser.page("/applications").await;
    assert!(list.contains("已办结") && list.contains("审核中"));
    let form = "/applications/new/professional-title";
    let empty = browser.post(form, &[("reason", "  ")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.text.contains("请填写申请事由"));
    assert_eq!(
        browser
            .post(form, &[("reason", &"字".repeat(501))])
            .await
            .status,
        422
    );
    let made = browser.post(form, &[("reason", "晋升 <b>")]).await;
    let path = made.sent_to();
    let page = browser.page(path).await;
    assert!(
        page.contains("已提交") && page.contains("晋升 &#60;b&#62;"),
        "{page}"
    );
    let withdrawn = browser.post(&format!("{path}/withdraw"), &[]).await;
    let page = browser.page(withdrawn.sent_to()).await;
    assert!(page.contains("已撤回") && !page.contains("撤回申请"));
}

/// Row S15.
#[tokio::test]
async fn an_application_under_review_is_not_withdrawn() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    let list = browser.page("/applications").await;
    let path = format!(
        "/applications/{}",
        between(&list, "href=\"/applications/", "\"")
    );
    browser.post(&format!("{path}/withdraw"), &[]).await;
    assert!(browser.page(&path).await.contains("审核中"));
}

/// Row S15.
#[tokio::test]
async fn an_exam_is_registered_for_and_cancelled() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await;
    assert!(browser.page("/exams").await.contains("还没有报名考试"));
    assert_eq!(
        browser
            .post("/exams/human-resources/register", &[])
            .await
            .sent_to(),
        "/exams"
    );
    assert!(
        browser
            .page("/exams")
            .await
            .contains("/exams/human-resources/cancel")
    );
    assert_eq!(
        browser
            .post("/exams/human-resources/register", &[])
            .await
            .sent_to(),
        "/exams"
    );
    assert_eq!(
        browser
            .post("/exams/human-resources/cancel", &[])
            .await
            .sent_to(),
        "/exams"
    );
    assert!(
        browser
            .page("/exams")
            .await
            .contains("/exams/human-resources/register")
    );
}

/// Row S15.
#[tokio::test]
async fn an_exam_that_is_full_or_closed_is_refused_with_the_reason() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await;
    for (exam, reason) in [("electrician", "名额已满"), ("computing", "报名时间已过")] {
        let answer = browser.post(&format!("/exams/{exam}/register"), &[]).await;
        assert_eq!(answer.status, 409, "{exam}");
        assert!(answer.text.contains(reason), "{exam}");
    }
    assert_eq!(browser.post("/exams/none/register", &[]).await.status, 404);
}

/// Row S15.
#[tokio::test]
async fn the_last_seat_is_given_once() {
    let hall = TestHall::new().await;
    sqlx::query("DELETE FROM exam_registrations")
        .execute(&hall.db)
        .await
        .unwrap();
    let (jia, yi) = (hall.browser_of(JIA).await, hall.browser_of(YI).await);
    let path = "/exams/electrician/register";
    let (one, other) = tokio::join!(jia.post(path, &[]), yi.post(path, &[]));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
}

/// Row S15.
#[tokio::test]
async fn a_question_is_asked_and_answers_are_shown() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(JIA).await;
    assert!(browser.page("/questions").await.contains("请先办理挂失"));
    let wrong = browser
        .post("/questions", &[("subject", ""), ("body", "写了的问题")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("请填写主题") && wrong.text.contains("写了的问题"));
    let fields = [("subject", "缴费"), ("body", "何时到账？")];
    assert_eq!(
        browser.post("/questions", &fields).await.sent_to(),
        "/questions"
    );
    let page = browser.page("/questions").await;
    assert!(page.contains("何时到账？") && page.contains("待答复"));
}

/// Row S15.
#[tokio::test]
async fn a_resume_is_written_shown_and_changed() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await;
    assert!(browser.page("/resume").await.contains("还没有简历"));
    let resume = |skills| {
        [
            ("education", ""),
            ("skills", skills),
            ("experience", ""),
            ("wish", ""),
        ]
    };
    assert_eq!(browser.post("/resume", &resume("")).await.status, 422);
    let long = "字".repeat(2001);
    assert!(
        browser
            .post("/resume", &resume(&long))
            .await
            .text
            .contains("不能超过2000字")
    );
    assert_eq!(
        browser.post("/resume", &resume("电工")).await.sent_to(),
        "/resume"
    );
    assert!(browser.page("/resume").await.contains("电工"));
    assert!(browser.page("/resume/edit").await.contains("电工"));
}

/// Row S15.
#[tokio::test]
async fn a_course_is_enrolled_for_and_left() {
    let hall = TestHall::new().await;
    let browser = hall.browser_of(DING).await;
    assert_eq!(
        browser
            .post("/training/home-care/enrol", &[])
            .await
            .sent_to(),
        "/training"
    );
    assert_eq!(
        browser
            .post("/training/home-care/enrol", &[])
            .await
            .sent_to(),
        "/training"
    );
    assert!(
        browser
            .page("/training")
            .await
            .contains("/training/home-care/leave")
    );
    assert_eq!(
        browser
            .post("/training/home-care/leave", &[])
            .await
            .sent_to(),
        "/training"
    );
    assert!(browser.page("/training").await.contains("还没有报名课程"));
    assert_eq!(browser.post("/training/none/enrol", &[]).await.status, 404);
}
