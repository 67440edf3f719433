//! A legal representative appoints and withdraws the unit's agents.

use crate::support::{Hall, TestBrowser, check, sql};

const JIA: &str = "id_number=990000199003071016&name=示例甲";
const DING: &str = "id_number=990000199506161048&name=示例丁";

/// A line of a script that appoints a person for contributions until this day.
fn appoint(person: &str, ends_on: &str) -> String {
    format!("/delegations <- {person}&ends_on={ends_on}&contributions=yes =>")
}

/// Appoints a person for 示例单位一 in this browser, until so far from today.
async fn appointed(hall: &Hall, browser: &mut TestBrowser, person: &str, until: &str) {
    let line = appoint(person, &hall.day(until).await);
    check!(browser; "{line} @/");
}

/// Withdraws the agent that was appointed last, by the page's own button.
async fn withdraw_last(browser: &mut TestBrowser) {
    let path = browser.get("/").await.link("/delegations/");
    check!(browser; "
        {path} => 撤销后立即生效
        {path} <- => @/
        {path} => 404
        {path} <- => @/");
}

/// Row S16.
#[tokio::test]
async fn a_legal_representative_appoints_an_agent_who_is_told_and_can_then_act_for_the_unit() {
    let hall = Hall::open().await;
    let last = hall.day("+1 year").await;
    check!(hall.portal_for("yi", "90001").await; "
        /delegations <- {JIA}&ends_on={last}&registration=1&cards=1
            => @/ | 示例甲 | 990*************16 | 职工参保登记、职工社保卡业务 | {last} | 有效
            | !990000199003071016");
    check!(hall.portal_of("jia").await; "/inbox => 您已成为“示例单位一”的授权经办人");
    check!(hall.portal_for("jia", "90001").await; "
        / => 授权经办人 | 职工参保登记、职工社保卡业务 | {last} | 经办人由法定代表人授权和撤销
            | !action=\"/delegations | !/withdraw");
}

/// Row S16.
#[tokio::test]
async fn the_units_page_reads_in_english_too() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await.in_english();
    let line = appoint(DING, &hall.day("+30 days").await);
    check!(representative; "
        {line} Legal representative | Appoint an agent | contributions | Active
            | cannot be changed here
        {line} 409 | is an agent of the unit already");
}

/// Row S16.
#[tokio::test]
async fn a_person_without_an_account_can_be_appointed() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await;
    let zi = "id_number=990000199102101110&name=示例子";
    appointed(&hall, &mut representative, zi, "+1 day").await;
    representative.check("/ => 示例子").await;
    withdraw_last(&mut representative).await;
}

/// Row S16.
#[tokio::test]
async fn an_unknown_person_or_one_who_acts_for_the_unit_already_is_refused_with_the_reason() {
    let hall = Hall::open().await;
    let xu = "UPDATE accounts SET id_number = '990000197102151215', name = '示例戌'";
    sql!(hall; "{xu} WHERE user_name = 'jia'");
    let mut representative = hall.portal_for("jia", "90003").await;
    let last = hall.day("+1 month").await;
    appointed(&hall, &mut representative, DING, "+1 month").await;
    for (id_number, name, expected) in [
        ("990000199506161048", "示例甲", "422 | 人口库中没有"),
        ("990000199506161040", "示例丁", "422 | 身份证号"),
        ("", "示例丁", "422 | 身份证号应为18位"),
        ("990000198511221020", "+", "422 | 请填写经办人姓名"),
        ("990000197102151215", "示例戌", "409 | 不能授权给自己"),
        ("99000019960911122X", "示例亥", "409 | 业务操作员，无需授权"),
        (
            "990000199506161048",
            "示例丁",
            "409 | 已是本单位的授权经办人",
        ),
    ] {
        let line = appoint(&format!("id_number={id_number}&name={name}"), &last);
        check!(representative; "{line} {expected} | value=\"{id_number}\"");
    }
    let page = representative.get("/").await;
    assert_eq!(page.body.matches("/withdraw\"").count(), 1);
}

/// Row S16.
#[tokio::test]
async fn an_appointment_needs_an_affair_and_a_last_day_from_tomorrow_to_three_years_ahead() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await;
    for (last, reason) in [
        ("", "正确的日期"),
        ("2027-02-29", "正确的日期"),
        ("now", "正确的日期"),
        (&*hall.day("-1 day").await, "最早到明天"),
        (&*hall.day("+0 days").await, "最早到明天"),
        (&*hall.day("+3 years +1 day").await, "最长三年"),
    ] {
        check!(representative; "{} 422 | {reason}", appoint(JIA, last));
    }
    let tomorrow = hall.day("+1 day").await;
    check!(representative; "/delegations <- {JIA}&ends_on={tomorrow} => 422 | 请至少选择一项授权事项");
    appointed(&hall, &mut representative, JIA, "+1 day").await;
    appointed(&hall, &mut representative, DING, "+3 years").await;
}

