//! The affairs of a unit, and that an agent acts in those alone that the appointment is for.

use super::support::{DING, JIA, TestBrowser, TestHall, XIN, YI, between};

const DING_NUMBER: &str = "990000199506161048";

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

impl TestHall {
    /// 示例丁, appointed as an agent of 示例单位一 for one affair.
    async fn agent_for(&self, affair: &str) -> TestBrowser<'_> {
        sqlx::query("DELETE FROM delegations")
            .execute(&self.db)
            .await
            .unwrap();
        let last: String = sqlx::query_scalar("SELECT date('now', '+8 hours', '+1 month')")
            .fetch_one(&self.db)
            .await
            .unwrap();
        let form = [
            ("id_number", DING_NUMBER),
            ("name", "示例丁"),
            ("ends_on", &last),
            (affair, "yes"),
        ];
        assert_eq!(
            self.browser_for(YI, "90001")
                .await
                .post("/delegations", &form)
                .await
                .sent_to(),
            "/"
        );
        self.browser_for(DING, "90001").await
    }
}

/// Row S16.
#[tokio::test]
async fn an_agent_is_offered_what_the_appointment_is_for_and_refused_the_rest_with_whom_to_ask() {
    let hall = TestHall::new().await;
    for (held, ..) in AFFAIRS {
        let agent = hall.agent_for(held).await;
        let home = agent.page("/").await;
        for (affair, list, act) in AFFAIRS {
            assert_eq!(
                home.contains(&format!("href=\"{list}\"")),
                affair == held,
                "{held}: {list}"
            );
            if affair == held {
                agent.page(list).await;
                continue;
            }
            for answer in [
                agent.get(list).await,
                agent.post(act, &[("base", "9000")]).await,
            ] {
                assert_eq!(answer.status, 403, "{held}: {affair}");
                assert!(
                    answer.text.contains("不在授权范围内") && answer.text.contains("示例乙"),
                    "{}",
                    answer.text
                );
            }
        }
    }
    let agent = hall.agent_for("cards").await.in_english();
    let refused = agent.post("/unit/employees", &[("name", "示例丁")]).await;
    assert!(
        refused
            .text
            .contains("You are not appointed for: registration of employees"),
        "{}",
        refused.text
    );
    let representative = hall.browser_for(YI, "90001").await;
    let employees = representative.page("/unit/employees").await;
    assert!(
        employees.contains("示例甲") && !employees.contains("示例丁"),
        "nothing was done: {employees}"
    );
    assert!(
        representative
            .page("/unit/contributions")
            .await
            .contains("12,000.00"),
        "nothing was declared"
    );
}

/// Row S16, threat T25.
#[tokio::test]
async fn an_appointment_that_ends_ends_its_affairs_at_once() {
    let hall = TestHall::new().await;
    let agent = hall.agent_for("cards").await;
    agent.page("/unit/cards").await;
    sqlx::query("UPDATE delegations SET ends_on = '2020-01-01'")
        .execute(&hall.db)
        .await
        .unwrap();
    let refused = agent.get("/unit/cards").await;
    assert!(
        refused.status == 403 && refused.text.contains("授权已终止"),
        "{}",
        refused.text
    );
}

/// Row S16.
#[tokio::test]
async fn representatives_and_operators_act_in_all_affairs_and_nobody_else_does() {
    let hall = TestHall::new().await;
    let (stranger, person) = (hall.stranger(), hall.browser_of(JIA).await);
    for (_, list, act) in AFFAIRS {
        hall.browser_for(YI, "90001").await.page(list).await;
        hall.browser_for(YI, "90002").await.page(list).await;
        assert_eq!(stranger.post(act, &[]).await.sent_to(), "/login");
        assert_eq!(stranger.get(list).await.sent_to(), "/login");
        assert_eq!(person.get(list).await.sent_to(), "/");
    }
    let other = hall.browser_for(XIN, "90002").await;
    for path in ["/unit/employees/1/end", "/unit/contributions/1"] {
        assert_eq!(
            other.get(path).await.status,
            404,
            "{path}: another unit's employee"
        );
    }
    assert_eq!(other.post("/unit/cards/1/remind", &[]).await.status, 404);
    assert_eq!(other.post("/unit/employees/1/end", &[]).await.status, 404);
}

