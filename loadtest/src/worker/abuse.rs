//! Those who flood: opens, scans and guesses from a few addresses. What becomes of them is counted apart.

use std::sync::Arc;

use saoma_client::{Browser, BrowserError, DEFAULT_TIMEOUT, Phone, PhoneError};
use saoma_protocol::ScanRequest;
use tokio::time::{Instant, sleep_until};

use super::connection_pool::ConnectionPool;
use super::site::{ABUSERS, Site};
use crate::open_model::{Clock, Room, arrive_at};
use crate::pacing::Stage;
use crate::scenario::Abuse;

/// Requests of theirs that may be under way at once.
const AT_ONCE: u32 = 500;

/// Letters of a user code.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Characters of a scan code.
const CHARACTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Nobody minds when a flood comes a millisecond late.
struct Coarse;

impl Clock for Coarse {
    async fn until(&mut self, moment: Instant) {
        sleep_until(moment).await;
    }
}

/// Floods the gateway for so long.
pub(super) async fn flood(
    site: &Arc<Site>,
    abuse: Abuse,
    began: Instant,
    seconds: f64,
) -> anyhow::Result<()> {
    let Some(gateway) = &site.gateway else {
        return Ok(());
    };
    let addresses = u64::from(abuse.addresses.max(1));
    let sources = site.abuser(0).map(|_| (ABUSERS, addresses));
    let phones = Arc::new(ConnectionPool::new(
        gateway.node(0),
        sources,
        DEFAULT_TIMEOUT,
    )?);
    let room = Room::new(AT_ONCE);
    let come = |rate: f64| Stage::steady(rate, seconds).share(site.plan.worker, site.plan.workers);
    let (mut opens, mut scans, mut guesses) = (Coarse, Coarse, Coarse);
    tokio::join!(
        arrive_at(&mut opens, began, come(abuse.opens), &room, |arrival| {
            if let Some((arrival, _)) = arrival {
                let site = Arc::clone(site);
                tokio::spawn(async move {
                    let opened = open(&site, arrival.number % addresses).await;
                    site.tally
                        .noticed(format!("flood, open: {}", outcome_of_open(&opened)));
                    drop(arrival);
                });
            }
        }),
        arrive_at(&mut scans, began, come(abuse.scans), &room, |arrival| {
            let prefix = site
                .qr_prefix
                .get()
                .map_or("HTTPS://LOGIN.EXAMPLE/Q", String::as_str);
            let scan = ScanRequest::Qr {
                qr: format!("{prefix}/{}", random(CHARACTERS, 32)),
            };
            if let Some((arrival, _)) = arrival {
                tokio::spawn(attempt(
                    Arc::clone(site),
                    Arc::clone(&phones),
                    "scan",
                    scan,
                    arrival.number % addresses,
                ));
            }
        }),
        arrive_at(&mut guesses, began, come(abuse.guesses), &room, |arrival| {
            let scan = ScanRequest::UserCode {
                user_code: random(LETTERS, 8),
            };
            if let Some((arrival, _)) = arrival {
                tokio::spawn(attempt(
                    Arc::clone(site),
                    Arc::clone(&phones),
                    "guess",
                    scan,
                    arrival.number % addresses,
                ));
            }
        }),
    );
    Ok(())
}

async fn open(site: &Site, address: u64) -> Result<(), BrowserError> {
    let Some(gateway) = &site.gateway else {
        return Ok(());
    };
    let (target, party) = (
        gateway.node(usize::try_from(address).unwrap_or_default()),
        &gateway.party,
    );
    let (mut browser, login) =
        Browser::connect_opening(site.abuser(address), target, party).await?;
    login.opened(browser.next().await?).map(|_| ())
}

async fn attempt(
    site: Arc<Site>,
    phones: Arc<ConnectionPool>,
    what: &'static str,
    scan: ScanRequest,
    person: u64,
) {
    let Some(gateway) = &site.gateway else { return };
    // From the end of the list, where honest people come last.
    let persons = gateway.tokens.len();
    let token =
        &gateway.tokens[persons - 1 - usize::try_from(person).unwrap_or_default() % persons];
    let phone = Phone::with_client(&*phones, gateway.node(0).clone(), token);
    let outcome = match phone.claim(&scan).await {
        Ok(_) => "found a login".into(),
        Err(PhoneError::Refused { status, .. } | PhoneError::InvalidAnswer { status, .. }) => {
            format!("refused with {}", status.as_u16())
        }
        Err(PhoneError::NoAnswer(_) | PhoneError::InvalidRequest(_)) => "no answer".into(),
    };
    site.tally.noticed(format!("flood, {what}: {outcome}"));
}

fn outcome_of_open(opened: &Result<(), BrowserError>) -> String {
    match opened {
        Ok(()) => "opened".into(),
        Err(BrowserError::Refused { status, .. }) => format!("refused with {}", status.as_u16()),
        Err(BrowserError::Unexpected(_)) => "answered by an error".into(),
        Err(_) => "no answer".into(),
    }
}

fn random(letters: &[u8], length: usize) -> String {
    (0..length)
        .map(|_| char::from(letters[fastrand::usize(..letters.len())]))
        .collect()
}
