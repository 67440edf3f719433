//! Insurance, applications, exams, questions, resume, training.

use crate::support::{Hall, check};

/// Row S15.
#[tokio::test]
async fn each_insurance_shows_months_base_and_both_parts_by_year() {
    let hall = Hall::open().await;
    // 6800 yuan: 16 % by the unit, 8 % by the person.
    check!(hall.portal_of("jia").await; "
        /insurance/pension => 2026-10 | 示例单位一 | 6,800.00 | 1,088.00 | 544.00 | year=2023
        /insurance/pension?year=2023 => 2023-03 | !2026-10 | 示例单位二
        /insurance/pension?year=1900 => 2026-10
        /insurance/medical => 2026-10
        /insurance/unemployment => 2026-10
        /insurance/work-injury => 2026-10
        /insurance/maternity => 2026-10");
    check!(hall.portal_of("ding").await; "/insurance/medical => 暂无缴费记录");
}

/// Row S15.
#[tokio::test]
async fn the_statement_of_rights_sums_a_year_and_all_before_it() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let statement = jia.check("/insurance/statement?year=2024").await;
    // 2024: eight months of 5200 and four of 6800; before it ten months of 5200.
    let pension = statement.between("<th scope=\"row\">养老保险</th>", "</tr>");
    for expected in [">12<", "11,008.00", "5,504.00", ">22<", "9,664.00"] {
        assert!(pension.contains(expected), "{expected}: {pension}");
    }
    check!(jia; "
        /insurance/statement?year=2024 => 累计截至 2024-12
        /insurance/statement?year=2026 => 累计截至 2026-10 | !年度末");
    check!(hall.portal_of("ding").await; "/insurance/statement => 暂无权益记录");
}

/// Row S15.
#[tokio::test]
async fn an_application_is_made_followed_and_withdrawn_before_it_is_reviewed() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let form = "/applications/new/professional-title";
    let path = check!(jia; "
        /applications => 已办结 | 审核中
        {form} <- reason=++ => 422 | 请填写申请事由
        {form} <- reason={} => 422
        {form} <- reason=晋升+<b> => 已提交 | 晋升 &#60;b&#62;", "字".repeat(501))
    .path;
    check!(jia; "{path}/withdraw <- => @{path} | 已撤回 | !撤回申请");
}

/// Row S15.
#[tokio::test]
async fn an_application_under_review_is_not_withdrawn() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let path = jia.get("/applications").await.link("/applications/");
    check!(jia; "{path}/withdraw <- => \n {path} => 审核中");
}

/// Row S15.
#[tokio::test]
async fn an_exam_is_registered_for_and_cancelled() {
    let hall = Hall::open().await;
    check!(hall.portal_of("ding").await; "
        /exams => 还没有报名考试
        /exams/human-resources/register <- => @/exams | /exams/human-resources/cancel
        /exams/human-resources/register <- => @/exams | /exams/human-resources/cancel
        /exams/human-resources/cancel <- => @/exams | /exams/human-resources/register");
}

/// Row S15.
#[tokio::test]
async fn an_exam_that_is_full_or_closed_is_refused_with_the_reason() {
    let hall = Hall::open().await;
    check!(hall.portal_of("ding").await; "
        /exams/electrician/register <- => 409 | 名额已满
        /exams/computing/register <- => 409 | 报名时间已过
        /exams/none/register <- => 404");
}

/// Row S15.
#[tokio::test]
async fn the_last_seat_is_given_once() {
    let hall = Hall::open().await;
    hall.sql("DELETE FROM exam_registrations").await;
    let (mut jia, mut yi) = (hall.portal_of("jia").await, hall.portal_of("yi").await);
    let path = "/exams/electrician/register";
    let (one, other) = tokio::join!(jia.post(path, &[]), yi.post(path, &[]));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// Row S15.
#[tokio::test]
async fn a_question_is_asked_and_answers_are_shown() {
    let hall = Hall::open().await;
    check!(hall.portal_of("jia").await; "
        /questions => 请先办理挂失
        /questions <- subject=&body=写了的问题 => 422 | 请填写主题 | 写了的问题
        /questions <- subject=缴费&body=何时到账？ => @/questions | 何时到账？ | 待答复");
}

/// Row S15.
#[tokio::test]
async fn a_resume_is_written_shown_and_changed() {
    let hall = Hall::open().await;
    let resume = "/resume <- education=&experience=&wish=&skills";
    check!(hall.portal_of("ding").await; "
        /resume => 还没有简历
        {resume}= => 422 | class=\"summary\" | href=\"#education\">请至少填写一项
        {resume}={} => 422 | href=\"#skills\">每项不能超过2000字 | id=\"skills-error\"
        {resume}=电工 => @/resume | 电工
        /resume/edit => 电工", "字".repeat(2001));
}

/// Row S15.
#[tokio::test]
async fn a_course_is_enrolled_for_and_left() {
    let hall = Hall::open().await;
    check!(hall.portal_of("ding").await; "
        /training/home-care/enrol <- => @/training | /training/home-care/leave
        /training/home-care/enrol <- => @/training | /training/home-care/leave
        /training/home-care/leave <- => @/training | 还没有报名课程
        /training/none/enrol <- => 404");
}
