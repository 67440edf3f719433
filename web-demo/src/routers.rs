//! The routers of the hall: the portal's, the phone app's, and the backend's for the gateway.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::Router;
use sqlx::SqlitePool;

use crate::accounts::Accounts;
use crate::developer::DeveloperPages;
use crate::face::{DescriptorVerifier, FaceChecks, PhotoFolder, References};
use crate::home::{self, AppLink, Hall};
use crate::identity;
use crate::key_file::KeyFile;
use crate::known_browsers::KnownBrowsers;
use crate::listeners::Origins;
use crate::logouts::Logouts;
use crate::options::Options;
use crate::pages::{Policy, weights};
use crate::phone::{self, GatewayClient, Phone};
use crate::portal::{self, AuthenticationRequests, CALLBACK_PATH, Portal, RelyingParty};
use crate::provider::{CLIENT_ID, Credentials, INTROSPECTION_CLIENT_ID};
use crate::registers::Registers;
use crate::sms_codes::Outgoing;

/// The parts that the pages need.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub options: &'a Options,
    pub db: &'a SqlitePool,
    pub registers: Registers,
    pub logouts: Logouts,
    pub outgoing: Outgoing,
    pub credentials: &'a Credentials,
    pub origins: &'a Origins,
    pub gateway_origin: &'a str,
    pub developer_pages: &'a DeveloperPages,
}

