//! The demo, put together: portal, phone app, identity backend and gateway over one database.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use saoma_gateway::Gateway;
use sqlx::SqlitePool;
use tokio::net::TcpListener;

use crate::accounts::{Accounts, DemoAccounts};
use crate::face::{DescriptorVerifier, FaceChecks, FaceKey, PhotoFolder, References};
use crate::home::{self, AppLink, Hall};
use crate::identity;
use crate::local_network::{self, own_address};
use crate::options::{Options, RegistersElsewhere};
use crate::pages::{Policy, weights};
use crate::phone::{self, GatewayClient, Phone};
use crate::portal::{self, CALLBACK_PATH, Portal, RelyingParty};
use crate::provider::{self, CLIENT_ID, Credentials, INTROSPECTION_CLIENT_ID};
use crate::registers::{DemoRegisters, HttpRegisters, Registers};
use crate::serving::Servers;
use crate::units::employees;
use crate::{db, developer, records, terminal};

/// The name of the listener that `--lan` adds.
const LAN: &str = "phone page on the local network";

/// A running demo. Dropping it without [`Demo::shutdown`] leaves its tasks to the runtime's end.
#[derive(Debug)]
pub struct Demo {
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
        let portal_listener = listen("portal", options.portal, "portal").await?;
        let phone_listener = listen("phone page", options.phone, "phone").await?;
        let phone_lan = match options.phone_lan {
            Some(address) => Some(listen(LAN, address, "lan-port").await?),
            None => None,
        };
        let (portal_origin, phone_origin) = (origin(&portal_listener), origin(&phone_listener));
        let (db, people) = database(&options).await?;
        let registers = match &options.registers {
            Some(RegistersElsewhere { url, token }) => {
                let http = HttpRegisters::new(url.clone(), token.clone());
                Registers::elsewhere(http.context("no HTTP client")?)
            }
            None => Registers::embedded(&db),
        };
        let credentials = Credentials::of(&options).context("no randomness")?;
        let (gateway_origin, gateway) = match &options.elsewhere {
            Some(elsewhere) => (elsewhere.url.trim_end_matches('/').to_owned(), None),
            None => {
                let listener = listen("gateway", options.gateway, "gateway").await?;
                let origin = origin(&listener);
                let started = provider::start(
                    &options,
                    &credentials,
                    listener,
                    &portal_origin,
                    &phone_origin,
                )
                .await?;
                (origin, Some(started))
            }
        };

        let servers = Servers::default();
        let callback = format!("{portal_origin}{CALLBACK_PATH}");
        let client_secret = &credentials.client_secret;
        let relying_party = RelyingParty::new(&gateway_origin, CLIENT_ID, client_secret, callback)
            .context("the portal")?;
        let accounts = Accounts::new(db.clone())
            .map_err(|error| anyhow!("passwords cannot be hashed: {error}"))?;
        let portal = Portal {
            db: db.clone(),
            accounts: accounts.clone(),
            registers: registers.clone(),
            relying_party,
            origin: portal_origin.clone(),
        };
        let phone_on_lan = phone_lan.as_ref().and_then(https_origin);
        let app = AppLink::new(phone_on_lan.clone().unwrap_or_else(|| phone_origin.clone()));
        let mut inside = home::routes(Hall {
            portal: portal.clone(),
            app,
        });
        // With registers elsewhere a real carrier sends the messages.
        if options.registers.is_none() {
            inside = inside.merge(developer::routes(db.clone()));
        }
        let policy = Policy::portal(&gateway_origin).context("--gateway-url")?;
        servers.start(
            portal_listener,
            None,
            portal::routes(portal, inside, policy),
        );

        let gateway_client =
            GatewayClient::new(gateway_origin.clone()).context("no HTTP client")?;
        let pages = phone::routes(
            Phone {
                db: db.clone(),
                accounts,
                registers: registers.clone(),
                face: face_checks(&db, &options)?,
                gateway: gateway_client,
            },
            Policy::phone()?,
        );
        if let Some(listener) = phone_lan {
            let address = own_address().unwrap_or(options.phone.ip());
            let tls = local_network::acceptor(address, &options.data)
                .context("the phone page on the local network")?;
            servers.start(listener, Some(tls), pages.clone());
        }
        // The introspection endpoint is for the gateway alone: it is not served to the local network.
        let secret = &credentials.introspection_secret;
        let introspection =
            identity::routes(db.clone(), registers, INTROSPECTION_CLIENT_ID, secret);
        servers.start(phone_listener, None, pages.merge(introspection));

        let addresses = terminal::Addresses {
            portal: portal_origin,
            phone: phone_origin,
            phone_on_lan,
            gateway: gateway_origin,
        };
        Ok(Self {
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

    /// The phone app's origin on this machine.
    pub fn phone_url(&self) -> &str {
        &self.addresses.phone
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

async fn listen(surface: &str, address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        anyhow!(
            "cannot listen on {address} for the {surface}: {error}. Stop what uses it, or choose another by --{flag}"
        )
    })
}

async fn database(options: &Options) -> anyhow::Result<(SqlitePool, terminal::People)> {
    let directory = options.data.display();
    std::fs::create_dir_all(&options.data).map_err(|error| {
        anyhow!("cannot make the directory {directory}: {error}. Choose another by --data")
    })?;
    let opened = db::open(&options.data.join("hall.sqlite")).await;
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
    let key = FaceKey::read_or_make(&options.data.join("face.key"))
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

/// The origin of a listener on this machine. One whose address cannot be told cannot be reached either.
fn origin(listener: &TcpListener) -> String {
    listener
        .local_addr()
        .map(|address| format!("http://{address}"))
        .unwrap_or_default()
}

fn https_origin(listener: &TcpListener) -> Option<String> {
    let port = listener.local_addr().ok()?.port();
    Some(format!("https://{}", SocketAddr::new(own_address()?, port)))
}
