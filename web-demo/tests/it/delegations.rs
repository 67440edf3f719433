//! An agent at the phone: the choices of the confirmation page, and the end of a delegation under
//! it.

use saoma_client::Browser;
use saoma_protocol::{CancelReason, ClientMessage, ServerMessage};

use crate::support::{Hall, Page, TestBrowser, check, open_login, person};

/// An agent of 示例单位一 who has scanned the portal's code.
struct Scanned {
    hall: Hall,
    phone: TestBrowser,
    page: Page,
    browser: Browser,
}

impl Scanned {
    async fn begin(language: fn(TestBrowser) -> TestBrowser) -> Self {
        let hall = Hall::with_gateway().await;
        hall.sql(&format!(
            "INSERT INTO delegations (unit_id, id_number, name, scope, ends_on, appointed_by, appointed_at)
             VALUES ('90001', '{}', '示例甲', '[\"registration\",\"cards\"]', '2999-12-31', 'c-1002', 0)",
            person("示例甲")
        ))
        .await;
        let (browser, login) = open_login(&hall).await;
        let mut phone = language(hall.phone_of("jia").await);
        let scan = format!("/scan <- user_code={}", login.user_code);
        let page = phone.check(&scan).await;
        Self {
            hall,
            phone,
            page,
            browser,
        }
    }

    /// Answers the browser's question, and waits until the gateway has heard it.
    async fn answer(&mut self, answer: ClientMessage) {
        self.browser.send(&answer).await.unwrap();
        let heard = |message: &ServerMessage| {
            matches!(
                message,
                ServerMessage::Agreed { .. } | ServerMessage::Cancelled { .. }
            )
        };
        while !heard(&self.browser.next().await.unwrap()) {}
    }
}

const WITHDRAWN: &str = "UPDATE delegations SET withdrawn_at = unixepoch()";
const ENDED: &str = "UPDATE delegations SET ends_on = date('now', '+8 hours', '-1 day')";

/// Rows S12 and S13.
#[tokio::test]
async fn the_phone_offers_the_personal_login_and_the_unit_with_role_affairs_and_last_day() {
    let mut scanned = Scanned::begin(|phone| phone).await;
    scanned.page.check(
        "the scan",
        "<strong>示例甲</strong> <small>个人登录</small> | <strong>示例单位一</strong>
            | 单位登录 · 授权经办人 · 授权事项：职工参保登记、职工社保卡业务；有效期至 2999-12-31",
    );
    scanned.answer(ClientMessage::Agree).await;
    check!(scanned.phone; "{}/confirm <- identity=unit:90001 => 登录成功", scanned.page.path);
}

/// Row A16.
#[tokio::test]
async fn a_phone_that_confirms_before_the_computer_agrees_keeps_its_choice() {
    let mut scanned = Scanned::begin(|phone| phone).await;
    scanned.page.check("the scan", "请先在电脑上点“是我”");
    let path = &scanned.page.path;
    let confirm = format!("{path}/confirm <- identity=unit:90001");
    check!(scanned.phone; "
        {confirm} => @{path} | 请看电脑 | name=\"identity\" value=\"unit:90001\"
        {path}?choose=again => value=\"unit:90001\" required checked
        {path} => 请看电脑");
    scanned.answer(ClientMessage::Agree).await;
    check!(scanned.phone; "{confirm} => 登录成功");
}

/// Row A16.
#[tokio::test]
async fn a_phone_whose_person_is_not_at_the_computer_is_told() {
    let mut scanned = Scanned::begin(|phone| phone).await;
    let not_me = ClientMessage::Cancel {
        reason: Some(CancelReason::NotMe),
    };
    scanned.answer(not_me).await;
    let path = &scanned.page.path;
    check!(scanned.phone; "
        {path}/confirm <- identity=unit:90001 => 409 | 电脑前的人表示扫码的不是本人
        {path}/reject <- => 409 | 电脑前的人表示扫码的不是本人");
}

/// Rows S12 and S13.
#[tokio::test]
async fn the_phone_words_the_identities_in_english_too() {
    let scanned = Scanned::begin(TestBrowser::in_english).await;
    scanned.page.check(
        "the scan",
        "<strong>示例甲</strong> <small>Personal</small> | <strong>示例单位一</strong>
            | Unit, as authorised agent · For: registration of employees, employees&#39; cards; until 2999-12-31",
    );
}

/// Threat T25.
#[tokio::test]
async fn a_delegation_that_ends_or_is_withdrawn_between_scan_and_confirm_is_refused() {
    for change in [WITHDRAWN, ENDED] {
        let mut scanned = Scanned::begin(|phone| phone).await;
        scanned.answer(ClientMessage::Agree).await;
        scanned.hall.sql(change).await;
        let path = &scanned.page.path;
        check!(scanned.phone; "
            {path} => 授权已终止，不能使用
            {path}/confirm <- identity=unit:90001 => 403 | 不能使用该身份 | 选择其他身份 | href=\"{path}?choose=again\" | action=\"{path}/reject\"
            {path}?choose=again => 授权已终止，不能使用
            {path}/confirm <- identity=personal => 登录成功");
    }
}

/// Row S12.
#[tokio::test]
async fn an_ended_delegation_is_not_offered_at_the_scan() {
    for change in [WITHDRAWN, ENDED] {
        let mut first = Scanned::begin(|phone| phone).await;
        first.hall.sql(change).await;
        let (_browser, login) = open_login(&first.hall).await;
        check!(first.phone; "/scan <- user_code={} => 个人登录 | 唯一身份 | !示例单位一", login.user_code);
    }
}
