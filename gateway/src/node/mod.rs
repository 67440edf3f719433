//! A gateway node, put together: from settings to a running server, and down again.

pub(crate) mod backend_error;
pub(crate) mod backends;
mod capacity;
pub(crate) mod check;
pub(crate) mod cluster_watch;
mod drain;
mod operations;
mod probe;
pub(crate) mod reload;
mod secret_files;
pub mod telemetry;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::util::MapResponseLayer;

use self::capacity::capacity;
use self::cluster_watch::ClusterWatch;
use self::drain::Drain;
use self::reload::{
    ClientsPart, KeysPart, LimitsPart, LogFilterPart, Reload, ReloadError, ReloadablePart, Reloaded,
};
use self::telemetry::LogFilter;
use crate::apps::Apps;
use crate::client_address::ClientAddress;
use crate::frontends::app_backend::{self, AppBackend};
use crate::frontends::browser::{self, BrowserFrontend};
use crate::frontends::oidc::{self, KeyRing, LogoutDeliveries, Provider};
use crate::frontends::phone::{self, Phones};
use crate::http::admission::Admission;
use crate::http::observer::RequestObserver;
use crate::http::read_clock::Unlimited;
use crate::http::security_headers::SecurityHeaders;
use crate::http::server::{self, ListenerSettings, Server};
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::Logins;
use crate::metrics::Metrics;
use crate::settings::{self, BackendCredentials, Operations, Settings, Sources};
use crate::waiting::sweep::Sweep;

/// A running node. Dropping it without [`Gateway::shutdown`] leaves its tasks to the runtime's end.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    operations_address: Option<SocketAddr>,
    logins: Arc<Logins>,
    cluster_watch: Arc<ClusterWatch>,
    drain: Drain,
    background: tokio::task::JoinSet<()>,
    reload: Reload,
}

