//! The OpenID provider as stock clients meet it.
//!
//! `relying_party.rs` knows the documents of OpenID Connect and OAuth 2.0 alone, `hosted_page.rs` does what a browser does
//! with the login page. The tests of the public conformance suite have its modules' names (`oidcc-…`), each in both
//! response modes; `docs/openid.md` lists them.

mod answers;
mod backchannel;
mod claims;
mod code_flow;
mod code_reuse;
mod discovery;
mod expected_person;
mod hosted_page;
mod logout;
mod parameters;
mod pkce;
mod refresh;
mod relying_party;
mod sessions;
mod sign_on;
mod sources;
mod subjects;

pub(crate) use relying_party::{
    Answer, Authorized, BearerIn, ClientAuth, RelyingParty, Request, ResponseMode, Told, VERIFIER,
};

use serde_json::Value;

use crate::support::{Node, World};

/// A node with a relying party.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) node: Node,
    pub(crate) party: RelyingParty,
}

impl Scene {
    /// A node on memory with the client `hall`.
    pub(crate) async fn start(mode: ResponseMode) -> Self {
        Self::in_world(World::in_memory(), mode).await
    }

    /// The same with settings of the test's own.
    pub(crate) async fn in_world(world: World, mode: ResponseMode) -> Self {
        let node = world.start().await;
        let party = RelyingParty::discover(&node, mode).await;
        Self { world, node, party }
    }

    /// Sends a request and lets person 1 log in. Returns the answer, which was compared with the request.
    pub(crate) async fn log_in(&self, request: &Request) -> Answer {
        let page = self.party.authorize(request).await.page();
        let answer = page.log_in(&self.world, &self.node, 1).await;
        answer.checked(&self.party, request)
    }

    /// Logs in with this scope, and redeems the code.
    pub(crate) async fn tokens(&self, scope: &str) -> Told {
        let answer = self.log_in(&self.party.request(scope)).await;
        let told = self.party.redeem(&answer).await;
        assert_eq!(told.status, 200, "{}", told.body);
        told
    }

    /// Logs in by this request, redeems the code, and returns the verified claims of the ID token.
    pub(crate) async fn claims(&self, request: &Request) -> Value {
        let answer = self.log_in(request).await;
        let told = self.party.redeem(&answer).await;
        assert_eq!(told.status, 200, "{}", told.body);
        self.party.verify(told.text("id_token")).await
    }

    /// Sends a request that the provider answers at once, and returns the error's name.
    pub(crate) async fn refusal(&self, request: &Request) -> String {
        let answer = self.party.authorize(request).await.answer();
        let answer = answer.checked(&self.party, request);
        answer.error().expect("an error").to_owned()
    }
}

/// Makes two tests of a function, one in each response mode.
macro_rules! module {
    ($(#[$doc:meta])* async fn $name:ident($mode:ident: ResponseMode) $run:block) => {
        $(#[$doc])*
        mod $name {
            use super::*;

            async fn run($mode: ResponseMode) $run

            #[tokio::test]
            async fn query() {
                run(ResponseMode::Query).await;
            }

            #[tokio::test]
            async fn form_post() {
                run(ResponseMode::FormPost).await;
            }
        }
    };
}
pub(crate) use module;
