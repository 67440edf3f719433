//! The binary `saoma-demo`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ipnet::IpNet;
use saoma_client::error_chain;
use saoma_demo::{Demo, Elsewhere, ExamplePortal, Options, RegistersElsewhere, Secret};
use saoma_gateway::settings::{Log, LogFormat};
use saoma_gateway::telemetry;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// The service hall of a province that does not exist: portal, phone app and gateway in one process.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "The gateway's own settings can be given by its environment variables (SAOMA_SECTION_KEY)."
)]
struct Cli {
    /// Address of the gateway; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    gateway: SocketAddr,
    /// Address of the portal
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDRESS:PORT")]
    portal: SocketAddr,
    /// Address of the phone page
    #[arg(long, default_value = "127.0.0.1:8082", value_name = "ADDRESS:PORT")]
    phone: SocketAddr,
    /// Origin at which browsers reach the portal through a proxy, such as https://hall.example
    #[arg(long, value_name = "URL")]
    portal_url: Option<Url>,
    /// Origin at which phones reach the phone page through a proxy
    #[arg(long, value_name = "URL")]
    phone_url: Option<Url>,
    /// Address or network of a proxy before portal and phone page, whose X-Forwarded-For is trusted; may be repeated
    #[arg(long = "trusted-proxy", value_name = "ADDRESS", value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// Start in spite of unsafe options, with a warning for each; for trials only
    #[arg(long)]
    allow_insecure: bool,
    /// Keep the developer pages and the published password of the demo's accounts even if other machines reach the hall
    #[arg(long)]
    expose_demo: bool,
    /// Open the phone page to phones on the local network too, by HTTPS
    #[arg(long)]
    lan: bool,
    /// The port for phones on the local network
    #[arg(long, default_value_t = 8443, value_name = "PORT")]
    lan_port: u16,
    /// The directory of the database, keys and certificates
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    data: PathBuf,
    /// Keep logins in this Redis instead of in memory
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Use the gateway of this origin instead of one in this process
    #[arg(long, value_name = "URL", requires_all = ["client_secret", "introspection_secret", "events_secret"])]
    gateway_url: Option<String>,
    /// The secret of client "service-hall" at that gateway
    #[arg(
        long,
        env = "SAOMA_DEMO_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    client_secret: Option<String>,
    /// The secret by which that gateway, as "saoma", asks for introspection
    #[arg(
        long,
        env = "SAOMA_DEMO_INTROSPECTION_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    introspection_secret: Option<String>,
    /// The secret by which the hall, as "shili-app", ends sessions at that gateway
    #[arg(
        long,
        env = "SAOMA_DEMO_EVENTS_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    events_secret: Option<String>,
    /// Run the portal of this folder, docs/examples/portal-node, as another site of the gateway in this process
    #[arg(long, value_name = "DIR")]
    example_portal: Option<PathBuf>,
    /// Address of that portal
    #[arg(
        long,
        default_value = "127.0.0.1:8083",
        value_name = "ADDRESS:PORT",
        requires = "example_portal"
    )]
    example_portal_address: SocketAddr,
    /// Ask the registers of people, cards and units at this origin instead of the demo's own
    #[arg(long, value_name = "URL", requires = "registers_token")]
    registers_url: Option<Url>,
    /// The bearer token for those registers
    #[arg(
        long,
        env = "SAOMA_DEMO_REGISTERS_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    registers_token: Option<String>,
    /// Log filter, such as info or saoma_demo=debug,warn
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    log: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("saoma-demo: {}", error_chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let log = Log {
        format: LogFormat::Text,
        filter: cli.log.clone(),
        ..Log::default()
    };
    telemetry::start(&log).context("--log")?;
    // Installed before `ready` is printed: a signal that follows it at once must stop the demo, not kill it.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let demo = Demo::start(cli.into_options()).await?;
    print!("{}", demo.announcement(|name| std::env::var(name).ok()));
    let mut asked_to_stop = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    asked_to_stop().await;
    tokio::select! {
        () = demo.shutdown() => {}
        () = asked_to_stop() => {}
    }
    Ok(())
}

impl Cli {
    fn into_options(self) -> Options {
        let elsewhere = self.gateway_url.map(|url| Elsewhere {
            url,
            client_secret: Secret::received(self.client_secret.unwrap_or_default()),
            introspection_secret: Secret::received(self.introspection_secret.unwrap_or_default()),
            events_secret: Secret::received(self.events_secret.unwrap_or_default()),
        });
        let registers = self.registers_url.map(|url| RegistersElsewhere {
            url,
            token: Secret::received(self.registers_token.unwrap_or_default()),
        });
        Options {
            portal: self.portal,
            phone: self.phone,
            portal_url: self.portal_url,
            phone_url: self.phone_url,
            trusted_proxies: self.trusted_proxies,
            allow_insecure: self.allow_insecure,
            gateway: self.gateway,
            phone_lan: self
                .lan
                .then_some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.lan_port))),
            data: self.data,
            store_url: self.redis.unwrap_or_else(|| "memory:".into()),
            environment: gateway_settings(),
            registers,
            face_verifier: None,
            expose_demo: self.expose_demo,
            double_click: Options::default().double_click,
            elsewhere,
            example_portal: self.example_portal.map(|folder| ExamplePortal {
                folder,
                address: self.example_portal_address,
            }),
        }
    }
}

/// Reads a network, or a single address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address
        .or_else(|_| text.parse())
        .map_err(|_| format!("expected an address or a network such as 10.0.0.0/8, found {text:?}"))
}

/// The gateway's variables, without those of the demo itself.
fn gateway_settings() -> Vec<(String, String)> {
    let text = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| name.starts_with("SAOMA_") && !name.starts_with("SAOMA_DEMO_"))
        .collect()
}
