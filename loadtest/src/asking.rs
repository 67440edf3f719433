//! A browser whose socket's address holds its `open`, as pages ask: the answer follows the handshake.

use std::net::IpAddr;

use saoma_protocol::OpenRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, client_async_with_config, connect_async_with_config};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::browser::{Browser, BrowserError, OpenedLogin, RelyingParty, open_request, within};
use crate::handshake::{config, connection_error, page_headers, socket_request};
use crate::source::bound_stream;

/// What the page of a login that it has asked for keeps to itself.
#[derive(Debug)]
pub struct AskedLogin {
    code_verifier: String,
    state: String,
}

impl Browser {
    /// Connects and asks for a login of `party`; from an address of this machine, where one is given.
    /// [`Browser::answer`] waits for it.
    ///
    /// # Errors
    /// The gateway refuses or cannot be reached, or the machine has no such address.
    pub async fn ask(
        source: Option<IpAddr>,
        target: &Url,
        party: &RelyingParty,
    ) -> Result<(Self, AskedLogin), BrowserError> {
        let (open, code_verifier, state) = open_request(party);
        let request = asking(target, &party.origin, &query_of(&open))?;
        let (socket, _) = match source {
            Some(source) => {
                let stream = MaybeTlsStream::Plain(within(bound_stream(source, target)).await??);
                within(client_async_with_config(request, stream, Some(config()))).await?
            }
            None => within(connect_async_with_config(request, Some(config()), true)).await?,
        }
        .map_err(connection_error)?;
        Ok((
            Self { socket },
            AskedLogin {
                code_verifier,
                state,
            },
        ))
    }

    /// Waits for the login that was asked for.
    ///
    /// # Errors
    /// The gateway refuses, or answers something else than `opened`.
    pub async fn answer(&mut self, asked: AskedLogin) -> Result<OpenedLogin, BrowserError> {
        OpenedLogin::of(self.next().await?, asked.code_verifier, asked.state)
    }

    /// Connects with any members in the address, for tests of what is no `open`.
    ///
    /// # Errors
    /// The gateway refuses the handshake.
    pub async fn connect_asking(
        target: &Url,
        origin: &str,
        members: &[(&str, &str)],
    ) -> Result<Self, BrowserError> {
        let request = asking(
            target,
            origin,
            &Serializer::new(String::new())
                .extend_pairs(members)
                .finish(),
        )?;
        let connecting = connect_async_with_config(request, Some(config()), true);
        let (socket, _) = within(connecting).await?.map_err(connection_error)?;
        Ok(Self { socket })
    }
}

fn asking(target: &Url, origin: &str, query: &str) -> Result<Request, BrowserError> {
    let mut request = socket_request(target, page_headers(origin)?)?;
    let address = format!("{}?{query}", request.uri());
    *request.uri_mut() = address.parse().map_err(|_| BrowserError::Target(address))?;
    Ok(request)
}

fn query_of(open: &OpenRequest) -> String {
    let optional = |name, value: &Option<String>| value.clone().map(|value| (name, value));
    Serializer::new(String::new())
        .append_pair("client_id", &open.client_id)
        .append_pair("redirect_uri", &open.redirect_uri)
        .append_pair("scope", &open.scope)
        .append_pair("code_challenge", &open.code_challenge.to_string())
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(optional("state", &open.state))
        .extend_pairs(optional("nonce", &open.nonce))
        .extend_pairs(optional("locale", &open.locale))
        .finish()
}