/// Reasons for a node not to start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A listener's address is taken, or not of this machine.
    #[error(
        "cannot listen on {address}: set {setting} to another address, or stop what uses this one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// A part behind the gateway cannot be reached or used.
    #[error(transparent)]
    Backend(#[from] backend_error::BackendError),
    /// Other nodes on the store have other secrets, and go on running.
    #[error(transparent)]
    ForeignSecrets(#[from] cluster_watch::ForeignSecrets),
}

impl Gateway {
    /// Starts a node and returns once it accepts connections.
    ///
    /// # Errors
    /// An address is taken, the store does not answer, a key cannot be read, or nodes with other secrets are on the store.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let listener = bind(
            settings.server.listen,
            "server.listen",
            listening(&settings),
        )?;
        Self::start_on(listener, settings).await
    }

    /// Starts a node on a listener that is bound already, for callers that must know the address before the settings.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    pub async fn start_on(listener: TcpListener, settings: Settings) -> Result<Self, StartError> {
        Self::start_with(listener, settings, None).await
    }

    /// Starts a node whose tokens are signed by these keys, in place of those of `oidc.signing_keys`: they may be in a
    /// module outside of the process. All nodes on a store need the same keys.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    pub async fn start_with_keys(
        listener: TcpListener,
        settings: Settings,
        keys: KeyRing,
    ) -> Result<Self, StartError> {
        Self::start_with(listener, settings, Some(keys)).await
    }

    async fn start_with(
        listener: TcpListener,
        settings: Settings,
        keys: Option<KeyRing>,
    ) -> Result<Self, StartError> {
        let started_with = settings.clone();
        // Before a secret is read: its file may be one that others can read or change.
        settings
            .validate_complete()
            .map_err(backend_error::BackendError::from)?;
        let settings =
            secret_files::read(&settings).map_err(backend_error::BackendError::Several)?;
        let listening = listening(&settings);
        let address = local_address(&listener, settings.server.listen);
        let Operations { enabled, listen } = settings.operations;
        let bind_operations = || bind(listen, "operations.listen", listening);
        let operations_listener = enabled.then(bind_operations).transpose()?;
        let operations_address = operations_listener
            .as_ref()
            .and_then(|listener| listener.local_addr().ok());

        let keys_are_own = keys.is_some() || settings.oidc.signing_keys.is_empty();
        let metrics = Arc::new(Metrics::default());
        let backends = backends::connect(&settings, keys, &metrics).await?;
        let cluster_watch = ClusterWatch::new(&settings, &backends, Arc::clone(&metrics));
        let cluster_watch = Arc::new(cluster_watch);
        let keys = backends.keys;
        let sockets = TaskTracker::new();
        let logins = Arc::new(Logins::new(
            &settings,
            backends.store,
            backends.identity,
            (&backends.cluster_secrets, backends.subjects.clone()),
            metrics,
            sockets.clone(),
        ));
        logins
            .listen()
            .await
            .map_err(backend_error::BackendError::from)?;
        cluster_watch.join(settings.server.allow_insecure).await?;

        let drain = new_drain(&settings.server, &logins, sockets);
        let trusted_proxies = new_trusted_proxies(&settings.server, logins.metrics());
        let keys_part = KeysPart {
            keys: Arc::clone(&keys),
            are_own: keys_are_own,
        };
        let reload = new_reload(&started_with, &logins, keys_part);
        let mut background = tokio::task::JoinSet::new();
        background.spawn(Arc::clone(&logins).run_timers());
        background.spawn(Arc::clone(&cluster_watch).run());
        background.spawn(new_sweep(&settings).run(logins.inbox().clone()));
        let provider = Provider {
            issuer: settings.server.public_url.clone(),
            logins: Arc::clone(&logins),
            trusted_proxies: Arc::clone(&trusted_proxies),
            admission: Arc::clone(&drain.admission),
            apps: Arc::new(Apps::new(&settings.apps, &settings.check_files)),
            keys: Arc::clone(&keys),
            subjects: backends.subjects,
        };
        let logouts = LogoutDeliveries::new(provider.clone());
        background.spawn(logouts.map_err(backend_error::BackendError::from)?.run());
        let observer = RequestObserver::new(
            Arc::clone(&trusted_proxies),
            logins.metrics().http().clone(),
            settings.log.requests,
        );
        let public = Server {
            listener,
            router: public_routes(&settings, provider, &trusted_proxies, &drain),
            observer: Some(Arc::new(observer)),
            settings: listening,
            admit: admit(&drain.admission, trusted_proxies),
            tasks: drain.connections.clone(),
            closing: drain.accepting.clone(),
        };
        background.spawn(public.run());
        if let Some(listener) = operations_listener {
            let answers =
                operations::Answers::new(Arc::clone(&logins), Arc::clone(&drain.admission));
            let operators = Server {
                listener,
                router: operations::routes(answers).layer(security_headers(&settings)),
                observer: None,
                settings: listening,
                admit: Arc::new(|_| Some(Box::new(Unlimited))),
                tasks: drain.connections.clone(),
                closing: drain.closing.clone(),
            };
            background.spawn(operators.run());
        }
        Ok(Self {
            address,
            operations_address,
            logins,
            cluster_watch,
            drain,
            background,
            reload,
        })
    }

    /// Returns the address for browsers and phones.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of health and metrics, if they are served.
    pub const fn operations_address(&self) -> Option<SocketAddr> {
        self.operations_address
    }

    /// Lets a reload change the filter of the lines that the process logs, too.
    pub fn reload_log_filter(&mut self, filter: LogFilter, settings: &Settings) {
        let part = LogFilterPart::new(filter, settings);
        self.reload.add(Box::new(part));
    }

    /// Reads all sources of the settings again, with the files that they name, and takes over what can change while the
    /// node runs: clients, limits, signing keys, the log filter. A fault anywhere changes nothing. The log says what has
    /// changed, and which changed settings need a restart.
    ///
    /// # Errors
    /// Returns an error that names every fault and its place. It has been logged.
    pub async fn reload(&self, sources: &Sources) -> Result<Reloaded, ReloadError> {
        self.reload.run(sources).await
    }

    /// The same with settings that the program has made, and without log lines.
    ///
    /// # Errors
    /// As [`Gateway::reload`].
    pub async fn reload_settings(
        &self,
        settings: &Settings,
    ) -> Result<Reloaded, backend_error::BackendError> {
        self.reload.take_over(settings).await
    }

    /// Returns the number of browsers that hold a login here.
    pub fn waiting(&self) -> usize {
        self.logins.waiters().len()
    }

    /// Drains the node: serves on for a while without being ready, then takes no new browsers, sends each one away with
    /// its own moment to come back, and waits for all tasks. Browsers that do not go within the drain window are dropped.
    pub async fn shutdown(mut self) {
        tokio::join!(self.cluster_watch.leave(), self.drain.run());
        self.background.shutdown().await;
    }
}

