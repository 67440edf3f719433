//! The checks of a registration, step by step, and the account that comes of it.

use std::net::IpAddr;

use saoma_protocol::typed;

use super::citizen::Citizen;
use super::draft::{Draft, DraftData};
use super::fields::CredentialFields;
use super::takeover;
use crate::accounts::attempts::{AttemptLimit, address_key};
use crate::accounts::id_number::IdNumber;
use crate::accounts::{
    Account, AccountStanding, NewAccount, NotMade, PhoneNumber, UserName, password,
};
use crate::db;
use crate::face::PassedCheck;
use crate::form_errors::{FieldError, FormErrors};
use crate::log_pace::LogPace;
use crate::pages::{Failure, Locale};
use crate::proof::Claimant;
use crate::purpose::Purpose;
use crate::sms_codes::CodeRefused;
use crate::surface::SurfaceContext;
use crate::verification;

/// Identities tried from one address, which a whole office may share: 20, then one in 30 s.
const IDENTITIES_PER_ADDRESS: AttemptLimit = AttemptLimit::new("identity_address", 20, 30);

/// Names tried for one ID number: fifteen, then one in five minutes.
const NAMES_PER_NUMBER: AttemptLimit = AttemptLimit::new("identity_number", 15, 300);

/// Names tried for one ID number from one address: five, then one in five minutes, so that no single stranger keeps the
/// number's owner from registering (threat T42).
const NAMES_AT_ADDRESS: AttemptLimit = AttemptLimit::new("identity_number_address", 5, 300);

/// User names looked up from one address, one for each letter that is typed.
const USER_NAMES_PER_ADDRESS: AttemptLimit = AttemptLimit::new("user_name_address", 60, 2);

const MAX_NAME_CHARS: usize = 50;

static REGISTER_FAILURES: LogPace = LogPace::new();

/// The registration service for one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct RegistrationService<'a, S> {
    pub surface: &'a S,
    /// The address of the request.
    pub address: IpAddr,
}

impl<'a, S: SurfaceContext> RegistrationService<'a, S> {
    /// Checks ID number and name against the population register, and keeps the person in the draft.
    pub(super) async fn check_identity(&self, draft: &mut Draft) -> Result<FormErrors, Failure> {
        draft.data.citizen = None;
        let mut errors = FormErrors::default();
        let id_number = IdNumber::try_from(draft.data.id_number.clone());
        let id_number = errors.take("id_number", id_number.map_err(FieldError::IdNumber));
        let name = typed::name(&draft.data.name);
        let is_name = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
        errors.require(is_name, "name", FieldError::NameMissing);
        if let Some(error) = FieldError::of_line(&name) {
            errors.add("name", error);
        }
        let Some(id_number) = id_number.filter(|_| errors.is_empty()) else {
            return Ok(errors);
        };
        let (db, address) = (self.surface.db(), address_key(self.address));
        let limits = [
            (IDENTITIES_PER_ADDRESS, address.clone()),
            (
                NAMES_AT_ADDRESS,
                format!("{} {address}", id_number.as_str()),
            ),
            (NAMES_PER_NUMBER, id_number.as_str().to_owned()),
        ];
        for (limit, key) in &limits {
            if let Err(wait) = limit.count(db, key).await? {
                return Ok(FormErrors::one("id_number", FieldError::TooMany(wait)));
            }
        }
        let population = &self.surface.registers().population;
        let name = match population.registered_name(&id_number, &name).await {
            Ok(Some(registered)) => registered,
            Ok(None) => return Ok(FormErrors::one("name", FieldError::NotInRegister)),
            Err(error) => {
                if let Some(unlogged) = REGISTER_FAILURES.admit() {
                    tracing::error!(%error, unlogged, "the population register gave no answer");
                }
                return Ok(FormErrors::one("id_number", FieldError::RegisterDown));
            }
        };
        for (limit, key) in &limits {
            limit.forgive(db, key).await?;
        }
        match Account::of(db, &id_number)
            .await?
            .map(|account| account.standing)
        {
            None => draft.data.contested = None,
            Some(AccountStanding::Verified) => {
                return Ok(FormErrors::one("id_number", FieldError::HasAccount));
            }
            // Name and number are known to others too: the account may be a stranger's. The person who goes on all the
            // same proves to be the number's owner.
            Some(AccountStanding::Provisional) => {
                let told = draft.data.contested.replace(id_number.clone());
                if told.as_ref() != Some(&id_number) {
                    let error = FieldError::HasProvisionalAccount;
                    return Ok(FormErrors::one("id_number", error));
                }
            }
        }
        // The default is one's own ID number, and follows it when that was mistyped first.
        let user_name = &mut draft.data.user.user_name;
        if user_name.is_empty() || IdNumber::try_from(user_name.clone()).is_ok() {
            id_number.as_str().clone_into(user_name);
        }
        draft.data.citizen = Some(Citizen { id_number, name });
        Ok(errors)
    }

    /// Returns the error of a user name while it is being typed.
    pub(super) async fn check_user_name(
        &self,
        typed: &str,
        citizen: &Citizen,
    ) -> Result<Option<FieldError>, sqlx::Error> {
        let user_name = match UserName::choose(typed, &citizen.id_number) {
            Ok(user_name) => user_name,
            Err(refused) => return Ok(Some(FieldError::UserName(refused))),
        };
        let (db, address) = (self.surface.db(), address_key(self.address));
        if let Err(wait) = USER_NAMES_PER_ADDRESS.count(db, &address).await? {
            return Ok(Some(FieldError::TooMany(wait)));
        }
        let taken = Account::has_user_name(db, user_name.as_str()).await?;
        Ok(taken.then_some(FieldError::UserNameTaken))
    }

