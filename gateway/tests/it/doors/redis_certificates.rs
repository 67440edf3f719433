//! A Redis that asks for a certificate of its clients.

use saoma_gateway::Gateway;

use super::log_in;
use crate::support::{RedisTls, World};

#[tokio::test]
async fn a_node_proves_itself_to_redis_by_its_certificate() {
    let redis = RedisTls::start_asking();
    let trusting = format!("store.ca_file = '{}'", redis.ca_file().display());
    let own = redis.client();
    let (certificate, key) = (own.certificate.display(), own.key.display());
    let named = format!("store.certificate_file = '{certificate}'\nstore.key_file = '{key}'");
    let world = World::on_url(redis.url()).with(&trusting).with(&named);
    let node = world.start().await;
    log_in(&world, &node.url).await;

    let nameless = World::on_url(redis.url()).with(&trusting);
    Gateway::start(nameless.settings())
        .await
        .expect_err("Redis asks for a certificate");
    let wrong = format!("store.certificate_file = '{key}'\nstore.key_file = '{key}'");
    let world = World::on_url(redis.url()).with(&trusting).with(&wrong);
    let error = Gateway::start(world.settings()).await;
    let error = saoma_client::error_chain(&error.unwrap_err()).to_string();
    assert!(error.contains("store.certificate_file"), "{error}");
}
