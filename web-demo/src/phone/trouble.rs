//! What can go wrong between a scan and a confirm, as a person reads it: what happened, and what to do.

use askama::Template;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use saoma_protocol::{ErrorCode, Problem};

use super::gateway_client::GatewayError;
use super::texts::Texts;
use crate::cards::CardRefusal;
use crate::pages::{Failure, Frame, Locale, Surface, page};

/// A trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The text leads elsewhere than to the gateway.
    NotALoginCode,
    /// No login waits for the code.
    UnknownCode,
    /// Another person was first.
    AlreadyScanned,
    /// The login was decided elsewhere, or the browser has given it up.
    AlreadyDecided,
    /// Too late.
    Expired,
    /// This phone has not scanned the login.
    NotScanned,
    /// The person does not have the identity, or no longer.
    IdentityNotAllowed,
    /// The person's card does not allow it.
    CardRefused(CardRefusal),
    /// The identity is refused for a reason that this app does not know.
    IdentityRefused,
    /// Too often: so many seconds to wait.
    TooMany(u32),
    /// The gateway is there but cannot decide now.
    Unavailable,
    /// The gateway cannot be reached, or makes no sense.
    Unreachable,
}

#[derive(Template)]
#[template(path = "phone/trouble.html")]
struct TroublePage<'a> {
    frame: Frame<'a>,
    texts: &'static Texts,
    title: &'static str,
    advice: String,
    way_on: (&'a str, &'static str),
}

