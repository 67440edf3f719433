//! The deployment under test: a file with the registered relying party and the origin of app tokens.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use saoma_client::RelyingParty;
use saoma_protocol::{Identity, IdentityKind, IntrospectionResponse, OfferedIdentity};
use serde::{Deserialize, Serialize};

/// A deployment file, in TOML.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Client id of the relying party.
    pub client_id: String,
    /// Registered redirect URI.
    pub redirect_uri: String,
    /// Registered origin of the page that shows the code.
    pub origin: String,
    /// Secret for the token endpoint.
    pub client_secret: Option<String>,
    /// File with one app token per line. The persons take turns if there are more logins.
    pub tokens_file: Option<PathBuf>,
    /// Tokens of invented persons, for a gateway that verifies them by JWKS.
    pub mint: Option<Mint>,
}

/// `[mint]`: JWTs of invented persons.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mint {
    /// Private key: RSA, PKCS#8 PEM.
    pub key: PathBuf,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
    /// Number of persons.
    #[serde(default = "thousand")]
    pub persons: u32,
}

/// Resolves a path relative to the file that names it.
fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent().unwrap_or_else(|| Path::new(".")).join(path)
}

/// Id of the identity that every invented person has.
pub const PERSONAL: &str = "personal";

const ALGORITHM: Algorithm = Algorithm::RS256;
const KEY_ID: &str = "saoma-load";

/// Validity of a token in seconds, longer than any run.
const TOKEN_SECONDS: u64 = 24 * 3600;

const fn thousand() -> u32 {
    1000
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    #[serde(flatten)]
    person: IntrospectionResponse,
}

impl Deployment {
    /// Reads a deployment file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is invalid, or has both or neither of `tokens_file` and `[mint]`.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let mut deployment: Self = toml::from_str(&text)
            .with_context(|| format!("{}: invalid deployment", file.display()))?;
        ensure!(
            deployment.tokens_file.is_some() != deployment.mint.is_some(),
            "{}: expected either tokens_file or [mint]",
            file.display()
        );
        deployment.tokens_file = deployment.tokens_file.map(|path| beside(file, &path));
        if let Some(mint) = &mut deployment.mint {
            mint.key = beside(file, &mint.key);
        }
        Ok(deployment)
    }

    /// Returns the relying party.
    pub fn relying_party(&self) -> RelyingParty {
        RelyingParty {
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            origin: self.origin.clone(),
            client_secret: self.client_secret.clone(),
        }
    }

    /// Reads or signs the app tokens.
    ///
    /// # Errors
    /// Returns an error if the file or the key cannot be read, or if there is no token.
    pub fn tokens(&self) -> anyhow::Result<Vec<String>> {
        let tokens: Vec<String> = match (&self.tokens_file, &self.mint) {
            (Some(file), _) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                text.lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
            (None, Some(mint)) => mint.tokens()?,
            (None, None) => Vec::new(),
        };
        ensure!(!tokens.is_empty(), "the deployment has no app tokens");
        Ok(tokens)
    }
}

impl Mint {
    fn tokens(&self) -> anyhow::Result<Vec<String>> {
        let pem = std::fs::read(&self.key)
            .with_context(|| format!("cannot read {}", self.key.display()))?;
        let key = EncodingKey::from_rsa_pem(&pem).context("expected an RSA key in PEM")?;
        (1..=self.persons)
            .map(|number| mint(&key, &self.issuer, &self.audience, &made_up(number)))
            .collect()
    }
}

/// Returns an invented person who may log in.
pub fn made_up(number: u32) -> IntrospectionResponse {
    let name = format!("示例{number}");
    let identity = Identity {
        id: PERSONAL.into(),
        kind: IdentityKind::PERSONAL,
        name: name.clone(),
        role: None,
    };
    IntrospectionResponse {
        active: true,
        sub: Some(format!("load-{number}")),
        name: Some(name),
        identities: Some(vec![OfferedIdentity::from(identity)]),
        ..IntrospectionResponse::default()
    }
}

/// Signs a token of a person.
///
/// # Errors
/// Returns an error if the key cannot sign.
pub fn mint(
    key: &EncodingKey,
    issuer: &str,
    audience: &str,
    person: &IntrospectionResponse,
) -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let header = Header {
        kid: Some(KEY_ID.into()),
        typ: Some("at+jwt".into()),
        ..Header::new(ALGORITHM)
    };
    let claims = Claims {
        iss: issuer,
        aud: audience,
        iat: now,
        exp: now + TOKEN_SECONDS,
        person: person.clone(),
    };
    Ok(jsonwebtoken::encode(&header, &claims, key)?)
}

/// Returns the public half of a key, with which a gateway verifies the tokens.
///
/// # Errors
/// Returns an error if the key is not an RSA key.
pub fn public_keys(key: &EncodingKey) -> anyhow::Result<JwkSet> {
    let mut public = Jwk::from_encoding_key(key, ALGORITHM)?;
    public.common.key_id = Some(KEY_ID.into());
    Ok(JwkSet { keys: vec![public] })
}

/// Settings of nodes on one store.
const CLUSTER: &str = "[cluster]\nsecret_files = [\"@DIRECTORY@/cluster.secret\"]\n";

/// Writes `gateway.toml`, `deployment.toml` and `jwks.json` into a directory that holds `signing.pem` and, for a store
/// that nodes share, `cluster.secret`.
///
/// The gateway's key for ID tokens also signs the persons' tokens here, which is for tests only. With `limits` the
/// gateway keeps its default limits.
///
/// # Errors
/// Returns an error if the key is missing or invalid, or if a file cannot be written.
pub fn make(directory: &Path, store_url: &str, limits: bool) -> anyhow::Result<()> {
    let directory = directory
        .canonicalize()
        .with_context(|| format!("{}: no such directory", directory.display()))?;
    let file = |name: &str| directory.join(name);
    let pem = std::fs::read(file("signing.pem"))
        .context("signing.pem: make it first by `saoma generate-key`")?;
    let keys = public_keys(
        &EncodingKey::from_rsa_pem(&pem).context("signing.pem: expected an RSA key in PEM")?,
    )?;
    let cluster = if store_url == "memory:" {
        ""
    } else {
        ensure!(
            file("cluster.secret").exists(),
            "cluster.secret: make it first by `saoma generate-secret`"
        );
        CLUSTER
    };
    let unlimited = if limits {
        ""
    } else {
        include_str!("../templates/unlimited.toml")
    };
    let gateway = include_str!("../templates/gateway.toml")
        .replace("@LIMITS@\n", unlimited)
        .replace("@CLUSTER@\n", cluster)
        .replace("@DIRECTORY@", &directory.display().to_string())
        .replace("@STORE_URL@", store_url);
    for (name, text) in [
        ("jwks.json", serde_json::to_string(&keys)?),
        ("gateway.toml", gateway),
        (
            "deployment.toml",
            include_str!("../templates/deployment.toml").to_owned(),
        ),
    ] {
        std::fs::write(file(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}
