//! The demo, put together: portal, phone app, identity backend and gateway over one database.

use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use saoma_gateway::Gateway;
use sqlx::SqlitePool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::DemoAccounts;
use crate::developer::DeveloperPages;
use crate::example_portal::RunningPortal;
use crate::listeners::{self, Listeners, Origins, listen};
use crate::local_network::{self, own_address};
use crate::logouts::{Logouts, Sender};
use crate::options::{Options, RegistersElsewhere};
use crate::provider::{self, Credentials};
use crate::registers::{DemoRegisters, HttpRegisters, Registers};
use crate::routers::{Parts, Routers};
use crate::serving::{Reached, Servers};
use crate::sms_codes::{Deliverer, Outgoing};
use crate::units::employees;
use crate::{db, option_faults, private_file, records, terminal};

/// The file of the database.
const DATABASE: &str = "hall.sqlite";

/// A running demo. Dropping it without [`Demo::shutdown`] leaves its tasks to the runtime's end.
#[derive(Debug)]
pub struct Demo {
    /// Of portal and phone app.
    listening: (SocketAddr, SocketAddr),
    addresses: terminal::Addresses,
    people: terminal::People,
    servers: Servers,
    gateway: Option<Gateway>,
    example_portal: Option<RunningPortal>,
    sender: RunningSender,
    db: SqlitePool,
}

/// The tasks that send logouts to the gateway, and short messages that no answer waits for to their carrier.
#[derive(Debug)]
struct RunningSender {
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl RunningSender {
    fn start(sender: Sender, deliverer: Deliverer) -> Self {
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(sender.run(closing.clone()));
        tasks.spawn(deliverer.run(closing.clone()));
        tasks.close();
        Self { tasks, closing }
    }

    async fn shutdown(self) {
        self.closing.cancel();
        self.tasks.wait().await;
    }
}

impl Demo {
    /// Starts all of it and returns once every part accepts connections.
    ///
    /// # Errors
    /// Returns an error if an address is in use, a file cannot be read or written, or a setting is
    /// invalid.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        option_faults::check(&options)?;
        let listeners = Listeners::bind(&options).await?;
        let origins = listeners.origins(&options)?;
        let (db, people) = database(&options, &origins).await?;
        let registers = registers(&options, &db)?;
        let credentials = Credentials::of(&options).context("no randomness")?;
        let (gateway_origin, gateway) = match &options.elsewhere {
            Some(elsewhere) => (elsewhere.url.trim_end_matches('/').to_owned(), None),
            None => {
                let listener = listen("gateway", options.gateway, "gateway").await?;
                let origin = listeners::origin(&listener)?;
                let started = provider::start(&options, &credentials, listener, &origins).await?;
                (origin, Some(started))
            }
        };

        let developer_pages = DeveloperPages::of(&options, &origins).context("no randomness")?;
        let logouts = Logouts::new(db.clone());
        let secret = credentials.events_secret.clone();
        let sender = Sender::new(logouts.clone(), registers.clone(), &gateway_origin, secret)?;
        let (outgoing, deliverer) = Outgoing::new(registers.sms.clone());
        let routers = Routers::build(Parts {
            options: &options,
            db: &db,
            registers,
            logouts,
            outgoing,
            credentials: &credentials,
            origins: &origins,
            gateway_origin: &gateway_origin,
            developer_pages: &developer_pages,
        })?;
        let servers = Servers::default();
        let listening = listeners.addresses()?;
        let reached = |origin: &str| {
            let proxies = options.trusted_proxies.clone();
            Reached::by_http(origin.starts_with("https:"), proxies)
        };
        servers.start(listeners.portal, reached(&origins.portal), routers.portal);
        if let Some(listener) = listeners.phone_on_lan {
            let address = own_address().unwrap_or(options.phone.ip());
            let tls = local_network::acceptor(address, &options.data)
                .context("the phone page on the local network")?;
            servers.start(listener, Reached::by_tls(tls), routers.phone.clone());
        }
        // The endpoints for the gateway are not served to the local network. On this listener each caller of the phone app
        // reaches them, so a request proves itself by the gateway's secret or signature.
        let pages = routers.phone.merge(routers.introspection);
        servers.start(listeners.phone, reached(&origins.phone), pages);

