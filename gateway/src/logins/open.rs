//! Opening of logins by browsers.

use std::sync::Arc;

use saoma_protocol::{
    ErrorCode, LoginId, OpenRequest, ReceiveKey, RequesterContext, ScanCode, ServerMessage,
    Timestamp, UserCode,
};
use url::Url;

use super::Logins;
use super::tickets::InvalidTicket;
use crate::claims::ClaimsRequest;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::LimitName;
use crate::metrics::Transport;
use crate::random;
use crate::relying_parties::Client;
use crate::request_id;
use crate::scopes;
use crate::store::{Agreement, Attempt, LoginRequest, NewLogin, Opening};
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{Deadline, Phase, Waiter};
use crate::wall_clock;

/// User codes that are tried before an open gives up; two in a row being taken is a one in 2^50 chance at a thousand
/// open logins.
const USER_CODE_TRIES: usize = 3;

/// The largest member of an open request, in bytes: they go into URLs.
pub(crate) const MAX_MEMBER_BYTES: usize = 1024;

/// Context of an open: everything that a front end knows of the browser besides its message.
#[derive(Debug, Clone)]
pub(crate) struct OpenContext {
    /// The page's origin.
    pub origin: Option<String>,
    /// Address of the browser.
    pub address: ClientAddress,
    /// The browser as the phone's person will see it.
    pub requester: RequesterContext,
    /// The transport that the open came by.
    pub transport: Transport,
}

/// A login just opened.
#[derive(Debug)]
pub(crate) struct OpenedLogin {
    /// The message `opened`.
    pub message: ServerMessage,
    /// The browser's place; a door that does not hold the browser drops it.
    pub waiting: Waiting,
}

impl Logins {
    /// Opens a login for a browser, which waits on this node from then on.
    ///
    /// # Errors
    /// The client, redirect URI, origin or scope is not right, a limit is reached, or the store is down.
    pub(crate) async fn open(
        &self,
        mut request: OpenRequest,
        context: OpenContext,
    ) -> Result<OpenedLogin, ApiError> {
        let ticket = self.take_ticket(&mut request);
        let client = self.admit(&request, context.origin.as_deref())?;
        let ticket = ticket.map_err(|InvalidTicket| {
            ApiError::new(
                ErrorCode::InvalidRequest,
                "the login page is out of date: go back to the site and begin again",
            )
        })?;
        if client.must_push() && !ticket.is_pushed {
            return Err(ApiError::new(
                ErrorCode::InvalidRequest,
                "the client must push its requests (RFC 9126): send the browser to the hosted login page",
            ));
        }
        if request.code_challenge.is_none() && request.nonce.is_none() && client.opens_bare() {
            tracing::warn!(
                client_id = %client.id,
                "the client sends neither code_challenge nor nonce: a code that is injected into its session is not noticed"
            );
        }
        let agreement = if client.asks_browsers() {
            let now = wall_clock::since_epoch();
            let known = self.known_persons.open(&request.known, &client.id, now);
            Agreement::Unless(known)
        } else {
            Agreement::Off
        };
        let claims_request = claims_request(request.claims.as_deref())?;
        let keys = OpenKeys::of(&context.address);
        let (mut login, receive_key) =
            self.new_login(request, context.requester, agreement, claims_request);
        login.request.expected_subject = ticket.expected_subject;
        login.request.may_begin_session = ticket.may_begin_session;
        // A browser that posts is not connected. Until one is, the login is worth little room (threat T37).
        if context.transport == Transport::Post {
            login.follow_within = Some(self.lifetimes.unfollowed);
        }
        let waiting = self.waiters.join(Waiter::new(login.id, 1));
        let (at, expires_at) = self
            .open_stored(&self.open_attempts(&keys), &mut login)
            .await?;
        self.wait_from_opening(&waiting, &login, (at, expires_at));
        self.timers.watch(waiting.waiter(), at);
        self.metrics.login_opened(context.transport);
        request_id::concerns(login.id);
        let message = ServerMessage::Opened {
            seq: 1,
            login_id: login.id,
            receive_key,
            qr: self.renderer.qr(&login.scan_code),
            user_code: login.user_code,
            expires_in: at.seconds_until(expires_at),
            server_time: at.seconds(),
        };
        Ok(OpenedLogin { message, waiting })
    }

