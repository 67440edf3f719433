//! Scans: a phone claims the login that a code leads to.

use saoma_protocol::{
    ClientContext, ErrorCode, EventKind, LoginId, Network, OfferedIdentity, Place,
    RequesterContext, ScanCode, ScanContext, ScanRequest, StateName, Timestamp, TransitionError,
    UserCode, masked_name,
};

use super::Logins;
use super::confirm::{ANOTHER_PERSON, WRONG_SOURCE, already_decided};
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::error_chain::chain;
use crate::identity::Person;
use crate::limits::LimitName;
use crate::relying_parties::landing_origin;
use crate::request_id;
use crate::store::{Compare, Instants, LoginRequest, Precondition, Scan, Scanned};

/// The address of a phone's request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhoneAddress {
    /// Address that the request comes from.
    pub address: ClientAddress,
    /// True if a trusted proxy has forwarded for it. Else it may be that of the app's backend.
    pub is_forwarded: bool,
}

impl PhoneAddress {
    /// Returns the phone's own address: the one that the app's backend names, else the one that a proxy names.
    fn own(&self, person: &Person) -> Option<ClientAddress> {
        let named = person.phone_address.map(ClientAddress::from_ip);
        named.or_else(|| self.is_forwarded.then_some(self.address))
    }
}

/// Compares a browser's network with the phone's.
fn network(requester: &RequesterContext, phone: Option<ClientAddress>) -> Network {
    let (Some(phone), Ok(browser)) = (phone, requester.address.parse()) else {
        return Network::Unknown;
    };
    if requester.place == Place::Unknown {
        return Network::Unknown;
    }
    ClientAddress::from_ip(browser).network_beside(&phone)
}

impl Logins {
    /// Claims the login that a code leads to, and says what its person must see before confirming.
    ///
    /// # Errors
    /// The token or the code is not good, another person was first, a limit is reached, or something is down.
    pub(crate) async fn scan(
        &self,
        token: &str,
        request: &ScanRequest,
        address: &PhoneAddress,
    ) -> Result<ScanContext, ApiError> {
        let limits = [LimitName::ScanPerPerson, LimitName::UnknownCodePerPerson];
        let person = self.person_behind(token, &address.address, &limits).await?;
        let key = person.id.as_str();
        self.must_not_be_limited(LimitName::UnknownCodePerPerson, key)?;
        let attempts = [self.attempt(LimitName::ScanPerPerson, key)];
        let code = self.scan_code(request);
        let is_foreign = code.is_none() && matches!(request, ScanRequest::Qr { .. });
        // Told before the login is claimed, so that its code still works for a person who may log in.
        if let Some(reason) = person.refusal().filter(|_| !is_foreign) {
            self.let_through(self.store.take(&attempts).await?)?;
            return Err(refused_person(reason));
        }
        let (id, precondition, attempts) = match code {
            Some(code) => (code.login_id(), Precondition::ScanCode(code), &attempts[..]),
            None => {
                self.let_through(self.store.take(&attempts).await?)?;
                let (id, precondition) = self.find_typed(&person, request).await?;
                (id, precondition, &[][..])
            }
        };
        request_id::concerns(id);
        let is_typed = matches!(precondition, Precondition::UserCode(_));
        let mut scan = Scan {
            person: person.id.clone(),
            person_tags: self.known_persons.tags(&person.id),
            masked_name: masked_name(&person.name),
            precondition,
            lifetime: self.lifetimes.scanned,
            compare: if self.clients.current().has_sources() {
                Compare::All
            } else {
                Compare::Expecting
            },
        };
        let mut scanned = self.let_through(self.store.scan(attempts, id, &scan).await?)?;
        if is_typed && proves_the_code(&scanned) {
            self.forget_typed(key).await;
        }
        if let Scanned::ToCompare(request) = &scanned {
            // Told before the login is claimed, so that its code still works for the right person.
            if let Some(reason) = self.mismatch(request, &person) {
                return Err(refused_person(reason));
            }
            scan.compare = Compare::Done;
            scanned = self.let_through(self.store.scan(&[], id, &scan).await?)?;
        }
        match scanned {
            Scanned::Claimed {
                request,
                opened_at,
                instants,
                repeated,
                asks,
            } => {
                // Nothing waits for a device's login, so its end may not have been noticed yet.
                if instants.now >= instants.expires_at {
                    return Err(unknown_code());
                }
                if !repeated {
                    self.metrics.login_changed(EventKind::Scan);
                }
                if let Some(error) = self.refuse_removed(id, &request.client_id).await {
                    return Err(error);
                }
                let network = network(&request.requester, address.own(&person));
                let context = self.context(id, *request, opened_at, person, network, instants);
                Ok(ScanContext {
                    agree: asks,
                    ..context
                })
            }
            Scanned::Refused(refusal) => {
                let error = refused_scan(refusal);
                if error.error != ErrorCode::AlreadyScanned {
                    self.count(LimitName::UnknownCodePerPerson, person.id.as_str())
                        .await?;
                }
                Err(error)
            }
            // A store does not ask for a second comparison.
            Scanned::Unknown | Scanned::ToCompare(_) => Err(self.unknown_code_of(&person).await?),
        }
    }

