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
            return barrier.refused_login(locale, here);
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
            Self::AlreadyScanned | Self::AlreadyDecided | Self::NotMe | Self::NotScanned => {
                StatusCode::CONFLICT
            }
            Self::Expired => StatusCode::GONE,
            Self::IdentityNotAllowed | Self::CardRefused(_) | Self::IdentityRefused => {
                StatusCode::FORBIDDEN
            }
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

fn of_problem(problem: &Problem) -> ScanError {
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
            let card = problem
                .reason
                .as_deref()
                .and_then(|reason| reason.parse().ok());
            card.map_or(ScanError::IdentityRefused, ScanError::CardRefused)
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
