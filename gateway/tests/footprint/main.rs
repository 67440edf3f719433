//! The cost of a waiting browser and of a login: bytes that the process allocates for them, which
//! are the same on every machine. A binary of its own, because its allocator counts. What clients
//! need is made before the counting begins, or is not on this heap.
#![allow(
    clippy::disallowed_methods,
    reason = "tests use real clocks, and their tasks end with the runtime of the test"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod login;
mod waiting_browser;
mod wire;

use std::alloc::System;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use cap::Cap;
use parking_lot::{Mutex, MutexGuard};
use saoma_client::RelyingParty;
use saoma_gateway::{Gateway, Settings, generate_pem};
use saoma_load::deployment::{self, Deployment};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

const PERSONS: u32 = 20;

/// Only one test counts at a time.
static COUNTING: Mutex<()> = Mutex::new(());

/// A gateway on the memory store, with nothing else in the process.
struct World {
    gateway: Gateway,
    hall: RelyingParty,
    /// One for each person.
    tokens: Vec<String>,
    // In this order they go.
    _runtime: Runtime,
    _files: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    fn start() -> Self {
        let alone = COUNTING.lock();
        let files = tempfile::tempdir().unwrap();
        let key = files.path().join("signing.pem");
        std::fs::write(&key, generate_pem().unwrap()).unwrap();
        // The gateway refuses a key that others can read.
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        deployment::make(files.path(), "memory:", false).unwrap();
        let mut deployment = Deployment::read(&files.path().join("deployment.toml")).unwrap();
        // To sign for more takes longer than all the rest.
        deployment.mint.as_mut().unwrap().persons = PERSONS;
        let settings = std::fs::read_to_string(files.path().join("gateway.toml")).unwrap();
        let settings = settings.replace("[server]\n", "[server]\nlisten = '127.0.0.1:0'\n")
            + "[operations]\nenabled = false\n";
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let gateway = runtime
            .block_on(Gateway::start(Settings::from_toml(&settings).unwrap()))
            .unwrap();
        let (hall, tokens) = (deployment.relying_party(), deployment.tokens().unwrap());
        Self {
            gateway,
            hall,
            tokens,
            _runtime: runtime,
            _files: files,
            _alone: alone,
        }
    }
}
