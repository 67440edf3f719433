//! The words of the portal's pages, in both languages.

use crate::pages::Locale;

/// The words of one language. Pairs are a title and what to do.
#[derive(Debug)]
pub struct Texts {
    pub log_in: &'static str,
    pub steps: [&'static str; 3],
    pub log_in_by_password: &'static str,
    pub user_name: &'static str,
    pub password: &'static str,
    pub submit_password: &'static str,
    pub wrong_password: &'static str,
    pub register: &'static str,
    pub loading: &'static str,
    pub hosted: &'static str,
    pub no_script: &'static str,
    pub safety: &'static str,
    pub not_from_here: (&'static str, &'static str),
    pub not_completed: (&'static str, &'static str),
    pub unreachable: (&'static str, &'static str),
    pub log_in_again: &'static str,
}

const CHINESE: Texts = Texts {
    log_in: "扫码登录",
    steps: [
        "打开手机应用“示例省人社”，登录您的账号",
        "点击“扫一扫”，扫描此页面上的二维码",
        "核对登录信息，选择个人或单位身份并确认",
    ],
    log_in_by_password: "用户密码登录",
    user_name: "用户名",
    password: "密码",
    submit_password: "登录",
    wrong_password: "用户名或密码不正确，请核对后重试。",
    register: "注册新用户",
    loading: "正在载入二维码。如果一直没有显示，说明登录服务暂时无法连接，请稍后刷新此页面。",
    hosted: "在登录服务页面上扫码",
    no_script: "此页面需要 JavaScript 才能显示二维码，您也可以：",
    safety: "请核对浏览器地址栏中的网址，勿扫描他人发来的登录二维码。",
    not_from_here: (
        "无法完成登录",
        "此次登录不是在本浏览器中发起的，或已经失效。为防止他人将您登录到别人的账号，我们已将其拒绝。请从登录页面重新扫码。",
    ),
    not_completed: (
        "登录未完成",
        "登录服务没有确认此次登录，您尚未登录。请重新扫码。",
    ),
    unreachable: ("暂时无法登录", "登录服务暂时无法连接，请稍后再试。"),
    log_in_again: "返回登录页面",
};

const ENGLISH: Texts = Texts {
    log_in: "Log in by scanning",
    steps: [
        "Open the app “Shili Province Social Security” on your phone and log in",
        "Tap “Scan” and scan the code on this page",
        "Check who asks, choose yourself or a unit, and confirm",
    ],
    log_in_by_password: "Log in by password",
    user_name: "User name",
    password: "Password",
    submit_password: "Log in",
    wrong_password: "The user name or the password is wrong. Check both and try again.",
    register: "Register",
    loading: "Loading the code. If it does not appear, the login service cannot be reached: reload this page shortly.",
    hosted: "Scan on the login service's own page",
    no_script: "This page needs JavaScript to show the code. You can also:",
    safety: "Check the address in your browser's address bar. Do not scan login codes that others send you.",
    not_from_here: (
        "The login could not be completed",
        "It was not started in this browser, or it is over. It was refused so that nobody can log you in to someone else's account. Start again from the login page.",
    ),
    not_completed: (
        "The login was not completed",
        "The login service did not confirm it, and you are not logged in. Please scan again.",
    ),
    unreachable: (
        "Login is not possible right now",
        "The login service cannot be reached. Please try again shortly.",
    ),
    log_in_again: "Back to the login page",
};

impl Texts {
    /// The words of a language.
    pub const fn of(locale: Locale) -> &'static Self {
        locale.pick(&CHINESE, &ENGLISH)
    }
}
