//! The portal, which redeems the browser's authorization code once, even if answers are lost.

use std::sync::Arc;
use std::time::Instant;

use saoma_protocol::{LoginId, paths};
use serde::Deserialize;

use super::flow::LoginFlow;
use super::run_context::RunContext;
use crate::support::{Exchanged, TokenRequest};

/// A code to redeem.
pub(super) struct Portal {
    context: Arc<RunContext>,
    flow: usize,
    login_id: LoginId,
    request: TokenRequest,
    owner: Option<u32>,
    /// Time at which the browser received the code.
    told_at: Instant,
    random: fastrand::Rng,
}

#[derive(Deserialize)]
struct Subject {
    sub: String,
}

/// Result of one token request.
enum RedeemOutcome {
    Redeemed,
    /// No answer, or an answer that permits a retry.
    Unknown,
    Refused(String),
}

impl Portal {
    pub(super) fn of(flow: &LoginFlow, redirect_to: &str, owner: Option<u32>) -> Self {
        let request = TokenRequest::of(&flow.login, redirect_to);
        flow.context.oracle.state().secret(&request.code);
        Self {
            context: Arc::clone(&flow.context),
            flow: flow.number,
            login_id: flow.login.login_id,
            request,
            owner,
            told_at: Instant::now(),
            random: fastrand::Rng::new(),
        }
    }

    /// Redeems the code. With `twice`, sends two requests at once before the usual one.
    pub(super) async fn exchange_code(mut self, twice: bool) {
        let mut redeemed = 0;
        if twice {
            let nodes = [
                self.context.any_node(&mut self.random),
                self.context.any_node(&mut self.random),
            ];
            let [first, second] = nodes;
            let (first, second) = tokio::join!(self.redeem(first), self.redeem(second));
            redeemed += [first, second]
                .iter()
                .filter(|one| matches!(one, RedeemOutcome::Redeemed))
                .count();
        }
        redeemed += usize::from(self.redeem_with_retries(twice).await);
        if redeemed > 1 {
            self.context
                .oracle
                .violation(self.flow, format!("the code was redeemed {redeemed} times"));
        }
    }

    /// Retries until there is an answer. A refusal is valid only if an earlier request may have
    /// redeemed the code.
    async fn redeem_with_retries(&mut self, mut tried: bool) -> bool {
        loop {
            let node = self.context.any_node(&mut self.random);
            match self.redeem(node).await {
                RedeemOutcome::Redeemed => return true,
                RedeemOutcome::Unknown => {
                    tried = true;
                    let context = Arc::clone(&self.context);
                    context.pause(&mut self.random).await;
                }
                RedeemOutcome::Refused(_) if tried => return false,
                RedeemOutcome::Refused(_)
                    if self
                        .context
                        .oracle
                        .excuses(self.flow, "codes lost", Some(self.told_at)) =>
                {
                    return false;
                }
                RedeemOutcome::Refused(error) => {
                    let what = format!(
                        "the code of {} could not be redeemed: {error}",
                        self.login_id
                    );
                    self.context.oracle.violation(self.flow, what);
                    return false;
                }
            }
        }
    }

    async fn redeem(&self, node: url::Url) -> RedeemOutcome {
        let answer = self
            .request
            .send_by(&self.context.http, node.join(paths::TOKEN).unwrap())
            .await;
        let tried = match answer {
            Ok(Exchanged {
                status: 200,
                id_token: Some(id_token),
                access_token: Some(access_token),
                ..
            }) => {
                self.check(&id_token);
                let mut state = self.context.oracle.state();
                state.secret(&id_token);
                state.secret(&access_token);
                state.stalls.succeeded();
                RedeemOutcome::Redeemed
            }
            Ok(Exchanged {
                status: 429 | 503, ..
            })
            | Err(_) => RedeemOutcome::Unknown,
            Ok(Exchanged { status, error, .. }) => {
                RedeemOutcome::Refused(format!("{status} {error:?}"))
            }
        };
        let said = match &tried {
            RedeemOutcome::Redeemed => "redeemed",
            RedeemOutcome::Unknown => "no answer",
            RedeemOutcome::Refused(error) => error,
        };
        self.context
            .oracle
            .note(self.flow, format!("portal: {said}"));
        tried
    }

    /// Checks that the ID token names the person who scanned.
    fn check(&self, id_token: &str) {
        let payload = id_token.split('.').nth(1).unwrap_or_default();
        let payload = data_encoding::BASE64URL_NOPAD
            .decode(payload.as_bytes())
            .unwrap();
        let Subject { sub } = serde_json::from_slice(&payload).unwrap();
        if self.owner.map(|owner| format!("load-{owner}")).as_deref() != Some(&sub) {
            self.context.oracle.violation(
                self.flow,
                format!("{sub} was logged in and did not scan first"),
            );
        }
    }
}