impl Trouble {
    /// The page that tells it, with what to do next: where the trouble may pass, that is to go back to `here`.
    ///
    /// # Errors
    /// The page cannot be written.
    pub fn answer(self, locale: Locale, here: &str) -> Result<Response, Failure> {
        let frame = Frame {
            locale,
            surface: Surface::Phone,
            path: here,
        };
        let (title, advice) = self.words(locale);
        let texts = Texts::of(locale);
        let way_on = match self {
            Self::CardRefused(CardRefusal::NoCard) => ("/card/apply", texts.apply_for_card),
            _ if self.passes() => (here, texts.try_again),
            _ => ("/scan", texts.scan_again),
        };
        let mut response = page(
            self.status(),
            &TroublePage {
                frame,
                texts,
                title,
                advice,
                way_on,
            },
        )?;
        if let Self::TooMany(seconds) = self {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }

    const fn passes(self) -> bool {
        matches!(
            self,
            Self::TooMany(_) | Self::Unavailable | Self::Unreachable
        )
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::NotALoginCode => StatusCode::BAD_REQUEST,
            Self::UnknownCode => StatusCode::NOT_FOUND,
            Self::AlreadyScanned | Self::AlreadyDecided | Self::NotScanned => StatusCode::CONFLICT,
            Self::Expired => StatusCode::GONE,
            Self::IdentityNotAllowed | Self::CardRefused(_) | Self::IdentityRefused => {
                StatusCode::FORBIDDEN
            }
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn words(self, locale: Locale) -> (&'static str, String) {
        let pick = |zh: (&'static str, &'static str), en: (&'static str, &'static str)| {
            let (title, advice) = locale.pick(zh, en);
            (title, advice.to_owned())
        };
        match self {
            Self::NotALoginCode => pick(
                (
                    "这不是登录二维码",
                    "请只扫描网上服务大厅登录页面上显示的二维码，或输入页面上的8位登录代码。来历不明的二维码请勿扫描。",
                ),
                (
                    "This is not a login code",
                    "Scan only the code on the service hall's login page, or type the 8 letters shown there. Do not scan codes of unknown origin.",
                ),
            ),
            Self::UnknownCode => pick(
                (
                    "二维码已失效或代码有误",
                    "二维码会定时更新。请刷新电脑上的登录页面，扫描新的二维码；若为手工输入，请核对8位字母。",
                ),
                (
                    "This code is out of date or mistyped",
                    "Codes are renewed every few minutes. Scan the one that your computer shows now; if you typed it, check the 8 letters.",
                ),
            ),
            Self::AlreadyScanned => pick(
                (
                    "该二维码已被他人扫描",
                    "为保护您的安全，本次登录不能由您确认。请在电脑上获取新的二维码，并确认周围无人代扫。",
                ),
                (
                    "Another person has scanned this code",
                    "For your safety you cannot confirm this login. Get a new code on your computer, and make sure that nobody else scans it.",
                ),
            ),
            Self::AlreadyDecided => pick(
                (
                    "本次登录已结束",
                    "本次登录已被确认、拒绝，或已在电脑上取消。如需登录，请扫描新的二维码。",
                ),
                (
                    "This login is over",
                    "It has been confirmed or declined before, or cancelled on the computer. To log in, scan a new code.",
                ),
            ),
            Self::Expired => pick(
                (
                    "确认超时",
                    "扫码后未在规定时间内确认，登录已失效。请在电脑上获取新的二维码，重新扫描。",
                ),
                (
                    "Too late to confirm",
                    "The time to confirm is over and nobody was logged in. Get a new code on your computer and scan it.",
                ),
            ),
            Self::NotScanned => pick(
                (
                    "没有可确认的登录",
                    "请先用本机扫描登录二维码，核对登录信息后再确认。",
                ),
                (
                    "There is no login to confirm",
                    "Scan the code with this phone first, check who asks, then confirm.",
                ),
            ),
            Self::IdentityNotAllowed => pick(
                (
                    "不能使用该身份",
                    "您没有这一身份，或授权已终止。请重新扫码并选择其他身份；如有疑问，请联系单位的法定代表人。",
                ),
                (
                    "You cannot use this identity",
                    "You do not have it, or your authorisation has ended. Scan again and choose another, or ask the unit's legal representative.",
                ),
            ),
            Self::CardRefused(refusal) => {
                pick(refusal_in_chinese(refusal), refusal_in_english(refusal))
            }
            Self::IdentityRefused => pick(
                ("该身份目前不能登录", "请到经办窗口咨询，或拨打服务热线。"),
                (
                    "This identity may not log in now",
                    "Ask at a service counter, or call the hotline.",
                ),
            ),
            Self::TooMany(seconds) => (
                locale.pick("操作过于频繁", "Too many tries"),
                match locale {
                    Locale::Chinese => format!("请 {seconds} 秒后再试。"),
                    Locale::English => format!("Try again in {seconds} seconds."),
                },
            ),
            Self::Unavailable => pick(
                ("登录服务繁忙", "您的操作尚未生效。请稍候片刻后重试。"),
                (
                    "The login service is busy",
                    "Nothing has changed. Wait a moment, then try again.",
                ),
            ),
            Self::Unreachable => pick(
                (
                    "暂时无法连接登录服务",
                    "请检查网络后重试；若电脑已跳转到首页，则登录已经完成。",
                ),
                (
                    "The login service cannot be reached",
                    "Check your connection and try again. If your computer shows the home page, you are logged in already.",
                ),
            ),
        }
    }
}

const fn refusal_in_chinese(refusal: CardRefusal) -> (&'static str, &'static str) {
    match refusal {
        CardRefusal::NoCard => ("您还没有电子社保卡", "首次扫码登录前，请先申领电子社保卡。"),
        CardRefusal::NotActivated => ("您的社保卡尚未激活", "请先激活社保卡，再扫码登录。"),
        CardRefusal::Sealed => (
            "您的社保卡已封存",
            "封存期间不能扫码登录。请到经办窗口办理启封。",
        ),
        CardRefusal::ReportedLost => (
            "您的社保卡已挂失",
            "挂失期间不能扫码登录。找到卡片后请办理解挂，或补领新卡。",
        ),
        CardRefusal::ApplicationLocked => (
            "您的社保卡应用已锁定",
            "锁定期间不能扫码登录。请到经办窗口办理解锁。",
        ),
        CardRefusal::Cancelled => (
            "您的社保卡已注销",
            "请先申领新的社保卡和电子社保卡，再扫码登录。",
        ),
    }
}

const fn refusal_in_english(refusal: CardRefusal) -> (&'static str, &'static str) {
    match refusal {
        CardRefusal::NoCard => (
            "You have no electronic card yet",
            "Apply for the electronic social-security card before your first login by scanning.",
        ),
        CardRefusal::NotActivated => (
            "Your card is not activated",
            "Activate your social-security card before you log in by scanning.",
        ),
        CardRefusal::Sealed => (
            "Your card is sealed",
            "A sealed card cannot log you in. Have it unsealed at a service counter.",
        ),
        CardRefusal::ReportedLost => (
            "Your card is reported lost",
            "A lost card cannot log you in. Undo the report if you have found it, or have it replaced.",
        ),
        CardRefusal::ApplicationLocked => (
            "Your card is locked",
            "A locked card cannot log you in. Have it unlocked at a service counter.",
        ),
        CardRefusal::Cancelled => (
            "Your card is cancelled",
            "Apply for a new card and a new electronic card, then scan again.",
        ),
    }
}

impl From<GatewayError> for Trouble {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Refused(problem) => of_problem(&problem),
            GatewayError::Unreachable(_) | GatewayError::Unreadable(_) => {
                tracing::warn!(%error, "a phone's request was not answered");
                Self::Unreachable
            }
        }
    }
}

fn of_problem(problem: &Problem) -> Trouble {
    match problem.error {
        ErrorCode::NotALoginCode => Trouble::NotALoginCode,
        ErrorCode::UnknownCode => Trouble::UnknownCode,
        ErrorCode::AlreadyScanned => Trouble::AlreadyScanned,
        ErrorCode::AlreadyDecided => Trouble::AlreadyDecided,
        ErrorCode::LoginExpired => Trouble::Expired,
        ErrorCode::UnknownLogin | ErrorCode::NotScanned => Trouble::NotScanned,
        ErrorCode::IdentityNotAllowed => Trouble::IdentityNotAllowed,
        ErrorCode::IdentityRefused => {
            let card = problem.reason.as_deref().and_then(CardRefusal::named);
            card.map_or(Trouble::IdentityRefused, Trouble::CardRefused)
        }
        ErrorCode::TooManyRequests => Trouble::TooMany(problem.retry_after.unwrap_or(60)),
        ErrorCode::TemporarilyUnavailable => Trouble::Unavailable,
        error => {
            tracing::error!(
                error = error.as_str(),
                detail = problem.detail,
                "the gateway refused the app"
            );
            Trouble::Unreachable
        }
    }
}
