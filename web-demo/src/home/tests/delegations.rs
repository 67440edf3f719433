//! What a legal representative does about the unit's agents, and what the agents are told.

use super::support::{Answer, JIA, TestBrowser, TestHall, XIN, YI, between};

const JIA_NUMBER: &str = "990000199003071016";
const DING_NUMBER: &str = "990000199506161048";
const YI_NUMBER: &str = "990000198511221020";
/// Has no account.
const ZI_NUMBER: &str = "990000199102101110";
/// Operator of 示例单位三.
const HAI_NUMBER: &str = "99000019960911122X";
/// Legal representative of 示例单位三.
const XU_NUMBER: &str = "990000197102151215";

impl TestHall {
    /// The day so far from today, in the province's time.
    async fn day(&self, from_today: &str) -> String {
        let day = sqlx::query_scalar("SELECT date('now', '+8 hours', ?1)");
        day.bind(from_today).fetch_one(&self.db).await.unwrap()
    }
}

impl TestBrowser<'_> {
    async fn appoint(&self, id_number: &str, name: &str, ends_on: &str) -> Answer {
        let form = [
            ("id_number", id_number),
            ("name", name),
            ("ends_on", ends_on),
            ("contributions", "yes"),
        ];
        self.post("/delegations", &form).await
    }

    /// Withdraws the agent that was appointed last, by the page's own button.
    async fn withdraw_last(&self) {
        let page = self.page("/").await;
        let path = format!(
            "/delegations/{}/withdraw",
            between(&page, "href=\"/delegations/", "/withdraw\"")
        );
        assert!(self.page(&path).await.contains("撤销后立即生效"));
        assert_eq!(self.post(&path, &[]).await.sent_to(), "/");
        assert_eq!(self.get(&path).await.status, 404, "once is enough");
        assert_eq!(self.post(&path, &[]).await.status, 404);
    }
}

/// Row S16.
#[tokio::test]
async fn a_legal_representative_appoints_an_agent_who_is_told_and_can_then_act_for_the_unit() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    let last = hall.day("+1 year").await;
    let form = [
        ("id_number", JIA_NUMBER),
        ("name", "示例甲"),
        ("ends_on", &*last),
        ("registration", "1"),
        ("cards", "1"),
    ];
    assert_eq!(
        representative.post("/delegations", &form).await.sent_to(),
        "/"
    );
    let page = representative.page("/").await;
    for expected in [
        "示例甲",
        "990*************16",
        "职工参保登记、职工社保卡业务",
        &last,
        "有效",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains(JIA_NUMBER));
    let inbox = hall.browser_of(JIA).await;
    assert!(
        inbox
            .page("/inbox")
            .await
            .contains("您已成为“示例单位一”的授权经办人")
    );
    let agent = hall.browser_for(JIA, "90001").await.page("/").await;
    for expected in [
        "授权经办人",
        "职工参保登记、职工社保卡业务",
        &last,
        "经办人由法定代表人授权和撤销",
    ] {
        assert!(agent.contains(expected), "{expected}: {agent}");
    }
    assert!(!agent.contains("action=\"/delegations") && !agent.contains("/withdraw"));
}

/// Row S16.
#[tokio::test]
async fn the_units_page_reads_in_english_too() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await.in_english();
    representative
        .appoint(DING_NUMBER, "示例丁", &hall.day("+30 days").await)
        .await;
    let page = representative.page("/").await;
    for expected in [
        "Legal representative",
        "Appoint an agent",
        "contributions",
        "Active",
        "cannot be changed here",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let refused = representative
        .appoint(DING_NUMBER, "示例丁", &hall.day("+30 days").await)
        .await;
    assert!(
        refused.text.contains("is an agent of the unit already"),
        "{}",
        refused.text
    );
}

/// Row S16.
#[tokio::test]
async fn who_has_no_account_yet_can_be_appointed() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    assert_eq!(
        representative
            .appoint(ZI_NUMBER, "示例子", &hall.day("+1 day").await)
            .await
            .sent_to(),
        "/"
    );
    assert!(representative.page("/").await.contains("示例子"));
    representative.withdraw_last().await;
}

