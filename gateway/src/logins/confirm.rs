//! Decisions: the person who has scanned confirms or rejects.

use std::time::Duration;

use saoma_protocol::{
    CancelReason, ConfirmRequest, Decision, DecisionStatus, Digest, ErrorCode, EventKind, Identity,
    LoginId, PersonId, RejectReason, StateName, TransitionError,
};

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::identity::Person;
use crate::limits::LimitName;
use crate::store::{Applied, Change, Confirmation, LoginRequest, StoredChange, Transition};

/// Time after which a phone asks again if the browser has agreed: as often as a person may confirm in the long run, so that
/// a phone that obeys reaches no limit.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Reason for which a person is refused whom the relying party has not asked for by its `id_token_hint`.
pub(super) const ANOTHER_PERSON: &str = "another_person_expected";

/// Reason for which a person of another source than the client's is refused.
pub(super) const WRONG_SOURCE: &str = "source_not_allowed";

impl Logins {
    /// Logs the browser in as one of the person's identities, whose standing is asked for again (threats T24, T25).
    ///
    /// # Errors
    /// The login is not this person's or has ended, the identity is not theirs or refused, or something is down.
    pub(crate) async fn confirm(
        &self,
        token: &str,
        id: LoginId,
        request: &ConfirmRequest,
        address: &ClientAddress,
    ) -> Result<Decision, ApiError> {
        let limits = [LimitName::ConfirmPerPerson];
        let person = self.person_behind(token, address, &limits).await?;
        let Some(offered) = person
            .identities
            .iter()
            .find(|offered| offered.identity.id == request.identity)
        else {
            self.count(LimitName::ConfirmPerPerson, person.id.as_str())
                .await?;
            self.must_own(id, &person).await?;
            return Err(not_offered());
        };
        let reasons = [&person.ineligible_reason, &offered.ineligible_reason];
        if let Some(reason) = reasons.into_iter().flatten().next() {
            self.count(LimitName::ConfirmPerPerson, person.id.as_str())
                .await?;
            let state = self.must_own(id, &person).await?;
            if person.refusal().is_some() {
                return Err(self.refuse_identity(id, &person, reason).await?);
            }
            return Err(refused_choice(state, reason));
        }
        let attempts = [self.attempt(LimitName::ConfirmPerPerson, person.id.as_str())];
        let attempts = if self.clients.current().has_sources() {
            self.count(LimitName::ConfirmPerPerson, person.id.as_str())
                .await?;
            if !self.admits_source(id, &person).await? {
                self.must_own(id, &person).await?;
                return Err(self.refuse_identity(id, &person, WRONG_SOURCE).await?);
            }
            &attempts[..0]
        } else {
            &attempts[..]
        };
        let mut confirmation = Confirmation {
            person: person.id.clone(),
            person_tag: self.known_persons.tag(&person.id),
            name: person.name.clone(),
            identity: offered.identity.clone(),
            claims: person.claims.clone(),
            code: self.secrets.authorization_code(id),
            lifetime: self.lifetimes.authorization_code,
            same_user_code: request.same_user_code,
            is_expected: false,
        };
        let confirmed = self.store.confirm(attempts, id, &confirmation).await?;
        let mut applied = self.let_through(confirmed)?;
        if applied == Applied::NotExpected {
            if !self.expects(id, &person.id, &offered.identity).await? {
                return Err(self.refuse_another(id, &person).await?);
            }
            confirmation.is_expected = true;
            let confirmed = self.store.confirm(&[], id, &confirmation).await?;
            applied = self.let_through(confirmed)?;
        }
        self.decided(id, &applied, EventKind::Confirm, DecisionStatus::Confirmed)
            .await
    }

    /// Declines.
    ///
    /// # Errors
    /// The login is not this person's, or over, or something is down.
    pub(crate) async fn reject(
        &self,
        token: &str,
        id: LoginId,
        address: &ClientAddress,
    ) -> Result<Decision, ApiError> {
        let limits = [LimitName::ConfirmPerPerson];
        let person = self.person_behind(token, address, &limits).await?;
        self.count(LimitName::ConfirmPerPerson, person.id.as_str())
            .await?;
        let applied = self
            .store
            .apply(id, &rejection(&person, RejectReason::Declined))
            .await?;
        self.decided(id, &applied, EventKind::Reject, DecisionStatus::Rejected)
            .await
    }

    /// Returns the refusal of an identity that the login's request does not expect. The login waits for a person who has the
    /// one that it does, and ends otherwise.
    async fn refuse_another(&self, id: LoginId, person: &Person) -> Result<ApiError, ApiError> {
        let record = self.store.read(id).await?.ok_or_else(Self::unknown_login)?;
        let mut others = person.identities.iter();
        if others.any(|offered| self.is_expected(&record.request, &person.id, &offered.identity)) {
            return Ok(refused_choice(record.login.state.name(), ANOTHER_PERSON));
        }
        self.refuse_identity(id, person, ANOTHER_PERSON).await
    }

    /// Returns true if the login's request expects this person as this identity, or no one in particular. An unknown login
    /// is refused by the next step.
    async fn expects(
        &self,
        id: LoginId,
        person: &PersonId,
        identity: &Identity,
    ) -> Result<bool, ApiError> {
        let record = self.store.read(id).await?;
        Ok(record.is_none_or(|record| self.is_expected(&record.request, person, identity)))
    }

