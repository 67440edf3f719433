//! The other nodes on the store: each announces marks of what all must share, and compares them with its own.
//!
//! Nodes with different secrets or keys fail a login only if it meets both, so that without this half of the logins would
//! fail and no node would say why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::backends::Backends;
use crate::cluster_secrets::SecretMarks;
use crate::error_chain::chain;
use crate::frontends::oidc::KeyRing;
use crate::metrics::Metrics;
use crate::random;
use crate::replaceable::Replaceable;
use crate::settings::Settings;
use crate::store::{Announcements, SCHEMA, SchemaFound, Store, StoreError};

/// Interval between two announcements.
const INTERVAL: Duration = Duration::from_secs(2);

/// Time after its last announcement for which a node counts as running.
const LIFETIME: Duration = Duration::from_secs(8);

/// Interval between two looks at a conflict that keeps a node from starting.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Time that a start waits for nodes with other secrets to end: those that were killed are announced for as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Interval between two log lines about a conflict that lasts.
const REPEAT: Duration = Duration::from_secs(300);

/// Interval between two notes of the version of the data.
const CLAIM_AGAIN: Duration = Duration::from_secs(300);

/// A node as it announces itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Announcement {
    /// A random id.
    node: String,
    /// Host and address, for operators.
    name: String,
    /// The node takes no new logins.
    #[serde(default)]
    leaves: bool,
    secrets: SecretMarks,
    signing_keys: KeyIds,
    public_url: String,
    /// Mark of the secret of pairwise subjects, if the node has one.
    #[serde(default)]
    pairwise: Option<String>,
}

/// Ids of a node's signing keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeyIds {
    /// Those that sign.
    signs: Vec<String>,
    /// Those that relying parties can fetch from the node.
    published: Vec<String>,
}

/// A setting that all nodes must share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Secrets,
    SigningKeys,
    PublicUrl,
    PairwiseSecret,
}

/// Names of the nodes in conflict, for each setting.
type Conflicts = BTreeMap<Shared, BTreeSet<String>>;

/// Watches the other nodes on the store.
#[derive(Debug)]
pub(super) struct ClusterWatch {
    /// The announcement of the start. The keys in it are those of then.
    started_as: Announcement,
    keys: Arc<Replaceable<KeyRing>>,
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    told: Mutex<(Conflicts, Option<Instant>)>,
    leaving: CancellationToken,
}

/// Other nodes on the store have secrets that do not fit.
#[derive(Debug, thiserror::Error)]
#[error(
    "cluster.secret_files: other nodes on this store ({nodes}) have secrets with which logins over both nodes fail: \
     give this node the same files as them. A new secret comes in three rounds (\"Change of the cluster's secret\" in \
     docs/operations.md). If this is another installation, give it a Redis, or a database in it, of its own"
)]
pub struct ForeignSecrets {
    nodes: String,
}

impl KeyIds {
    fn of(keys: &KeyRing) -> Self {
        Self {
            signs: keys.signing_ids(),
            published: keys.published_ids(),
        }
    }

    /// Returns true if each of two nodes publishes the keys by which the other one signs.
    fn fit(&self, other: &Self) -> bool {
        let knows = |publisher: &Self, signer: &Self| {
            signer
                .signs
                .iter()
                .all(|key| publisher.published.contains(key))
        };
        knows(self, other) && knows(other, self)
    }
}

impl Shared {
    const ALL: [Self; 4] = [
        Self::Secrets,
        Self::SigningKeys,
        Self::PublicUrl,
        Self::PairwiseSecret,
    ];

