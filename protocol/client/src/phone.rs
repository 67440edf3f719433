//! A phone whose person is logged in to the app.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Response};
use saoma_protocol::{
    ConfirmRequest, Decision, EndedSessions, LoginId, Problem, ScanContext, ScanRequest,
    SessionList, paths,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::browser::DEFAULT_TIMEOUT;
use crate::error::{PhoneError, retry_after};

/// An HTTP client that a [`Phone`] sends its requests with.
///
/// [`reqwest::Client`] is the usual one. A load generator brings a connection pool of its own.
pub trait HttpClient {
    /// Failure to get an answer.
    type Error: std::error::Error + 'static;

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// Returns an error if there is no answer. An answer with an error status is a response.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, Self::Error>> + Send;
}

impl HttpClient for reqwest::Client {
    type Error = reqwest::Error;

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, reqwest::Error> {
        let mut response = self.execute(request.try_into()?).await?;
        let mut parts = Response::new(());
        *parts.status_mut() = response.status();
        *parts.headers_mut() = std::mem::take(response.headers_mut());
        let body = response.bytes().await?;
        Ok(parts.map(|()| body))
    }
}

impl<C: HttpClient + Sync> HttpClient for &C {
    type Error = C::Error;

    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, C::Error>> + Send {
        C::send(self, request)
    }
}

/// A phone. Clones share their connections.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/world.rs.in"));
/// use saoma_client::{Phone, PhoneError};
/// use saoma_protocol::ErrorCode;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let world = start().await;
/// # let (gateway, app_token) = (world.url.clone(), world.token.clone());
/// # let (_browser, login) = saoma_client::Browser::open(&gateway, &world.party).await?;
/// let phone = Phone::new(gateway, app_token)?;
/// let refused = phone.confirm(login.login_id, "personal").await.unwrap_err();
/// assert_eq!(refused.code(), Some(ErrorCode::UnknownLogin));
///
/// let scanned = phone.scan(&login.qr).await?;
/// for identity in &scanned.identities {
///     println!("{}: {}", identity.id, identity.name);
/// }
/// phone.confirm(scanned.login_id, &scanned.identities[0].id).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Phone<C = reqwest::Client> {
    http: C,
    gateway: Url,
    token: String,
}

impl Phone {
    /// Creates a phone that waits up to [`DEFAULT_TIMEOUT`] for an answer.
    ///
    /// `token` is the app's access token.
    ///
    /// # Errors
    /// Returns an error if this machine's TLS settings cannot be read.
    pub fn new(gateway: Url, token: impl Into<String>) -> Result<Self, PhoneError> {
        Self::with_timeout(gateway, token, DEFAULT_TIMEOUT)
    }

    /// Creates a phone with another time limit. It follows no redirects, since the API has none.
    ///
    /// # Errors
    /// As [`Phone::new`].
    pub fn with_timeout(
        gateway: Url,
        token: impl Into<String>,
        timeout: Duration,
    ) -> Result<Self, PhoneError> {
        let http = reqwest::Client::builder()
            .timeout(timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(PhoneError::NoAnswer)?;
        Ok(Self::with_client(http, gateway, token))
    }
}

impl<C: HttpClient> Phone<C> {
    /// Creates a phone on an HTTP client of the caller's.
    pub fn with_client(http: C, gateway: Url, token: impl Into<String>) -> Self {
        Self {
            http,
            gateway,
            token: token.into(),
        }
    }

    /// Claims the login of a QR code.
    ///
    /// # Errors
    /// Returns an error if the gateway refuses or does not answer.
    pub async fn scan(&self, qr: &str) -> Result<ScanContext, PhoneError<C::Error>> {
        self.claim(&ScanRequest::Qr { qr: qr.to_owned() }).await
    }

    /// Claims the login of a code that the person has typed.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn type_code(&self, user_code: &str) -> Result<ScanContext, PhoneError<C::Error>> {
        let user_code = user_code.to_owned();
        self.claim(&ScanRequest::UserCode { user_code }).await
    }

    /// Claims the login of either kind of code.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn claim(&self, code: &ScanRequest) -> Result<ScanContext, PhoneError<C::Error>> {
        self.post(paths::SCANS, Some(code)).await
    }

    /// Confirms a claimed login with one of the person's identities.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn confirm(
        &self,
        login_id: LoginId,
        identity: &str,
    ) -> Result<Decision, PhoneError<C::Error>> {
        self.decide(login_id, identity, false).await
    }

    /// Confirms a claimed login of a device, whose code the person has compared with the one on the phone.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn confirm_device(
        &self,
        login_id: LoginId,
        identity: &str,
    ) -> Result<Decision, PhoneError<C::Error>> {
        self.decide(login_id, identity, true).await
    }

    async fn decide(
        &self,
        login_id: LoginId,
        identity: &str,
        same_user_code: bool,
    ) -> Result<Decision, PhoneError<C::Error>> {
        let request = ConfirmRequest {
            identity: identity.to_owned(),
            same_user_code,
        };
        let path = paths::of_login(paths::CONFIRM, login_id);
        self.post(&path, Some(&request)).await
    }

    /// Rejects a claimed login.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn reject(&self, login_id: LoginId) -> Result<Decision, PhoneError<C::Error>> {
        let path = paths::of_login(paths::REJECT, login_id);
        self.post(&path, None::<&()>).await
    }

    /// Lists the person's sessions at the gateway: where they are logged in.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn sessions(&self) -> Result<SessionList, PhoneError<C::Error>> {
        self.send(Method::GET, paths::SESSIONS, None::<&()>).await
    }

    /// Ends a session of the person's: all its sites are told.
    ///
    /// # Errors
    /// As [`Phone::scan`].
    pub async fn end_session(&self, sid: LoginId) -> Result<EndedSessions, PhoneError<C::Error>> {
        let path = paths::SESSION_END.replace("{sid}", &sid.to_string());
        self.post(&path, None::<&()>).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, PhoneError<C::Error>> {
        self.send(Method::POST, path, body).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, PhoneError<C::Error>> {
        let mut url = self.gateway.clone();
        url.set_path(path);
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        let mut bytes = Bytes::new();
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json");
            // Strings and ids always serialise.
            bytes = serde_json::to_vec(body).unwrap_or_default().into();
        }
        let request = request.body(bytes).map_err(PhoneError::InvalidRequest)?;
        let response = self.http.send(request).await;
        read(&response.map_err(PhoneError::NoAnswer)?)
    }
}

impl<C: Clone> Phone<C> {
    /// The same phone in the hand of another person.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            ..self.clone()
        }
    }

    /// The same phone at another node.
    #[must_use]
    pub fn at(&self, gateway: Url) -> Self {
        Self {
            gateway,
            ..self.clone()
        }
    }
}

impl<C> fmt::Debug for Phone<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token, which no log may hold.
        f.debug_struct("Phone")
            .field("gateway", &self.gateway.as_str())
            .finish_non_exhaustive()
    }
}

fn read<T: DeserializeOwned, E: std::error::Error + 'static>(
    response: &Response<Bytes>,
) -> Result<T, PhoneError<E>> {
    let status = response.status();
    let invalid = |source| PhoneError::InvalidAnswer { status, source };
    if status.is_success() {
        return serde_json::from_slice(response.body()).map_err(invalid);
    }
    let problem: Problem = serde_json::from_slice(response.body()).map_err(invalid)?;
    Err(PhoneError::Refused {
        status,
        retry_after: retry_after(response.headers()),
        problem: Box::new(problem),
    })
}
