//! The affairs of a unit, and that an agent acts only in those that the appointment is for.

use crate::support::{Hall, TestBrowser, check, sql};

const DING: &str = "id_number=990000199506161048&name=示例丁";

/// Each affair with its page, and what else is asked of it.
const AFFAIRS: [(&str, &str, &str); 3] = [
    ("registration", "/unit/employees", "/unit/employees/1/end"),
    (
        "contributions",
        "/unit/contributions",
        "/unit/contributions/1",
    ),
    ("cards", "/unit/cards", "/unit/cards/1/remind"),
];

/// 示例丁, appointed as an agent of 示例单位一 for one affair.
async fn agent_for(hall: &Hall, affair: &str) -> TestBrowser {
    hall.sql("DELETE FROM delegations").await;
    let last = hall.day("+1 month").await;
    check!(hall.portal_for("yi", "90001").await; "
        /delegations <- {DING}&ends_on={last}&{affair}=yes => @/");
    hall.portal_for("ding", "90001").await
}

/// Row S16.
#[tokio::test]
async fn an_agent_is_offered_the_affairs_of_the_appointment_and_refused_the_rest_with_whom_to_ask()
{
    let hall = Hall::open().await;
    let refused = "403 | 不在授权范围内 | 示例乙";
    for (held, ..) in AFFAIRS {
        let mut agent = agent_for(&hall, held).await;
        for (affair, list, act) in AFFAIRS {
            let script = if affair == held {
                format!("/ => href=\"{list}\" \n {list} => @{list}")
            } else {
                format!(
                    "/ => !href=\"{list}\" \n {list} => {refused} \n {act} <- base=9000 => {refused}"
                )
            };
            agent.check(&script).await;
        }
    }
    let script = "/unit/employees <- name=示例丁
        => 403 | You are not appointed for: registration of employees";
    let mut agent = agent_for(&hall, "cards").await.in_english();
    agent.check(script).await;
    let nothing_was_done = "
        /unit/employees => 示例甲 | !示例丁
        /unit/contributions => 12,000.00";
    let mut representative = hall.portal_for("yi", "90001").await;
    representative.check(nothing_was_done).await;
}

/// Row S16, threat T25.
#[tokio::test]
async fn an_appointment_that_ends_ends_its_affairs_at_once() {
    let hall = Hall::open().await;
    let mut agent = agent_for(&hall, "cards").await;
    agent.check("/unit/cards => @/unit/cards").await;
    sql!(hall; "UPDATE delegations SET ends_on = '2020-01-01'");
    agent.check("/unit/cards => 403 | 授权已终止").await;
}

/// Row S16.
#[tokio::test]
async fn representatives_and_operators_act_in_all_affairs_and_no_others_do() {
    let hall = Hall::open().await;
    let (mut stranger, mut person) = (hall.portal(), hall.portal_of("jia").await);
    for (_, list, act) in AFFAIRS {
        for unit in ["90001", "90002"] {
            check!(hall.portal_for("yi", unit).await; "{list} => @{list}");
        }
        check!(stranger; "{act} <- => @/login \n {list} => @/login");
        check!(person; "{list} => @/");
    }
    let of_another_unit = "
        /unit/employees/1/end => 404
        /unit/contributions/1 => 404
        /unit/cards/1/remind <- => 404
        /unit/employees/1/end <- => 404";
    let mut other = hall.portal_for("xin", "90002").await;
    other.check(of_another_unit).await;
}

/// Row S16.
#[tokio::test]
async fn an_employee_is_registered_told_and_ended() {
    let hall = Hall::open().await;
    let (mut unit, mut ding) = (
        hall.portal_for("yi", "90001").await,
        hall.portal_of("ding").await,
    );
    let list = check!(unit; "
        /unit/employees => 示例甲 | 990*************16 | 2024-09-01
        /unit/employees <- id_number=1&name=&base=999 => 422 | 身份证号应为18位
        /unit/employees <- {DING}&base=6000.5 => 422 | 1000至100000
        /unit/employees <- id_number=990000199506161048&name=示例甲&base=6000 => 422 | id_number-error
        /unit/employees <- id_number=990000199003071016&name=示例甲&base=6000 => 409 | 已在本单位参保
        /unit/employees <- {DING}&base=6000 => @/unit/employees");
    ding.check("/inbox => “示例单位一”已为您办理参保登记").await;
    let row = list.body.split("<strong>示例丁").nth(1).unwrap();
    let (id, _) = row
        .split_once("/unit/employees/")
        .unwrap()
        .1
        .split_once("/end")
        .unwrap();
    check!(unit; "
        /unit/employees/{id}/end => 确认停保
        /unit/employees/{id}/end <- => @/unit/employees | 已为 示例丁 办理停保 | !<strong>示例丁
        /unit/employees/{id}/end <- => @/unit/employees");
    ding.check("/inbox => “示例单位一”已为您办理停保").await;
}

/// Row S16.
#[tokio::test]
async fn contributions_are_summed_by_insurance_and_a_base_is_declared() {
    let hall = Hall::open().await;
    let mut unit = hall.portal_for("yi", "90001").await;
    let page =
        check!(unit; "/unit/contributions?month=2026-09 => 2026-09，金额单位 | month=2026-10");
    let pension = page.between("<th scope=\"row\">养老保险</th>", "</tr>");
    // 6800 and 12000: 16 % by the unit, 8 % by both.
    for expected in [">2<", "18,800.00", "3,008.00", "1,504.00"] {
        assert!(pension.contains(expected), "{expected}: {pension}");
    }
    let path = page.link("/unit/contributions/");
    check!(unit; "
        {path} <- base= => 422 | aria-invalid
        {path} <- base=999 => 422 | aria-invalid
        {path} <- base=100001 => 422 | aria-invalid
        {path} <- base=8e3 => 422 | aria-invalid
        {path} <- base=7100 => @/unit/contributions | 7,100.00");
}

/// Row S16.
#[tokio::test]
async fn employees_whose_cards_cannot_be_used_are_reminded_once_a_day() {
    let hall = Hall::open().await;
    let mut unit = hall.portal_for("yi", "90001").await;
    let all_cards_are_active = "
        /unit/cards => !/remind
        /unit/cards/1/remind <- => 409";
    unit.check(all_cards_are_active).await;
    let lost = "UPDATE register_cards SET state = 'reported_lost' WHERE number = 'S99000001'";
    hall.sql(lost).await;
    let path = check!(unit; "/unit/cards => 已挂失 | !990000").link("/unit/cards/");
    check!(unit; "
        {path} <- => @/unit/cards | 提醒已发送
        /unit/cards => !提醒已发送
        {path} <- => 429");
    let inbox = hall.portal_of("jia").await.get("/inbox").await;
    assert_eq!(inbox.body.matches("提醒您办理社会保障卡业务").count(), 1);
}
