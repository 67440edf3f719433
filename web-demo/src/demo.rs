//! The demo, put together: portal, phone app, identity backend and gateway over one database.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use saoma_gateway::Gateway;
use sqlx::SqlitePool;

use crate::accounts::{Accounts, DemoAccounts};
use crate::face::{DescriptorVerifier, FaceChecks, PhotoFolder, References};
use crate::home::{self, AppLink, Hall};
use crate::identity;
use crate::key_file::KeyFile;
use crate::known_browsers::KnownBrowsers;
use crate::listeners::{self, Listeners, listen};
use crate::local_network::{self, own_address};
use crate::options::{Options, RegistersElsewhere};
use crate::pages::{Policy, weights};
use crate::phone::{self, GatewayClient, Phone};
use crate::portal::{self, AuthenticationRequests, CALLBACK_PATH, Portal, RelyingParty};
use crate::provider::{self, CLIENT_ID, Credentials, INTROSPECTION_CLIENT_ID};
use crate::registers::{DemoRegisters, HttpRegisters, Registers};
use crate::serving::{Reached, Servers};
use crate::units::employees;
use crate::{db, developer, option_faults, private_file, records, terminal};

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
    db: SqlitePool,
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
        let (db, people) = database(&options).await?;
        let registers = registers(&options, &db)?;
        let credentials = Credentials::of(&options).context("no randomness")?;
        let (gateway_origin, gateway) = match &options.elsewhere {
            Some(elsewhere) => (elsewhere.url.trim_end_matches('/').to_owned(), None),
            None => {
                let listener = listen("gateway", options.gateway, "gateway").await?;
                let origin = listeners::origin(&listener)?;
                let started = provider::start(
                    &options,
                    &credentials,
                    listener,
                    &origins.portal,
                    &origins.backend,
                )
                .await?;
                (origin, Some(started))
            }
        };

        let servers = Servers::default();
        let callback = format!("{}{CALLBACK_PATH}", origins.portal);
        let client_secret = &credentials.client_secret;
        let relying_party = RelyingParty::new(&gateway_origin, CLIENT_ID, client_secret, callback)
            .context("the portal")?;
        let accounts = Accounts::new(db.clone())
            .map_err(|error| anyhow!("passwords cannot be hashed: {error}"))?;
        let key = KeyFile::read_or_make(&options.data.join("hall.key"))
            .context("the key of the cookies")?;
        let known_browsers = KnownBrowsers::new(db.clone(), &key);
        let portal = Portal {
            db: db.clone(),
            accounts: accounts.clone(),
            registers: registers.clone(),
            relying_party,
            requests: AuthenticationRequests::new(db.clone(), &key),
            known_browsers: known_browsers.clone(),
            origin: origins.portal.clone(),
        };
        let app = AppLink::new(origins.app().to_owned());
        let mut inside = home::routes(Hall {
            portal: portal.clone(),
            app,
        });
        // With registers elsewhere a real carrier sends the messages.
        if options.registers.is_none() {
            inside = inside.merge(developer::routes(db.clone()));
        }
        let policy = Policy::portal(&gateway_origin).context("--gateway-url")?;
        let listening = listeners.addresses()?;
        let reached = |origin: &str| {
            let proxies = options.trusted_proxies.clone();
            Reached::by_http(origin.starts_with("https:"), proxies)
        };
        let pages = portal::routes(portal, inside, policy);
        servers.start(listeners.portal, reached(&origins.portal), pages);

        let gateway_client =
            GatewayClient::new(gateway_origin.clone()).context("no HTTP client")?;
        let pages = phone::routes(
            Phone {
                db: db.clone(),
                accounts,
                registers: registers.clone(),
                face: face_checks(&db, &options)?,
                known_browsers,
                gateway: gateway_client,
            },
            Policy::phone()?,
        );
        if let Some(listener) = listeners.phone_on_lan {
            let address = own_address().unwrap_or(options.phone.ip());
            let tls = local_network::acceptor(address, &options.data)
                .context("the phone page on the local network")?;
            servers.start(listener, Reached::by_tls(tls), pages.clone());
        }
        // The introspection endpoint is for the gateway alone: it is not served to the local network.
        let secret = &credentials.introspection_secret;
        let introspection =
            identity::routes(db.clone(), registers, INTROSPECTION_CLIENT_ID, secret);
        let pages = pages.merge(introspection);
        servers.start(listeners.phone, reached(&origins.phone), pages);

        let addresses = terminal::Addresses {
            portal: origins.portal,
            phone: origins.phone,
            phone_on_lan: origins.phone_on_lan,
            gateway: gateway_origin,
        };
        Ok(Self {
            listening,
            addresses,
            people,
            servers,
            gateway,
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

    /// The announcement for the terminal.
    pub fn announcement(&self) -> String {
        terminal::announcement(&self.addresses, &self.people)
    }

    /// Sends waiting browsers away, lets the requests at hand finish, closes the database.
    pub async fn shutdown(self) {
        if let Some(gateway) = self.gateway {
            gateway.shutdown().await;
        }
        self.servers.shutdown().await;
        self.db.close().await;
    }
}

fn registers(options: &Options, db: &SqlitePool) -> anyhow::Result<Registers> {
    let Some(RegistersElsewhere { url, token }) = &options.registers else {
        return Ok(Registers::embedded(db));
    };
    let http = HttpRegisters::new(url.clone(), token.clone());
    Ok(Registers::elsewhere(http.context("no HTTP client")?))
}

async fn database(options: &Options) -> anyhow::Result<(SqlitePool, terminal::People)> {
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
    let accounts = DemoAccounts::load()?;
    accounts.seed(&db).await?;
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

/// The hall's face checks. Their key, and the photos that the register would have, lie beside the database.
fn face_checks(db: &SqlitePool, options: &Options) -> anyhow::Result<FaceChecks> {
    let key = KeyFile::read_or_make(&options.data.join("face.key"))
        .context("the key of the face checks")?;
    let verifier = match &options.face_verifier {
        Some(verifier) => Arc::clone(verifier),
        None => {
            let photos = Arc::new(PhotoFolder(options.data.join("photos")));
            let references = References::new(db.clone(), &key).context("the face checks")?;
            Arc::new(DescriptorVerifier::new(weights, references, photos))
        }
    };
    Ok(FaceChecks::new(db.clone(), &key, verifier))
}