    const fn setting(self) -> &'static str {
        match self {
            Self::Secrets => "cluster.secret_files",
            Self::SigningKeys => "oidc.signing_keys",
            Self::PublicUrl => "server.public_url",
            Self::PairwiseSecret => "oidc.pairwise_secret_file",
        }
    }

    /// Returns the harm and the advice.
    const fn problem(self) -> &'static str {
        match self {
            Self::Secrets => {
                "logins that meet both nodes fail: give all nodes the same files; a new secret comes in three rounds, see \
                 docs/operations.md"
            }
            Self::SigningKeys => {
                "a relying party may meet a token of one of them whose key the other does not publish, and refuse it: give \
                 all nodes the same files; a new key comes in rounds, see docs/operations.md"
            }
            Self::PublicUrl => {
                "portals refuse the ID tokens of one of them, and its codes lead elsewhere: give all nodes the same URL; \
                 right only while it is changed on one node after the other"
            }
            Self::PairwiseSecret => {
                "each person is another one at every pairwise client, depending on the node: give all nodes the same file, the \
                 one that was there first"
            }
        }
    }

    fn fits(self, own: &Announcement, other: &Announcement) -> bool {
        match self {
            Self::Secrets => own.secrets.fit(&other.secrets),
            Self::SigningKeys => own.signing_keys.fit(&other.signing_keys),
            Self::PublicUrl => own.public_url == other.public_url,
            // A node without the secret has no pairwise client yet.
            Self::PairwiseSecret => match (&own.pairwise, &other.pairwise) {
                (Some(own), Some(other)) => own == other,
                _ => true,
            },
        }
    }
}

impl ClusterWatch {
    /// Creates the watch of a node with these parts.
    pub(super) fn new(settings: &Settings, backends: &Backends, metrics: Arc<Metrics>) -> Self {
        for shared in Shared::ALL {
            metrics.nodes_in_conflict(shared.setting(), 0);
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            started_as: Announcement {
                node: data_encoding::HEXLOWER.encode(&random::bytes::<8>()),
                name: format!("{} {}", host.trim(), settings.server.listen)
                    .trim()
                    .to_owned(),
                leaves: false,
                secrets: backends.cluster_secrets.marks(),
                signing_keys: KeyIds::of(&backends.keys.current()),
                public_url: settings.server.public_url.clone(),
                pairwise: backends.subjects.mark().map(str::to_owned),
            },
            keys: Arc::clone(&backends.keys),
            store: Arc::clone(&backends.store),
            metrics,
            told: Mutex::default(),
            leaving: CancellationToken::new(),
        }
    }

