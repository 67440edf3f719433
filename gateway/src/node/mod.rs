//! A gateway node, put together: from settings to a running server, and down again.

pub(crate) mod backend_error;
pub(crate) mod backends;
mod capacity;
pub(crate) mod check;
pub(crate) mod cluster_watch;
mod drain;
pub(crate) mod inherited_listeners;
mod listeners;
mod operations;
mod probe;
pub(crate) mod reload;
mod secret_files;
pub mod service_manager;
mod serving;
pub mod telemetry;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::capacity::capacity;
use self::cluster_watch::ClusterWatch;
use self::drain::Drain;
use self::inherited_listeners::InheritedListeners;
use self::listeners::GivenListeners;
use self::reload::{
    CertificatePart, ClientsPart, KeysPart, LimitsPart, LogFilterPart, Reload, ReloadError,
    ReloadablePart, Reloaded,
};
use self::serving::{Serving, certificate};
use self::telemetry::LogFilter;
use crate::apps::Apps;
use crate::frontends::oidc::{KeyRing, LogoutDeliveries, Provider};
use crate::http::admission::Admission;
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::Logins;
use crate::metrics::Metrics;
use crate::settings::{self, ListenAddress, Settings, Sources};
use crate::waiting::sweep::Sweep;

/// A running node. Dropping it without [`Gateway::shutdown`] leaves its tasks to the runtime's end.
#[derive(Debug)]
pub struct Gateway {
    address: ListenAddress,
    operations_address: Option<ListenAddress>,
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
        address: ListenAddress,
        /// The setting that names it.
        setting: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// A listener that was handed over cannot be used.
    #[error("cannot use a listener of the service manager")]
    Inherited(#[source] std::io::Error),
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
        Self::start_with(GivenListeners::default(), settings, None).await
    }

    /// Starts a node on the listeners that the service manager has handed over, and on those of the settings in place of
    /// each that it has not.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    pub async fn start_on_inherited(
        listeners: InheritedListeners,
        settings: Settings,
    ) -> Result<Self, StartError> {
        let listeners = listeners.into_listeners();
        let listeners = listeners.map_err(StartError::Inherited)?;
        Self::start_with(listeners, settings, None).await
    }

    /// Starts a node on a listener that is bound already, for callers that must know the address before the settings.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    pub async fn start_on(listener: TcpListener, settings: Settings) -> Result<Self, StartError> {
        Self::start_with(listener.into(), settings, None).await
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
        Self::start_with(listener.into(), settings, Some(keys)).await
    }

    async fn start_with(
        listeners: GivenListeners,
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
        let listeners = listeners.or_bound_by(&settings)?;
        let keys_are_own = keys.is_some() || settings.oidc.signing_keys.is_empty();
        let metrics = Arc::new(Metrics::default());
        let certificate = certificate(&settings.tls, &metrics)?;
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
        let mut reload = new_reload(&started_with, &logins, keys_part);
        if let Some(certificate) = &certificate {
            reload.add(Box::new(CertificatePart(Arc::clone(certificate))));
        }
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
        let (address, operations_address) = listeners.addresses();
        let serving = Serving {
            settings: &settings,
            provider,
            trusted_proxies,
            drain: &drain,
            certificate,
        };
        serving.start(listeners, &mut background);
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

    /// Returns the address for browsers and phones: the unspecified one if the node listens on a Unix socket.
    pub fn address(&self) -> SocketAddr {
        let unspecified = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        self.address.socket_address().unwrap_or(unspecified)
    }

    /// Returns the address for browsers and phones, of either kind.
    pub const fn listen_address(&self) -> &ListenAddress {
        &self.address
    }

    /// Returns the address of health and metrics, if they are served there.
    pub fn operations_address(&self) -> Option<SocketAddr> {
        self.operations_address.as_ref()?.socket_address()
    }

    /// Returns the address of health and metrics, of either kind, if they are served.
    pub const fn operations_listen_address(&self) -> Option<&ListenAddress> {
        self.operations_address.as_ref()
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

/// Returns the proxies of the settings.
fn new_trusted_proxies(settings: &settings::Server, metrics: &Metrics) -> Arc<TrustedProxies> {
    let networks = settings.trusted_proxies.clone();
    let proxies = TrustedProxies::new(networks.unwrap_or_default())
        .before(&settings.public_url)
        .counting(metrics.misdeclared_proxies().clone());
    Arc::new(proxies)
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
