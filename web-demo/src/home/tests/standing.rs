//! What the gateway is told of a person when it asks, and what time does to delegations.

use axum::body::{Body, to_bytes};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use saoma_protocol::IntrospectionResponse;
use tower::ServiceExt;

use super::support::TestHall;
use crate::identity::{self, INTROSPECTION_PATH};
use crate::phone::sessions::PhoneSession;
use crate::secret::Secret;

impl TestHall {
    /// The access token of a phone that somebody has logged in.
    pub async fn token_of(&self, account_id: &str) -> Secret {
        PhoneSession::start(&self.db, account_id.to_owned())
            .await
            .unwrap()
            .derive("access token")
    }

    /// The ids of what the token's person may log in as, as the gateway hears it at scan and again at confirm.
    pub async fn identities_of(&self, token: &Secret) -> Vec<String> {
        let secret = Secret::received("secret");
        let backend = identity::routes(self.db.clone(), self.registers(), "gateway", &secret);
        let request = Request::post(INTROSPECTION_PATH)
            .header(
                AUTHORIZATION,
                format!("Basic {}", BASE64.encode(b"gateway:secret")),
            )
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("token={}", token.expose())));
        let response = backend.oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: IntrospectionResponse = serde_json::from_slice(&body).unwrap();
        answer
            .identities
            .into_iter()
            .map(|offered| offered.identity.id)
            .collect()
    }

    /// Moves the last day of all delegations.
    pub async fn move_end(&self, day: &str) {
        sqlx::query("UPDATE delegations SET ends_on = ?1")
            .bind(day)
            .execute(&self.db)
            .await
            .unwrap();
    }

    /// Gives an account to another person.
    pub async fn give_account(&self, account_id: &str, id_number: &str, name: &str) {
        let update = sqlx::query("UPDATE accounts SET id_number = ?2, name = ?3 WHERE id = ?1");
        update
            .bind(account_id)
            .bind(id_number)
            .bind(name)
            .execute(&self.db)
            .await
            .unwrap();
    }
}