/// Row S16.
#[tokio::test]
async fn who_is_nobody_or_acts_for_the_unit_already_is_refused_with_the_reason() {
    let hall = TestHall::new().await;
    hall.give_account(JIA, XU_NUMBER, "示例戌").await;
    let representative = hall.browser_for(JIA, "90003").await;
    let last = hall.day("+1 month").await;
    assert_eq!(
        representative
            .appoint(DING_NUMBER, "示例丁", &last)
            .await
            .sent_to(),
        "/"
    );
    for (id_number, name, status, reason) in [
        (DING_NUMBER, "示例甲", 422, "人口库中没有"),
        ("990000199506161040", "示例丁", 422, "身份证号"),
        ("", "示例丁", 422, "身份证号应为18位"),
        (YI_NUMBER, " ", 422, "请填写经办人姓名"),
        (XU_NUMBER, "示例戌", 409, "不能授权给自己"),
        (HAI_NUMBER, "示例亥", 409, "业务操作员，无需授权"),
        (DING_NUMBER, "示例丁", 409, "已是本单位的授权经办人"),
    ] {
        let answer = representative.appoint(id_number, name, &last).await;
        assert_eq!(answer.status, status, "{id_number} {name}");
        assert!(answer.text.contains(reason), "{reason}: {}", answer.text);
        assert!(
            answer.text.contains(&format!("value=\"{id_number}\"")),
            "what was typed is still there"
        );
    }
    assert_eq!(
        representative
            .page("/")
            .await
            .matches("/withdraw\"")
            .count(),
        1
    );
}

/// Row S16.
#[tokio::test]
async fn an_appointment_needs_an_affair_and_a_last_day_from_tomorrow_to_three_years_ahead() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    for (last, reason) in [
        ("", "正确的日期"),
        ("2027-02-29", "正确的日期"),
        ("now", "正确的日期"),
        ("2027/06/30", "正确的日期"),
        (&*hall.day("-1 day").await, "最早到明天"),
        (&*hall.day("+0 days").await, "最早到明天"),
        (&*hall.day("+3 years +1 day").await, "最长三年"),
    ] {
        let answer = representative.appoint(JIA_NUMBER, "示例甲", last).await;
        assert_eq!(answer.status, 422, "{last}");
        assert!(answer.text.contains(reason), "{last}: {}", answer.text);
    }
    let tomorrow = hall.day("+1 day").await;
    let without = [
        ("id_number", JIA_NUMBER),
        ("name", "示例甲"),
        ("ends_on", &*tomorrow),
    ];
    let answer = representative.post("/delegations", &without).await;
    assert!(answer.status == 422 && answer.text.contains("请至少选择一项授权事项"));
    assert_eq!(
        representative
            .appoint(JIA_NUMBER, "示例甲", &tomorrow)
            .await
            .sent_to(),
        "/"
    );
    assert_eq!(
        representative
            .appoint(DING_NUMBER, "示例丁", &hall.day("+3 years").await)
            .await
            .sent_to(),
        "/"
    );
}

/// Row S16.
#[tokio::test]
async fn only_the_legal_representative_appoints_and_withdraws() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    let last = hall.day("+1 month").await;
    representative.appoint(JIA_NUMBER, "示例甲", &last).await;
    let page = representative.page("/").await;
    let path = format!(
        "/delegations/{}/withdraw",
        between(&page, "href=\"/delegations/", "/withdraw\"")
    );
    for (browser, who) in [
        (hall.browser_for(JIA, "90001").await, "the agent"),
        (hall.browser_for(YI, "90002").await, "an operator"),
    ] {
        assert_eq!(
            browser.appoint(DING_NUMBER, "示例丁", &last).await.status,
            403,
            "{who}"
        );
        assert_eq!(browser.get(&path).await.status, 403, "{who}");
        assert_eq!(browser.post(&path, &[]).await.status, 403, "{who}");
    }
    let elsewhere = hall.browser_for(XIN, "90002").await;
    assert_eq!(
        elsewhere.post(&path, &[]).await.status,
        404,
        "another unit's representative"
    );
    assert_eq!(
        hall.browser_of(YI)
            .await
            .appoint(DING_NUMBER, "示例丁", &last)
            .await
            .sent_to(),
        "/",
        "as a person"
    );
    assert_eq!(
        hall.stranger()
            .appoint(DING_NUMBER, "示例丁", &last)
            .await
            .sent_to(),
        "/login"
    );
    assert_eq!(
        representative
            .page("/")
            .await
            .matches("/withdraw\"")
            .count(),
        1
    );
}