    /// Announces the node, and waits for older nodes with other secrets to end. With `in_spite` it starts beside them.
    ///
    /// # Errors
    /// Returns an error if such nodes go on running. A store that does not answer is no error here.
    pub(super) async fn join(&self, in_spite: bool) -> Result<(), ForeignSecrets> {
        let found = match self.announce(false).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "could not compare the settings of the nodes on the store");
                return Ok(());
            }
        };
        if found.all.is_empty() {
            // A store in this process has no other nodes.
            self.leaving.cancel();
            return Ok(());
        }
        self.tell(&self.others(&found.all));
        let earlier = found.all.get(..found.earlier).unwrap_or_default();
        let mut foreign = self.foreign(&self.others(earlier));
        if foreign.is_empty() || in_spite {
            return Ok(());
        }
        tracing::warn!(
            nodes = shown(foreign.values()),
            "waiting for nodes with other secrets to end"
        );
        let deadline = Instant::now() + PATIENCE;
        while !foreign.is_empty() && Instant::now() < deadline {
            sleep(LOOK_AGAIN).await;
            if let Ok(found) = self.announce(false).await {
                let running = self.foreign(&self.others(&found.all));
                foreign.retain(|node, _| running.contains_key(node));
            }
        }
        if foreign.is_empty() {
            return Ok(());
        }
        self.leave().await;
        Err(ForeignSecrets {
            nodes: shown(foreign.values()),
        })
    }

    /// Announces the node until it leaves, and tells of conflicts.
    pub(super) async fn run(self: Arc<Self>) {
        let mut claimed_at = Instant::now();
        loop {
            tokio::select! {
                () = self.leaving.cancelled() => return,
                () = sleep(INTERVAL) => {}
            }
            if claimed_at.elapsed() >= CLAIM_AGAIN {
                claimed_at = Instant::now();
                self.claim_schema().await;
            }
            match self.announce(false).await {
                Ok(found) => self.tell(&self.others(&found.all)),
                Err(error) => {
                    tracing::debug!(error = %chain(&error), "could not announce the node");
                }
            }
        }
    }

    /// Notes again which version of data the node writes: a Redis that came back empty does not know it.
    async fn claim_schema(&self) {
        match self.store.claim_schema().await {
            Ok(SchemaFound::Understood) => {}
            Ok(SchemaFound::Newer(found)) => tracing::error!(
                found,
                understood = SCHEMA,
                "a newer version writes to the store what this one does not understand: update this node"
            ),
            Err(error) => {
                tracing::debug!(error = %chain(&error), "could not note the version of the data");
            }
        }
    }

    /// Announces that the node takes no new logins.
    pub(super) async fn leave(&self) {
        self.leaving.cancel();
        if let Err(error) = self.announce(true).await {
            tracing::debug!(error = %chain(&error), "could not announce the end of the node");
        }
    }

    /// Returns the node's announcement, with the keys that it has now.
    fn own(&self) -> Announcement {
        Announcement {
            signing_keys: KeyIds::of(&self.keys.current()),
            ..self.started_as.clone()
        }
    }

    async fn announce(&self, leaves: bool) -> Result<Announcements, StoreError> {
        let own = Announcement {
            leaves,
            ..self.own()
        };
        let text = serde_json::to_string(&own).map_err(StoreError::corrupt)?;
        self.store.announce(&text, LIFETIME).await
    }

    /// Returns the other nodes by their newest announcements, without those that leave. An announcement of another
    /// version that cannot be read is left out.
    fn others(&self, announcements: &[String]) -> BTreeMap<String, Announcement> {
        let read = announcements
            .iter()
            .filter_map(|text| serde_json::from_str::<Announcement>(text).ok());
        let mut newest: BTreeMap<String, Announcement> =
            read.map(|found| (found.node.clone(), found)).collect();
        newest.retain(|node, found| *node != self.started_as.node && !found.leaves);
        newest
    }

    /// Returns the names of the nodes whose secrets do not fit, by id.
    fn foreign(&self, others: &BTreeMap<String, Announcement>) -> BTreeMap<String, String> {
        let foreign = others
            .iter()
            .filter(|(_, other)| !Shared::Secrets.fits(&self.started_as, other));
        foreign
            .map(|(node, other)| (node.clone(), other.name.clone()))
            .collect()
    }

    /// Counts the conflicts, and logs them when they change and again in a while.
    fn tell(&self, others: &BTreeMap<String, Announcement>) {
        let own = self.own();
        let mut conflicts = Conflicts::new();
        for shared in Shared::ALL {
            let unfit = others.values().filter(|other| !shared.fits(&own, other));
            let names: BTreeSet<String> = unfit
                .map(|other| format!("{} ({})", other.name, other.node))
                .collect();
            self.metrics
                .nodes_in_conflict(shared.setting(), names.len());
            if !names.is_empty() {
                conflicts.insert(shared, names);
            }
        }
        let mut told = self.told.lock();
        let is_due = told.1.is_none_or(|at| at.elapsed() >= REPEAT);
        if conflicts == told.0 && (conflicts.is_empty() || !is_due) {
            return;
        }
        for (shared, names) in &conflicts {
            tracing::warn!(
                setting = shared.setting(),
                nodes = shown(names),
                problem = shared.problem(),
                "other nodes on the store do not share a setting"
            );
        }
        if conflicts.is_empty() {
            tracing::info!("all nodes on the store share their settings again");
        }
        *told = (conflicts, Some(Instant::now()));
    }
}

fn shown<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.join(", ")
}