        let example_portal = example_portal(&options, &gateway_origin, &credentials).await;
        let addresses = terminal::Addresses {
            messages: developer_pages.messages_at(&origins.portal),
            desk: developer_pages.desk_at(&origins.portal),
            is_local: origins.is_local,
            portal: origins.portal,
            phone: origins.phone,
            phone_on_lan: origins.phone_on_lan,
            gateway: gateway_origin,
            example_portal: example_portal.as_ref().map(|site| site.origin().to_owned()),
        };
        Ok(Self {
            listening,
            addresses,
            people,
            servers,
            gateway,
            example_portal,
            sender: RunningSender::start(sender, deliverer),
            db,
        })
    }

    /// The portal's origin.
    pub fn portal_url(&self) -> &str {
        &self.addresses.portal
    }

    /// The phone app's origin.
    pub fn phone_url(&self) -> &str {
        &self.addresses.phone
    }

    /// The addresses on which portal and phone app listen, behind a proxy if there is one.
    pub const fn listening(&self) -> (SocketAddr, SocketAddr) {
        self.listening
    }

    /// The gateway's origin.
    pub fn gateway_url(&self) -> &str {
        &self.addresses.gateway
    }

    /// The address of the page that shows short messages, with its key of this run, if the portal has that page.
    pub fn messages_url(&self) -> Option<&str> {
        self.addresses.messages.as_deref()
    }

    /// The announcement for the terminal. `variable` looks up an environment variable: LC_ALL, LC_MESSAGES and LANG set the
    /// language.
    pub fn announcement(&self, variable: impl Fn(&str) -> Option<String>) -> String {
        terminal::announcement(&self.addresses, &self.people, terminal::locale(variable))
    }

    /// Sends waiting browsers away, lets the requests at hand finish, closes the database.
    pub async fn shutdown(self) {
        if let Some(site) = self.example_portal {
            site.shutdown().await;
        }
        if let Some(gateway) = self.gateway {
            gateway.shutdown().await;
        }
        self.servers.shutdown().await;
        self.sender.shutdown().await;
        self.db.close().await;
    }
}

/// Starts the example portal if it is among the options. The hall does without it, because it takes Node.js.
async fn example_portal(
    options: &Options,
    gateway_origin: &str,
    credentials: &Credentials,
) -> Option<RunningPortal> {
    let example = options.example_portal.as_ref()?;
    let started = example.start(gateway_origin, &credentials.example_secret);
    match started.await {
        Ok(site) => Some(site),
        Err(error) => {
            tracing::warn!(
                error = saoma_client::error_chain(error.as_ref()),
                "the example portal does not run"
            );
            None
        }
    }
}

fn registers(options: &Options, db: &SqlitePool) -> anyhow::Result<Registers> {
    let Some(RegistersElsewhere { url, token }) = &options.registers else {
        return Ok(Registers::embedded(db));
    };
    let http = HttpRegisters::new(url.clone(), token.clone());
    Ok(Registers::elsewhere(http.context("no HTTP client")?))
}

async fn database(
    options: &Options,
    origins: &Origins,
) -> anyhow::Result<(SqlitePool, terminal::People)> {
    let directory = options.data.display();
    private_file::make_folder(&options.data, DATABASE).map_err(|error| {
        anyhow!("cannot make the directory {directory}: {error}. Choose another by --data")
    })?;
    let opened = db::open(&options.data.join(DATABASE)).await;
    let db = opened.map_err(|error| {
        anyhow!(
            "cannot open the database in {directory}: {error}. Choose another directory by --data, or remove this one"
        )
    })?;
    let mut accounts = DemoAccounts::load()?;
    accounts.seed(&db).await?;
    let is_published = origins.shows_demo(options);
    accounts
        .keep_private(&db, &options.data, is_published)
        .await?;
    let own_registers = options.registers.is_none();
    let registers = own_registers.then(DemoRegisters::load).transpose()?;
    if let Some(registers) = &registers {
        registers.seed(&db).await?;
    }
    records::seed(&db).await?;
    if let Some(registers) = &registers {
        employees::seed(&db, &registers.units()).await?;
    }
    let people = terminal::People {
        accounts,
        registers,
    };
    Ok((db, people))
}