/// Row S16.
#[tokio::test]
async fn who_is_legal_representative_no_more_appoints_nobody() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    sqlx::query("UPDATE register_posts SET role = 'operator' WHERE unit_id = '90001'")
        .execute(&hall.db)
        .await
        .unwrap();
    let answer = representative
        .appoint(JIA_NUMBER, "示例甲", &hall.day("+1 month").await)
        .await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("授权已终止"));
}

/// Row S16.
#[tokio::test]
async fn wrong_names_are_few_so_that_nobody_learns_whose_number_it_is() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    let last = hall.day("+1 month").await;
    for _ in 0..10 {
        assert_eq!(
            representative
                .appoint(JIA_NUMBER, "示例丁", &last)
                .await
                .status,
            422
        );
    }
    assert_eq!(
        representative
            .appoint(JIA_NUMBER, "示例甲", &last)
            .await
            .status,
        429
    );
}

/// Rows S12 and S16, threat T25.
#[tokio::test]
async fn a_withdrawn_agent_is_logged_out_told_and_offered_the_unit_no_more() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    representative
        .appoint(JIA_NUMBER, "示例甲", &hall.day("+1 month").await)
        .await;
    let token = hall.token_of(JIA).await;
    assert_eq!(hall.identities_of(&token).await, ["personal", "unit:90001"]);
    let (agent, personal) = (
        hall.browser_for(JIA, "90001").await,
        hall.browser_of(JIA).await,
    );
    representative.withdraw_last().await;
    assert_eq!(hall.identities_of(&token).await, ["personal"]);
    assert_eq!(
        agent.page("/").await.matches("示例单位一").count(),
        0,
        "the start page of strangers"
    );
    assert!(
        personal
            .page("/inbox")
            .await
            .contains("“示例单位一”已撤销对您的授权")
    );
    assert!(representative.page("/").await.contains("已撤销"));
    let again = representative
        .appoint(JIA_NUMBER, "示例甲", &hall.day("+1 month").await)
        .await;
    assert_eq!(again.sent_to(), "/", "may be appointed again");
}

/// Rows S12 and S16, threat T25.
#[tokio::test]
async fn the_day_after_its_last_day_a_delegation_counts_no_more() {
    let hall = TestHall::new().await;
    let representative = hall.browser_for(YI, "90001").await;
    representative
        .appoint(JIA_NUMBER, "示例甲", &hall.day("+1 day").await)
        .await;
    let (token, agent) = (
        hall.token_of(JIA).await,
        hall.browser_for(JIA, "90001").await,
    );
    hall.move_end(&hall.day("+0 days").await).await;
    assert_eq!(
        hall.identities_of(&token).await,
        ["personal", "unit:90001"],
        "its last day"
    );
    agent.page("/").await;
    hall.move_end(&hall.day("-1 day").await).await;
    assert_eq!(hall.identities_of(&token).await, ["personal"]);
    let answer = agent.get("/").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("授权已终止"));
    assert!(
        agent
            .in_english()
            .get("/")
            .await
            .text
            .contains("Your authorisation has ended")
    );
    assert!(representative.page("/").await.contains("已到期"));
    let again = representative
        .appoint(JIA_NUMBER, "示例甲", &hall.day("+1 month").await)
        .await;
    assert_eq!(again.sent_to(), "/", "may be appointed again");
    hall.move_end(&hall.day("-91 days").await).await;
    assert!(
        representative.page("/").await.contains("没有授权经办人"),
        "forgotten after 90 days"
    );
}
