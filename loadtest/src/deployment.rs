//! The deployment under test: one file says how app tokens are had and where browsers redirect.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use saoma_client::RelyingParty;
use saoma_protocol::{Identity, IdentityKind, IntrospectionResponse, OfferedIdentity};
use serde::{Deserialize, Serialize};

/// The file, in TOML.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The relying party whose page the browsers show.
    pub client_id: String,
    /// Where its browsers come back to: registered exactly so.
    pub redirect_uri: String,
    /// The origin of its page: registered too.
    pub origin: String,
    /// What the token endpoint is proved with.
    pub client_secret: Option<String>,
    /// A file with one app token a line. Persons may be fewer than logins: they take turns.
    pub tokens_file: Option<PathBuf>,
    /// Tokens made up here, for a gateway that verifies them by JWKS.
    pub mint: Option<Mint>,
}

/// `[mint]`: JWTs for made-up persons.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mint {
    /// The private key: RSA, PKCS#8 PEM.
    pub key: PathBuf,
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// How many persons there are.
    #[serde(default = "thousand")]
    pub persons: u32,
}

/// Where a file stands, so that paths in it are relative to it.
fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent().unwrap_or_else(|| Path::new(".")).join(path)
}

/// The identity that every made-up person has.
pub const PERSONAL: &str = "personal";

const ALGORITHM: Algorithm = Algorithm::RS256;
const KEY_ID: &str = "saoma-load";

/// Longer than any run.
const TOKEN_SECONDS: u64 = 24 * 3600;

const fn thousand() -> u32 {
    1000
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    exp: u64,
    #[serde(flatten)]
    person: IntrospectionResponse,
}

impl Deployment {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or says too little or too much.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let mut deployment: Self =
            toml::from_str(&text).with_context(|| format!("{} is wrong", file.display()))?;
        ensure!(
            deployment.tokens_file.is_some() != deployment.mint.is_some(),
            "{}: give either tokens_file or [mint]",
            file.display()
        );
        deployment.tokens_file = deployment.tokens_file.map(|path| beside(file, &path));
        if let Some(mint) = &mut deployment.mint {
            mint.key = beside(file, &mint.key);
        }
        Ok(deployment)
    }

    /// The relying party.
    pub fn relying_party(&self) -> RelyingParty {
        RelyingParty {
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            origin: self.origin.clone(),
            client_secret: self.client_secret.clone(),
        }
    }

    /// The app tokens.
    ///
    /// # Errors
    /// They cannot be read or made.
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
        ensure!(
            !tokens.is_empty(),
            "there are no app tokens: nobody could confirm"
        );
        Ok(tokens)
    }
}

impl Mint {
    fn tokens(&self) -> anyhow::Result<Vec<String>> {
        let pem = std::fs::read(&self.key)
            .with_context(|| format!("cannot read {}", self.key.display()))?;
        let key = EncodingKey::from_rsa_pem(&pem).context("not an RSA key in PEM")?;
        (1..=self.persons)
            .map(|number| mint(&key, &self.issuer, &self.audience, &made_up(number)))
            .collect()
    }
}

/// A made-up person, in good standing.
pub fn made_up(number: u32) -> IntrospectionResponse {
    let name = format!("示例{number}");
    let identity = Identity {
        id: PERSONAL.into(),
        kind: IdentityKind::Personal,
        name: name.clone(),
        role: None,
    };
    IntrospectionResponse {
        active: true,
        sub: Some(format!("load-{number}")),
        name: Some(name),
        identities: vec![OfferedIdentity::from(identity)],
        refusal: None,
    }
}

/// A token for a person.
///
/// # Errors
/// The key cannot sign.
pub fn mint(
    key: &EncodingKey,
    issuer: &str,
    audience: &str,
    person: &IntrospectionResponse,
) -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let header = Header {
        kid: Some(KEY_ID.into()),
        ..Header::new(ALGORITHM)
    };
    let claims = Claims {
        iss: issuer,
        aud: audience,
        exp: now + TOKEN_SECONDS,
        person: person.clone(),
    };
    Ok(jsonwebtoken::encode(&header, &claims, key)?)
}

/// The public half of a key, for the gateway that is to verify the tokens.
///
/// # Errors
/// The key is none.
pub fn public_keys(key: &EncodingKey) -> anyhow::Result<JwkSet> {
    let mut public = Jwk::from_encoding_key(key, ALGORITHM)?;
    public.common.key_id = Some(KEY_ID.into());
    Ok(JwkSet { keys: vec![public] })
}

/// Writes `gateway.toml`, `deployment.toml` and `jwks.json` into a directory that holds `signing.pem`: the key with
/// which the gateway signs ID tokens here signs the persons' tokens too, which nobody does outside a test.
///
/// With `limits` the gateway keeps those that it has by default.
///
/// # Errors
/// The key is missing, or a file cannot be written.
pub fn make(directory: &Path, store_url: &str, limits: bool) -> anyhow::Result<()> {
    let directory = directory
        .canonicalize()
        .with_context(|| format!("no directory {}", directory.display()))?;
    let file = |name: &str| directory.join(name);
    let pem = std::fs::read(file("signing.pem"))
        .context("make signing.pem first, by `saoma generate-key`")?;
    let keys = public_keys(&EncodingKey::from_rsa_pem(&pem).context("signing.pem is no RSA key")?)?;
    let unlimited = if limits {
        ""
    } else {
        include_str!("../templates/unlimited.toml")
    };
    let gateway = include_str!("../templates/gateway.toml")
        .replace("@LIMITS@\n", unlimited)
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
