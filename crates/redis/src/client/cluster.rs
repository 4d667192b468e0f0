//! A cluster: a call goes to the node that serves its key, and follows redirections.
//!
//! A call is sent again only where a node refused to run it (`MOVED`, `ASK`, `TRYAGAIN`). Where an answer is lost it is unknown whether
//! the call was run, so it is unavailable, as with one server: a rotation that ran twice would look like a stolen token.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fm_domain::error::{PortError, PortResult};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use redis::aio::{ConnectionManager, PubSub};
use redis::{
    Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation, ServerErrorKind, Value,
};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::cluster_url::ClusterUrl;
use super::route::{self, Route};
use super::topology::{Address, Topology};
use super::{TIMEOUT, connection_config};
use crate::error::{failed, is_lost};

/// How long one of several nodes that would do as well may take: a call that every node can answer, or a connection to listen on.
const ONE_OF_MANY: Duration = Duration::from_secs(1);

/// How long to wait after the nodes were asked for the topology before they are asked again.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

/// How often a script is run that a node does not know: a failover may come between loading it and running it.
const SCRIPT_ATTEMPTS: usize = 3;

/// The nodes of a cluster, and one connection to each that was needed.
pub(super) struct Cluster {
    url: ClusterUrl,
    topology: Mutex<Option<Arc<Topology>>>,
    connections: Mutex<HashMap<Address, ConnectionManager>>,
    /// Of calls that find no topology one asks for it, and the others share the outcome.
    first: tokio::sync::Mutex<()>,
    attempts: AtomicU64,
    refreshing: Mutex<JoinSet<()>>,
    /// Counts nodes that did not answer what every node can answer: the next one is asked.
    passed_over: AtomicUsize,
    listened: AtomicUsize,
}

impl Cluster {
    pub(super) fn new(url: &ClusterUrl) -> Self {
        Self {
            url: url.clone(),
            topology: Mutex::default(),
            connections: Mutex::default(),
            first: tokio::sync::Mutex::default(),
            attempts: AtomicU64::new(0),
            refreshing: Mutex::default(),
            passed_over: AtomicUsize::new(0),
            listened: AtomicUsize::new(0),
        }
    }

    pub(super) async fn query<T: FromRedisValue>(self: &Arc<Self>, command: &Cmd) -> PortResult<T> {
        if route::key(command).is_none() {
            return in_time(self.anywhere(command)).await;
        }
        let mut route = Route::new(self);
        let answer = in_time(command.query_async(&mut route)).await;
        route.finish(&answer);
        answer
    }

    pub(super) async fn run<T: FromRedisValue>(
        self: &Arc<Self>,
        script: &ScriptInvocation<'_>,
    ) -> PortResult<T> {
        let mut route = Route::new(self);
        let answer = in_time(async {
            let mut attempt = 1;
            loop {
                match script.invoke_async(&mut route).await {
                    Err(error) if is_unknown_script(&error) && attempt < SCRIPT_ATTEMPTS => attempt += 1,
                    answer => return answer,
                }
            }
        });
        let answer = answer.await;
        route.finish(&answer);
        answer
    }

    /// Whether a node answers, and finds that its cluster serves.
    pub(super) async fn ping(self: &Arc<Self>) -> PortResult<()> {
        let mut command = redis::cmd("CLUSTER");
        let info: String = in_time(self.anywhere(command.arg("INFO"))).await?;
        if info.lines().any(|line| line.trim_end() == "cluster_state:ok") {
            return Ok(());
        }
        self.passed_over.fetch_add(1, Ordering::Relaxed);
        Err(PortError::Unavailable("the cluster does not serve".into()))
    }

    /// A connection that hears what is published: every node of a cluster hears it. Each call begins at another node, so that one
    /// that is silent is not tried again and again.
    pub(super) async fn listen(self: &Arc<Self>) -> PortResult<PubSub> {
        in_time(async {
            let nodes = self.nodes_from(self.listened.fetch_add(1, Ordering::Relaxed)).await?;
            let mut failure = no_node();
            for node in nodes {
                let client = self.url.client(&node)?;
                match one_of_many(client.get_async_pubsub()).await {
                    Ok(connection) => return Ok(connection),
                    Err(error) => failure = error,
                }
            }
            self.refresh_soon(None);
            Err(failure)
        })
        .await
    }

    /// Asks one node after another until one answers: the call needs none in particular, and may be run twice.
    async fn anywhere<T: FromRedisValue>(self: &Arc<Self>, command: &Cmd) -> RedisResult<T> {
        let mut failure = no_node();
        for node in self.nodes_from(self.passed_over.load(Ordering::Relaxed)).await? {
            let mut connection = self.connection(&node)?;
            match one_of_many(command.query_async(&mut connection)).await {
                Err(error) if is_lost(&error) => {
                    self.passed_over.fetch_add(1, Ordering::Relaxed);
                    self.refresh_soon(Some(&node));
                    failure = error;
                }
                answer => return answer,
            }
        }
        Err(failure)
    }