/// Row S16.
#[tokio::test]
async fn only_the_legal_representative_appoints_and_withdraws() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await;
    appointed(&hall, &mut representative, JIA, "+1 month").await;
    let path = representative.get("/").await.link("/delegations/");
    let line = appoint(DING, &hall.day("+1 month").await);
    for mut browser in [
        hall.portal_for("jia", "90001").await,
        hall.portal_for("yi", "90002").await,
    ] {
        check!(browser; "{line} 403 \n {path} => 403 \n {path} <- => 403");
    }
    check!(hall.portal_for("xin", "90002").await; "{path} <- => 404");
    check!(hall.portal_of("yi").await; "{line} @/");
    check!(hall.portal(); "{line} @/login");
    let page = representative.get("/").await;
    assert_eq!(page.body.matches("/withdraw\"").count(), 1);
}

/// Row S16.
#[tokio::test]
async fn a_former_legal_representative_cannot_appoint() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await;
    let operator = "UPDATE register_posts SET role = 'operator' WHERE unit_id = '90001'";
    hall.sql(operator).await;
    let line = appoint(JIA, &hall.day("+1 month").await);
    check!(representative; "{line} 403 | 授权已终止");
}

/// Row S16.
#[tokio::test]
async fn wrong_names_are_few_so_that_no_number_gives_its_person_away() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await;
    let last = hall.day("+1 month").await;
    let wrong = appoint("id_number=990000199003071016&name=示例丁", &last) + " 422\n";
    representative.check(&wrong.repeat(10)).await;
    representative.check(&(appoint(JIA, &last) + " 429")).await;
}

/// Rows S12 and S16, threat T25.
#[tokio::test]
async fn a_withdrawn_agent_is_logged_out_told_and_offered_the_unit_no_more() {
    let hall = Hall::open().await;
    let mut representative = hall.portal_for("yi", "90001").await;
    appointed(&hall, &mut representative, JIA, "+1 month").await;
    let phone = hall.phone_of("jia").await;
    assert_eq!(hall.identities(&phone).await, ["personal", "unit:90001"]);
    let mut agent = hall.portal_for("jia", "90001").await;
    let mut personal = hall.portal_of("jia").await;
    withdraw_last(&mut representative).await;
    assert_eq!(hall.identities(&phone).await, ["personal"]);
    // The start page of strangers.
    agent.check("/ => !示例单位一").await;
    check!(personal; "/inbox => “示例单位一”已撤销对您的授权");
    representative.check("/ => 已撤销").await;
    appointed(&hall, &mut representative, JIA, "+1 month").await;
}

/// Rows S12 and S16, threat T25.
#[tokio::test]
async fn the_day_after_its_last_day_a_delegation_counts_no_more() {
    let hall = Hall::open().await;
    let move_end = async |day: &str| {
        let day = hall.day(day).await;
        sql!(hall; "UPDATE delegations SET ends_on = '{day}'");
    };
    let mut representative = hall.portal_for("yi", "90001").await;
    appointed(&hall, &mut representative, JIA, "+1 day").await;
    let phone = hall.phone_of("jia").await;
    let mut agent = hall.portal_for("jia", "90001").await;
    move_end("+0 days").await;
    assert_eq!(hall.identities(&phone).await, ["personal", "unit:90001"]);
    agent.check("/ => 示例单位一").await;
    move_end("-1 day").await;
    assert_eq!(hall.identities(&phone).await, ["personal"]);
    agent.check("/ => 403 | 授权已终止").await;
    check!(agent.in_english(); "/ => 403 | Your authorisation has ended");
    representative.check("/ => 已到期").await;
    appointed(&hall, &mut representative, JIA, "+1 month").await;
    move_end("-91 days").await;
    representative.check("/ => 没有授权经办人").await;
}