/// The routes of all front ends.
fn public_routes(
    settings: &Settings,
    provider: Provider,
    trusted_proxies: &Arc<TrustedProxies>,
    drain: &Drain,
) -> Router {
    let logins = Arc::clone(&provider.logins);
    let browsers = BrowserFrontend {
        logins: Arc::clone(&logins),
        trusted_proxies: Arc::clone(trusted_proxies),
        admission: Arc::clone(&drain.admission),
        sockets: settings.sockets,
        heartbeat_frames: browser::heartbeat_frames(settings.sockets.ping_interval),
        tasks: drain.sockets.clone(),
        closing: drain.closing.clone(),
    };
    let app_backend = BackendCredentials::of(&settings.identity).map(|credentials| {
        app_backend::routes(AppBackend {
            logins: Arc::clone(&logins),
            trusted_proxies: Arc::clone(trusted_proxies),
            credentials: Arc::new(credentials),
        })
    });
    let phones = Phones {
        logins,
        trusted_proxies: Arc::clone(trusted_proxies),
    };
    Router::new()
        .merge(browser::routes::<TcpStream>(browsers))
        .merge(phone::routes(phones))
        .merge(app_backend.unwrap_or_default())
        .merge(oidc::routes(provider))
        .fallback(oidc::not_found)
        .layer(security_headers(settings))
}

/// Returns the parts that take over new settings while the node runs.
fn new_reload(settings: &Settings, logins: &Arc<Logins>, keys: KeysPart) -> Reload {
    let parts: Vec<Box<dyn ReloadablePart>> = vec![
        Box::new(ClientsPart(Arc::clone(logins))),
        Box::new(LimitsPart(Arc::clone(logins))),
        Box::new(keys),
    ];
    Reload::new(settings, parts, Arc::clone(logins.metrics()))
}

/// Returns the proxies of the settings.
fn new_trusted_proxies(settings: &settings::Server, metrics: &Metrics) -> Arc<TrustedProxies> {
    let networks = settings.trusted_proxies.clone();
    let proxies = TrustedProxies::new(networks.unwrap_or_default())
        .before(&settings.public_url)
        .counting(metrics.misdeclared_proxies().clone());
    Arc::new(proxies)
}

fn security_headers(
    settings: &Settings,
) -> MapResponseLayer<impl Fn(Response) -> Response + Clone + Send + Sync + 'static> {
    let headers = SecurityHeaders::of(&settings.server.public_url);
    MapResponseLayer::new(move |response| headers.add_to(response))
}

/// Returns the task that looks again at logins whose news was lost.
const fn new_sweep(settings: &Settings) -> Sweep {
    Sweep {
        scanned_every: settings.sockets.resync_interval,
        waiting_every: settings.sockets.waiting_resync_interval,
    }
}

/// Returns what the node needs to leave without losing a browser.
fn new_drain(settings: &settings::Server, logins: &Logins, sockets: TaskTracker) -> Drain {
    let capacity = capacity(settings);
    Drain {
        admission: Arc::new(Admission::new(capacity, Arc::clone(logins.metrics()))),
        waiters: Arc::clone(logins.waiters()),
        accepting: CancellationToken::new(),
        closing: CancellationToken::new(),
        connections: TaskTracker::new(),
        sockets,
        delay: settings.drain_delay,
        window: settings.drain_window,
    }
}

/// Returns permits for connections, if there is room. Those of trusted proxies carry the requests of many browsers.
fn admit(admission: &Arc<Admission>, trusted_proxies: Arc<TrustedProxies>) -> server::Admit {
    let admission = Arc::clone(admission);
    Arc::new(move |peer| {
        let peer = ClientAddress::from_ip(peer.ip());
        let connected = admission.connect(&peer, trusted_proxies.trusts(peer))?;
        Some(Box::new(connected))
    })
}

const fn listening(settings: &Settings) -> ListenerSettings {
    ListenerSettings {
        backlog: settings.server.backlog,
        header_timeout: settings.server.header_timeout,
        idle_timeout: settings.server.idle_timeout,
        write_timeout: settings.sockets.write_timeout,
    }
}

fn bind(
    address: SocketAddr,
    setting: &'static str,
    settings: ListenerSettings,
) -> Result<TcpListener, StartError> {
    server::bind(address, settings).map_err(|source| StartError::Listen {
        address,
        setting,
        source,
    })
}

fn local_address(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}