    /// All nodes, beginning with one of them.
    async fn nodes_from(&self, first: usize) -> RedisResult<Vec<Address>> {
        let mut nodes = self.topology().await?.nodes().to_vec();
        let first = first.checked_rem(nodes.len()).unwrap_or(0);
        nodes.rotate_left(first);
        Ok(nodes)
    }

    pub(super) async fn topology(&self) -> RedisResult<Arc<Topology>> {
        let attempts = self.attempts.load(Ordering::SeqCst);
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let _first = self.first.lock().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        if self.attempts.load(Ordering::SeqCst) != attempts {
            return Err(no_node());
        }
        let asked = self.ask_for_topology(None).await;
        self.attempts.fetch_add(1, Ordering::SeqCst);
        asked
    }

    fn known(&self) -> Option<Arc<Topology>> {
        lock(&self.topology).clone()
    }

    /// Asks for the topology in the background, unless that is under way. A node that was just out of reach is asked last: it may
    /// not know what became of its slots.
    pub(super) fn refresh_soon(self: &Arc<Self>, suspect: Option<&Address>) {
        let mut refreshing = lock(&self.refreshing);
        while refreshing.try_join_next().is_some() {}
        if !refreshing.is_empty() {
            return;
        }
        let (cluster, suspect) = (Arc::downgrade(self), suspect.cloned());
        refreshing.spawn(async move {
            if let Some(cluster) = cluster.upgrade() {
                let asked = timeout(TIMEOUT, cluster.ask_for_topology(suspect.as_ref())).await;
                if !matches!(asked, Ok(Ok(_))) {
                    tracing::debug!("no node tells which nodes its cluster has");
                }
            }
            sleep(REFRESH_PAUSE).await;
        });
    }

    /// Asks all nodes that are known at once, and takes the first answer.
    async fn ask_for_topology(&self, suspect: Option<&Address>) -> RedisResult<Arc<Topology>> {
        let known = self.known();
        let mut nodes = known.as_ref().map(|known| known.nodes().to_vec()).unwrap_or_default();
        nodes.extend(
            self.url.seeds().iter().filter(|seed| !nodes.contains(seed)).cloned().collect::<Vec<_>>(),
        );
        let (suspects, others): (Vec<_>, Vec<_>) = nodes.into_iter().partition(|node| suspect == Some(node));
        let mut failure: Option<RedisError> = None;
        for nodes in [others, suspects] {
            let mut answers: FuturesUnordered<_> = nodes.iter().map(|node| self.slots(node)).collect();
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(topology) => return Ok(self.learn(topology)),
                    // What none of them can mend says more: a wrong password, no cluster.
                    Err(error) => failure = failure.filter(|failure| !is_lost(failure)).or(Some(error)),
                }
            }
        }
        Err(failure.unwrap_or_else(no_node))
    }

    async fn slots(&self, node: &Address) -> RedisResult<Topology> {
        let mut command = redis::cmd("CLUSTER");
        let answer: Value = command.arg("SLOTS").query_async(&mut self.connection(node)?).await?;
        Topology::read(answer, node).ok_or_else(no_node)
    }

    /// Forgets connections to nodes that have left.
    fn learn(&self, topology: Topology) -> Arc<Topology> {
        let topology = Arc::new(topology);
        lock(&self.connections)
            .retain(|node, _| topology.nodes().contains(node) || self.url.seeds().contains(node));
        *lock(&self.topology) = Some(Arc::clone(&topology));
        topology
    }

    pub(super) fn connection(&self, node: &Address) -> RedisResult<ConnectionManager> {
        let mut connections = lock(&self.connections);
        if let Some(connection) = connections.get(node) {
            return Ok(connection.clone());
        }
        let connection =
            ConnectionManager::new_lazy_with_config(self.url.client(node)?, connection_config())?;
        connections.insert(node.clone(), connection.clone());
        Ok(connection)
    }
}

/// A call with all its redirections takes no longer than one to a server.
async fn in_time<T>(answer: impl Future<Output = RedisResult<T>>) -> PortResult<T> {
    let answer = timeout(TIMEOUT, answer).await;
    answer.map_err(|elapsed| PortError::Unavailable(elapsed.into()))?.map_err(failed)
}

async fn one_of_many<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let answer = timeout(ONE_OF_MANY, answer).await;
    answer.unwrap_or_else(|elapsed| Err(io::Error::from(elapsed).into()))
}

pub(super) fn no_node() -> RedisError {
    (ErrorKind::ClusterConnectionNotFound, "no node of the cluster can be reached").into()
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
