//! One round: clients at work, and what fails under them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;

use super::InjectedFault;
use super::client::Client;
use crate::{Fault, Lane, Server};

/// The faults of requests to the store.
const OF_THE_STORE: [Fault; 7] = [
    Fault::Refuse(500, "InternalError"),
    Fault::Refuse(503, "SlowDown"),
    Fault::Hang,
    Fault::CutRequest,
    Fault::CutAnswer,
    Fault::LoseAnswer,
    Fault::Slow,
];
/// The faults of connections to the database.
const OF_THE_DATABASE: [Fault; 4] = [Fault::CutRequest, Fault::CutAnswer, Fault::LoseAnswer, Fault::Slow];
/// Of a thousand: an upload is one to five requests to the store, and ten or more statements.
const STORE_PER_MILLE: u64 = 40;
const DATABASE_PER_MILLE: u64 = 4;

/// Injects the fault while the clients work, and then has everything in order again. Adds to `faults` what failed beside
/// the kill.
pub(super) async fn run(
    server: &Arc<Server>,
    injected: InjectedFault,
    random: &mut Rng,
    faults: &mut usize,
    clients: Vec<Client>,
) -> Vec<Client> {
    let time = Duration::from_millis(random.u64(20..900));
    match (injected, server.lane()) {
        (InjectedFault::Kills, _) => {
            let clients = at_work(clients, async {
                tokio::time::sleep(time).await;
                blocking(server, Server::kill).await;
            });
            let clients = clients.await;
            blocking(server, Server::resume).await;
            clients
        }
        (InjectedFault::KillsAmidFaults, Lane::PostgresS3) => {
            let (store, database) = (server.store_chaos(), server.database_chaos());
            let met = store.met() + database.met();
            store.sometimes(STORE_PER_MILLE, &OF_THE_STORE, random.u64(..));
            database.sometimes(DATABASE_PER_MILLE, &OF_THE_DATABASE, random.u64(..));
            let clients = at_work(clients, async {
                tokio::time::sleep(time).await;
                blocking(server, Server::kill).await;
            });
            let clients = clients.await;
            store.calm();
            database.calm();
            *faults += store.met() + database.met() - met;
            blocking(server, Server::resume).await;
            clients
        }
        (InjectedFault::KillsAmidFaults, _) => {
            let pauses = random.u64(0..4);
            let pause = Duration::from_millis(random.u64(1..400));
            let clients = at_work(clients, async {
                for _ in 0..pauses {
                    tokio::time::sleep(time / 4).await;
                    server.signal("STOP");
                    tokio::time::sleep(pause).await;
                    server.signal("CONT");
                    *faults += 1;
                }
                tokio::time::sleep(time / 4).await;
                blocking(server, Server::kill).await;
            });
            let clients = clients.await;
            blocking(server, Server::resume).await;
            clients
        }
        (InjectedFault::DatabaseKills, _) => {
            at_work(clients, async {
                tokio::time::sleep(time).await;
                blocking(server, Server::kill_database).await;
                // Some are answered while there is no database.
                tokio::time::sleep(time / 4).await;
                blocking(server, Server::revive_database).await;
            })
            .await
        }
        (InjectedFault::Failovers, _) => {
            let clients = at_work(clients, async {
                tokio::time::sleep(time).await;
                blocking(server, move |server| server.fail_over(time / 4)).await;
                // Some work on the new primary already, or find their connections cut off.
                tokio::time::sleep(time).await;
            });
            let clients = clients.await;
            blocking(server, Server::restore_standby).await;
            clients
        }
    }
}

/// Lets the clients work until `outage` is over.
pub(super) async fn at_work(clients: Vec<Client>, outage: impl Future<Output = ()>) -> Vec<Client> {
    let stop = Arc::new(AtomicBool::new(false));
    let working: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) && client.act().await {}
                client
            })
        })
        .collect();
    outage.await;
    stop.store(true, Ordering::Relaxed);
    let mut clients = Vec::new();
    for client in working {
        clients.push(client.await.expect("a client met an answer that it must not get"));
    }
    clients
}

/// Does something with the server that blocks.
pub(super) async fn blocking(server: &Arc<Server>, work: impl FnOnce(&Server) + Send + 'static) {
    let server = Arc::clone(server);
    tokio::task::spawn_blocking(move || work(&server)).await.expect("the server does as it is told");
}
