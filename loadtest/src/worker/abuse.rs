//! Abuse: opens, scans and guesses from a few addresses. Their outcomes are counted apart from the logins.

use std::sync::Arc;

use saoma_client::{Browser, BrowserError, DEFAULT_TIMEOUT, Phone, PhoneError};
use saoma_protocol::ScanRequest;
use tokio::time::{Instant, sleep_until};

use super::connection_pool::ConnectionPool;
use super::state::{ABUSER_ADDRESSES, WorkerState};
use crate::open_model::{Clock, ConcurrencyLimit, schedule};
use crate::ramp::Ramp;
use crate::scenario::Abuse;

/// Maximum number of the abusers' requests in flight.
const MAX_IN_FLIGHT: u32 = 500;

/// Letters of a user code.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Characters of a scan code.
const CHARACTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The runtime's timers, whose milliseconds are precise enough for abuse.
struct CoarseClock;

impl Clock for CoarseClock {
    async fn until(&mut self, moment: Instant) {
        sleep_until(moment).await;
    }
}

/// Floods the gateway for some seconds.
pub(super) async fn flood(
    state: &Arc<WorkerState>,
    abuse: Abuse,
    began: Instant,
    seconds: f64,
) -> anyhow::Result<()> {
    let Some(gateway) = &state.gateway else {
        return Ok(());
    };
    let addresses = u64::from(abuse.addresses.max(1));
    let sources = state
        .abuser_address(0)
        .map(|_| (ABUSER_ADDRESSES, addresses));
    let phones = ConnectionPool::new(gateway.node(0), sources, DEFAULT_TIMEOUT)?;
    let phones = Arc::new(phones);
    let limit = ConcurrencyLimit::new(MAX_IN_FLIGHT);
    let share =
        |rate: f64| Ramp::steady(rate, seconds).share(state.plan.worker, state.plan.workers);
    let (mut opens, mut scans, mut guesses) = (CoarseClock, CoarseClock, CoarseClock);
    let scan = |what, code: ScanRequest, person| {
        tokio::spawn(scan(
            Arc::clone(state),
            Arc::clone(&phones),
            what,
            code,
            person,
        ));
    };
    tokio::join!(
        schedule(&mut opens, began, share(abuse.opens), &limit, |arrival| {
            if let Some((arrival, _)) = arrival {
                let state = Arc::clone(state);
                tokio::spawn(async move {
                    let outcome = open(&state, arrival.number % addresses).await;
                    state.recorder.count(format!("flood, open: {outcome}"));
                    drop(arrival);
                });
            }
        }),
        schedule(&mut scans, began, share(abuse.scans), &limit, |arrival| {
            let prefix = state
                .qr_prefix
                .get()
                .map_or("HTTPS://LOGIN.EXAMPLE/Q", String::as_str);
            let qr = format!("{prefix}/{}", random(CHARACTERS, 32));
            if let Some((arrival, _)) = arrival {
                scan("scan", ScanRequest::Qr { qr }, arrival.number % addresses);
            }
        }),
        schedule(
            &mut guesses,
            began,
            share(abuse.guesses),
            &limit,
            |arrival| {
                let user_code = random(LETTERS, 8);
                if let Some((arrival, _)) = arrival {
                    let code = ScanRequest::UserCode { user_code };
                    scan("guess", code, arrival.number % addresses);
                }
            }
        ),
    );
    Ok(())
}

async fn open(state: &WorkerState, abuser: u64) -> String {
    let Some(gateway) = &state.gateway else {
        return "no gateway".into();
    };
    let node = gateway.node(usize::try_from(abuser).unwrap_or_default());
    let opening = async {
        let address = state.abuser_address(abuser);
        let (mut browser, login) = Browser::connect_opening(address, node, &gateway.party).await?;
        login.opened(browser.next().await?)
    };
    match opening.await {
        Ok(_) => "opened".into(),
        Err(BrowserError::Refused { status, .. }) => format!("refused with {}", status.as_u16()),
        Err(BrowserError::Unexpected(_)) => "answered by an error".into(),
        Err(_) => "no answer".into(),
    }
}

async fn scan(
    state: Arc<WorkerState>,
    phones: Arc<ConnectionPool>,
    what: &'static str,
    code: ScanRequest,
    person: u64,
) {
    let Some(gateway) = &state.gateway else {
        return;
    };
    // Abusers are the last persons of the list, which honest arrivals reach last.
    let persons = gateway.tokens.len();
    let person = usize::try_from(person).unwrap_or_default() % persons;
    let token = &*gateway.tokens[persons - 1 - person];
    let phone = Phone::with_client(&*phones, gateway.node(0).clone(), token);
    let outcome = match phone.claim(&code).await {
        Ok(_) => "found a login".into(),
        Err(PhoneError::Refused { status, .. } | PhoneError::InvalidAnswer { status, .. }) => {
            format!("refused with {}", status.as_u16())
        }
        Err(PhoneError::NoAnswer(_) | PhoneError::InvalidRequest(_)) => "no answer".into(),
    };
    state.recorder.count(format!("flood, {what}: {outcome}"));
}

fn random(letters: &[u8], length: usize) -> String {
    (0..length)
        .map(|_| char::from(letters[fastrand::usize(..letters.len())]))
        .collect()
}
