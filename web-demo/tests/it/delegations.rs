//! An agent at the phone: what the confirmation page offers, and what happens when a delegation ends under it.

use saoma_client::{Browser, OpenedLogin, RelyingParty};

use crate::support::{Hall, PASSWORD, Page, Visitor, person};

/// An agent of 示例单位一 who has scanned the portal's code.
struct Scanned {
    hall: Hall,
    phone: Visitor,
    page: Page,
    _browser: Browser,
    _login: OpenedLogin,
}

async fn scanned(language: fn(Visitor) -> Visitor) -> Scanned {
    let hall = Hall::open().await;
    sqlx::query(
        "INSERT INTO delegations (unit_id, id_number, name, scope, ends_on, appointed_by, appointed_at)
         VALUES ('90001', ?1, '示例甲', '[\"registration\",\"cards\"]', '2999-12-31', 'c-1002', unixepoch())",
    )
    .bind(person("示例甲"))
    .execute(&hall.db)
    .await
    .unwrap();
    let (browser, login) = hall.browser_at_the_login_page().await;
    let mut phone = language(hall.on_the_phone());
    phone
        .post("/login", &[("user_name", "jia"), ("password", PASSWORD)])
        .await;
    let page = phone
        .post("/scan", &[("user_code", &login.user_code)])
        .await;
    Scanned {
        hall,
        phone,
        page,
        _browser: browser,
        _login: login,
    }
}

impl Hall {
    async fn browser_at_the_login_page(&self) -> (Browser, OpenedLogin) {
        let origin = self.portal_origin();
        let party = RelyingParty {
            client_id: "service-hall".into(),
            redirect_uri: format!("{origin}/callback"),
            origin,
            client_secret: None,
        };
        Browser::open(&self.gateway_origin().parse().unwrap(), &party)
            .await
            .unwrap()
    }

    async fn change_delegations(&self, change: &'static str) {
        sqlx::query(change).execute(&self.db).await.unwrap();
    }
}

const WITHDRAWN: &str = "UPDATE delegations SET withdrawn_at = unixepoch()";
const ENDED: &str = "UPDATE delegations SET ends_on = date('now', '+8 hours', '-1 day')";

/// Rows S12 and S13.
#[tokio::test]
async fn the_phone_offers_the_personal_login_and_the_unit_with_role_affairs_and_last_day() {
    let mut scanned = scanned(|phone| phone).await;
    for expected in [
        "个人登录 · 示例甲",
        "单位登录 · 示例单位一（授权经办人）",
        "授权事项：职工参保登记、职工社保卡业务；有效期至 2999-12-31",
    ] {
        assert!(
            scanned.page.says(expected),
            "{expected}: {:?}",
            scanned.page
        );
    }
    let confirm = format!("{}/confirm", scanned.page.path);
    let outcome = scanned
        .phone
        .post(&confirm, &[("identity", "unit:90001")])
        .await;
    assert!(outcome.says("登录成功"), "{outcome:?}");
}

/// Rows S12 and S13.
#[tokio::test]
async fn the_phone_words_the_identities_in_english_too() {
    let scanned = scanned(Visitor::in_english).await;
    for expected in [
        "Personal · 示例甲",
        "Unit · 示例单位一 (authorised agent)",
        "For: registration of employees, employees&#39; cards; until 2999-12-31",
    ] {
        assert!(
            scanned.page.says(expected),
            "{expected}: {:?}",
            scanned.page
        );
    }
}

/// Threat T25.
#[tokio::test]
async fn a_delegation_that_ends_or_is_withdrawn_between_scan_and_confirm_is_refused() {
    for change in [WITHDRAWN, ENDED] {
        let mut scanned = scanned(|phone| phone).await;
        scanned.hall.change_delegations(change).await;
        let shown = scanned.phone.get(&scanned.page.path).await;
        assert!(shown.says("授权已终止，不能使用"), "{change}: {shown:?}");
        let confirm = format!("{}/confirm", scanned.page.path);
        let refused = scanned
            .phone
            .post(&confirm, &[("identity", "unit:90001")])
            .await;
        assert_eq!(refused.status, 403, "{change}");
        assert!(refused.says("不能使用该身份"), "{change}: {refused:?}");
    }
}

/// Row S12.
#[tokio::test]
async fn an_ended_delegation_is_not_offered_at_the_scan() {
    for change in [WITHDRAWN, ENDED] {
        let mut first = scanned(|phone| phone).await;
        first.hall.change_delegations(change).await;
        let (_browser, login) = first.hall.browser_at_the_login_page().await;
        let page = first
            .phone
            .post("/scan", &[("user_code", &login.user_code)])
            .await;
        assert!(
            page.says("个人登录") && !page.says("示例单位一"),
            "{change}: {page:?}"
        );
    }
}
