//! Where a draft is checked, step by step, and becomes an account.

use std::net::IpAddr;

use sqlx::{SqliteConnection, SqlitePool};

use super::draft::{Draft, Person};
use super::fields::{Checked, CredentialFields};
use super::problem::{Problem, Problems};
use crate::accounts::attempts::{AttemptLimit, address_key};
use crate::accounts::id_number::IdNumber;
use crate::accounts::{Account, NewAccount, NotMade, PhoneNumber, UserName, password};
use crate::db;
use crate::pages::{Failure, Locale};
use crate::registers::Registers;
use crate::sms_codes::{Binding, CodeRefused, NotSent, Purpose, RightCode};

/// Identities tried from one address, where an office may sit: twenty, then one in half a minute.
const IDENTITIES_PER_ADDRESS: AttemptLimit = AttemptLimit {
    name: "identity_address",
    burst: 20,
    interval: 30,
};

/// Names tried for one ID number: five, then one in five minutes.
const NAMES_PER_NUMBER: AttemptLimit = AttemptLimit {
    name: "identity_number",
    burst: 5,
    interval: 300,
};

/// User names looked up from one address: a person types one letter after the other.
const USER_NAMES_PER_ADDRESS: AttemptLimit = AttemptLimit {
    name: "user_name_address",
    burst: 60,
    interval: 2,
};

/// How long a passed face check counts.
const FACE_CHECK_SECONDS: u32 = 600;

/// The longest name.
const MAX_NAME_CHARS: usize = 50;

/// Who takes registrations.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The hall's database.
    pub db: &'a SqlitePool,
    /// Who is asked.
    pub registers: &'a Registers,
    /// Where the person is.
    pub address: IpAddr,
}

/// What stands behind a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A code was sent to it, so it has to be one of the province's.
    SmsCode,
    /// Nothing: the person's face was checked, so any number does.
    FaceCheck,
}

