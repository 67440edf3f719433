//! Errors between a scan and a confirm, as a person reads them: the cause, and the way on.

use std::borrow::Cow;

use askama::Template;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use saoma_client::{PhoneError, error_chain};
use saoma_protocol::{ErrorCode, Problem};

use super::scan_barrier::Barrier;
use crate::cards::CardRefusal;
use crate::log_pace::LogPace;
use crate::pages::{Failure, Frame, Locale, page};

static FAILURES: LogPace = LogPace::new();

/// The reason of a decided login that the person at the browser has given up.
const NOT_ME: &str = "not_me";

/// Why a login cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanError {
    /// The text leads elsewhere than to the gateway.
    NotALoginCode,
    /// No login waits for the code.
    UnknownCode,
    /// Another person was first.
    AlreadyScanned,
    /// The login was decided elsewhere, or the browser has given it up.
    AlreadyDecided,
    /// The person at the browser is another one, and has said so.
    NotMe,
    Expired,
    /// This phone has not scanned the login.
    NotScanned,
    /// The person does not have the identity, or no longer.
    IdentityNotAllowed,
    /// The person's card does not allow it.
    CardRefused(CardRefusal),
    /// The person has no identity that could log in.
    NoIdentity,
    /// The site waits for another person.
    AnotherPerson,
    /// The site is for persons whom another organisation knows.
    AnotherSource,
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
#[template(path = "phone/scan_error.html")]
struct ScanErrorPage<'a> {
    frame: Frame<'a>,
    title: Cow<'static, str>,
    advice: Cow<'static, str>,
    way_on: (&'a str, &'static str),
    /// The form to send again in place of the link.
    sent: Option<&'a SentForm<'a>>,
    /// The person has scanned a code, which was not used.
    code_kept: bool,
    /// The address to which a decline is posted, where the login still waits.
    decline: Option<String>,
}

/// A form that the person has sent, with the choice in it.
pub(super) struct SentForm<'a> {
    pub action: &'a str,
    /// The chosen identity; empty for a form without one.
    pub identity: &'a str,
}

impl ScanError {
    /// The page that tells it, with what to do next: where the error may pass, that is to go back to `here`.
    pub(super) fn answer(self, locale: Locale, here: &str) -> Result<Response, Failure> {
        self.answer_to(None, locale, here)
    }

