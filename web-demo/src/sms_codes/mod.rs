//! Codes by short message: a person who types one holds the phone that it was sent to.
//!
//! A code has six digits, lives ten minutes, bears five tries, works once, and only for what it was asked for, with the
//! phone and in the browser that it was asked in.

mod outgoing;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use saoma_protocol::typed;
use sqlx::{SqliteConnection, SqlitePool};

pub(crate) use outgoing::{Deliverer, Outgoing};

use crate::accounts::PhoneNumber;
use crate::accounts::attempts::{AttemptLimit, Wait, address_key};
use crate::db::{execute, fetch_optional};
use crate::purpose::Purpose;
use crate::registers::{RegisterError, SmsCarrier};
use crate::secret::Secret;

/// Between two codes to one phone: a minute.
pub(crate) const BETWEEN_CODES: AttemptLimit = AttemptLimit::new("sms_phone_minute", 1, 60);

/// Codes to one phone for registrations, for which anyone may name it: twenty, then one in two hours. Each costs money and may
/// wake a person up.
const REGISTERING: AttemptLimit = AttemptLimit::new("sms_phone_register", 20, 2 * 3600);

/// Codes to one phone for registrations from one address: half of them, so that no single stranger uses up all.
const REGISTERING_AT_ADDRESS: AttemptLimit =
    AttemptLimit::new("sms_phone_register_address", 10, 2 * 3600);

/// Codes to one phone for a forgotten password, for which strangers may name its person: ten, then one in two hours. The
/// person's own allowances at the door come before (`forgotten_password`).
const RESETTING: AttemptLimit = AttemptLimit::new("sms_phone_reset", 10, 2 * 3600);

/// Codes to the phone on file with the card of a person with a provisional account: five, then one in two hours. A stranger
/// can have got that account by the person's name and number, so that these are apart from those of the card.
const VERIFYING: AttemptLimit = AttemptLimit::new("sms_phone_verify", 5, 2 * 3600);

/// Codes to the phone on file with the card of a verified person who is logged in: ten, then one in two hours. Strangers
/// cannot use these up (threat T42).
const OF_HOLDER: AttemptLimit = AttemptLimit::new("sms_phone", 10, 2 * 3600);

/// Codes from one address, where an office may sit: thirty, then one a minute.
const PER_ADDRESS: AttemptLimit = AttemptLimit::new("sms_address", 30, 60);

const LIFETIME_SECONDS: u32 = 600;

const MAX_TRIES: u32 = 5;

const DIGITS: usize = 6;

/// The purpose, phone and browser that a code is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding<'a> {
    pub purpose: Purpose,
    /// The phone that gets it.
    pub phone: &'a PhoneNumber,
    /// A secret of the browser that asks for it.
    pub holder: &'a Secret,
}

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    #[error("too many codes, {} s to wait", .0.0)]
    TooMany(Wait),
    /// The carrier did not take it.
    #[error(transparent)]
    Carrier(RegisterError),
    #[error("no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Why a code does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeRefused {
    /// Nothing was typed, or something that is no code.
    Missing,
    /// None was sent for this, or it is over.
    NoneSent,
    /// It is wrong; so many tries are left.
    Wrong(u32),
    /// There were too many tries: a new one is needed.
    TriesUsedUp,
}

/// A code that was right when it was looked at. What it was asked for takes it, together with what it does.
#[derive(Debug)]
pub(crate) struct RightCode {
    key_digest: String,
    code_digest: String,
}

