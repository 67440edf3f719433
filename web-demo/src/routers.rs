//! The routers of the hall: the portal's, the phone app's, and the backend's for the gateway.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::Router;
use sqlx::SqlitePool;

use crate::accounts::Accounts;
use crate::face::{DescriptorVerifier, FaceChecks, PhotoFolder, References};
use crate::home::{self, AppLink, Hall};
use crate::key_file::KeyFile;
use crate::known_browsers::KnownBrowsers;
use crate::listeners::Origins;
use crate::options::Options;
use crate::pages::{Policy, weights};
use crate::phone::{self, GatewayClient, Phone};
use crate::portal::{self, AuthenticationRequests, CALLBACK_PATH, Portal, RelyingParty};
use crate::provider::{CLIENT_ID, Credentials, INTROSPECTION_CLIENT_ID};
use crate::registers::Registers;
use crate::{developer, identity};

/// The parts that the pages need.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub options: &'a Options,
    pub db: &'a SqlitePool,
    pub registers: Registers,
    pub credentials: &'a Credentials,
    pub origins: &'a Origins,
    pub gateway_origin: &'a str,
}

/// The routers.
#[derive(Debug)]
pub(crate) struct Routers {
    pub portal: Router,
    pub phone: Router,
    /// The introspection endpoint, for the gateway alone. No cookie counts there.
    pub introspection: Router,
}

impl Routers {
    /// Builds the routers. It needs a tokio runtime.
    ///
    /// # Errors
    /// Returns an error if a key file cannot be read or written, or an origin is malformed.
    pub(crate) fn build(parts: Parts<'_>) -> anyhow::Result<Self> {
        let Parts {
            options,
            db,
            registers,
            credentials,
            origins,
            gateway_origin,
        } = parts;
        let callback = format!("{}{CALLBACK_PATH}", origins.portal);
        let client_secret = &credentials.client_secret;
        let relying_party = RelyingParty::new(gateway_origin, CLIENT_ID, client_secret, callback)
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
        if options.registers.is_none() && origins.shows_demo(options) {
            inside = inside.merge(developer::routes(db.clone(), options.expose_demo));
        }
        let policy = Policy::portal(gateway_origin).context("--gateway-url")?;
        let gateway = GatewayClient::new(gateway_origin.to_owned()).context("no HTTP client")?;
        let phone = Phone {
            db: db.clone(),
            accounts,
            registers: registers.clone(),
            face: face_checks(db, options)?,
            known_browsers,
            gateway,
        };
        let secret = &credentials.introspection_secret;
        Ok(Self {
            portal: portal::routes(portal, inside, policy),
            phone: phone::routes(phone, Policy::phone()?),
            introspection: identity::routes(db.clone(), registers, INTROSPECTION_CLIENT_ID, secret),
        })
    }
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
