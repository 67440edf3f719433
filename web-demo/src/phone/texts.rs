//! The words of the app's pages, in both languages. What goes wrong is worded in `trouble.rs`.

use saoma_protocol::{Identity, IdentityKind, Place, RequesterContext};

use crate::cards::CardRefusal;
use crate::pages::Locale;
use crate::registers::UnitRole;

/// The words of one language.
#[derive(Debug)]
pub struct Texts {
    locale: Locale,
    pub log_in: &'static str,
    pub log_in_hint: &'static str,
    pub log_in_by_face: &'static str,
    pub user_name: &'static str,
    pub password: &'static str,
    pub wrong_password: &'static str,
    pub register: &'static str,
    pub log_out: &'static str,
    pub home: &'static str,
    pub my_card: &'static str,
    pub my_identities: &'static str,
    pub scan: &'static str,
    pub scan_hint: &'static str,
    pub scan_warning: &'static str,
    pub or_type: &'static str,
    pub user_code: &'static str,
    pub user_code_hint: &'static str,
    pub or_paste: &'static str,
    pub qr_text: &'static str,
    pub next: &'static str,
    pub confirm_title: &'static str,
    pub confirm_question: &'static str,
    pub site: &'static str,
    pub host: &'static str,
    pub requested_at: &'static str,
    pub from: &'static str,
    pub device: &'static str,
    pub device_unverified: &'static str,
    pub choose_identity: &'static str,
    pub identity_missing: &'static str,
    pub decline: &'static str,
    pub confirm: &'static str,
    pub not_me: &'static str,
    pub confirmed: &'static str,
    pub confirmed_hint: &'static str,
    pub rejected: &'static str,
    pub rejected_hint: &'static str,
    pub scan_again: &'static str,
    pub apply_for_card: &'static str,
    pub try_again: &'static str,
    pub back_home: &'static str,
}

const CHINESE: Texts = Texts {
    locale: Locale::Chinese,
    log_in: "登录",
    log_in_hint: "请使用您的用户名和密码登录手机应用。",
    log_in_by_face: "人脸识别登录",
    user_name: "用户名",
    password: "密码",
    wrong_password: "用户名或密码不正确，请核对后重试。",
    register: "注册新用户",
    log_out: "退出登录",
    home: "首页",
    my_card: "我的电子社保卡",
    my_identities: "我可以使用的身份",
    scan: "扫一扫",
    scan_hint: "将登录页面上的二维码对准取景框。",
    scan_warning: "请勿扫描他人发来的登录二维码。",
    or_type: "输入代码",
    user_code: "8位登录代码",
    user_code_hint: "在电脑的登录页面点开“无法扫描？”即可看到，形如 WDJB-MJHT。",
    or_paste: "粘贴二维码内容",
    qr_text: "二维码内容",
    next: "下一步",
    confirm_title: "登录确认",
    confirm_question: "是否允许以您的电子社保卡身份登录以下网站？",
    site: "网站",
    host: "网址",
    requested_at: "请求时间",
    from: "请求来源",
    device: "浏览器",
    device_unverified: "由对方浏览器自报，未经核实",
    choose_identity: "请选择登录身份",
    identity_missing: "请先选择登录身份。",
    decline: "拒绝",
    confirm: "确认登录",
    not_me: "如果不是您本人正在电脑前登录，请选择“拒绝”。工作人员不会要求您替他人扫码。",
    confirmed: "登录成功",
    confirmed_hint: "请回到电脑继续办理业务。",
    rejected: "已拒绝登录",
    rejected_hint: "对方未能登录。如果不是您发起的登录，建议尽快修改密码。",
    scan_again: "重新扫码",
    apply_for_card: "申领电子社保卡",
    try_again: "重试",
    back_home: "返回首页",
};

const ENGLISH: Texts = Texts {
    locale: Locale::English,
    log_in: "Log in",
    log_in_hint: "Log in to the app with your user name and password.",
    log_in_by_face: "Log in by face",
    user_name: "User name",
    password: "Password",
    wrong_password: "The user name or the password is wrong. Check both and try again.",
    register: "Register",
    log_out: "Log out",
    home: "Home",
    my_card: "My electronic card",
    my_identities: "What I can log in as",
    scan: "Scan",
    scan_hint: "Hold the login page's code inside the frame.",
    scan_warning: "Do not scan login codes that others send you.",
    or_type: "Type a code",
    user_code: "8-letter login code",
    user_code_hint: "Open “Cannot scan?” on the computer's login page to see it. It looks like WDJB-MJHT.",
    or_paste: "Paste the code's text",
    qr_text: "Text of the QR code",
    next: "Continue",
    confirm_title: "Confirm the login",
    confirm_question: "Allow a login to this site with your electronic card?",
    site: "Site",
    host: "Address",
    requested_at: "Requested at",
    from: "Requested from",
    device: "Browser",
    device_unverified: "by the browser's own words, not verified",
    choose_identity: "Log in as",
    identity_missing: "Choose what to log in as first.",
    decline: "Decline",
    confirm: "Confirm",
    not_me: "If you are not the one logging in at a computer right now, decline. Staff never ask you to scan for someone else.",
    confirmed: "Logged in",
    confirmed_hint: "Go on at your computer.",
    rejected: "Login declined",
    rejected_hint: "Nobody was logged in. If you did not start this login, change your password soon.",
    scan_again: "Scan again",
    apply_for_card: "Apply for the electronic card",
    try_again: "Try again",
    back_home: "Back to home",
};