impl Desk<'_> {
    /// Checks ID number and name, and keeps in the draft who it is.
    ///
    /// # Errors
    /// The hall's own.
    pub async fn check_identity(&self, draft: &mut Draft) -> Result<Problems, Failure> {
        draft.data.person = None;
        let mut problems = Problems::default();
        let id_number = IdNumber::try_from(draft.data.id_number.clone()).map_err(Problem::IdNumber);
        let id_number = problems.take("id_number", id_number);
        let name = draft.data.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            problems.add("name", Problem::NameMissing);
        }
        let Some(id_number) = id_number.filter(|_| problems.is_empty()) else {
            return Ok(problems);
        };
        let address = address_key(self.address);
        for (limit, key) in [
            (IDENTITIES_PER_ADDRESS, &*address),
            (NAMES_PER_NUMBER, id_number.as_str()),
        ] {
            if let Err(wait) = limit.count(self.db, key).await? {
                return Ok(Problems::one("id_number", Problem::TooMany(wait)));
            }
        }
        match self.registers.population.matches(&id_number, &name).await {
            Ok(true) => {}
            Ok(false) => return Ok(Problems::one("name", Problem::NotInRegister)),
            Err(error) => {
                tracing::error!(%error, "the population register gave no answer");
                return Ok(Problems::one("id_number", Problem::RegisterDown));
            }
        }
        NAMES_PER_NUMBER
            .forgive(self.db, id_number.as_str())
            .await?;
        IDENTITIES_PER_ADDRESS.forgive(self.db, &address).await?;
        if Account::of(self.db, &id_number).await?.is_some() {
            return Ok(Problems::one("id_number", Problem::HasAccount));
        }
        // The default is one's own ID number, and follows it when that was mistyped first.
        let user_name = &mut draft.data.user.user_name;
        if user_name.is_empty() || IdNumber::try_from(user_name.clone()).is_ok() {
            id_number.as_str().clone_into(user_name);
        }
        draft.data.person = Some(Person { id_number, name });
        Ok(problems)
    }

    /// What is wrong with a user name, while it is being typed.
    ///
    /// # Errors
    /// The database's.
    pub async fn check_user_name(
        &self,
        typed: &str,
        person: &Person,
    ) -> Result<Option<Problem>, sqlx::Error> {
        let user_name = match UserName::choose(typed, &person.id_number) {
            Ok(user_name) => user_name,
            Err(refused) => return Ok(Some(Problem::UserName(refused))),
        };
        if let Err(wait) = USER_NAMES_PER_ADDRESS
            .count(self.db, &address_key(self.address))
            .await?
        {
            return Ok(Some(Problem::TooMany(wait)));
        }
        Ok(Account::has_user_name(self.db, user_name.as_str())
            .await?
            .then_some(Problem::UserNameTaken))
    }

    /// Sends a code to the draft's phone: what is wrong otherwise.
    ///
    /// # Errors
    /// The hall's own.
    pub async fn send_code(&self, draft: &mut Draft, locale: Locale) -> Result<Problems, Failure> {
        draft.data.code_sent_to = None;
        let phone = match draft.data.user.phone().and_then(of_the_province) {
            Ok(phone) => phone,
            Err(problem) => return Ok(Problems::one("phone", problem)),
        };
        let binding = Binding {
            purpose: Purpose::Registration,
            phone: &phone,
            holder: draft.holder(),
        };
        let text = |code: &str| locale.texts().registration.code_message(code);
        match binding
            .send(self.db, &*self.registers.sms, self.address, text)
            .await
        {
            Ok(()) => {
                draft.data.code_sent_to = Some(phone.as_str().to_owned());
                Ok(Problems::default())
            }
            Err(NotSent::TooMany(wait)) => Ok(Problems::one("code", Problem::CodeTooSoon(wait))),
            Err(NotSent::Carrier(error)) => {
                tracing::error!(%error, "the carrier took no message");
                Ok(Problems::one("code", Problem::CarrierDown))
            }
            Err(NotSent::Randomness(error)) => Err(error.into()),
            Err(NotSent::Database(error)) => Err(error.into()),
        }
    }

    /// What stands behind the phone number of this registration.
    ///
    /// # Errors
    /// The database's.
    pub async fn proof(&self, draft: &Draft) -> Result<Proof, sqlx::Error> {
        let Some(person) = &draft.data.person else {
            return Ok(Proof::SmsCode);
        };
        let passed = sqlx::query_scalar::<_, i64>(
            "SELECT 1 FROM registration_face_checks
             WHERE cookie_digest = ?1 AND id_number = ?2 AND passed_at > unixepoch() - ?3",
        );
        let passed = passed
            .bind(draft.holder().digest())
            .bind(person.id_number.as_str())
            .bind(FACE_CHECK_SECONDS);
        Ok(if passed.fetch_optional(self.db).await?.is_some() {
            Proof::FaceCheck
        } else {
            Proof::SmsCode
        })
    }

    /// Keeps that the draft's person has passed a face check just now.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_face_check(&self, draft: &Draft, person: &Person) -> Result<(), sqlx::Error> {
        let over =
            sqlx::query("DELETE FROM registration_face_checks WHERE passed_at <= unixepoch() - ?1");
        over.bind(FACE_CHECK_SECONDS).execute(self.db).await?;
        sqlx::query(
            "INSERT INTO registration_face_checks (cookie_digest, id_number, passed_at) VALUES (?1, ?2, unixepoch())
             ON CONFLICT (cookie_digest) DO UPDATE SET id_number = excluded.id_number, passed_at = excluded.passed_at",
        )
        .bind(draft.holder().digest())
        .bind(person.id_number.as_str())
        .execute(self.db)
        .await
        .map(drop)
    }

    /// Makes the account: all of it or nothing. Its id, or what is wrong.
    ///
    /// # Errors
    /// The hall's own.
    pub async fn finish(
        &self,
        draft: &mut Draft,
        credentials: &CredentialFields,
        proof: Proof,
    ) -> Result<Result<String, Problems>, Failure> {
        let Some(person) = draft.data.person.clone() else {
            return Ok(Err(Problems::one("id_number", Problem::NotInRegister)));
        };
        let checked = match self.check_user(draft, &person, credentials, proof).await? {
            Ok(checked) => checked,
            Err(problems) => return Ok(Err(problems)),
        };
        let code = match self
            .check_code(draft, &checked.phone, credentials, proof)
            .await?
        {
            Ok(code) => code,
            Err(refused) => return Ok(Err(Problems::one("code", Problem::Code(refused)))),
        };
        let password_hash = password::hash_later(credentials.password.clone()).await?;
        let mut transaction = db::write(self.db).await?;
        let proved = match code {
            Some(code) => code.take(&mut transaction).await?,
            None => take_face_check(&mut transaction, draft, &person).await?,
        };
        if !proved {
            return Ok(Err(match proof {
                Proof::SmsCode => Problems::one("code", Problem::Code(CodeRefused::NoneSent)),
                Proof::FaceCheck => Problems::one("phone", Problem::FaceCheckOver),
            }));
        }
        let new = NewAccount {
            user_name: checked.user_name.as_str(),
            password_hash: &password_hash,
            id_number: &person.id_number,
            name: &person.name,
            phone: checked.phone.as_str(),
            contacts: &checked.contacts,
        };
        match Account::make(&mut transaction, &new).await {
            Ok(account_id) => {
                // Nothing of the person is kept twice.
                draft.data = super::draft::DraftData {
                    account_id: Some(account_id.clone()),
                    ..Default::default()
                };
                draft.write(&mut transaction).await?;
                transaction.commit().await?;
                Ok(Ok(account_id))
            }
            Err(NotMade::UserNameTaken) => {
                Ok(Err(Problems::one("user_name", Problem::UserNameTaken)))
            }
            Err(NotMade::HasOne) => Ok(Err(Problems::one("user_name", Problem::HasAccount))),
            Err(NotMade::Database(error)) => Err(error.into()),
        }
    }

    async fn check_user(
        &self,
        draft: &Draft,
        person: &Person,
        credentials: &CredentialFields,
        proof: Proof,
    ) -> Result<Result<Checked, Problems>, sqlx::Error> {
        let (checked, mut problems) = match draft.data.user.check(person, credentials) {
            Ok(checked) => (Some(checked), Problems::default()),
            Err(problems) => (None, problems),
        };
        if problems.of("user_name").is_none()
            && Account::has_user_name(self.db, draft.data.user.user_name.trim()).await?
        {
            problems.add("user_name", Problem::UserNameTaken);
        }
        if proof == Proof::SmsCode && problems.of("phone").is_none() {
            problems.take("phone", draft.data.user.phone().and_then(of_the_province));
        }
        Ok(checked.filter(|_| problems.is_empty()).ok_or(problems))
    }

    /// The code that was typed; none where a face check stands in for it.
    async fn check_code(
        &self,
        draft: &Draft,
        phone: &PhoneNumber,
        credentials: &CredentialFields,
        proof: Proof,
    ) -> Result<Result<Option<RightCode>, CodeRefused>, sqlx::Error> {
        if proof == Proof::FaceCheck {
            return Ok(Ok(None));
        }
        let binding = Binding {
            purpose: Purpose::Registration,
            phone,
            holder: draft.holder(),
        };
        Ok(binding.check(self.db, &credentials.code).await?.map(Some))
    }
}

fn of_the_province(phone: PhoneNumber) -> Result<PhoneNumber, Problem> {
    if phone.is_of_the_province() {
        Ok(phone)
    } else {
        Err(Problem::PhoneElsewhere)
    }
}

/// Takes the passed face check of this registration, once: false when there is none, or it was too long ago.
async fn take_face_check(
    db: &mut SqliteConnection,
    draft: &Draft,
    person: &Person,
) -> Result<bool, sqlx::Error> {
    let take = sqlx::query(
        "DELETE FROM registration_face_checks
         WHERE cookie_digest = ?1 AND id_number = ?2 AND passed_at > unixepoch() - ?3",
    );
    let taken = take
        .bind(draft.holder().digest())
        .bind(person.id_number.as_str())
        .bind(FACE_CHECK_SECONDS);
    Ok(taken.execute(db).await?.rows_affected() > 0)
}
