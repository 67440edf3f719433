//! The verbs that count attempts or change a login, each as a run of its script.

use std::time::Duration;

use saoma_protocol::{EventKind, LoginId, StateName, UserCode};

use super::answers::{read_applied, read_opening, read_redeemed, read_scanned, read_taken};
use super::arguments::{
    GrantedPerson, TermsArgument, claims, known, millis, millis_or_none, states, tags, to_json,
    with_guard, with_precondition,
};
use super::fence::{Later, Proof};
use super::limits::RateLimitCheck;
use super::script::Call;
use super::{RedisStore, proof_of};
use crate::store::{
    Applied, Attempt, Compare, Confirmation, Counted, EndReason, Ended, KEEP_ENDED, KEEP_UNSCANNED,
    LoginRequest, NewLogin, Opening, PresentedVerifier, REDEEM_TRIES, Redeemed, Redemption, Scan,
    Scanned, SessionStore, StoreError, Transition,
};

/// Returns from a verb if one of its attempts was over its limit.
macro_rules! allowed {
    ($counted:expr) => {
        match $counted {
            Counted::Done(answer) => answer,
            Counted::Limited { limit, retry_after } => {
                return Ok(Counted::Limited { limit, retry_after });
            }
        }
    };
}

/// Returns the change in a message that `push` in `event.lua` has made.
fn change_in(message: &str) -> Option<&str> {
    let (_, change) = message.split_once(r#""stored":"#)?;
    change.strip_suffix('}')
}

impl RedisStore {
    pub(super) async fn run_take(
        &self,
        attempts: &[Attempt<'_>],
    ) -> Result<Counted<()>, StoreError> {
        let checks: Vec<_> = attempts
            .iter()
            .map(|attempt| RateLimitCheck::of(&self.keys, attempt))
            .collect();
        let at_once = if self.connections.is_one_server() {
            checks.len().max(1)
        } else {
            1
        };
        for checks in checks.chunks(at_once) {
            let call = self.scripts.take.on_none().counting(checks);
            let answer: Vec<String> = self.connections.run(&call).await?;
            allowed!(read_taken(&answer, checks)?);
        }
        Ok(Counted::Done(()))
    }

    pub(super) async fn run_give_back(&self, attempt: &Attempt<'_>) -> Result<(), StoreError> {
        let check = RateLimitCheck::of(&self.keys, attempt);
        let call = self.scripts.give_back.on(check.key).arg(check.interval);
        self.connections.run(&call).await
    }

    /// Returns the checks that a verb's own script makes. In a cluster a limit may be on another master than the login,
    /// so the attempts are counted here, and no checks are left.
    pub(super) async fn checks(
        &self,
        attempts: &[Attempt<'_>],
    ) -> Result<Counted<Vec<RateLimitCheck>>, StoreError> {
        if self.connections.is_one_server() {
            let checks = attempts.iter();
            let checks = checks.map(|attempt| RateLimitCheck::of(&self.keys, attempt));
            return Ok(Counted::Done(checks.collect()));
        }
        Ok(self.run_take(attempts).await?.map(|()| Vec::new()))
    }

    pub(super) async fn run_open(
        &self,
        attempts: &[Attempt<'_>],
        login: &NewLogin,
    ) -> Result<Counted<Opening>, StoreError> {
        let checks = allowed!(self.checks(attempts).await?);
        if self.connections.is_one_server() {
            return self.run_open_script(login, true, &checks).await;
        }
        // Both commands travel together. A login whose user code turns out to be taken is opened anew or forgotten.
        let claim = self.claim_user_code(login.user_code, login.id, login.code_lifetime);
        let (claimed, opened) =
            tokio::try_join!(claim, self.run_open_script(login, false, &checks))?;
        Ok(if claimed {
            opened
        } else {
            Counted::Done(Opening::UserCodeTaken)
        })
    }

    /// Opens a login, and claims its user code in the same step if one server has both keys.
    async fn run_open_script(
        &self,
        login: &NewLogin,
        claims: bool,
        checks: &[RateLimitCheck],
    ) -> Result<Counted<Opening>, StoreError> {
        let key = self.keys.login(login.id);
        let mut call = self.scripts.open.on(&*key);
        if claims {
            call = call.key(self.keys.user_code(login.user_code));
        }
        let call = call
            .arg(login.id.to_string())
            .arg(login.receive_key.to_string())
            .arg(login.scan_code.to_string())
            .arg(login.user_code.to_string())
            .arg(login.node.as_str())
            .arg(to_json(&login.request)?)
            .arg(to_json(&login.request.answer_uri)?)
            .arg(millis(login.code_lifetime))
            .arg(millis(login.waiting_lifetime))
            .arg(millis(KEEP_UNSCANNED))
            .arg(known(&login.agreement))
            .arg(millis_or_none(login.follow_within))
            .arg(
                login
                    .device
                    .map_or_else(String::new, |device| device.code.to_string()),
            )
            .arg(millis_or_none(login.device.map(|device| device.interval)))
            .counting(checks);
        let opened = |answer: &Vec<String>| {
            let is_open = answer.first().is_some_and(|word| word == "opened");
            let receive_key = login.receive_key.to_string();
            Ok(is_open.then(|| Proof::of_field(&key, "receive_key", receive_key, Later::Never)))
        };
        let answer = self.run_kept(&call, opened).await?;
        read_opening(&answer, checks)
    }

    /// Makes a user code lead to its login. Returns false if it leads to another one already.
    pub(super) async fn claim_user_code(
        &self,
        code: UserCode,
        id: LoginId,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(self.keys.user_code(code))
            .arg(id.to_string())
            .arg("NX")
            .arg("PX")
            .arg(millis(lifetime));
        let set: Option<String> = self.connections.query("claim_user_code", &set).await?;
        Ok(set.is_some())
    }

    pub(super) async fn run_apply(
        &self,
        id: LoginId,
        transition: &Transition,
    ) -> Result<Applied, StoreError> {
        let event = transition.event();
        let call = self
            .scripts
            .apply
            .on(self.keys.login(id))
            .arg(id.to_string());
        let call = with_guard(call, event.kind());
        let person = event.person().map_or("", |person| person.as_str());
        let call = with_precondition(call.arg(person), transition.precondition())
            .arg(to_json(&transition.change())?)
            .arg(millis_or_none(transition.lifetime()))
            .arg(millis(KEEP_ENDED));
        let (scan_code, user_code) = match transition {
            Transition::Renew {
                scan_code,
                user_code,
                ..
            } => (scan_code.to_string(), user_code.to_string()),
            _ => Default::default(),
        };
        let call = call
            .arg(scan_code)
            .arg(user_code)
            .arg(millis(KEEP_UNSCANNED));
        let answer = self.run_event(call).await?;
        match read_applied(&answer, &[])? {
            Counted::Done(applied) => Ok(applied),
            // Without checks no limit can be read from an answer.
            Counted::Limited { .. } => Ok(Applied::Unknown),
        }
    }

    pub(super) async fn run_scan(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        scan: &Scan,
    ) -> Result<Counted<Scanned>, StoreError> {
        let checks = allowed!(self.checks(attempts).await?);
        let call = self
            .scripts
            .scan
            .on(self.keys.login(id))
            .arg(id.to_string());
        let call = with_guard(call, EventKind::Scan).arg(scan.person.as_str());
        let call = with_precondition(call, scan.precondition)
            .arg(to_json(&scan.change(false))?)
            .arg(millis(scan.lifetime))
            .arg(millis(KEEP_ENDED))
            .arg(
                EventKind::Scan
                    .guard()
                    .to_if_asked
                    .map_or("", StateName::as_str),
            )
            .arg(tags(&scan.person_tags))
            .arg(match scan.compare {
                Compare::Done => "",
                Compare::Expecting => "expecting",
                Compare::All => "all",
            })
            .counting(&checks);
        read_scanned(&self.run_event(call).await?, &checks)
    }

    pub(super) async fn run_confirm(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        confirmation: &Confirmation,
    ) -> Result<Counted<Applied>, StoreError> {
        let checks = allowed!(self.checks(attempts).await?);
        let call = self
            .scripts
            .confirm
            .on(self.keys.login(id))
            .arg(id.to_string());
        let call = with_guard(call, EventKind::Confirm)
            .arg(confirmation.person.as_str())
            .arg(confirmation.identity.id.as_str())
            .arg(to_json(&GrantedPerson::of(confirmation))?)
            .arg(LoginRequest::answer_parameter(&confirmation.code))
            .arg(confirmation.code.digest().to_string())
            .arg(millis(confirmation.lifetime))
            .arg(millis(KEEP_ENDED))
            .arg(confirmation.person_tag.to_string())
            .arg(flag(confirmation.same_user_code))
            .arg(claims(&confirmation.claims)?)
            .arg(flag(confirmation.is_expected))
            .counting(&checks);
        read_applied(&self.run_event(call).await?, &checks)
    }

    /// Runs the script of an event, and publishes the message that it hands over.
    async fn run_event(&self, call: Call<'_>) -> Result<Vec<String>, StoreError> {
        let key = call.first_key().to_owned();
        type Answer = (Vec<String>, Vec<String>);
        let proof = |(answer, told): &Answer| match answer.first().map(String::as_str) {
            Some("limited") => Ok(None),
            // A refusal leaves nothing behind, and nor does the repeat of an event that a later one has followed.
            _ => match told.get(1).and_then(|message| change_in(message)) {
                Some(change) => proof_of(&key, change).map(Some),
                None => Ok(Some(Proof::of_server(&key))),
            },
        };
        let (answer, told) = self.run_kept(&call, proof).await?;
        self.tell(&told).await;
        Ok(answer)
    }

    pub(super) async fn run_redeem(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        redemption: &Redemption<'_>,
    ) -> Result<Counted<Redeemed>, StoreError> {
        let checks = allowed!(self.checks(attempts).await?);
        if let Some(terms) = &redemption.session {
            // Boxed: few clients have sessions, and each redemption would hold its room.
            Box::pin(self.index_ahead(id, redemption.origin, terms.longest(redemption.lifetime)))
                .await?;
        }
        let guard = EventKind::Redeem.guard();
        // No login has the challenge "malformed".
        let challenge = match redemption.verifier {
            PresentedVerifier::Absent => String::new(),
            PresentedVerifier::Malformed => "malformed".to_owned(),
            PresentedVerifier::Of(challenge) => challenge.to_string(),
        };
        let key = self.keys.code(id, redemption.origin);
        let terms = redemption.session.as_ref();
        let terms = terms.map(|terms| {
            TermsArgument::of(terms, redemption.lifetime, self.connections.is_one_server())
        });
        let call = self
            .scripts
            .redeem
            .on(&*key)
            .arg(redemption.code.to_string())
            .arg(redemption.client_id)
            .arg(redemption.redirect_uri)
            .arg(challenge)
            .arg(redemption.access_token.to_string())
            .arg(millis(redemption.lifetime))
            .arg(millis(KEEP_ENDED))
            .arg(REDEEM_TRIES)
            .arg(states(guard.from))
            .arg(guard.to.as_str())
            .arg(flag(redemption.is_proved))
            .arg(flag(redemption.is_complete))
            .arg(id.to_string())
            .arg(terms.map_or(Ok(String::new()), |terms| to_json(&terms))?)
            .counting(&checks);
        let token = redemption.access_token;
        let proof = |answer: &Vec<String>| {
            Ok(match answer.first().map(String::as_str) {
                Some("redeemed") => {
                    // A replay at the same time removes the token.
                    let later = Later::State(guard.to.as_str());
                    let token = token.to_string();
                    Some(Proof::of_field(&key, "token", token, later))
                }
                Some("limited") => None,
                Some("replayed") => {
                    let ended = "1".to_owned();
                    Some(Proof::of_field(&key, "token_ended", ended, Later::Never))
                }
                _ => Some(Proof::of_server(&key)),
            })
        };
        let mut unanswered = self.unanswered_redemption(id, redemption.origin, token);
        let answer = self.run_kept(&call, proof).await;
        unanswered.settle(&answer).await;
        match read_redeemed(&answer?, &checks)? {
            Counted::Done(Redeemed::Replayed { ends_session: true }) => {
                // Boxed, because it is rare. The outbox has the session before it ends.
                let ended = Box::pin(self.end_session(id, EndReason::CodeReplayed)).await?;
                let ends_session = ended == Ended::Now;
                Ok(Counted::Done(Redeemed::Replayed { ends_session }))
            }
            redeemed => Ok(redeemed),
        }
    }
}

/// Returns a flag as the scripts read it.
const fn flag(is_set: bool) -> &'static str {
    if is_set { "1" } else { "" }
}