/// Row S16.
#[tokio::test]
async fn an_employee_is_registered_told_and_ended() {
    let hall = TestHall::new().await;
    let unit = hall.browser_for(YI, "90001").await;
    let list = unit.page("/unit/employees").await;
    assert!(
        list.contains("示例甲")
            && list.contains("990*************16")
            && list.contains("2024-09-01"),
        "{list}"
    );
    for (id_number, name, base, status, reason) in [
        ("1", "", "999", 422, "身份证号应为18位"),
        (DING_NUMBER, "示例丁", "6000.5", 422, "1000至100000"),
        (DING_NUMBER, "示例甲", "6000", 422, "id_number-error"),
        (
            "990000199003071016",
            "示例甲",
            "6000",
            409,
            "已在本单位参保",
        ),
    ] {
        let answer = unit
            .post(
                "/unit/employees",
                &[("id_number", id_number), ("name", name), ("base", base)],
            )
            .await;
        assert_eq!(answer.status, status, "{reason}");
        assert!(answer.text.contains(reason), "{reason}: {}", answer.text);
    }
    let form = [
        ("id_number", DING_NUMBER),
        ("name", "示例丁"),
        ("base", "6000"),
    ];
    assert_eq!(
        unit.post("/unit/employees", &form).await.sent_to(),
        "/unit/employees"
    );
    let inbox = hall.browser_of(DING).await;
    assert!(
        inbox
            .page("/inbox")
            .await
            .contains("“示例单位一”已为您办理参保登记")
    );
    let list = unit.page("/unit/employees").await;
    let id = between(
        list.split("示例丁").nth(1).unwrap(),
        "/unit/employees/",
        "/end",
    )
    .to_owned();
    let path = format!("/unit/employees/{id}/end");
    assert!(unit.page(&path).await.contains("确认停保"));
    assert_eq!(unit.post(&path, &[]).await.sent_to(), "/unit/employees");
    assert!(!unit.page("/unit/employees").await.contains("示例丁"));
    assert_eq!(unit.post(&path, &[]).await.status, 404, "once is enough");
    assert!(
        inbox
            .page("/inbox")
            .await
            .contains("“示例单位一”已为您办理停保")
    );
}

/// Row S16.
#[tokio::test]
async fn contributions_are_summed_by_insurance_and_a_base_is_declared() {
    let hall = TestHall::new().await;
    let unit = hall.browser_for(YI, "90001").await;
    let page = unit.page("/unit/contributions?month=2026-09").await;
    let pension = between(&page, "<th scope=\"row\">养老保险</th>", "</tr>");
    // 6800 and 12000: 16 % by the unit, 8 % by both.
    for expected in [">2<", "18,800.00", "3,008.00", "1,504.00"] {
        assert!(pension.contains(expected), "{expected}: {pension}");
    }
    assert!(page.contains("2026-09，金额单位") && page.contains("month=2026-10"));
    let path = format!(
        "/unit/contributions/{}",
        between(&page, "href=\"/unit/contributions/", "\"")
    );
    for wrong in ["", "999", "100001", "8e3"] {
        let answer = unit.post(&path, &[("base", wrong)]).await;
        assert!(
            answer.status == 422 && answer.text.contains("aria-invalid"),
            "{wrong}"
        );
    }
    assert_eq!(
        unit.post(&path, &[("base", "7100")]).await.sent_to(),
        "/unit/contributions"
    );
    assert!(unit.page("/unit/contributions").await.contains("7,100.00"));
}

/// Row S16.
#[tokio::test]
async fn employees_whose_cards_cannot_be_used_are_reminded_once_a_day() {
    let hall = TestHall::new().await;
    let unit = hall.browser_for(YI, "90001").await;
    assert!(
        !unit.page("/unit/cards").await.contains("/remind"),
        "all cards are active"
    );
    assert_eq!(unit.post("/unit/cards/1/remind", &[]).await.status, 409);
    let lost =
        "UPDATE register_cards SET state = 'reported_lost' WHERE id_number = '990000199003071016'";
    sqlx::query(lost).execute(&hall.db).await.unwrap();
    let page = unit.page("/unit/cards").await;
    assert!(
        page.contains("已挂失") && !page.contains("990000"),
        "{page}"
    );
    let path = format!(
        "/unit/cards/{}/remind",
        between(&page, "action=\"/unit/cards/", "/remind")
    );
    assert_eq!(unit.post(&path, &[]).await.sent_to(), "/unit/cards");
    assert!(unit.page("/unit/cards").await.contains("提醒已发送"));
    assert!(
        !unit.page("/unit/cards").await.contains("提醒已发送"),
        "told once"
    );
    assert_eq!(unit.post(&path, &[]).await.status, 429);
    let inbox = hall.browser_of(JIA).await.page("/inbox").await;
    assert_eq!(inbox.matches("提醒您办理社会保障卡业务").count(), 1);
}
