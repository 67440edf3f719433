//! Scans: a phone claims the login that a code leads to.

use saoma_protocol::{
    ClientContext, ErrorCode, EventKind, LoginId, Network, ScanCode, ScanContext, ScanRequest,
    StateName, Timestamp, TransitionError, UserCode, masked_name,
};

use super::Logins;
use super::confirm::already_decided;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::identity::Person;
use crate::limits::LimitName;
use crate::relying_parties::Clients;
use crate::store::{Instants, LoginRequest, Precondition, Scan, Scanned};

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
        let of_address = address.limit_key();
        let by_address = self.attempt(LimitName::ScanPerAddress, &of_address);
        // A backend that has to be asked is asked only for an attempt that counts; a token that says by itself who its
        // person is lets all be counted with the scan.
        let person = if self.identity.verifies_offline() {
            match self.identity.identify(token).await {
                Ok(person) => person,
                Err(error) => {
                    self.let_through(self.store.take(&[by_address]).await?)?;
                    return Err(error.into());
                }
            }
        } else {
            self.let_through(self.store.take(&[by_address]).await?)?;
            self.identity.identify(token).await?
        };
        let by_person = self.attempt(LimitName::ScanPerPerson, person.id.as_str());
        let attempts = [by_address, by_person];
        let attempts = &attempts[usize::from(!self.identity.verifies_offline())..];
        let (id, precondition, attempts) = match self.scan_code(request) {
            Some(code) => (code.login_id(), Precondition::ScanCode(code), attempts),
            None => {
                self.let_through(self.store.take(attempts).await?)?;
                let (id, precondition) = self.find_typed(&person, request).await?;
                (id, precondition, &[][..])
            }
        };
        let scan = Scan {
            person: person.id.clone(),
            person_tags: self.known_persons.tags(&person.id),
            masked_name: masked_name(&person.name),
            precondition,
            lifetime: self.lifetimes.scanned,
        };
        match self.let_through(self.store.scan(attempts, id, &scan).await?)? {
            Scanned::Claimed {
                request,
                opened_at,
                instants,
                repeated,
                asks,
            } => {
                if !repeated {
                    self.metrics.login_changed(EventKind::Scan);
                }
                let context = self.context(id, *request, opened_at, person, instants);
                Ok(ScanContext {
                    agree: asks,
                    ..context
                })
            }
            Scanned::Refused(refusal) => Err(refused_scan(refusal)),
            Scanned::Unknown => Err(unknown_code()),
        }
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
        self.count(LimitName::TypedCodePerPerson, person.id.as_str())
            .await?;
        let code: UserCode = text.parse().map_err(|_| unknown_code())?;
        let id = self
            .store
            .find_by_user_code(code)
            .await?
            .ok_or_else(unknown_code)?;
        Ok((id, Precondition::UserCode(code)))
    }

    fn context(
        &self,
        login_id: LoginId,
        request: LoginRequest,
        opened_at: Timestamp,
        person: Person,
        instants: Instants,
    ) -> ScanContext {
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
            network: Network::Unknown,
            requested_at: opened_at.seconds(),
            expires_in: instants.now.seconds_until(instants.expires_at),
            person: person.name,
            identities: person
                .identities
                .into_iter()
                .map(|offered| offered.identity)
                .collect(),
            agree: false,
        }
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
