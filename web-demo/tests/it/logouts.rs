//! Logouts that go on to the gateway, and so to all sites.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::support::{Hall, PASSWORD, TestBrowser, basic, check, person, sql, until};

const REPORT_LOSS: &str = "/card/report-loss <- confirmed=yes => 已挂失";

/// A gateway that takes logouts, as the app's backend sees it.
#[derive(Clone)]
struct GatewayStub {
    origin: String,
    /// What came: credentials and body.
    requests: Arc<Mutex<Vec<(String, Value)>>>,
    /// The statuses of the first answers; then 200.
    refusals: Arc<Mutex<Vec<StatusCode>>>,
}

impl GatewayStub {
    async fn start(refusals: &[StatusCode]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            refusals: Arc::new(Mutex::new(refusals.to_vec())),
        };
        let router = Router::new()
            .route("/v1/backend/logout", axum::routing::post(answer))
            .with_state(stub.clone());
        tokio::spawn(serve(listener, router));
        stub
    }

    fn requests(&self) -> Vec<(String, Value)> {
        self.requests.lock().unwrap().clone()
    }

    async fn has(&self, number: usize) {
        let what = format!("{number} logouts at the gateway");
        until(&what, async || self.requests().len() >= number).await;
        assert_eq!(self.requests().len(), number);
    }
}

async fn serve(listener: TcpListener, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            router.clone().oneshot(request.map(Body::new))
        });
        let http = http1::Builder::new();
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    State(stub): State<GatewayStub>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let credentials = headers[AUTHORIZATION].to_str().unwrap().to_owned();
    stub.requests.lock().unwrap().push((credentials, body));
    let refusal = stub.refusals.lock().unwrap().pop();
    refusal.map_or_else(
        || axum::Json(json!({ "ended": 1 })).into_response(),
        IntoResponse::into_response,
    )
}

/// Lets the time of a logout's repetition come.
async fn make_due(hall: &Hall) {
    assert_eq!(sql!(hall; "UPDATE logouts SET due_at = 0"), 1);
}

/// Waits for the answer to the only logout.
async fn gateway_has_answered(hall: &Hall) {
    until("the gateway has answered", async || {
        hall.count("logouts WHERE repeated = 1").await == 1
    })
    .await;
}

fn lost_card_of_jia() -> (String, Value) {
    (
        basic("shili-app:secret"),
        json!({ "sub": "c-1001", "reason": "card_reported_lost" }),
    )
}

/// The browser is told why, once.
async fn is_logged_out(browser: &mut TestBrowser, why: &str) {
    check!(browser; "/account => @/login | {why}\n/login => !{why}");
}

/// The one login by scanning that 示例甲 has left does not end with its session at the gateway.
async fn is_kept_by_the_portal_alone(hall: &Hall) {
    let kept =
        "portal_sessions WHERE method = 'scan' AND ended_at IS NULL AND account_id = 'c-1001'";
    assert_eq!(hall.count(kept).await, 1);
    assert_eq!(
        hall.count(&format!("{kept} AND provider_sid IS NULL"))
            .await,
        1
    );
}

/// Row S15, threat T50.
#[tokio::test]
async fn a_card_that_is_reported_lost_logs_its_holder_out_but_where_it_is_reported() {
    let hall = Hall::with_gateway().await;
    let mut phone = hall.phone_of("jia").await;
    let mut here = hall.portal_by_scan(&mut phone, "personal").await;
    let mut there = hall.portal_by_scan(&mut phone, "personal").await;
    let mut by_password = hall.portal_of("jia").await;
    let mut other = hall.phone_of("ding").await;
    let mut another_persons = hall.portal_by_scan(&mut other, "personal").await;
    assert_eq!(hall.sessions(&phone).await.sessions.len(), 2);
    check!(here; "{REPORT_LOSS}");
    is_logged_out(&mut there, "您的社会保障卡已挂失").await;
    gateway_has_answered(&hall).await;
    is_kept_by_the_portal_alone(&hall).await;
    assert!(hall.sessions(&phone).await.sessions.is_empty());
    // The card is found again, where its loss was reported.
    check!(here; "/card/undo-loss <- confirmed=yes => 已解挂");
    by_password.check("/account => @/account").await;
    another_persons.check("/account => @/account").await;
    assert_eq!(hall.sessions(&other).await.sessions.len(), 1);
    let mut again = hall.portal_by_scan(&mut phone, "personal").await;
    again.check("/account => @/account").await;
    check!(here; "/logout <- => @/login");
}