    /// As [`ScanError::answer`], but where the error may pass, the person sends the same form again.
    pub(super) fn answer_to(
        self,
        sent: Option<&SentForm<'_>>,
        locale: Locale,
        here: &str,
    ) -> Result<Response, Failure> {
        if let Self::CardRefused(refusal) = self {
            let barrier = match refusal {
                CardRefusal::NoCard => Barrier::NotApplied,
                refusal => Barrier::Card(refusal),
            };
            return match sent {
                Some(_) => barrier.refused_login(locale, here),
                None => barrier.refused_scan(locale, here),
            };
        }
        let frame = Frame::phone(locale, here);
        let [title, advice] = self.texts(locale);
        let texts = &locale.texts().phone;
        let way_on = match self {
            _ if self.passes() => (here, texts.try_again),
            _ => ("/scan", texts.scan_again),
        };
        let mut response = page(
            self.status(),
            &ScanErrorPage {
                frame,
                title,
                advice,
                way_on,
                sent: sent.filter(|_| self.passes()),
                code_kept: sent.is_none() && self.keeps_the_code(),
                decline: None,
            },
        )?;
        if let Self::TooMany(seconds) = self {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }

    /// The answer to a confirm as an identity that is refused, while the login waits for another one or a decline.
    pub(super) fn answer_with_choice(
        self,
        locale: Locale,
        here: &str,
    ) -> Result<Response, Failure> {
        let [title, advice] = self.texts(locale);
        let choose = format!("{here}?choose=again");
        let refused = ScanErrorPage {
            frame: Frame::phone(locale, here),
            title,
            advice,
            way_on: (&choose, locale.texts().phone.choose_another),
            sent: None,
            code_kept: false,
            decline: Some(format!("{here}/reject")),
        };
        page(self.status(), &refused)
    }

    /// Returns true for a refusal of the person, at whose scan the code is not used.
    const fn keeps_the_code(self) -> bool {
        matches!(
            self,
            Self::NoIdentity | Self::AnotherPerson | Self::AnotherSource | Self::IdentityRefused
        )
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
            Self::AlreadyScanned | Self::AlreadyDecided | Self::NotMe | Self::NotScanned => {
                StatusCode::CONFLICT
            }
            Self::Expired => StatusCode::GONE,
            Self::IdentityNotAllowed
            | Self::CardRefused(_)
            | Self::NoIdentity
            | Self::AnotherPerson
            | Self::AnotherSource
            | Self::IdentityRefused => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The cause, and the way on.
    fn texts(self, locale: Locale) -> [Cow<'static, str>; 2] {
        let texts = &locale.texts().scan_errors;
        let texts = match self {
            Self::NotALoginCode => texts.not_a_login_code,
            Self::UnknownCode => texts.unknown_code,
            Self::AlreadyScanned => texts.already_scanned,
            Self::AlreadyDecided => texts.already_decided,
            Self::NotMe => texts.not_me,
            Self::Expired => texts.expired,
            Self::NotScanned => texts.not_scanned,
            Self::IdentityNotAllowed => texts.identity_not_allowed,
            Self::CardRefused(refusal) => {
                return Barrier::Card(refusal).words(locale).map(Cow::Borrowed);
            }
            Self::NoIdentity => texts.no_identity,
            Self::AnotherPerson => texts.another_person,
            Self::AnotherSource => texts.another_source,
            Self::IdentityRefused => texts.identity_refused,
            Self::TooMany(seconds) => {
                return [texts.too_many.into(), texts.too_many_advice(seconds).into()];
            }
            Self::Unavailable => texts.unavailable,
            Self::Unreachable => texts.unreachable,
        };
        texts.map(Cow::Borrowed)
    }
}

impl From<PhoneError> for ScanError {
    fn from(error: PhoneError) -> Self {
        if let PhoneError::Refused { problem, .. } = &error {
            return of_problem(problem);
        }
        if let Some(unlogged) = FAILURES.admit() {
            tracing::warn!(
                error = error_chain(&error),
                unlogged,
                "a phone's request was not answered"
            );
        }
        Self::Unreachable
    }
}

/// Reads the gateway's refusal.
pub(super) fn of_problem(problem: &Problem) -> ScanError {
    match problem.error {
        ErrorCode::NotALoginCode => ScanError::NotALoginCode,
        ErrorCode::UnknownCode => ScanError::UnknownCode,
        ErrorCode::AlreadyScanned => ScanError::AlreadyScanned,
        ErrorCode::AlreadyDecided if problem.reason.as_deref() == Some(NOT_ME) => ScanError::NotMe,
        ErrorCode::AlreadyDecided => ScanError::AlreadyDecided,
        ErrorCode::LoginExpired => ScanError::Expired,
        ErrorCode::UnknownLogin | ErrorCode::NotScanned => ScanError::NotScanned,
        ErrorCode::IdentityNotAllowed => ScanError::IdentityNotAllowed,
        ErrorCode::IdentityRefused => {
            let reason = problem.reason.as_deref().unwrap_or_default();
            match (reason, reason.parse()) {
                (_, Ok(card)) => ScanError::CardRefused(card),
                ("no_identity", _) => ScanError::NoIdentity,
                ("another_person_expected", _) => ScanError::AnotherPerson,
                ("source_not_allowed", _) => ScanError::AnotherSource,
                _ => ScanError::IdentityRefused,
            }
        }
        ErrorCode::TooManyRequests => ScanError::TooMany(problem.retry_after.unwrap_or(60)),
        ErrorCode::TemporarilyUnavailable => ScanError::Unavailable,
        error => {
            if let Some(unlogged) = FAILURES.admit() {
                tracing::error!(
                    error = error.as_str(),
                    detail = problem.detail,
                    unlogged,
                    "the gateway refused the app"
                );
            }
            ScanError::Unreachable
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::*;

    fn refused(reason: &str) -> ScanError {
        let problem = json!({
            "type": "about:blank", "title": "Forbidden", "status": 403, "error": "identity_refused",
            "detail": "this person may not log in here now", "reason": reason,
        });
        of_problem(&serde_json::from_value(problem).expect("a problem"))
    }

    async fn text(response: Result<Response, Failure>) -> String {
        let Ok(response) = response else {
            panic!("no page")
        };
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let body = to_bytes(response.into_body(), 1 << 20).await;
        String::from_utf8(body.expect("a body").to_vec()).expect("text")
    }

    /// Rows S9, S10 and U6: the reason is told in people's words at the scan, and that the computer's code is still good.
    #[tokio::test]
    async fn u6_a_refusal_at_the_scan_says_why_and_that_the_code_was_not_used() {
        for (reason, words) in [
            ("no_identity", "您目前没有可用于登录的身份"),
            ("another_person_expected", "该网站正在等待另一位用户登录"),
            ("source_not_allowed", "该网站不接受您的账号登录"),
            ("a_reason_of_tomorrow", "该身份目前不能登录"),
            ("card_reported_lost", "实体社保卡已挂失"),
        ] {
            let page = text(refused(reason).answer(Locale::Chinese, "/scan")).await;
            for words in [words, "电脑上的二维码没有被使用，仍然有效"] {
                assert!(page.contains(words), "{reason}: {words}: {page}");
            }
        }
    }

    /// Row U6: a refused identity of a person who has another leads to the choice, and can be declined.
    #[tokio::test]
    async fn u6_a_refusal_at_the_confirm_offers_the_other_identities_and_decline() {
        let here = "/logins/0123456789ABCDEFGHJKMNPQ";
        let error = refused("a_reason_of_tomorrow");
        let page = text(error.answer_with_choice(Locale::Chinese, here)).await;
        for words in [
            "该身份目前不能登录",
            "选择其他身份",
            "/logins/0123456789ABCDEFGHJKMNPQ?choose=again",
            "action=\"/logins/0123456789ABCDEFGHJKMNPQ/reject\"",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("没有被使用"), "{page}");
    }
}
