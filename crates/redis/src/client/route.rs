//! The way of one call through a cluster.

use std::sync::Arc;
use std::time::Duration;

use fm_domain::error::{PortError, PortResult};
use futures_util::FutureExt as _;
use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, ServerErrorKind, Value};
use tokio::time::sleep;

use super::cluster::{Cluster, no_node};
use super::topology::{Address, slot};

/// How often one command is sent, redirections included.
const ATTEMPTS: usize = 6;

/// How long to wait where the keys of a command are on the move between two nodes.
const MOVING: Duration = Duration::from_millis(20);

/// A connection for the commands of one call: each goes to the node that serves its key, and one without a key (`SCRIPT LOAD`)
/// to the node that answered last.
pub(super) struct Route<'c> {
    cluster: &'c Arc<Cluster>,
    last: Option<Address>,
}

/// Where a node sends a command to.
struct Redirection {
    to: Address,
    /// The other node has the slot for this command alone (`ASK`).
    is_asking: bool,
}

impl<'c> Route<'c> {
    pub(super) const fn new(cluster: &'c Arc<Cluster>) -> Self {
        Self { cluster, last: None }
    }

    /// Has the nodes asked for the topology where the call did not come through in time.
    pub(super) fn finish<T>(&self, answer: &PortResult<T>) {
        if matches!(answer, Err(PortError::Unavailable(_))) {
            self.cluster.refresh_soon(self.last.as_ref());
        }
    }

    async fn send(&mut self, command: &Cmd) -> RedisResult<Value> {
        let mut redirection: Option<Redirection> = None;
        let mut attempt = 1;
        loop {
            let (node, is_asking) = match redirection.take() {
                Some(redirection) => (redirection.to, redirection.is_asking),
                None => (self.node_for(command).await?, false),
            };
            self.last = Some(node.clone());
            let error = match self.ask(&node, command, is_asking).await {
                Err(error) if attempt < ATTEMPTS => error,
                answer => return answer,
            };
            attempt += 1;
            let to = error.redirect_node().and_then(|(to, _)| Address::parse(to, &node));
            match error.kind() {
                ErrorKind::Server(ServerErrorKind::Moved) => {
                    self.cluster.refresh_soon(None);
                    redirection = to.map(|to| Redirection { to, is_asking: false });
                }
                ErrorKind::Server(ServerErrorKind::Ask) => {
                    redirection = to.map(|to| Redirection { to, is_asking: true });
                }
                ErrorKind::Server(ServerErrorKind::TryAgain) => sleep(MOVING).await,
                _ => return Err(error),
            }
        }
    }

    async fn node_for(&self, command: &Cmd) -> RedisResult<Address> {
        let Some(key) = key(command) else { return self.last.clone().ok_or_else(no_node) };
        let topology = self.cluster.topology().await?;
        topology.primary(slot(key)).cloned().ok_or_else(|| {
            RedisError::from((
                ErrorKind::ClusterConnectionNotFound,
                "no node of the cluster serves this slot",
            ))
        })
    }

    async fn ask(&self, node: &Address, command: &Cmd, is_asking: bool) -> RedisResult<Value> {
        let mut connection = self.cluster.connection(node)?;
        if !is_asking {
            return command.query_async(&mut connection).await;
        }
        // Both in one write: others use the connection too.
        let mut both = redis::pipe();
        both.cmd("ASKING").ignore().add_command(command.clone());
        both.query_async(&mut connection).await.map(|(answer,): (Value,)| answer)
    }
}

impl ConnectionLike for Route<'_> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        self.send(command).boxed()
    }

    /// Its commands might be of several nodes; none of ours is sent in one.
    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let refused = (ErrorKind::Client, "no pipelines on a cluster");
        futures_util::future::ready(Err(refused.into())).boxed()
    }

    fn get_db(&self) -> i64 {
        0
    }
}

/// The first key of a command; all keys of one are in one slot.
pub(super) fn key(command: &Cmd) -> Option<&[u8]> {
    let argument = |place: usize| match command.args_iter().nth(place) {
        Some(Arg::Simple(argument)) => Some(argument),
        _ => None,
    };
    match argument(0)? {
        b"PING" | b"PUBLISH" | b"CLUSTER" | b"SCRIPT" => None,
        b"EVALSHA" => argument(3),
        _ => argument(1),
    }
}