    /// Returns true if a code to this phone proves the person of a draft. Where a provisional account has the number already,
    /// only the phone on file with the person's card does.
    async fn may_prove(&self, draft: &Draft, phone: &PhoneNumber) -> Result<bool, Failure> {
        let Some(citizen) = &draft.data.citizen else {
            return Ok(false);
        };
        if !draft.data.contests(&citizen.id_number) {
            return Ok(true);
        }
        let cards = &self.surface.registers().cards;
        let card = cards.card(&citizen.id_number).await?;
        let on_file = card.and_then(|card| verification::phone_on_file(&card));
        Ok(on_file.as_ref() == Some(phone))
    }

    /// Sends a code to the draft's phone.
    pub(super) async fn send_code(
        &self,
        draft: &mut Draft,
        locale: Locale,
    ) -> Result<FormErrors, Failure> {
        draft.data.code_sent_to = None;
        let (Some(citizen), phone) = (&draft.data.citizen, draft.data.user.phone(false)) else {
            return Ok(FormErrors::one("phone", FieldError::NotInRegister));
        };
        let phone = match phone {
            Ok(phone) => phone,
            Err(error) => return Ok(FormErrors::one("phone", error)),
        };
        if !self.may_prove(draft, &phone).await? {
            return Ok(FormErrors::one("phone", FieldError::NotPhoneOnFile));
        }
        let claimant = self.claimant(draft, citizen);
        if let Err(error) = claimant.send_code(&phone, self.address, locale).await? {
            return Ok(FormErrors::one("code", error));
        }
        draft.data.code_sent_to = Some(phone.as_str().to_owned());
        Ok(FormErrors::default())
    }

    /// Returns the person of a draft as the one who proves to be it.
    pub(super) const fn claimant<'b>(
        &self,
        draft: &'b Draft,
        citizen: &'b Citizen,
    ) -> Claimant<'b, S>
    where
        'a: 'b,
    {
        Claimant {
            surface: self.surface,
            purpose: Purpose::Register,
            id_number: &citizen.id_number,
            holder: draft.holder(),
        }
    }

    /// Makes the account, all of it or nothing. Returns its id.
    pub(super) async fn finish(
        &self,
        draft: &mut Draft,
        credentials: &CredentialFields,
        passed: Option<PassedCheck>,
    ) -> Result<Result<String, FormErrors>, Failure> {
        let Some(citizen) = draft.data.citizen.clone() else {
            return Ok(Err(FormErrors::one("id_number", FieldError::NotInRegister)));
        };
        let (db, user) = (self.surface.db(), &draft.data.user);
        let (checked, mut errors) = user.check(&citizen, credentials, passed.is_some());
        if errors.of("user_name").is_none()
            && Account::has_user_name(db, &UserName::folded(&user.user_name)).await?
        {
            errors.add("user_name", FieldError::UserNameTaken);
        }
        let by_code = passed.is_none();
        // Told with the other mistakes. A typed code is looked at when they are gone, because each look is a try.
        if by_code && typed::code(&credentials.code).is_empty() {
            errors.add("code", FieldError::Code(CodeRefused::Missing));
        }
        if by_code
            && let Some(checked) = &checked
            && !self.may_prove(draft, &checked.phone).await?
        {
            errors.add("phone", FieldError::NotPhoneOnFile);
        }
        let Some(checked) = checked.filter(|_| errors.is_empty()) else {
            return Ok(Err(errors));
        };
        let over = match passed {
            Some(_) => ("phone", FieldError::FaceCheckOver),
            None => ("code", FieldError::Code(CodeRefused::NoneSent)),
        };
        let claimant = self.claimant(draft, &citizen);
        let proof = claimant.proof(passed, Some(&checked.phone), &credentials.code);
        let proof = match proof.await? {
            Ok(proof) => proof,
            Err(error) => return Ok(Err(FormErrors::one("code", error))),
        };
        let password_hash = password::hash_later(credentials.password.clone()).await?;
        let mut transaction = db::write(db).await?;
        if !proof.take(&mut transaction).await? {
            return Ok(Err(FormErrors::one(over.0, over.1)));
        }
        let contested = draft.data.contests(&citizen.id_number);
        if contested {
            takeover::remove_provisional(&mut transaction, &citizen.id_number).await?;
        }
        let new = NewAccount {
            user_name: checked.user_name.as_str(),
            password_hash: &password_hash,
            id_number: &citizen.id_number,
            name: &citizen.name,
            phone: checked.phone.as_str(),
            phone_proved: by_code,
            contacts: &checked.contacts,
        };
        let account_id = match Account::make(&mut transaction, &new).await {
            Ok(account_id) => account_id,
            Err(NotMade::UserNameTaken) => {
                return Ok(Err(FormErrors::one("user_name", FieldError::UserNameTaken)));
            }
            Err(NotMade::HasOne) => {
                return Ok(Err(FormErrors::one("user_name", FieldError::HasAccount)));
            }
            Err(NotMade::Database(error)) => return Err(error.into()),
        };
        if contested {
            takeover::tell(&mut transaction, &account_id).await?;
            // The code went to the phone on file with the card, which is what verification asks for.
            if by_code {
                Account::verify(&mut transaction, &account_id).await?;
            }
        }
        // The draft keeps nothing of the person besides the account.
        draft.data = DraftData {
            account_id: Some(account_id.clone()),
            ..Default::default()
        };
        draft.rotate()?;
        draft.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Ok(account_id))
    }
}