impl Binding<'_> {
    fn key_digest(&self) -> String {
        self.code_digest("")
    }

    fn code_digest(&self, code: &str) -> String {
        let (purpose, phone) = (self.purpose.name(), self.phone.as_str());
        let derived = self.holder.derive(&format!("sms {purpose} {phone} {code}"));
        derived.digest()
    }

    /// Returns the allowances that a code uses up. Those of the address and of the purpose come before the pause between
    /// two codes, which all share.
    fn limits(&self, address: IpAddr) -> Vec<(AttemptLimit, String)> {
        let (phone, address) = (self.phone.as_str().to_owned(), address_key(address));
        let mut limits = match self.purpose {
            Purpose::Register => vec![
                (REGISTERING_AT_ADDRESS, format!("{phone} {address}")),
                (REGISTERING, phone.clone()),
            ],
            Purpose::Verify => vec![(VERIFYING, phone.clone())],
            Purpose::Password => vec![(RESETTING, phone.clone())],
            Purpose::ECard | Purpose::CardPassword | Purpose::LogIn => {
                vec![(OF_HOLDER, phone.clone())]
            }
        };
        limits.push((PER_ADDRESS, address));
        limits.push((BETWEEN_CODES, phone));
        limits
    }

    /// Sends a new code, in place of one that was sent before. `text` words the message.
    pub(crate) async fn send(
        &self,
        db: &SqlitePool,
        carrier: &dyn SmsCarrier,
        address: IpAddr,
        text: impl FnOnce(&str) -> String,
    ) -> Result<(), NotSent> {
        if let Err(wait) = self.count(db, address).await? {
            return Err(NotSent::TooMany(wait));
        }
        let code = self.make(db).await?;
        if let Err(error) = carrier.send(self.phone.as_str(), &text(&code)).await {
            forgive(db, &self.limits(address)).await?;
            return Err(NotSent::Carrier(error));
        }
        Ok(())
    }

    /// Counts a code to the phone. The inner error says how long to wait, and then nothing was counted.
    pub(crate) async fn count(
        &self,
        db: &SqlitePool,
        address: IpAddr,
    ) -> Result<Result<(), Wait>, sqlx::Error> {
        let limits = self.limits(address);
        for (counted, (limit, key)) in limits.iter().enumerate() {
            if let Err(wait) = limit.count(db, key).await? {
                forgive(db, &limits[..counted]).await?;
                return Ok(Err(wait));
            }
        }
        Ok(Ok(()))
    }

    /// Makes a new code in place of the one before, and returns it. It is not sent.
    pub(crate) async fn make(&self, db: &SqlitePool) -> Result<String, NotSent> {
        let code = random_code()?;
        execute!(db, "DELETE FROM sms_codes WHERE expires_at <= unixepoch()").await?;
        execute!(db, "INSERT INTO sms_codes (key_digest, code_digest, expires_at)
                VALUES (?1, ?2, unixepoch() + ?3) ON CONFLICT (key_digest) DO UPDATE
                SET code_digest = excluded.code_digest, tries = 0,
                expires_at = excluded.expires_at";
            self.key_digest(), self.code_digest(&code), LIFETIME_SECONDS)
        .await?;
        Ok(code)
    }

    /// Looks at a typed code, in any spelling. A wrong one is one of its tries; what cannot be a code costs no try.
    ///
    /// # Errors
    /// The outer error is the database's; the inner one says why the code does not count.
    pub(crate) async fn check(
        &self,
        db: &SqlitePool,
        typed: &str,
    ) -> Result<Result<RightCode, CodeRefused>, sqlx::Error> {
        let typed = typed::code(typed);
        if typed.len() != DIGITS || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Err(CodeRefused::Missing));
        }
        let (key_digest, typed_digest) = (self.key_digest(), self.code_digest(&typed));
        // The right code's own tries are not counted as long as the wrong ones leave one.
        let tried: Option<(String, u32)> = fetch_optional!(db, "UPDATE sms_codes
                SET tries = CASE WHEN code_digest = ?3 AND tries < ?2 THEN tries
                    ELSE min(tries + 1, ?2 + 1) END
                WHERE key_digest = ?1 AND expires_at > unixepoch() RETURNING code_digest, tries";
            &key_digest, MAX_TRIES, &typed_digest)
        .await?;
        Ok(match tried {
            None => Err(CodeRefused::NoneSent),
            Some((_, tries)) if tries > MAX_TRIES => Err(CodeRefused::TriesUsedUp),
            Some((code_digest, _)) if code_digest == typed_digest => Ok(RightCode {
                key_digest,
                code_digest,
            }),
            Some((_, MAX_TRIES)) => Err(CodeRefused::TriesUsedUp),
            Some((_, tries)) => Err(CodeRefused::Wrong(MAX_TRIES - tries)),
        })
    }
}

impl RightCode {
    /// Takes the code, once, with the transaction. Returns false if another request was faster.
    pub(crate) async fn take(self, db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        let take = "DELETE FROM sms_codes WHERE key_digest = ?1 AND code_digest = ?2";
        execute!(db, take; self.key_digest, self.code_digest).await
    }
}

async fn forgive(db: &SqlitePool, counted: &[(AttemptLimit, String)]) -> Result<(), sqlx::Error> {
    for (limit, key) in counted {
        limit.forgive(db, key).await?;
    }
    Ok(())
}

/// Six digits, each code as likely as any other.
fn random_code() -> Result<String, getrandom::Error> {
    const CODES: u32 = 10_u32.pow(DIGITS as u32);
    // Above the last multiple the first codes would be more likely.
    const LIMIT: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let random = getrandom::u32()?;
        if random < LIMIT {
            return Ok(format!("{:0DIGITS$}", random % CODES));
        }
    }
}
