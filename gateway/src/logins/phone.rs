//! What a phone can do: scan, then confirm or reject.

use saoma_protocol::{
    AuthorizationCode, ClientContext, Decision, DecisionStatus, ErrorCode, Event, EventKind,
    LoginId, Refusal, RejectReason, ScanCode, ScanContext, ScanRequest, StateName, UserCode,
    masked_name,
};

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::identity::Person;
use crate::limits::LimitName;
use crate::random;
use crate::relying_parties::Clients;
use crate::store::{Applied, Asked, Attempt, Change, Confirmation, Instants, Proof, Transition};

impl Logins {
    /// Claims the login that a code leads to, and says what its person must see before confirming.
    ///
    /// # Errors
    /// The token or the code is not good, another person was first, a limit is reached, or something is down.
    pub(crate) async fn scan(
        &self,
        token: &str,
        request: &ScanRequest,
        address: &ClientAddress,
    ) -> Result<ScanContext, ApiError> {
        let limit_key = address.limit_key();
        let of_address = self.attempt(LimitName::ScanPerAddress, &limit_key);
        let (person, after) = if self.identity.asks_nobody() {
            match self.identity.identify(token).await {
                Ok(person) => (person, Some(&of_address)),
                Err(error) => {
                    self.count(LimitName::ScanPerAddress, &limit_key).await?;
                    return Err(error.into());
                }
            }
        } else {
            self.count(LimitName::ScanPerAddress, &limit_key).await?;
            (self.identity.identify(token).await?, None)
        };
        let attempt = Attempt {
            after,
            ..self.attempt(LimitName::ScanPerPerson, person.id.as_str())
        };
        let (id, proof, attempt) = match self.scan_code(request) {
            // Counted in the same step with the scan.
            Some(code) => (code.login_id(), Proof::ScanCode(code), Some(&attempt)),
            None => {
                self.let_through(attempt.before(async { Ok(()) }).await?)?;
                let (id, proof) = self.find_typed(&person, request).await?;
                (id, proof, None)
            }
        };
        let scan = Transition {
            event: Event::Scan {
                person: person.id.clone(),
            },
            proof,
            change: Change::Scanned {
                person: masked_name(&person.name),
            },
            lifetime: self.lifetimes.scanned,
            grant: None,
        };
        match self.let_through(self.store.scan(attempt, id, &scan).await?)? {
            (Applied::Changed(instants), Some(asked)) => {
                self.metrics.login_changed(scan.event.kind());
                Ok(self.context(id, asked, person, instants))
            }
            (Applied::Repeated(instants), Some(asked)) => {
                Ok(self.context(id, asked, person, instants))
            }
            (Applied::Refused(refusal), _) => Err(refused_scan(refusal)),
            (_, None) | (Applied::Unknown, _) => Err(unknown_code()),
        }
    }

    /// Logs the browser in as one of the person's identities, whose standing is asked for again (threats T24, T25).
    ///
    /// # Errors
    /// The login is not this person's or not scanned, the identity is not theirs or refused, or something is down.
    pub(crate) async fn confirm(
        &self,
        token: &str,
        id: LoginId,
        identity: &str,
    ) -> Result<Decision, ApiError> {
        let person = self.identity.identify(token).await?;
        let Some(offered) = person
            .identities
            .iter()
            .find(|offered| offered.identity.id == identity)
        else {
            self.count(LimitName::ConfirmPerPerson, person.id.as_str())
                .await?;
            self.must_own(id, &person).await?;
            return Err(not_offered());
        };
        if let Some(reason) = person.refusal.as_ref().or(offered.refusal.as_ref()) {
            self.count(LimitName::ConfirmPerPerson, person.id.as_str())
                .await?;
            self.must_own(id, &person).await?;
            return Err(self.refuse_identity(id, &person, reason).await?);
        }
        let confirmation = Confirmation {
            person: person.id.clone(),
            name: person.name.clone(),
            identity: offered.identity.clone(),
            code: AuthorizationCode::from_random(id, random::bytes()),
            lifetime: self.lifetimes.authorization_code,
        };
        let attempt = self.attempt(LimitName::ConfirmPerPerson, person.id.as_str());
        let applied = self.let_through(self.store.confirm(&attempt, id, &confirmation).await?)?;
        self.decided(&applied, EventKind::Confirm, DecisionStatus::Confirmed)
    }

    /// Declines.
    ///
    /// # Errors
    /// The login is not this person's, or over, or something is down.
    pub(crate) async fn reject(&self, token: &str, id: LoginId) -> Result<Decision, ApiError> {
        let person = self.identity.identify(token).await?;
        self.count(LimitName::ConfirmPerPerson, person.id.as_str())
            .await?;
        let applied = self
            .store
            .apply(id, &rejection(&person, RejectReason::Declined))
            .await?;
        self.decided(&applied, EventKind::Reject, DecisionStatus::Rejected)
    }