    /// Returns why this person cannot confirm a login with this request, though they can log in elsewhere.
    fn mismatch<'a>(&self, request: &LoginRequest, person: &'a Person) -> Option<&'a str> {
        let client = self.clients.get(&request.client_id);
        if client.is_some_and(|client| !client.admits_source(person.source.as_deref())) {
            return Some(WRONG_SOURCE);
        }
        request.expected_subject?;
        let fits =
            |offered: &&OfferedIdentity| self.is_expected(request, &person.id, &offered.identity);
        let mut fitting = person.identities.iter().filter(fits);
        let Some(first) = fitting.next() else {
            return Some(ANOTHER_PERSON);
        };
        let reason = first.ineligible_reason.as_deref()?;
        fitting
            .all(|offered| offered.ineligible_reason.is_some())
            .then_some(reason)
    }

    /// Counts an unknown or ended code against the person who sent it: a guess, or a picture of an old code. Others who
    /// share the person's address are not affected (row A3).
    async fn unknown_code_of(&self, person: &Person) -> Result<ApiError, ApiError> {
        self.count(LimitName::UnknownCodePerPerson, person.id.as_str())
            .await?;
        Ok(unknown_code())
    }

    /// Returns the scan code in the QR text, if it is one of this gateway's.
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
    ) -> Result<(LoginId, Precondition), ApiError> {
        let ScanRequest::UserCode { user_code: text } = request else {
            return Err(ApiError::new(
                ErrorCode::NotALoginCode,
                "the text is not a login code of this gateway",
            ));
        };
        // What cannot be a code is no guess: it is counted as a scan alone, which bounds the requests.
        let code: UserCode = text.parse().map_err(|error| {
            let detail = format!("the text is not a user code: {error}");
            ApiError::new(ErrorCode::NotALoginCode, detail)
        })?;
        // Counted before it is looked up, so that guesses sent at the same time are counted as well.
        self.count(LimitName::TypedCodePerPerson, person.id.as_str())
            .await?;
        match self.store.find_by_user_code(code).await? {
            Some(id) => Ok((id, Precondition::UserCode(code))),
            None => Err(self.unknown_code_of(person).await?),
        }
    }

    /// Takes the try of a right code back. If the store does not answer, the try stays counted: the login goes on.
    async fn forget_typed(&self, person: &str) {
        let attempt = self.attempt(LimitName::TypedCodePerPerson, person);
        if let Err(error) = self.store.give_back(&attempt).await
            && let Some(left_out) = self.log_throttle.admit(("give_back", "store"))
        {
            tracing::warn!(error = %chain(&error), left_out, "could not take a right code's try back");
        }
    }

    fn context(
        &self,
        login_id: LoginId,
        request: LoginRequest,
        opened_at: Timestamp,
        person: Person,
        network: Network,
        instants: Instants,
    ) -> ScanContext {
        let client = self.clients.get(&request.client_id);
        let session = self.session_lifetime(&request);
        let identities = person
            .identities
            .into_iter()
            .filter(|offered| self.is_expected(&request, &person.id, &offered.identity))
            .map(|offered| offered.identity)
            .collect();
        ScanContext {
            identities,
            device: request.device,
            login_id,
            client: ClientContext {
                name: client
                    .map_or_else(|| request.client_id.clone(), |client| client.name.clone()),
                origin: landing_origin(&request.redirect_uri),
                client_id: request.client_id,
            },
            requester: request.requester,
            network,
            requested_at: opened_at.seconds(),
            expires_in: instants.now.seconds_until(instants.expires_at),
            person: person.name,
            agree: false,
            session_lifetime: session.map(|lifetime| lifetime.as_secs()),
        }
    }
}

/// Returns true if the code was right, though another person may have been first.
const fn proves_the_code(scanned: &Scanned) -> bool {
    matches!(
        scanned,
        Scanned::Claimed { .. }
            | Scanned::ToCompare(_)
            | Scanned::Refused(TransitionError::AnotherPerson)
    )
}

/// Returns the refusal of a person whose scan claims nothing.
fn refused_person(reason: &str) -> ApiError {
    ApiError {
        reason: Some(reason.to_owned()),
        ..ApiError::new(
            ErrorCode::IdentityRefused,
            "this person may not log in here now; reason says why. The code was not used",
        )
    }
}

fn unknown_code() -> ApiError {
    ApiError::new(
        ErrorCode::UnknownCode,
        "no login waits for this code: it is mistyped, out of time, or has been renewed",
    )
}

fn refused_scan(refusal: TransitionError) -> ApiError {
    match refusal {
        TransitionError::AnotherPerson => ApiError::new(
            ErrorCode::AlreadyScanned,
            "another person has scanned this code",
        ),
        TransitionError::State(
            StateName::Confirmed | StateName::Redeemed | StateName::Rejected,
        ) => already_decided(),
        TransitionError::State(_) | TransitionError::TooLate | TransitionError::TooEarly => {
            unknown_code()
        }
    }
}
