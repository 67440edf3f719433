//! The gateway that logs people in: one in this process, or one elsewhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use saoma_gateway::settings::{
    AppSettings, ClientSettings, EventsSettings, IntrospectionSettings, Sources, StandingSettings,
    is_foreign_http,
};
use saoma_gateway::{Gateway, Settings, generate_pem, generate_secret};
use tokio::net::TcpListener;

use crate::identity::{INTROSPECTION_PATH, STANDING_PATH};
use crate::listeners::Origins;
use crate::logouts::EVENTS_CLIENT_ID;
use crate::options::Options;
use crate::portal::{AFTER_LOGOUT_PATH, BACKCHANNEL_PATH, CALLBACK_PATH};
use crate::private_file;
use crate::secret::Secret;

/// The portal's id at the gateway.
pub(crate) const CLIENT_ID: &str = "service-hall";

/// The portal's name, as people read it on their phones before they confirm.
pub(crate) const CLIENT_NAME: &str = "示例省人力资源和社会保障网上服务大厅";

/// The phone app's name, on the page behind a code and on the login page.
const APP_NAME: &str = "示例人社 App";

/// The gateway's own name at the introspection endpoint, and the audience of its answers.
pub(crate) const INTROSPECTION_CLIENT_ID: &str = "saoma";

/// The secrets that portal and app's backend share with the gateway.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// Of the portal, at the token endpoint.
    pub client_secret: Secret,
    /// Of the gateway, at the introspection endpoint.
    pub introspection_secret: Secret,
    /// Of the app's backend, by which it ends sessions at the gateway.
    pub events_secret: Secret,
    /// Of the example portal, at the token endpoint.
    pub example_secret: Secret,
}

impl Credentials {
    /// Returns the secrets of the registration elsewhere; for a gateway in this process, new ones.
    pub(crate) fn of(options: &Options) -> Result<Self, getrandom::Error> {
        Ok(match &options.elsewhere {
            Some(elsewhere) => Self {
                client_secret: elsewhere.client_secret.clone(),
                introspection_secret: elsewhere.introspection_secret.clone(),
                events_secret: elsewhere.events_secret.clone(),
                example_secret: Secret::random()?,
            },
            None => Self {
                client_secret: Secret::random()?,
                introspection_secret: Secret::random()?,
                events_secret: Secret::random()?,
                example_secret: Secret::random()?,
            },
        })
    }
}

/// Starts the gateway in this process. Each setting here is one that every deployment has.
///
/// # Errors
/// Returns an error if a setting is invalid, the signing key cannot be kept, or the gateway does not
/// start.
pub(crate) async fn start(
    options: &Options,
    credentials: &Credentials,
    listener: TcpListener,
    origins: &Origins,
) -> anyhow::Result<Gateway> {
    let (portal_origin, backend_origin) = (&origins.portal, &origins.backend);
    let sources = Sources {
        environment: options.environment.clone(),
        ..Sources::default()
    };
    let mut settings = Settings::load(&sources)
        .context("the gateway's settings")?
        .settings;
    settings.server.listen = listener.local_addr()?.into();
    settings.server.public_url = format!("http://{}", settings.server.listen);
    settings.operations.enabled = false;
    // One process on one machine: there is no load balancer to wait for.
    settings.server.drain_delay = Duration::ZERO;
    settings.server.drain_window = Duration::ZERO;
    settings.store.url.clone_from(&options.store_url);
    settings.oidc.signing_keys = vec![signing_key(&options.data)?];
    settings.cluster.secret_files = vec![cluster_secret(&options.data)?];
    settings.identity.introspection = Some(IntrospectionSettings {
        client_id: INTROSPECTION_CLIENT_ID.into(),
        client_secret: credentials.introspection_secret.expose().into(),
        audience: Some(INTROSPECTION_CLIENT_ID.into()),
        ..IntrospectionSettings::at(format!("{backend_origin}{INTROSPECTION_PATH}"))
    });
    settings.identity.standing = Some(StandingSettings {
        client_id: INTROSPECTION_CLIENT_ID.into(),
        client_secret: credentials.introspection_secret.expose().into(),
        ..StandingSettings::at(format!("{backend_origin}{STANDING_PATH}"))
    });
    settings.identity.events = Some(EventsSettings {
        client_id: EVENTS_CLIENT_ID.into(),
        client_secret: credentials.events_secret.expose().into(),
    });
    settings.apps.extend(app(origins.app()));
    settings.clients.push(ClientSettings {
        client_id: CLIENT_ID.into(),
        name: CLIENT_NAME.into(),
        secret: Some(credentials.client_secret.expose().into()),
        redirect_uris: vec![format!("{portal_origin}{CALLBACK_PATH}")],
        origins: vec![portal_origin.clone()],
        post_logout_redirect_uris: vec![format!("{portal_origin}{AFTER_LOGOUT_PATH}")],
        // At the phone app's listener itself, as introspection: the gateway needs no proxy to reach it.
        backchannel_logout_uri: Some(format!("{backend_origin}{BACKCHANNEL_PATH}")),
        ..ClientSettings::default()
    });
    let example = options.example_portal.as_ref();
    settings
        .clients
        .extend(example.map(|example| example.client(&credentials.example_secret)));
    Ok(Gateway::start_on(listener, settings).await?)
}

/// Returns the phone app, for people whose camera has opened a code's address. Over plain HTTP from another machine its link
/// could be read on the way.
fn app(origin: &str) -> Option<AppSettings> {
    (!is_foreign_http(origin)).then(|| AppSettings {
        name: APP_NAME.into(),
        link: format!("{origin}/open?code={{code}}"),
        get: Some(format!("{origin}/")),
        ..AppSettings::default()
    })
}

/// Kept, so that a restart does not change the key that signs; with Redis all nodes need the same.
fn signing_key(data: &Path) -> anyhow::Result<PathBuf> {
    let file = data.join("signing-key.pem");
    private_file::read_or_make(&file, || Ok(generate_pem()?))
        .context("the key that signs ID tokens cannot be kept")?;
    Ok(file)
}

/// Kept, so that browsers know their persons after a restart; with Redis all nodes need the same.
fn cluster_secret(data: &Path) -> anyhow::Result<PathBuf> {
    let file = data.join("cluster.secret");
    private_file::read_or_make(&file, || Ok(generate_secret()))
        .context("the secret of the gateway's nodes cannot be kept")?;
    Ok(file)
}