    /// Returns true if a request expects this person as this identity, or no one in particular.
    pub(super) fn is_expected(
        &self,
        request: &LoginRequest,
        person: &PersonId,
        identity: &Identity,
    ) -> bool {
        let Some(expected) = request.expected_subject else {
            return true;
        };
        let client = self.clients.get(&request.client_id);
        client.is_some_and(|client| {
            let subject = self.subjects.of(&client, person, identity);
            Digest::of(subject.as_bytes()) == expected
        })
    }

    /// Returns true if the login's client admits persons of this source. An unknown login is refused by the next step.
    async fn admits_source(&self, id: LoginId, person: &Person) -> Result<bool, ApiError> {
        let record = self.store.read(id).await?;
        let client = record.and_then(|record| self.clients.get(&record.request.client_id));
        Ok(client.is_none_or(|client| client.admits_source(person.source.as_deref())))
    }

    /// Returns the login's state, or an error unless the login is this person's and goes on. Another person's login, one that the person has not
    /// scanned and one that does not exist look the same (row A11).
    async fn must_own(&self, id: LoginId, person: &Person) -> Result<StateName, ApiError> {
        let record = self.store.read(id).await?.ok_or_else(Self::unknown_login)?;
        let state = &record.login.state;
        if state.person() != Some(&person.id) {
            return Err(Self::unknown_login());
        }
        match state.name() {
            state @ (StateName::Cancelled | StateName::Expired) => Err(self
                .refused_decision(id, TransitionError::State(state))
                .await),
            state => Ok(state),
        }
    }

    /// Ends a login because its person's identity may not log in, and returns the error for the phone.
    pub(super) async fn refuse_identity(
        &self,
        id: LoginId,
        person: &Person,
        reason: &str,
    ) -> Result<ApiError, ApiError> {
        let transition = rejection(person, RejectReason::IdentityRefused);
        if let Applied::Changed(_) = self.store.apply(id, &transition).await? {
            self.metrics.login_changed(EventKind::Reject);
        }
        Ok(ApiError {
            reason: Some(reason.to_owned()),
            ..ApiError::new(
                ErrorCode::IdentityRefused,
                "this identity may not log in now; reason says why",
            )
        })
    }

    async fn decided(
        &self,
        id: LoginId,
        applied: &Applied,
        event: EventKind,
        status: DecisionStatus,
    ) -> Result<Decision, ApiError> {
        match applied {
            Applied::Changed(_) => {
                self.metrics.login_changed(event);
                Ok(Decision { status })
            }
            Applied::Repeated(_) => Ok(Decision { status }),
            Applied::Refused(refusal) => Err(self.refused_decision(id, *refusal).await),
            Applied::NotCompared => Err(ApiError::new(
                ErrorCode::NotCompared,
                "a device asks: show its user code, and confirm with same_user_code once the person has compared it",
            )),
            // It was compared, or its request was lost meanwhile.
            Applied::Unknown | Applied::NotExpected => Err(Self::unknown_login()),
        }
    }

    /// Returns the refusal of a decision, with the reason for which the browser gave the login up.
    async fn refused_decision(&self, id: LoginId, refusal: TransitionError) -> ApiError {
        if refusal != TransitionError::State(StateName::Cancelled) {
            return refused_decision(refusal);
        }
        match self.store.changes_after(&[(id, 0)]).await {
            Ok(changes) => ApiError {
                reason: cancel_reason(&changes).map(|reason| reason.as_str().to_owned()),
                ..already_decided()
            },
            Err(error) => error.into(),
        }
    }
}

fn cancel_reason(changes: &[(LoginId, Vec<StoredChange>)]) -> Option<CancelReason> {
    let mut changes = changes.iter().flat_map(|(_, changes)| changes);
    changes.find_map(|stored| match stored.change {
        Change::Cancelled { reason } => reason,
        _ => None,
    })
}

/// Returns the refusal of one identity of a person who has another: the login waits for it, as it is.
fn refused_choice(state: StateName, reason: &str) -> ApiError {
    if !matches!(state, StateName::Asked | StateName::Scanned) {
        return already_decided();
    }
    ApiError {
        reason: Some(reason.to_owned()),
        may_choose_again: true,
        ..ApiError::new(
            ErrorCode::IdentityRefused,
            "this identity may not log in now; reason says why. Choose another one, or decline",
        )
    }
}

fn not_offered() -> ApiError {
    ApiError::new(
        ErrorCode::IdentityNotAllowed,
        "the person does not have this identity: choose one of those offered",
    )
}

fn rejection(person: &Person, reason: RejectReason) -> Transition {
    Transition::Reject {
        person: person.id.clone(),
        reason,
    }
}

fn refused_decision(refusal: TransitionError) -> ApiError {
    match refusal {
        // A login without a scan is told apart from no login by its browser alone.
        TransitionError::AnotherPerson | TransitionError::State(StateName::Waiting) => {
            Logins::unknown_login()
        }
        TransitionError::State(StateName::Asked) => ApiError {
            retry_after: Some(ASK_AGAIN),
            ..ApiError::new(
                ErrorCode::NotAgreed,
                "the browser asks its user to agree: look at the computer, then confirm again",
            )
        },
        TransitionError::State(StateName::Expired)
        | TransitionError::TooLate
        | TransitionError::TooEarly => ApiError::new(
            ErrorCode::LoginExpired,
            "the time to confirm is over: scan a new code",
        ),
        TransitionError::State(_) => already_decided(),
    }
}

pub(super) fn already_decided() -> ApiError {
    ApiError::new(
        ErrorCode::AlreadyDecided,
        "the login is decided already, or its browser has given it up: scan a new code",
    )
}
