//! The demo, put together: portal, phone app, identity backend and gateway over one database.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use saoma_gateway::Gateway;
use sqlx::SqlitePool;
use tokio::net::TcpListener;

use crate::accounts::{Accounts, DemoAccounts, SeedError};
use crate::face::{
    DescriptorVerifier, FaceChecks, FaceKey, KeyError, PhotoFolder, References, VerifierError,
};
use crate::home::{self, AppLink, Hall};
use crate::identity;
use crate::local_network::{self, LocalNetworkError, own_address};
use crate::options::Options;
use crate::pages::{Policy, weights};
use crate::phone::{self, GatewayClient, Phone};
use crate::portal::{self, CALLBACK_PATH, Portal, RelyingParty, RelyingPartyError};
use crate::provider::{self, CLIENT_ID, Credentials, INTROSPECTION_CLIENT_ID, ProviderError};
use crate::records::{self, RecordsError};
use crate::registers::{DemoRegisters, HttpRegisters, Registers};
use crate::serving::Servers;
use crate::units::employees;
use crate::{db, developer, terminal};

/// A running demo. Dropping it without [`Demo::shutdown`] leaves its tasks to the runtime's end.
#[derive(Debug)]
pub struct Demo {
    addresses: terminal::Addresses,
    people: terminal::People,
    servers: Servers,
    gateway: Option<Gateway>,
    db: SqlitePool,
}

/// Why a demo did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be had.
    #[error(
        "cannot listen on {address} for the {face}: {source}. Stop what uses it, or choose another by --{flag}"
    )]
    Listen {
        /// The listener.
        face: &'static str,
        /// Its address.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// The directory for data cannot be made.
    #[error("cannot make the directory {}: {source}. Choose another by --data", .directory.display())]
    Data {
        /// The directory.
        directory: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the database in {}: {source}. Choose another directory by --data, or remove this one", .directory.display())]
    Database {
        /// The directory.
        directory: PathBuf,
        /// The cause.
        source: db::OpenError,
    },
    /// The demo's people cannot be put in.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The citizens' records cannot be put in.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// Passwords cannot be checked.
    #[error("passwords cannot be hashed: {0}")]
    Password(argon2::password_hash::Error),
    /// The key of the face checks cannot be kept.
    #[error("the key of the face checks: {0}")]
    FaceKey(#[from] KeyError),
    /// Faces cannot be sealed.
    #[error("the face checks: {0}")]
    Face(#[from] VerifierError),
    /// The system has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The portal cannot be a relying party.
    #[error("the portal: {0}")]
    RelyingParty(#[from] RelyingPartyError),
    /// No HTTP client can be made on this machine.
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// The gateway's address cannot stand in a header.
    #[error("--gateway-url: {0}")]
    GatewayUrl(#[from] http::header::InvalidHeaderValue),
    /// The gateway in this process did not start.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Phones on the local network cannot be served.
    #[error("the phone page on the local network: {0}")]
    LocalNetwork(#[from] LocalNetworkError),
}

impl Demo {
    /// Starts all of it and returns once every part accepts connections.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let portal_listener = listen("portal", options.portal, "portal").await?;
        let phone_listener = listen("phone page", options.phone, "phone").await?;
        let phone_lan = match options.phone_lan {
            Some(address) => {
                Some(listen("phone page on the local network", address, "lan-port").await?)
            }
            None => None,
        };
        let (portal_origin, phone_origin) = (origin(&portal_listener), origin(&phone_listener));
        let (db, people) = database(&options).await?;
        let registers = match &options.registers {
            Some(elsewhere) => Registers::elsewhere(HttpRegisters::new(
                elsewhere.url.clone(),
                elsewhere.token.clone(),
            )?),
            None => Registers::embedded(&db),
        };
        let credentials = Credentials::of(&options)?;
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
        let relying_party = RelyingParty::new(
            &gateway_origin,
            CLIENT_ID,
            &credentials.client_secret,
            callback,
        )?;
        let accounts = Accounts::new(db.clone()).map_err(StartError::Password)?;
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
        servers.start(
            portal_listener,
            None,
            portal::routes(portal, inside, Policy::portal(&gateway_origin)?),
        );

        let gateway_client = GatewayClient::new(gateway_origin.clone())?;
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
            let tls = local_network::acceptor(address, &options.data)?;
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

async fn listen(
    face: &'static str,
    address: SocketAddr,
    flag: &'static str,
) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen {
            face,
            address,
            flag,
            source,
        })
}

async fn database(options: &Options) -> Result<(SqlitePool, terminal::People), StartError> {
    let directory = &*options.data;
    std::fs::create_dir_all(directory).map_err(|source| StartError::Data {
        directory: directory.to_owned(),
        source,
    })?;
    let opened = db::open(&directory.join("hall.sqlite")).await;
    let db = opened.map_err(|source| StartError::Database {
        directory: directory.to_owned(),
        source,
    })?;
    let accounts = DemoAccounts::load()?;
    accounts.seed(&db).await?;
    let registers = if options.registers.is_none() {
        Some(DemoRegisters::load()?)
    } else {
        None
    };
    if let Some(registers) = &registers {
        registers.seed(&db).await?;
    }
    records::seed(&db).await?;
    if let Some(registers) = &registers {
        employees::seed(&db, &registers.units())
            .await
            .map_err(RecordsError::from)?;
    }
    let people = terminal::People {
        accounts,
        registers,
    };
    Ok((db, people))
}

/// The hall's face checks. Their key, and the photos that the register would have, lie beside the database.
fn face_checks(db: &SqlitePool, options: &Options) -> Result<FaceChecks, StartError> {
    let key = FaceKey::read_or_make(&options.data.join("face.key"))?;
    let verifier = match &options.face_verifier {
        Some(verifier) => Arc::clone(verifier),
        None => {
            let photos = PhotoFolder(options.data.join("photos"));
            Arc::new(DescriptorVerifier::new(
                weights,
                References::new(db.clone(), &key)?,
                Arc::new(photos),
            ))
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
