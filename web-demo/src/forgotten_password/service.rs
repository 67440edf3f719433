//! The steps of a forgotten password, and what they ask of the person.

use std::net::IpAddr;
use std::time::Duration;

use saoma_protocol::typed;

use super::draft::{CodeWay, Draft};
use crate::accounts::attempts::{AttemptLimit, Wait, address_key};
use crate::accounts::{Account, PhoneNumber, check_password, password};
use crate::face::PassedCheck;
use crate::form_errors::{FieldError, FormErrors};
use crate::logouts::LogoutReason;
use crate::pages::{Cookies, Failure, Locale};
use crate::proof::Claimant;
use crate::purpose::Purpose;
use crate::records::Words;
use crate::records::inbox::{self, Notice};
use crate::sms_codes::{Binding, CodeRefused, NotSent};
use crate::surface::SurfaceContext;
use crate::{all_logins, db, verification};

/// Time that each answer takes at least, so that it does not tell what was looked up. The slowest of them takes a tenth.
const ANSWER_TIME: Duration = Duration::from_millis(400);

/// Persons that one address names: thirty, then one in ten seconds.
const NAMED_PER_ADDRESS: AttemptLimit = AttemptLimit::new("reset_named", 30, 10);

/// Codes for one person from one address: a minute between two.
const BETWEEN_CODES: AttemptLimit = AttemptLimit::new("reset_minute", 1, 60);

/// Codes for one person from one address: five, then one in two hours.
const PER_PERSON_AT_ADDRESS: AttemptLimit = AttemptLimit::new("reset_person_address", 5, 2 * 3600);

/// Codes for one person: twenty, then one in two hours. No single stranger uses up all.
const PER_PERSON: AttemptLimit = AttemptLimit::new("reset_person", 20, 2 * 3600);

/// Codes from a browser in which the person has logged in before: five, then one in two hours. Strangers cannot use these up
/// (threat T42).
const PER_KNOWN: AttemptLimit = AttemptLimit::new("reset_known", 5, 2 * 3600);

/// Codes from one address, where an office may sit: thirty, then one a minute.
const PER_ADDRESS: AttemptLimit = AttemptLimit::new("reset_address", 30, 60);

/// The typed password and its proof.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct NewPassword {
    code: String,
    password: String,
    repeat: String,
}

/// A request for a step of a forgotten password.
pub(super) struct ResetService<'a, S> {
    pub surface: &'a S,
    pub draft: &'a Draft,
    /// The account of the person, if they have one.
    pub account: Option<&'a Account>,
    pub address: IpAddr,
    pub locale: Locale,
}

/// Waits until the answer has taken its time, however short the work was.
pub(super) async fn in_even_time<T>(work: impl Future<Output = T>) -> T {
    tokio::join!(work, tokio::time::sleep(ANSWER_TIME)).0
}

/// Counts a person that an address names. The inner error says how long to wait.
pub(super) async fn count_named<S: SurfaceContext>(
    surface: &S,
    address: IpAddr,
) -> sqlx::Result<Result<(), Wait>> {
    NAMED_PER_ADDRESS
        .count(surface.db(), &address_key(address))
        .await
}

