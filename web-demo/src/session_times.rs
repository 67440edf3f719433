//! The time of a login on either surface: it ends without activity, and at its maximum in any case. Why it has ended is kept
//! for its browser, which is told once.
//!
//! A page that is opened and a form that is sent count as activity; what a script asks for does not.

use sqlx::{SqliteConnection, SqlitePool};
use strum::IntoStaticStr;

use crate::db::{execute, fetch_optional};
use crate::pages::{Locale, Surface};
use crate::secret::Secret;

/// The times of a surface's logins, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionTimes {
    /// Without activity.
    pub idle: u32,
    /// In all.
    pub max: u32,
}

/// A computer may be a public one, and a login from another device is the riskier kind (threat T30).
pub(crate) const PORTAL: SessionTimes = SessionTimes {
    idle: 30 * 60,
    max: 8 * 3600,
};

/// The phone is its person's own.
pub(crate) const PHONE: SessionTimes = SessionTimes {
    idle: 12 * 3600,
    max: 3 * 24 * 3600,
};

/// Time in which the browser of an ended login can be told why.
pub(crate) const TOLD_WITHIN_SECONDS: u32 = 24 * 3600;

/// Why a login has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum EndReason {
    /// There was no activity for a while.
    Idle,
    /// Its maximum is over.
    TooLong,
    /// The person logged out in this browser.
    LoggedOut,
    /// The person ended it elsewhere: on the phone, or from a notice.
    Elsewhere,
    /// The person said on the phone that the login was not theirs.
    Disowned,
    /// The gateway ended its session.
    AtProvider,
    CardReportedLost,
    CardCancelled,
    /// The unit withdrew the agent's authority.
    DelegationWithdrawn,
    /// The owner of the ID number took it back from the provisional account.
    AccountTakenOver,
    PasswordChanged,
}

impl EndReason {
    /// Returns the reason as the database keeps it.
    pub(crate) fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the sentence that tells it.
    pub(crate) fn text(self, surface: Surface, locale: Locale) -> String {
        let texts = &locale.texts().ends;
        let times = SessionTimes::of(surface);
        let text = match self {
            Self::Idle => {
                let (minutes, hours) = (times.idle / 60, times.idle / 3600);
                return match surface {
                    Surface::Portal => texts.idle_minutes(minutes),
                    Surface::Phone => texts.idle_hours(hours),
                };
            }
            Self::TooLong => return texts.too_long(times.max / 3600),
            Self::LoggedOut => texts.logged_out,
            Self::Elsewhere => texts.elsewhere,
            Self::Disowned => texts.disowned,
            Self::AtProvider => texts.at_provider,
            Self::CardReportedLost => texts.card_reported_lost,
            Self::CardCancelled => texts.card_cancelled,
            Self::DelegationWithdrawn => texts.delegation_withdrawn,
            Self::AccountTakenOver => texts.account_taken_over,
            Self::PasswordChanged => texts.password_changed,
        };
        text.to_owned()
    }
}

impl SessionTimes {
    pub(crate) const fn of(surface: Surface) -> Self {
        match surface {
            Surface::Portal => PORTAL,
            Surface::Phone => PHONE,
        }
    }

    /// Lifetime of the cookie: longer than the login, so that its browser can be told why it has ended.
    pub(crate) const fn cookie_seconds(self) -> u32 {
        self.max + TOLD_WITHIN_SECONDS
    }
}

/// The login of a browser or phone, by its cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoginState {
    /// No login, or one that ended long ago.
    Nobody,
    LoggedIn {
        account_id: String,
        time: TimeLeft,
    },
    Ended {
        account_id: String,
        reason: EndReason,
        /// True once the browser was told.
        told: bool,
    },
}

/// The time that a login has left without activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeLeft {
    pub seconds: i64,
    /// Its end, in the province's time (UTC+8).
    pub until: String,
    /// True if activity does not lengthen it: it is the end of the maximum.
    pub is_maximum: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct LoginRow {
    account_id: String,
    seconds: i64,
    until: String,
    is_maximum: bool,
    ended: bool,
    ended_because: Option<EndReason>,
    told: bool,
}

impl LoginState {
    /// The account that is logged in; empty for a stranger.
    pub(crate) fn account_id(&self) -> &str {
        match self {
            Self::LoggedIn { account_id, .. } => account_id,
            Self::Nobody | Self::Ended { .. } => "",
        }
    }
}

