//! The portal of `docs/examples/portal-node`, run beside the hall: a site that was written without a word of Saoma's.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use saoma_gateway::settings::ClientSettings;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::secret::Secret;

/// The site's id at the gateway.
const CLIENT_ID: &str = "example-portal";

/// The site's name, as people read it on their phones before they confirm.
const CLIENT_NAME: &str = "示例图书馆 (Example library)";

/// The site's program, in its folder.
const PROGRAM: &str = "portal.js";

/// Loaded by Node.js before the program: ends it when its input ends, as when the hall has been killed.
const END_WITH_INPUT: &str =
    "data:text/javascript,process.stdin.resume().on('end', () => process.exit())";

/// Time for Node.js to load the program.
const START: Duration = Duration::from_secs(30);

/// The choice to run the example.
#[derive(Debug, Clone)]
pub struct ExamplePortal {
    /// The folder `docs/examples/portal-node`.
    pub folder: PathBuf,
    /// Address of the site.
    pub address: SocketAddr,
}

/// The running site. Dropping it ends its process.
#[derive(Debug)]
pub(crate) struct RunningPortal {
    origin: String,
    child: Child,
    /// Kept open: a program whose output is closed fails at its next line.
    _output: BufReader<ChildStdout>,
}

impl ExamplePortal {
    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the site's registration at the gateway.
    pub(crate) fn client(&self, secret: &Secret) -> ClientSettings {
        ClientSettings {
            client_id: CLIENT_ID.into(),
            name: CLIENT_NAME.into(),
            secret: Some(secret.expose().into()),
            redirect_uris: vec![format!("{}/callback", self.origin())],
            post_logout_redirect_uris: vec![format!("{}/", self.origin())],
            ..ClientSettings::default()
        }
    }

    /// Starts the site and returns once it accepts connections.
    ///
    /// # Errors
    /// Returns an error if Node.js is not there, or the program ends, as without its packages.
    pub(crate) async fn start(
        &self,
        gateway_origin: &str,
        secret: &Secret,
    ) -> anyhow::Result<RunningPortal> {
        let origin = self.origin();
        let mut child = Command::new("node")
            .args(["--import", END_WITH_INPUT, PROGRAM])
            .current_dir(&self.folder)
            .env("OIDC_ISSUER", gateway_origin)
            .env("OIDC_CLIENT_ID", CLIENT_ID)
            .env("OIDC_CLIENT_SECRET", secret.expose())
            .env("PORTAL_URL", &origin)
            .env("PORT", self.address.port().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run node in {}", self.folder.display()))?;
        let output = child.stdout.take().context("it has no output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        let read = timeout(START, output.read_line(&mut line)).await;
        if read.context("it does not start in time")?? == 0 {
            bail!("it has ended: are its packages there (npm ci)?");
        }
        Ok(RunningPortal {
            origin,
            child,
            _output: output,
        })
    }
}

impl RunningPortal {
    /// The site's origin.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Ends the site.
    pub(crate) async fn shutdown(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the example portal cannot be ended"
            );
        }
    }
}