/// The routers.
#[derive(Debug)]
pub(crate) struct Routers {
    pub portal: Router,
    pub phone: Router,
    /// The endpoints that the gateway asks and tells: introspection, standing, logout tokens. Each request proves itself, and
    /// no cookie counts there.
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
            logouts,
            outgoing,
            credentials,
            origins,
            gateway_origin,
            developer_pages,
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
            logouts: logouts.clone(),
            outgoing: outgoing.clone(),
            origin: origins.portal.clone(),
            app: origins.app().to_owned(),
        };
        let app = AppLink::new(origins.app().to_owned());
        let mut inside = home::routes(Hall {
            portal: portal.clone(),
            app,
        });
        if let Some(pages) = developer_pages.routes(db, &portal.logouts) {
            inside = inside.merge(pages);
        }
        let policy = Policy::portal(gateway_origin).context("--gateway-url")?;
        let gateway = GatewayClient::new(gateway_origin.to_owned()).context("no HTTP client")?;
        let phone = Phone {
            db: db.clone(),
            accounts,
            registers: registers.clone(),
            face: face_checks(db, options)?,
            known_browsers,
            logouts,
            outgoing,
            gateway,
            portal: origins.portal.clone(),
        };
        let secret = &credentials.introspection_secret;
        let backchannel = portal::backchannel_routes(portal.clone());
        Ok(Self {
            portal: portal::routes(portal, inside, policy, options.double_click),
            phone: phone::routes(phone, Policy::phone()?, options.double_click),
            introspection: identity::routes(db.clone(), registers, INTROSPECTION_CLIENT_ID, secret)
                .merge(backchannel),
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

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use axum::body::Body;
    use http::header::{COOKIE, HOST, ORIGIN};
    use http::{HeaderName, Method, Request, StatusCode};
    use tower::ServiceExt;

    use super::*;
    use crate::serving::Connection;

    /// The host of both surfaces.
    const HALL: &str = "127.0.0.1:8081";

    struct Built {
        routers: Routers,
        /// Keeps the files.
        _directory: tempfile::TempDir,
    }

    async fn built() -> Built {
        let (db, directory) = crate::db::empty().await;
        let options = Options {
            data: directory.path().to_owned(),
            ..Options::default()
        };
        let origin = format!("http://{HALL}");
        let origins = Origins {
            portal: origin.clone(),
            phone: origin.clone(),
            phone_on_lan: None,
            backend: origin,
            is_local: true,
        };
        let routers = Routers::build(Parts {
            options: &options,
            db: &db,
            registers: Registers::embedded(&db),
            logouts: Logouts::new(db.clone()),
            outgoing: Outgoing::new(Registers::embedded(&db).sms).0,
            credentials: &Credentials::of(&options).unwrap(),
            origins: &origins,
            gateway_origin: "http://127.0.0.1:8080",
            developer_pages: &DeveloperPages::of(&options, &origins).unwrap(),
        });
        Built {
            routers: routers.unwrap(),
            _directory: directory,
        }
    }

    /// The addresses of a router's table, each with something in place of its parameters, and an address that it lacks.
    fn addresses(router: &Router) -> Vec<String> {
        let table = format!("{router:?}");
        let quoted = table.split('"').skip(1).step_by(2);
        let mut addresses: Vec<_> = quoted
            .filter(|path| path.starts_with('/') && !path.contains("__private"))
            .map(|path| path.replace(['{', '}', '*'], ""))
            .collect();
        addresses.sort();
        addresses.dedup();
        addresses.push("/no-such-page".to_owned());
        addresses
    }

    async fn status(
        router: &Router,
        method: &Method,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> StatusCode {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, HALL)
            .header(
                COOKIE,
                "shili_hall=session; shili_app=session; shili_face=check",
            );
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Connection {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure: false,
        });
        router.clone().oneshot(request).await.unwrap().status()
    }

    /// All methods but GET and HEAD, which change nothing.
    fn changing() -> [Method; 8] {
        [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
            Method::CONNECT,
            Method::from_bytes(b"QUERY").unwrap(),
        ]
    }

    #[tokio::test]
    async fn no_address_of_the_hall_obeys_a_request_that_names_no_page_of_its_own() {
        let site = HeaderName::from_static("sec-fetch-site");
        let foreign: [&[(HeaderName, &str)]; 7] = [
            &[],
            &[(ORIGIN, "null")],
            &[(ORIGIN, "http://127.0.0.1:9999")],
            &[(ORIGIN, "https://127.0.0.1:8081")],
            &[(site.clone(), "cross-site")],
            &[(site.clone(), "none")],
            &[
                (site.clone(), "same-site"),
                (ORIGIN, "http://127.0.0.1:8081"),
            ],
        ];
        let own: [&[(HeaderName, &str)]; 2] = [
            &[(ORIGIN, "http://127.0.0.1:8081")],
            &[(site, "same-origin")],
        ];
        let built = built().await;
        let (portal, phone) = (&built.routers.portal, &built.routers.phone);
        for (router, at_least) in [(portal, 50), (phone, 35)] {
            let addresses = addresses(router);
            assert!(addresses.len() >= at_least, "{addresses:?}");
            for path in &addresses {
                for method in &changing() {
                    for headers in foreign {
                        let refused = status(router, method, path, headers).await;
                        assert_eq!(
                            refused,
                            StatusCode::FORBIDDEN,
                            "{method} {path} {headers:?}"
                        );
                    }
                }
                for headers in own {
                    let taken = status(router, &Method::POST, path, headers).await;
                    assert_ne!(taken, StatusCode::FORBIDDEN, "{path} {headers:?}");
                }
                let read = status(router, &Method::GET, path, &[]).await;
                assert_ne!(read, StatusCode::FORBIDDEN, "{path}");
            }
        }
    }

    /// The endpoints for the gateway take no cookie.
    #[tokio::test]
    async fn the_backend_takes_its_callers_proof_alone() {
        let built = built().await;
        let router = &built.routers.introspection;
        assert_eq!(
            addresses(router),
            [
                "/",
                "/oauth2/introspect",
                "/oauth2/logout-tokens",
                "/oauth2/standing",
                "/no-such-page"
            ]
        );
        for (path, expected) in [
            ("/", 404),
            ("/oauth2/introspect", 401),
            ("/oauth2/logout-tokens", 400),
            ("/oauth2/standing", 401),
        ] {
            let answer = status(router, &Method::POST, path, &[]).await;
            assert_eq!(answer, expected, "{path}");
        }
    }
}