impl From<LoginRow> for LoginState {
    fn from(row: LoginRow) -> Self {
        let by_time = if row.is_maximum {
            EndReason::TooLong
        } else {
            EndReason::Idle
        };
        if row.ended || row.seconds <= 0 {
            return Self::Ended {
                account_id: row.account_id,
                reason: row.ended_because.unwrap_or(by_time),
                told: row.told,
            };
        }
        Self::LoggedIn {
            account_id: row.account_id,
            time: TimeLeft {
                seconds: row.seconds,
                until: row.until,
                is_maximum: row.is_maximum,
            },
        }
    }
}

macro_rules! of_table {
    ($surface:expr, $before:literal, $after:literal) => {
        match $surface {
            Surface::Portal => concat!($before, " portal_sessions ", $after),
            Surface::Phone => concat!($before, " phone_sessions ", $after),
        }
    };
}

/// Returns the login of a cookie. Activity gives it its whole time without activity again, up to its maximum.
pub(crate) async fn state(
    db: &SqlitePool,
    surface: Surface,
    cookie: &Secret,
    is_activity: bool,
) -> Result<LoginState, sqlx::Error> {
    let digest = cookie.digest();
    if is_activity {
        // Steps of half a minute: not each page costs a write.
        let slide = of_table!(
            surface,
            "UPDATE",
            "SET expires_at = min(unixepoch() + ?2, ends_at)
             WHERE cookie_digest = ?1 AND ended_at IS NULL AND expires_at > unixepoch()
               AND expires_at < min(unixepoch() + ?2, ends_at) - 30"
        );
        execute!(db, slide; &digest, SessionTimes::of(surface).idle).await?;
    }
    let find = of_table!(
        surface,
        "SELECT account_id, expires_at - unixepoch() AS seconds, expires_at >= ends_at AS is_maximum,
            strftime('%H:%M', expires_at, 'unixepoch', '+8 hours') AS until,
            ended_at IS NOT NULL AS ended, ended_because, told FROM",
        "WHERE cookie_digest = ?1"
    );
    let row: Option<LoginRow> = fetch_optional!(db, find; &digest).await?;
    Ok(row.map_or(LoginState::Nobody, LoginState::from))
}

/// Notes that the browser of an ended login was told.
pub(crate) async fn tell(
    db: &SqlitePool,
    surface: Surface,
    cookie: &Secret,
) -> Result<(), sqlx::Error> {
    let tell = of_table!(surface, "UPDATE", "SET told = 1 WHERE cookie_digest = ?1");
    execute!(db, tell; cookie.digest()).await.map(drop)
}

/// Logs a browser or phone out.
pub(crate) async fn log_out(
    db: &SqlitePool,
    surface: Surface,
    cookie: &Secret,
) -> Result<(), sqlx::Error> {
    let end = of_table!(
        surface,
        "UPDATE",
        "SET ended_at = unixepoch(), ended_because = 'logged_out'
         WHERE cookie_digest = ?1 AND ended_at IS NULL"
    );
    execute!(db, end; cookie.digest()).await.map(drop)
}

/// Ends the logins of an account that its ID number's owner has taken back. Nothing of the account stays but the reason.
pub(crate) async fn end_removed(
    db: &mut SqliteConnection,
    account_id: &str,
) -> Result<(), sqlx::Error> {
    let at_portal = "UPDATE portal_sessions SET ended_at = coalesce(ended_at, unixepoch()),
            ended_because = ?2, account_id = '', name = '', address = '', browser = NULL
        WHERE account_id = ?1";
    let on_phones = "UPDATE phone_sessions SET ended_at = coalesce(ended_at, unixepoch()),
            ended_because = ?2, account_id = '', address = ''
        WHERE account_id = ?1";
    let reason = EndReason::AccountTakenOver.name();
    execute!(&mut *db, at_portal; account_id, reason).await?;
    execute!(&mut *db, on_phones; account_id, reason).await?;
    Ok(())
}

/// Deletes the logins that ended long ago.
pub(crate) async fn forget_old(db: &SqlitePool, surface: Surface) -> Result<(), sqlx::Error> {
    let delete = of_table!(
        surface,
        "DELETE FROM",
        "WHERE coalesce(ended_at, expires_at) <= unixepoch() - ?1"
    );
    execute!(db, delete; TOLD_WITHIN_SECONDS).await.map(drop)
}
