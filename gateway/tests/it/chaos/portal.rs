//! The portal, which redeems the code that its browser brings: once, whatever happens to the answers.

use std::sync::Arc;
use std::time::Instant;

use saoma_protocol::{LoginId, paths};
use serde::Deserialize;

use super::scene::Scene;
use super::visit::Visit;
use crate::support::{Exchanged, TokenRequest};

/// A code on its way to be redeemed.
pub(super) struct Portal {
    scene: Arc<Scene>,
    visit: usize,
    login_id: LoginId,
    request: TokenRequest,
    owner: Option<u32>,
    /// When its browser was told the code.
    told_at: Instant,
    random: fastrand::Rng,
}

#[derive(Deserialize)]
struct Subject {
    sub: String,
}

/// What came of one try.
enum Try {
    Redeemed,
    /// There was no answer, or one that it may be tried again.
    Unknown,
    Refused(String),
}

impl Portal {
    pub(super) fn of(visit: &Visit, redirect_to: &str, owner: Option<u32>) -> Self {
        let request = TokenRequest::of(&visit.login, redirect_to);
        visit.scene.books.pages().secret(&request.code);
        Self {
            scene: Arc::clone(&visit.scene),
            visit: visit.number,
            login_id: visit.login.login_id,
            request,
            owner,
            told_at: Instant::now(),
            random: fastrand::Rng::new(),
        }
    }

    /// Redeems the code; `twice` at once, and then again.
    pub(super) async fn log_in(mut self, twice: bool) {
        let mut redeemed = 0;
        if twice {
            let nodes = [
                self.scene.any_node(&mut self.random),
                self.scene.any_node(&mut self.random),
            ];
            let [first, second] = nodes;
            let (first, second) = tokio::join!(self.redeem(first), self.redeem(second));
            redeemed += [first, second]
                .iter()
                .filter(|one| matches!(one, Try::Redeemed))
                .count();
        }
        redeemed += usize::from(self.redeem_at_last(twice).await);
        if redeemed > 1 {
            self.scene.books.violated(
                self.visit,
                format!("the code was redeemed {redeemed} times"),
            );
        }
    }

    /// Tries until there is an answer. A refusal is right only when a try before it may have redeemed the code.
    async fn redeem_at_last(&mut self, mut tried: bool) -> bool {
        loop {
            let node = self.scene.any_node(&mut self.random);
            match self.redeem(node).await {
                Try::Redeemed => return true,
                Try::Unknown => {
                    tried = true;
                    let scene = Arc::clone(&self.scene);
                    scene.pause(&mut self.random).await;
                }
                Try::Refused(_) if tried => return false,
                Try::Refused(_)
                    if self
                        .scene
                        .books
                        .excuses(self.visit, "codes lost", Some(self.told_at)) =>
                {
                    return false;
                }
                Try::Refused(error) => {
                    let what = format!(
                        "the code of {} could not be redeemed: {error}",
                        self.login_id
                    );
                    self.scene.books.violated(self.visit, what);
                    return false;
                }
            }
        }
    }

    async fn redeem(&self, node: url::Url) -> Try {
        let answer = self
            .request
            .send_by(&self.scene.http, node.join(paths::TOKEN).unwrap())
            .await;
        let tried = match answer {
            Ok(Exchanged {
                status: 200,
                id_token: Some(id_token),
                access_token: Some(access_token),
                ..
            }) => {
                self.check(&id_token);
                let mut pages = self.scene.books.pages();
                pages.secret(&id_token);
                pages.secret(&access_token);
                Try::Redeemed
            }
            Ok(Exchanged {
                status: 429 | 503, ..
            })
            | Err(_) => Try::Unknown,
            Ok(Exchanged { status, error, .. }) => Try::Refused(format!("{status} {error:?}")),
        };
        let said = match &tried {
            Try::Redeemed => "redeemed",
            Try::Unknown => "no answer",
            Try::Refused(error) => error,
        };
        self.scene.books.note(self.visit, format!("portal: {said}"));
        tried
    }

    /// The ID token is of the person who scanned.
    fn check(&self, id_token: &str) {
        let payload = id_token.split('.').nth(1).unwrap_or_default();
        let payload = data_encoding::BASE64URL_NOPAD
            .decode(payload.as_bytes())
            .unwrap();
        let Subject { sub } = serde_json::from_slice(&payload).unwrap();
        if self.owner.map(|owner| format!("load-{owner}")).as_deref() != Some(&sub) {
            self.scene.books.violated(
                self.visit,
                format!("{sub} was logged in, who did not scan first"),
            );
        }
    }
}
