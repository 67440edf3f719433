//! A provisional account becomes a verified one.

use crate::support::{Hall, Page, Registering, check, person};

/// A try of the card's password; that of every card is 246810.
const RIGHT: &str = "/verify/password <- card_password=246810";
const WRONG: &str = "/verify/password <- card_password=000000";

/// The page that a person is shown after registering.
async fn verify_page(hall: &Hall, name: &str) -> Page {
    let mut registering = Registering::at_the_portal(hall, name).await;
    let user_name = registering.id_number.clone();
    registering.finish(hall, &[("user_name", &user_name)]).await;
    hall.pass_limits(60).await;
    registering.browser.get("/verify").await
}

/// Row S4.
#[tokio::test]
async fn a_provisional_user_is_told_what_the_account_lacks() {
    let hall = Hall::open().await;
    let home = hall.portal_of("ren").await.get("/").await;
    let (allowed, lacking) = home
        .body
        .split_once("身份认证后可以使用")
        .expect("a notice");
    for service in ["考试报名", "行政审批"] {
        assert!(allowed.contains(service), "{service}");
    }
    for service in ["参保信息查询", "就业信息查询"] {
        assert!(lacking.contains(service), "{service}");
    }
    check!(hall.portal_of("jia").await; "/ => !您是临时用户");
}

/// Row S4.
#[tokio::test]
async fn a_code_to_the_phone_on_file_with_the_card_verifies() {
    let hall = Hall::open().await;
    let mut ren = hall.portal_of("ren").await;
    check!(ren; "
        /verify => 130****0009
        /verify/code/send <- => 验证码已发送至 130****0009");
    let code = hall.code_sent_to("13009700009").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    check!(ren; "
        /verify/code <- code={wrong} => 422 | #code 验证码不正确，还可以输入 4 次。
        /verify/code <- code={code} => 身份认证成功
        / => !您是临时用户
        /verify => @/");
    assert_eq!(hall.standing(&person("示例壬")).await, "verified");
}

/// Row S4.
#[tokio::test]
async fn the_cards_password_verifies() {
    let hall = Hall::open().await;
    check!(hall.portal_of("ren").await; "
        {WRONG} => 422 | #card_password 社保卡密码不正确，还可以输入 4 次。
        {RIGHT} => 身份认证成功");
    assert_eq!(hall.standing(&person("示例壬")).await, "verified");
}

/// Row S4.
#[tokio::test]
async fn name_and_number_alone_cannot_lock_the_card() {
    let hall = Hall::open().await;
    let mut ren = hall.portal_of("ren").await;
    ren.check(&format!("{WRONG} => 422 \n").repeat(3)).await;
    check!(ren; "{WRONG} => 429 | #card_password …秒后再试…");
    let wrong = "SELECT wrong_passwords FROM register_cards WHERE id_number";
    let wrong: (i64,) = hall.row(&format!("{wrong} = '{}'", person("示例壬"))).await;
    assert_eq!(wrong.0, 3);
}

/// Row S4.
#[tokio::test]
async fn a_way_that_is_closed_says_why_and_what_to_do() {
    let hall = Hall::open().await;
    for (name, reasons) in [
        ("示例丑", "未查到您的社会保障卡 | 继续作为临时用户"),
        (
            "示例寅",
            "登记的手机号不是省内号段 | 到当地人社部门修改 | name=\"card_password\"",
        ),
        ("示例卯", "所在地区暂不支持密码认证 | 130****0014"),
        ("示例酉", "没有登记手机号 | 所在地区暂不支持密码认证"),
        ("示例辰", "已挂失 | 130****0015"),
        ("示例巳", "已封存"),
        ("示例午", "应用已锁定"),
        ("示例未", "已注销"),
        ("示例申", "尚未激活"),
    ] {
        verify_page(&hall, name).await.check(name, reasons);
    }
}

/// Row S4.
#[tokio::test]
async fn a_way_that_is_closed_cannot_be_taken_all_the_same() {
    let hall = Hall::open().await;
    let mut gui = hall.portal_of("gui").await;
    for attempt in [
        "/verify/code/send <- code=",
        "/verify/code <- code=123456",
        RIGHT,
    ] {
        let (path, form) = attempt.split_once(" <- ").unwrap();
        let page = gui.post(path, &[form.split_once('=').unwrap()]).await;
        assert!(page.says("未查到您的社会保障卡"), "{page:?}");
    }
    assert_eq!(hall.standing(&person("示例癸")).await, "provisional");
}

/// Row S4.
#[tokio::test]
async fn a_provisional_user_verifies_on_the_phone_as_well() {
    let hall = Hall::open().await;
    hall.phone().check("/verify => @/login").await;
    check!(hall.phone_of("ren").await; "/ => 您是临时用户 \n {RIGHT} => 身份认证成功");
    check!(hall.portal_of("ren").await; "/ => !您是临时用户");
}

/// Row S4.
#[tokio::test]
async fn name_and_number_alone_tell_nothing_of_the_persons_card_and_units() {
    let hall = Hall::open().await;
    let mut xu = Registering::on_the_phone(&hall, "示例戌").await;
    xu.finish(&hall, &[]).await;
    check!(xu.browser; "
        / => 示例戌 | !示例单位三 | !我的电子社保卡
        {RIGHT}
        / => 示例单位三 | 我的电子社保卡");
}