/// Row S16, threats T25 and T50.
#[tokio::test]
async fn a_withdrawn_agent_is_logged_out_of_the_unit_at_all_sites_and_stays_logged_in_as_themselves()
 {
    let hall = Hall::with_gateway().await;
    sql!(hall;
        "INSERT INTO delegations (unit_id, id_number, name, scope, ends_on, appointed_by, appointed_at)
         VALUES ('90001', '{}', '示例甲', '[\"cards\"]', '2999-12-31', 'c-1002', 0)", person("示例甲"));
    let mut phone = hall.phone_of("jia").await;
    let mut for_the_unit = hall.portal_by_scan(&mut phone, "unit:90001").await;
    let mut personal = hall.portal_by_scan(&mut phone, "personal").await;
    let mut representative = hall.portal_for("yi", "90001").await;
    check!(representative; "/delegations/1/withdraw <- => @/ | 已撤销");
    for_the_unit
        .check("/unit/cards => @/login | 单位已撤回对您的代办授权")
        .await;
    gateway_has_answered(&hall).await;
    let left = hall.sessions(&phone).await.sessions;
    let left: Vec<_> = left.iter().map(|left| &*left.identity.id).collect();
    assert_eq!(left, ["personal"]);
    personal.check("/account => @/account").await;
}

#[tokio::test]
async fn a_new_password_logs_the_person_out_at_all_sites_but_here() {
    let hall = Hall::with_gateway().await;
    let mut phone = hall.phone_of("jia").await;
    let mut here = hall.portal_by_scan(&mut phone, "personal").await;
    let mut there = hall.portal_by_scan(&mut phone, "personal").await;
    let change = "/account/password <- old=shili2026&new=q7wz88&repeat=q7wz88 => 修改成功";
    here.check(change).await;
    is_logged_out(&mut there, "您的登录密码已修改").await;
    phone
        .check("/sessions => @/login | 您的登录密码已修改")
        .await;
    let mut phone = hall.phone();
    let home = phone.log_in("/login", "jia", "q7wz88").await;
    home.check("the new password", "@/");
    gateway_has_answered(&hall).await;
    is_kept_by_the_portal_alone(&hall).await;
    assert!(hall.sessions(&phone).await.sessions.is_empty());
    here.check("/account => @/account").await;
}

#[tokio::test]
async fn a_logout_at_the_portal_ends_the_session_at_the_gateway() {
    let hall = Hall::with_gateway().await;
    let mut phone = hall.phone_of("jia").await;
    let mut computer = hall.portal_by_scan(&mut phone, "personal").await;
    let leads_to = computer.location_of("/logout", &[]).await;
    assert!(leads_to.starts_with(&hall.gateway), "{leads_to}");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = client.build().unwrap().get(leads_to).send().await.unwrap();
    let back = answer.headers()[http::header::LOCATION].to_str().unwrap();
    assert_eq!(computer.path_of(back), "/login");
    assert!(hall.sessions(&phone).await.sessions.is_empty());
    computer
        .check("/account => @/login | 您已安全退出登录 | !扫码登录服务")
        .await;
}

/// Row S15, threats T30 and T50.
#[tokio::test]
async fn the_phone_lists_where_its_person_is_logged_in_and_logs_them_out_there() {
    let hall = Hall::with_gateway().await;
    let mut phone = hall.phone_of("jia").await;
    phone.check("/sessions => 没有电脑登录您的账号").await;
    let mut computer = hall.portal_by_scan(&mut phone, "personal").await;
    let mut by_password = hall.portal_of("jia").await;
    let listed = phone
        .check("/sessions => 示例省人力资源和社会保障网上服务大厅 | 个人登录 · 示例甲 | 127.0.0.1（本机） | Chrome · Linux")
        .await;
    assert_eq!(listed.body.matches("退出该登录").count(), 2, "{listed:?}");
    let end = listed.link("/sessions/at-sites/");
    let mut another = hall.phone_of("ding").await;
    check!(another; "
        {end} => @/sessions
        {end} <- => @/sessions");
    // A click alone asks.
    check!(phone; "{end} => @{end} | 127.0.0.1（本机） | 未提交的内容可能丢失 | href=\"/sessions\" | 确认退出");
    computer.check("/account => @/account").await;
    check!(phone; "{end} <- => @/sessions | Chrome · Linux | !/at-sites/");
    is_logged_out(&mut computer, "这次登录已由账号本人在其他设备上退出").await;
    assert!(hall.sessions(&phone).await.sessions.is_empty());
    by_password.check("/account => @/account").await;
    let end = phone.get("/sessions").await.link("/sessions/");
    check!(phone; "{end} <- => @/sessions | 没有电脑登录您的账号");
    is_logged_out(&mut by_password, "这次登录已由账号本人在其他设备上退出").await;
    // A repeat, and what is no session.
    check!(phone; "
        /sessions/at-sites/0123456789ABCDEFGHJKMNPQ/end <- => @/sessions
        /sessions/at-sites/none/end <- => @/sessions");
}

/// A login that the portal ends without the gateway is not shown as one at the portal.
#[tokio::test]
async fn the_phone_does_not_list_a_login_at_the_portal_that_is_over() {
    let hall = Hall::with_gateway().await;
    let mut phone = hall.phone_of("jia").await;
    let _computer = hall.portal_by_scan(&mut phone, "personal").await;
    sql!(hall; "UPDATE portal_sessions SET expires_at = 0");
    assert_eq!(hall.sessions(&phone).await.sessions.len(), 1);
    phone.check("/sessions => 没有电脑登录您的账号").await;
}

#[tokio::test]
async fn while_the_gateway_does_not_answer_the_phone_lists_the_portals_logins_and_says_what_is_missing()
 {
    let hall = Hall::open().await;
    let _computer = hall.portal_of("jia").await;
    let mut phone = hall.phone_of("jia").await;
    check!(phone; "
        /sessions => 暂时无法查询您在其他网站上的登录 | Chrome · Linux
        /sessions/at-sites/0123456789ABCDEFGHJKMNPQ/end <- => 503 | 暂时无法连接登录服务");
    let mut english = hall.phone().in_english().logged_in("/login", "yi").await;
    english
        .check(
            "/sessions => at other sites cannot be looked up right now | !No computer is logged in",
        )
        .await;
}

/// Threat T50.
#[tokio::test]
async fn a_logout_is_sent_until_the_gateway_has_answered_and_no_page_waits_for_it() {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE];
    let gateway = GatewayStub::start(&refusals).await;
    let hall = Hall::with_gateway_at(&gateway.origin).await;
    let mut jia = hall.portal_of("jia").await;
    jia.check(REPORT_LOSS).await;
    gateway.has(3).await;
    assert!(
        gateway
            .requests()
            .iter()
            .all(|request| *request == lost_card_of_jia())
    );
    until("it waits for its repetition", async || {
        hall.count("logouts WHERE repeated = 1 AND due_at > unixepoch() + 60")
            .await
            == 1
    })
    .await;
}

/// Threat T50: a register that is down keeps no other logout waiting.
#[tokio::test]
async fn a_logout_is_sent_while_a_register_cannot_say_who_may_log_in_again() {
    let gateway = GatewayStub::start(&[]).await;
    let hall = Hall::without_registers_with_gateway_at(&gateway.origin).await;
    sql!(hall; "INSERT INTO logouts (account_id, reason, due_at, repeated)
        VALUES ('c-1001', 'card_cancelled', 0, 1), ('c-1002', 'account_changed', 1, 0)");
    gateway.has(1).await;
    assert_eq!(gateway.requests()[0].1["sub"], "c-1002");
    let waits = "logouts WHERE account_id = 'c-1001' AND tries > 0";
    assert_eq!(hall.count(waits).await, 1);
}

/// Threat T50.
#[tokio::test]
async fn a_logout_outlasts_the_process_that_could_not_send_it() {
    // Nothing listens on the discard port, and no test is given it.
    let hall = Hall::with_gateway_at("http://127.0.0.1:9").await;
    hall.portal_of("jia").await.check(REPORT_LOSS).await;
    assert_eq!(hall.count("logouts").await, 1);
    let gateway = GatewayStub::start(&[]).await;
    let _hall = hall.restarted_with_gateway_at(&gateway.origin).await;
    gateway.has(1).await;
    assert_eq!(gateway.requests(), [lost_card_of_jia()]);
}

/// A code that was confirmed before the card was lost can begin a session after the first logout.
#[tokio::test]
async fn a_logout_is_repeated_when_codes_are_over_unless_the_person_may_log_in_again() {
    let gateway = GatewayStub::start(&[]).await;
    let hall = Hall::with_gateway_at(&gateway.origin).await;
    let mut jia = hall.portal_of("jia").await;
    jia.check(REPORT_LOSS).await;
    gateway_has_answered(&hall).await;
    make_due(&hall).await;
    gateway.has(2).await;
    until("the second one is the last", async || {
        hall.count("logouts").await == 0
    })
    .await;
    check!(jia; "/card/undo-loss <- confirmed=yes => 已解挂");
    jia.check(REPORT_LOSS).await;
    gateway_has_answered(&hall).await;
    check!(jia; "/card/undo-loss <- confirmed=yes => 已解挂");
    make_due(&hall).await;
    until("it is forgotten", async || hall.count("logouts").await == 0).await;
    gateway.has(3).await;
}

#[tokio::test]
async fn a_card_service_that_is_refused_logs_nobody_out_and_one_without_an_answer_does() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    sql!(hall; "UPDATE register_cards SET state = 'sealed' WHERE number = 'S99000001'");
    check!(jia; "/card/report-loss <- confirmed=yes => 409");
    assert_eq!(hall.count("logouts").await, 0);
    let hall = Hall::without_registers().await;
    let mut jia = hall.portal();
    // The home page fails, too, after the login.
    jia.log_in("/login/password", "jia", PASSWORD).await;
    check!(jia; "/card/report-loss <- confirmed=yes => 503");
    let waits = "logouts WHERE account_id = 'c-1001' AND due_at > unixepoch()";
    assert_eq!(hall.count(waits).await, 1);
}