impl Texts {
    /// The words of a language.
    pub const fn of(locale: Locale) -> &'static Self {
        locale.pick(&CHINESE, &ENGLISH)
    }

    /// Greets a person.
    pub fn greeting(&self, name: &str) -> String {
        match self.locale {
            Locale::Chinese => format!("您好，{name}"),
            Locale::English => format!("Hello, {name}"),
        }
    }

    /// How long to wait after too many passwords.
    pub fn too_many_passwords(&self, seconds: u32) -> String {
        match self.locale {
            Locale::Chinese => format!("尝试次数过多，请 {seconds} 秒后再试。"),
            Locale::English => format!("Too many tries. Try again in {seconds} seconds."),
        }
    }

    /// How long is left to decide.
    pub fn expires_in(&self, seconds: u32) -> String {
        match self.locale {
            Locale::Chinese => format!("请在 {seconds} 秒内确认，超时将自动失效。"),
            Locale::English => {
                format!("Decide within {seconds} seconds; after that the login ends by itself.")
            }
        }
    }

    /// An identity, as a choice. One of a kind that the hall does not know is its name alone.
    pub fn identity(&self, identity: &Identity) -> String {
        let name = &identity.name;
        if identity.kind == IdentityKind::PERSONAL {
            return format!("{} · {name}", self.locale.pick("个人登录", "Personal"));
        }
        if identity.kind != IdentityKind::UNIT {
            return name.clone();
        }
        let Some(role) = UnitRole::of(identity) else {
            return format!("{} · {name}", self.locale.pick("单位登录", "Unit"));
        };
        let role = match role {
            UnitRole::LegalRepresentative => self.locale.pick("法定代表人", "legal representative"),
            UnitRole::AuthorisedAgent => self.locale.pick("授权经办人", "authorised agent"),
            UnitRole::Operator => self.locale.pick("业务操作员", "operator"),
        };
        match self.locale {
            Locale::Chinese => format!("单位登录 · {name}（{role}）"),
            Locale::English => format!("Unit · {name} ({role})"),
        }
    }

    /// Where a request comes from.
    pub fn place(&self, requester: &RequesterContext) -> String {
        let place = match (&requester.place_name, requester.place) {
            (Some(name), _) => name,
            (None, Place::SameMachine) => self.locale.pick("本机", "this machine"),
            (None, Place::LocalNetwork) => self.locale.pick("本地网络", "local network"),
            (None, Place::Internet) => self.locale.pick("互联网", "internet"),
        };
        match self.locale {
            Locale::Chinese => format!("{}（{place}）", requester.address),
            Locale::English => format!("{} ({place})", requester.address),
        }
    }

    /// Browser and system, as far as the browser says.
    pub fn browser(&self, requester: &RequesterContext) -> String {
        let parts: Vec<&str> = [&requester.browser, &requester.system]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if parts.is_empty() {
            self.locale.pick("未知", "unknown").to_owned()
        } else {
            parts.join(" · ")
        }
    }

    /// The state of a person's electronic card.
    pub const fn card(&self, refusal: Option<CardRefusal>) -> &'static str {
        match refusal {
            None => self
                .locale
                .pick("正常，可以扫码登录", "Active: you can log in by scanning"),
            Some(CardRefusal::NoCard) => self.locale.pick("尚未申领", "Not applied for yet"),
            Some(CardRefusal::NotActivated) => self.locale.pick("未激活", "Not activated"),
            Some(CardRefusal::Sealed) => self.locale.pick("已封存", "Sealed"),
            Some(CardRefusal::ReportedLost) => self.locale.pick("已挂失", "Reported lost"),
            Some(CardRefusal::ApplicationLocked) => self.locale.pick("应用锁定", "Locked"),
            Some(CardRefusal::Cancelled) => self.locale.pick("已注销", "Cancelled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_of_an_unknown_kind_or_role_is_shown_by_its_name() {
        let shown = |kind: &str, role: &str| {
            Texts::of(Locale::English).identity(&Identity {
                id: "id".into(),
                kind: kind.to_owned().into(),
                name: "示例单位".into(),
                role: Some(role.to_owned().into()),
            })
        };
        assert_eq!(shown("unit", "operator"), "Unit · 示例单位 (operator)");
        assert_eq!(shown("unit", "caretaker"), "Unit · 示例单位");
        assert_eq!(shown("franchise", "operator"), "示例单位");
    }
}