impl<S: SurfaceContext> ResetService<'_, S> {
    pub(super) const fn claimant(&self) -> Claimant<'_, S> {
        Claimant {
            surface: self.surface,
            purpose: Purpose::Password,
            id_number: &self.draft.id_number,
            holder: self.draft.holder(),
        }
    }

    /// Returns the key of the allowances of this browser, if the person has logged in there before.
    pub(super) async fn known_by(&self, cookies: &Cookies) -> sqlx::Result<Option<String>> {
        let Some(account) = self.account else {
            return Ok(None);
        };
        let known = self.surface.known_browsers();
        let known = known.find(cookies, S::KNOWN_COOKIE, &account.user_name);
        Ok(known.await?.map(|browser| browser.key))
    }

    /// Sends a code to the person's phone, or does as if. The inner error is for the field of the code.
    pub(super) async fn send_code(
        &self,
        way: CodeWay,
        cookies: &Cookies,
    ) -> Result<Result<(), FieldError>, Failure> {
        if let Err(wait) = self.count_code(cookies).await? {
            return Ok(Err(FieldError::CodeTooSoon(wait)));
        }
        let db = self.surface.db();
        let phone = self.phone(way).await?;
        let to = phone.clone().unwrap_or_else(PhoneNumber::none);
        let binding = Binding {
            purpose: Purpose::Password,
            phone: &to,
            holder: self.draft.holder(),
        };
        // The phone's own allowances are not told: others ask for codes to it too.
        let reached = phone.is_some() && binding.count(db, self.address).await?.is_ok();
        let code = match binding.make(db).await {
            Ok(code) => code,
            Err(NotSent::Randomness(error)) => return Err(error.into()),
            Err(NotSent::Database(error)) => return Err(error.into()),
            Err(NotSent::TooMany(_) | NotSent::Carrier(_)) => {
                return Ok(Err(FieldError::CarrierDown));
            }
        };
        if reached {
            let text = self.locale.texts().forgotten.code_message(code);
            self.surface.outgoing().send(to, text);
        }
        self.draft.ask_code(db, way).await?;
        Ok(Ok(()))
    }

    /// Counts a code by the allowances of person, browser and address. The inner error says how long to wait, and then nothing
    /// was counted.
    async fn count_code(&self, cookies: &Cookies) -> sqlx::Result<Result<(), Wait>> {
        let db = self.surface.db();
        let (person, address) = (self.draft.id_number.as_str(), address_key(self.address));
        let at_address = format!("{person} {address}");
        let mut limits = match self.known_by(cookies).await? {
            Some(browser) => vec![(PER_KNOWN, browser)],
            None => vec![
                (PER_PERSON_AT_ADDRESS, at_address.clone()),
                (PER_PERSON, person.to_owned()),
            ],
        };
        limits.push((PER_ADDRESS, address));
        limits.push((BETWEEN_CODES, at_address));
        for (counted, (limit, key)) in limits.iter().enumerate() {
            if let Err(wait) = limit.count(db, key).await? {
                for (limit, key) in &limits[..counted] {
                    limit.forgive(db, key).await?;
                }
                return Ok(Err(wait));
            }
        }
        Ok(Ok(()))
    }

    /// Returns the phone that a code may go to. The card's register is asked for everybody.
    async fn phone(&self, way: CodeWay) -> Result<Option<PhoneNumber>, Failure> {
        let cards = &self.surface.registers().cards;
        let card = cards.card(&self.draft.id_number).await?;
        let Some(account) = self.account else {
            return Ok(None);
        };
        Ok(match way {
            CodeWay::Card => card.and_then(|card| verification::phone_on_file(&card)),
            CodeWay::Account if account.phone_proved => PhoneNumber::try_from(&*account.phone).ok(),
            CodeWay::Account => None,
        })
    }

    /// Sets the password. The inner errors are for fields; that of the field `proof` says that no proof is left.
    pub(super) async fn finish(
        &self,
        new: &NewPassword,
        passed: Option<PassedCheck>,
    ) -> Result<Result<(), FormErrors>, Failure> {
        let over = || FormErrors::one("proof", FieldError::ProofOver);
        let id_number = self.draft.id_number.as_str();
        // What the account forbids is told after the proof: a stranger would learn the user name.
        let mut errors = FormErrors::default();
        if passed.is_none() && self.draft.code_way.is_some() && typed::code(&new.code).is_empty() {
            errors.add("code", FieldError::Code(CodeRefused::Missing));
        }
        match check_password(&new.password, "", id_number, "") {
            Err(rule) => errors.add("password", FieldError::Password(rule)),
            Ok(()) if new.password != new.repeat => errors.add("repeat", FieldError::Confirmation),
            Ok(()) => {}
        }
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let phone = match self.draft.code_way {
            Some(way) => Some(self.phone(way).await?.unwrap_or_else(PhoneNumber::none)),
            None => None,
        };
        let claimant = self.claimant();
        let proof = claimant.proof(passed, phone.as_ref(), &new.code).await?;
        let proof = match proof {
            Ok(proof) => proof,
            Err(FieldError::ProofOver) => return Ok(Err(over())),
            Err(error) => return Ok(Err(FormErrors::one("code", error))),
        };
        let Some(account) = self.account else {
            let none_sent = FieldError::Code(CodeRefused::NoneSent);
            return Ok(Err(FormErrors::one("code", none_sent)));
        };
        let (user_name, own_phone) = (&account.user_name, &account.phone);
        if let Err(rule) = check_password(&new.password, user_name, id_number, own_phone) {
            let rule = FieldError::Password(rule);
            return Ok(Err(FormErrors::one("password", rule)));
        }
        let hash = password::hash_later(new.password.clone()).await?;
        let mut transaction = db::write(self.surface.db()).await?;
        if !proof.take(&mut transaction).await?
            || !account.reset_password(&mut transaction, &hash).await?
            || !self.draft.finish(&mut transaction).await?
        {
            return Ok(Err(over()));
        }
        let reason = LogoutReason::AccountChanged;
        all_logins::end(&mut transaction, &account.id, None, reason).await?;
        let [title, body] =
            [0, 1].map(|part| Words::of_texts(|texts| texts.forgotten.notice[part]));
        inbox::notify(&mut *transaction, &account.id, &Notice::new(title, body)).await?;
        transaction.commit().await?;
        self.surface.logouts().wake();
        self.tell_by_message(account).await?;
        Ok(Ok(()))
    }

    /// Tells the owner by short message, at each phone that the hall knows to be theirs.
    async fn tell_by_message(&self, account: &Account) -> Result<(), Failure> {
        let mut phones = Vec::new();
        for way in [CodeWay::Account, CodeWay::Card] {
            phones.extend(self.phone(way).await?);
        }
        phones.dedup();
        if phones.is_empty() {
            phones.extend(PhoneNumber::try_from(&*account.phone).ok());
        }
        for phone in phones {
            let text = self.locale.texts().forgotten.changed_message;
            self.surface.outgoing().send(phone, text.to_owned());
        }
        Ok(())
    }
}