    /// What the QR code holds, if it is one of this gateway's.
    fn scan_code(&self, request: &ScanRequest) -> Option<ScanCode> {
        match request {
            ScanRequest::Qr { qr } => ScanCode::from_qr_text(qr, &self.public_origin).ok(),
            ScanRequest::UserCode { .. } => None,
        }
    }

    /// Guessing is what typed codes invite: after a few tries a person is locked out for a while, right code or not
    /// (RFC 8628 §5.1, threat T9).
    async fn find_typed(
        &self,
        person: &Person,
        request: &ScanRequest,
    ) -> Result<(LoginId, Proof), ApiError> {
        let ScanRequest::UserCode { user_code: text } = request else {
            return Err(ApiError::new(
                ErrorCode::NotALoginCode,
                "the text is not a login code of this gateway",
            ));
        };
        self.count(LimitName::TypedCodePerPerson, person.id.as_str())
            .await?;
        let code: UserCode = text.parse().map_err(|_| unknown_code())?;
        let id = self
            .store
            .find_by_user_code(code)
            .await?
            .ok_or_else(unknown_code)?;
        Ok((id, Proof::UserCode(code)))
    }

    fn context(
        &self,
        login_id: LoginId,
        asked: Asked,
        person: Person,
        instants: Instants,
    ) -> ScanContext {
        let request = asked.request;
        let client = self.clients.get(&request.client_id);
        ScanContext {
            login_id,
            client: ClientContext {
                name: client
                    .map_or_else(|| request.client_id.clone(), |client| client.name.clone()),
                origin: Clients::landing_origin(&request.redirect_uri),
                client_id: request.client_id,
            },
            requester: request.requester,
            requested_at: asked.opened_at.seconds(),
            expires_in: instants.now.seconds_until(instants.expires_at),
            person: person.name,
            identities: person
                .identities
                .into_iter()
                .map(|offered| offered.identity)
                .collect(),
        }
    }

    /// Whether the login is this person's. Another person's login and one that does not exist look the same.
    async fn must_own(&self, id: LoginId, person: &Person) -> Result<(), ApiError> {
        let record = self.store.read(id).await?.ok_or_else(Self::unknown_login)?;
        match record.login.state.person() {
            Some(owner) if *owner == person.id => Ok(()),
            Some(_) => Err(Self::unknown_login()),
            None => match record.login.state.name() {
                StateName::Waiting => {
                    Err(ApiError::new(ErrorCode::NotScanned, "scan the code first"))
                }
                // Which person a login had when it was cancelled or ran out is not kept.
                state => Err(refused_decision(Refusal::State(state))),
            },
        }
    }

    async fn refuse_identity(
        &self,
        id: LoginId,
        person: &Person,
        reason: &str,
    ) -> Result<ApiError, ApiError> {
        let transition = rejection(person, RejectReason::IdentityRefused);
        if let Applied::Changed(_) = self.store.apply(id, &transition).await? {
            self.metrics.login_changed(transition.event.kind());
        }
        Ok(ApiError {
            reason: Some(reason.to_owned()),
            ..ApiError::new(
                ErrorCode::IdentityRefused,
                "this identity may not log in now; reason says why",
            )
        })
    }

    fn decided(
        &self,
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
            Applied::Refused(refusal) => Err(refused_decision(*refusal)),
            Applied::Unknown => Err(Self::unknown_login()),
        }
    }
}

fn not_offered() -> ApiError {
    ApiError::new(
        ErrorCode::IdentityNotAllowed,
        "the person does not have this identity: choose one of those offered",
    )
}

fn rejection(person: &Person, reason: RejectReason) -> Transition {
    Transition {
        event: Event::Reject {
            person: person.id.clone(),
        },
        proof: Proof::Held,
        change: Change::Rejected { reason },
        lifetime: std::time::Duration::ZERO,
        grant: None,
    }
}

fn unknown_code() -> ApiError {
    ApiError::new(
        ErrorCode::UnknownCode,
        "no login waits for this code: it is mistyped, out of time, or has been renewed",
    )
}

fn refused_scan(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::AnotherPerson => ApiError::new(
            ErrorCode::AlreadyScanned,
            "another person has scanned this code",
        ),
        Refusal::State(StateName::Confirmed | StateName::Redeemed | StateName::Rejected) => {
            already_decided()
        }
        Refusal::State(_) | Refusal::TooLate | Refusal::TooEarly => unknown_code(),
    }
}

fn refused_decision(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::AnotherPerson => Logins::unknown_login(),
        Refusal::State(StateName::Waiting) => {
            ApiError::new(ErrorCode::NotScanned, "scan the code first")
        }
        Refusal::State(StateName::Expired) | Refusal::TooLate | Refusal::TooEarly => ApiError::new(
            ErrorCode::LoginExpired,
            "the time to confirm is over: scan a new code",
        ),
        Refusal::State(_) => already_decided(),
    }
}

fn already_decided() -> ApiError {
    ApiError::new(
        ErrorCode::AlreadyDecided,
        "the login is decided already, or its browser has given it up: scan a new code",
    )
}