    /// Opens a login in the store, with another user code than its own if that one is taken. Returns the store's clock and
    /// the code's time limit.
    ///
    /// # Errors
    /// A limit is reached, no user code was free, or the store is down.
    pub(super) async fn open_stored(
        &self,
        attempts: &[Attempt<'_>],
        login: &mut NewLogin,
    ) -> Result<(Timestamp, Timestamp), ApiError> {
        for number in 0..USER_CODE_TRIES {
            // One open is one attempt, however many user codes it takes.
            let attempts = if number == 0 { attempts } else { &[] };
            let opening = self.let_through(self.store.open(attempts, login).await?)?;
            if let Opening::Opened { at, expires_at } = opening {
                self.clock.observe(at);
                return Ok((at, expires_at));
            }
            login.set_user_code(UserCode::from_random(random::bytes()));
        }
        Err(ApiError::unavailable(
            "no free user code was found: try again",
        ))
    }

    /// Makes a waiter the holder of a login that was just opened.
    pub(super) fn wait_from_opening(
        &self,
        waiting: &Waiting,
        login: &NewLogin,
        (at, expires_at): (Timestamp, Timestamp),
    ) {
        waiting.waiter().attached(1);
        waiting.waiter().set_deadline(Deadline {
            phase: Phase::Waiting,
            seq: 1,
            expires_at: login
                .follow_within
                .map_or(expires_at, |within| expires_at.min(at.plus(within))),
            closes_at: at.plus(login.waiting_lifetime),
        });
        waiting.hold();
    }

    /// Returns the client that may open this login.
    fn admit(&self, request: &OpenRequest, origin: Option<&str>) -> Result<Arc<Client>, ApiError> {
        let client = self.clients.get(&request.client_id).ok_or_else(|| {
            ApiError::new(
                ErrorCode::UnknownClient,
                "no client is registered under this client_id",
            )
        })?;
        if !client.admits_redirect(&request.redirect_uri) {
            return Err(ApiError::new(
                ErrorCode::RedirectUriNotAllowed,
                "redirect_uri must be exactly one that the client has registered",
            ));
        }
        if !self.admits_origin(&client, origin) {
            return Err(ApiError::new(
                ErrorCode::OriginNotAllowed,
                "the page's origin is not registered for this client",
            ));
        }
        if !scopes::has_openid(&request.scope) {
            return Err(ApiError::new(
                ErrorCode::InvalidScope,
                "scope must contain openid",
            ));
        }
        if request.code_challenge.is_none() && client.needs_pkce() {
            return Err(ApiError::new(
                ErrorCode::InvalidRequest,
                "code_challenge is missing: the client must use PKCE",
            ));
        }
        let members = [
            Some(&request.scope),
            request.state.as_ref(),
            request.nonce.as_ref(),
            request.locale.as_ref(),
        ];
        if members
            .into_iter()
            .flatten()
            .any(|member| member.len() > MAX_MEMBER_BYTES)
        {
            return Err(ApiError::new(
                ErrorCode::InvalidRequest,
                "state, nonce, scope and locale hold at most 1024 bytes each",
            ));
        }
        Ok(client)
    }

    /// A page may open a login when its origin is the client's, or the gateway's own hosted page.
    fn admits_origin(&self, client: &Client, origin: Option<&str>) -> bool {
        origin.is_some_and(|origin| origin == self.public_origin || client.admits_origin(origin))
    }

    fn new_login(
        &self,
        request: OpenRequest,
        requester: RequesterContext,
        agreement: Agreement,
        claims_request: Option<Box<ClaimsRequest>>,
    ) -> (NewLogin, ReceiveKey) {
        let id = LoginId::from_random(random::bytes());
        let receive_key = self.secrets.receive_key(id);
        let client = self.clients.get(&request.client_id);
        let has_refresh_tokens = client.is_some_and(|client| client.refresh_tokens().is_some());
        let login = NewLogin {
            id,
            receive_key: receive_key.digest(),
            scan_code: ScanCode::from_random(id, random::bytes()),
            user_code: UserCode::from_random(random::bytes()),
            request: LoginRequest {
                client_id: request.client_id,
                answer_uri: answer_uri(
                    &request.redirect_uri,
                    request.state.as_deref(),
                    &self.public_origin,
                ),
                redirect_uri: request.redirect_uri,
                nonce: request.nonce,
                scope: scopes::granted(&request.scope, has_refresh_tokens),
                code_challenge: request.code_challenge,
                requester,
                device: None,
                claims_request,
                expected_subject: None,
                may_begin_session: false,
            },
            agreement,
            node: self.node.clone(),
            code_lifetime: self.lifetimes.code,
            waiting_lifetime: self.lifetimes.waiting,
            follow_within: None,
            device: None,
        };
        (login, receive_key)
    }

    /// Returns the attempts that an open or a refresh is. The largest network comes first: a refused attempt then counts
    /// against no smaller one, and leaves no key for it in the store.
    pub(super) fn open_attempts<'a>(&self, keys: &'a OpenKeys) -> Vec<Attempt<'a>> {
        let keys = keys.0.iter();
        keys.map(|(limit, key)| self.attempt(*limit, key)).collect()
    }
}

/// Reads the `claims` of an open; `None` if it asks for nothing that the gateway knows.
pub(super) fn claims_request(claims: Option<&str>) -> Result<Option<Box<ClaimsRequest>>, ApiError> {
    let Some(claims) = claims else {
        return Ok(None);
    };
    let request = ClaimsRequest::parse(claims)
        .map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.to_string()))?;
    Ok((!request.is_empty()).then(|| Box::new(request)))
}

/// The keys by which opens from an address are counted.
pub(super) struct OpenKeys(Vec<(LimitName, String)>);

impl OpenKeys {
    pub(super) fn of(address: &ClientAddress) -> Self {
        let networks = address.networks();
        Self(
            networks
                .map(|network| {
                    let limit = match network.share() {
                        16 => LimitName::OpenPerNetwork48,
                        4 => LimitName::OpenPerNetwork56,
                        _ => LimitName::OpenPerAddress,
                    };
                    (limit, network.key())
                })
                .collect(),
        )
    }
}

/// The redirect URI with all of the answer but the code, after what it has (RFC 6749 §4.1.2, RFC 9207 §2).
pub(super) fn answer_uri(redirect_uri: &str, state: Option<&str>, issuer: &str) -> String {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        // Registered redirect URIs are checked when the settings are read.
        return redirect_uri.to_owned();
    };
    let state = state.map(|state| ("state", state));
    url.query_pairs_mut()
        .extend_pairs(state)
        .append_pair("iss", issuer);
    url.into()
}
