//! The routes of a node's front ends, served on its listeners.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tower::util::MapResponseLayer;

use super::backend_error::BackendError;
use super::drain::Drain;
use super::listeners::Listeners;
use super::operations;
use crate::client_address::ClientAddress;
use crate::frontends::app_backend::{self, AppBackend};
use crate::frontends::browser::{self, BrowserFrontend, SocketStream};
use crate::frontends::oidc::{self, Provider};
use crate::frontends::phone::{self, Phones};
use crate::http::admission::Admission;
use crate::http::listener::Listener;
use crate::http::observer::RequestObserver;
use crate::http::peer::Peer;
use crate::http::proxy_protocol::HeaderSenders;
use crate::http::read_clock::Unlimited;
use crate::http::security_headers::SecurityHeaders;
use crate::http::server::{self, Connections, Door, ListenerSettings, Server};
use crate::http::tls::{Certificate, TlsFiles, TlsSocket};
use crate::http::trusted_proxies::TrustedProxies;
use crate::metrics::Metrics;
use crate::settings::{BackendCredentials, Settings, TlsSettings};

/// The parts that answer requests.
pub(super) struct Serving<'a> {
    pub settings: &'a Settings,
    pub provider: Provider,
    pub trusted_proxies: Arc<TrustedProxies>,
    pub drain: &'a Drain,
    /// The certificate of a node that ends TLS.
    pub certificate: Option<Arc<Certificate>>,
}

impl Serving<'_> {
    /// Serves on the listeners, in tasks of `background`.
    pub(super) fn start(self, listeners: Listeners, background: &mut JoinSet<()>) {
        let listening = listening(self.settings);
        if let Some((listener, _)) = listeners.operations {
            let logins = Arc::clone(&self.provider.logins);
            let answers = operations::Answers::new(logins, Arc::clone(&self.drain.admission));
            let connections = Connections {
                door: Door::default(),
                router: operations::routes(answers).layer(security_headers(self.settings)),
                observer: None,
                settings: listening,
                admit: Arc::new(|_| Some(Box::new(Unlimited))),
                tasks: self.drain.connections.clone(),
                closing: self.drain.closing.clone(),
            };
            let operators = Server {
                listener,
                connections,
            };
            background.spawn(operators.run());
        }
        if let Some(certificate) = &self.certificate {
            background.spawn(Arc::clone(certificate).watch());
        }
        let (listener, _) = listeners.public;
        let senders = HeaderSenders::new(&self.settings.proxy_protocol.from);
        let connections = Connections {
            door: Door {
                certificate: self.certificate.clone(),
                header_senders: Arc::new(senders),
            },
            observer: Some(Arc::new(RequestObserver::new(
                Arc::clone(&self.trusted_proxies),
                self.provider.logins.metrics().http().clone(),
                self.settings.log.requests,
            ))),
            settings: listening,
            admit: admit(&self.drain.admission, Arc::clone(&self.trusted_proxies)),
            tasks: self.drain.connections.clone(),
            closing: self.drain.accepting.clone(),
            router: match &listener {
                Listener::Tcp(_) if self.certificate.is_some() => self.routes::<TlsSocket>(),
                Listener::Tcp(_) => self.routes::<TcpStream>(),
                Listener::Unix { .. } => self.routes::<UnixStream>(),
            },
        };
        let public = Server {
            listener,
            connections,
        };
        background.spawn(public.run());
    }

    /// Returns the routes of all front ends, for connections over streams of type `S`.
    fn routes<S: SocketStream>(self) -> Router {
        let Self {
            settings,
            provider,
            trusted_proxies,
            drain,
            ..
        } = self;
        let logins = Arc::clone(&provider.logins);
        let browsers = BrowserFrontend {
            logins: Arc::clone(&logins),
            trusted_proxies: Arc::clone(&trusted_proxies),
            admission: Arc::clone(&drain.admission),
            sockets: settings.sockets,
            heartbeat_frames: browser::heartbeat_frames(settings.sockets.ping_interval),
            tasks: drain.sockets.clone(),
            closing: drain.closing.clone(),
        };
        let app_backend = BackendCredentials::of(&settings.identity).map(|credentials| {
            app_backend::routes(AppBackend {
                logins: Arc::clone(&logins),
                trusted_proxies: Arc::clone(&trusted_proxies),
                credentials: Arc::new(credentials),
            })
        });
        let phones = Phones {
            logins,
            trusted_proxies: Arc::clone(&trusted_proxies),
        };
        Router::new()
            .merge(browser::routes::<S>(browsers))
            .merge(phone::routes(phones))
            .merge(app_backend.unwrap_or_default())
            .merge(oidc::routes(provider))
            .fallback(oidc::not_found)
            .layer(security_headers(settings))
    }
}

fn security_headers(
    settings: &Settings,
) -> MapResponseLayer<impl Fn(Response) -> Response + Clone + Send + Sync + 'static> {
    let headers = SecurityHeaders::of(&settings.server.public_url);
    MapResponseLayer::new(move |response| headers.add_to(response))
}

/// Returns permits for connections, if there is room. Those of trusted proxies carry the requests of many browsers.
fn admit(admission: &Arc<Admission>, trusted_proxies: Arc<TrustedProxies>) -> server::Admit {
    let admission = Arc::clone(admission);
    Arc::new(move |Peer { address, is_proxy }| {
        let peer = ClientAddress::from_ip(address.ip());
        let connected = admission.connect(&peer, is_proxy || trusted_proxies.trusts(peer))?;
        Some(Box::new(connected))
    })
}

const fn listening(settings: &Settings) -> ListenerSettings {
    ListenerSettings {
        header_timeout: settings.server.header_timeout,
        idle_timeout: settings.server.idle_timeout,
        write_timeout: settings.sockets.write_timeout,
    }
}

/// Returns the certificate of a node that ends TLS.
///
/// # Errors
/// Its files cannot be used.
pub(super) fn certificate(
    settings: &TlsSettings,
    metrics: &Metrics,
) -> Result<Option<Arc<Certificate>>, BackendError> {
    let Some(files) = tls_files(settings) else {
        return Ok(None);
    };
    let certificate = Certificate::read(&files, metrics.certificate_not_after().clone())?;
    Ok(Some(Arc::new(certificate)))
}

/// Returns the files of the certificate and its key. The settings name both or neither.
pub(super) fn tls_files(settings: &TlsSettings) -> Option<TlsFiles> {
    Some(TlsFiles {
        certificate: settings.certificate_file.clone()?,
        key: settings.key_file.clone()?,
    })
}
