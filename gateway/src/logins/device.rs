//! Logins of devices, which show a code and poll for the result (RFC 8628). A device's login is a browser's but for its end:
//! it has no redirect URI, keeps one code for all of its time, and nothing is pushed to it.

use std::time::Duration;

use saoma_protocol::{
    CodeChallenge, DeviceCode, DeviceContext, LoginId, RequesterContext, ScanCode, UserCode,
};

use super::open::OpenKeys;
use super::redeem::RedeemedCode;
use super::{Logins, OpenContext, RedeemError};
use crate::claims::ClaimsRequest;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::LimitName;
use crate::random;
use crate::relying_parties::Client;
use crate::scopes;
use crate::store::{
    Agreement, CodeOrigin, DevicePoll, DevicePolling, LoginRequest, NewLogin, Polled,
    PresentedVerifier, Redemption,
};
use crate::waiting::waiter::Waiter;

/// Time between two polls of a device, at first (RFC 8628 §3.2).
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The request of a device.
pub(crate) struct DeviceRequest<'a> {
    /// The requested scope; it contains `openid`.
    pub(crate) scope: &'a str,
    /// Single claims that its client asks for (OIDC Core §5.5).
    pub(crate) claims: Option<ClaimsRequest>,
}

/// A device's login, just opened.
#[derive(Debug)]
pub(crate) struct OpenedDevice {
    /// The secret by which the device polls.
    pub(crate) device_code: DeviceCode,
    /// The code that the device shows, to be typed into the app.
    pub(crate) user_code: UserCode,
    /// The text of the QR code that it may show instead.
    pub(crate) qr: String,
    /// Seconds for which both codes are good.
    pub(crate) expires_in: u32,
    /// Time between two polls, at first.
    pub(crate) interval: Duration,
}

/// Reasons for a poll to give no tokens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeviceError {
    /// No person has decided yet.
    #[error("no person has decided yet")]
    Pending,
    /// No person has decided yet, and the device polls too often.
    #[error("the device polls too often")]
    TooSoon,
    /// The person has declined, or the identity was refused.
    #[error("the login was declined")]
    Denied,
    /// The time of the device code is over.
    #[error("the device code is out of time")]
    Expired,
    /// The code is unknown, used, or of another client, or the store does not answer.
    #[error(transparent)]
    Redeem(#[from] RedeemError),
}

impl Logins {
    /// Opens a login for a device of an authenticated client.
    ///
    /// # Errors
    /// A limit is reached, or the store is down.
    pub(crate) async fn open_device(
        &self,
        client: &Client,
        request: DeviceRequest<'_>,
        context: OpenContext,
    ) -> Result<OpenedDevice, ApiError> {
        let keys = OpenKeys::of(&context.address);
        let mut attempts = self.open_attempts(&keys);
        if !client.is_public() {
            attempts.push(self.attempt(LimitName::DevicePerClient, &client.id));
        }
        let id = LoginId::from_random(random::bytes());
        let device_code = self.secrets.device_code(id);
        let mut login = self.new_device_login(client, request, context.requester, &device_code);
        let waiting = self.waiters.join(Waiter::new(login.id, 1));
        let (at, expires_at) = self.open_stored(&attempts, &mut login).await?;
        // No browser holds the login. It counts against the node's room until it is scanned or its code is out of time.
        self.wait_from_opening(&waiting, &login, (at, expires_at));
        drop(waiting);
        self.metrics.login_opened(context.transport);
        Ok(OpenedDevice {
            qr: self.renderer.qr(&login.scan_code),
            user_code: login.user_code,
            expires_in: at.seconds_until(expires_at),
            interval: POLL_INTERVAL,
            device_code,
        })
    }

    fn new_device_login(
        &self,
        client: &Client,
        request: DeviceRequest<'_>,
        requester: RequesterContext,
        device_code: &DeviceCode,
    ) -> NewLogin {
        let id = device_code.login_id();
        let user_code = UserCode::from_random(random::bytes());
        let claims = request.claims.filter(|claims| !claims.is_empty());
        NewLogin {
            id,
            // The device polls the token endpoint, so no one holds a key for the browsers' doors.
            receive_key: self.secrets.receive_key(id).digest(),
            scan_code: ScanCode::from_random(id, random::bytes()),
            user_code,
            request: LoginRequest {
                client_id: client.id.clone(),
                redirect_uri: String::new(),
                answer_uri: String::new(),
                nonce: None,
                scope: scopes::granted(request.scope, client.refresh_tokens().is_some()),
                code_challenge: Some(challenge_of(device_code)),
                requester,
                claims_request: claims.map(Box::new),
                expected_subject: None,
                may_begin_session: false,
                device: Some(DeviceContext { user_code }),
            },
            // The person compares the user codes on phone and device instead (RFC 8628 §3.3.1).
            agreement: Agreement::Off,
            node: self.node.clone(),
            code_lifetime: self.lifetimes.device,
            waiting_lifetime: self.lifetimes.device,
            follow_within: None,
            device: Some(DevicePolling {
                code: device_code.digest(),
                interval: POLL_INTERVAL,
            }),
        }
    }

    /// Answers a device of an authenticated client that polls for its tokens. A poll is one command to the store; one that
    /// gives tokens takes a second, the redemption.
    ///
    /// # Errors
    /// Returns an error if no tokens are given.
    pub(crate) async fn poll_device(
        &self,
        client: &Client,
        code: &DeviceCode,
        address: &ClientAddress,
    ) -> Result<RedeemedCode, DeviceError> {
        if !self.secrets.knows_device_code(code) {
            self.count_unknown(address)?;
            return Err(RedeemError::InvalidCode.into());
        }
        let id = code.login_id();
        // Counted with the client, so that another client does not slow the right one down.
        let polls = format!("{id} {}", client.id);
        if self
            .take_here(LimitName::DevicePollPerLogin, &polls)
            .is_err()
        {
            return Err(DeviceError::TooSoon);
        }
        let poll = DevicePoll {
            code: code.digest(),
            client_id: &client.id,
        };
        let polled = self.store.poll_device(id, &poll).await;
        let code_digest = match polled.map_err(RedeemError::from)? {
            Polled::Pending => return Err(DeviceError::Pending),
            Polled::TooSoon => return Err(DeviceError::TooSoon),
            Polled::Denied => return Err(DeviceError::Denied),
            Polled::Expired => return Err(DeviceError::Expired),
            Polled::Foreign => return Err(RedeemError::InvalidCode.into()),
            Polled::Confirmed(code) => code,
        };
        let tokens = self.new_tokens(client, id);
        let redemption = Redemption {
            code: code_digest,
            origin: CodeOrigin::Login,
            client_id: &client.id,
            redirect_uri: "",
            verifier: PresentedVerifier::Of(challenge_of(code)),
            is_proved: !client.is_public(),
            is_complete: true,
            access_token: tokens.access.digest(),
            lifetime: self.lifetimes.access_token,
            session: client.session_terms(tokens.refresh.as_ref()),
        };
        let redeemed = self.run_redemption(client, id, tokens, (&[], &redemption));
        Ok(redeemed.await?)
    }
}

/// Returns the challenge of a device's login: its device code is the verifier, so that no one else redeems its authorization
/// code, and a second collection is a replay.
fn challenge_of(code: &DeviceCode) -> CodeChallenge {
    CodeChallenge::of(&code.to_string())
}
