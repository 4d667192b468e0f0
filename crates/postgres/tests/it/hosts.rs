//! Several hosts in one URL: one that is silent or refuses does not keep the program from the next.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use fm_domain::database::{Database as _, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::jobs::JobSignal as _;
use fm_postgres::{PgAddress, PgDatabase, PgJobSignal, PgLimits, PgMigrations, PgPool};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::common::Fixture;

/// `connect_timeout` of the tests, in seconds.
const LIMIT: u64 = 6;

/// Much less than [`LIMIT`].
const AT_ONCE: Duration = Duration::from_secs(3);

/// Takes connections and never says a word.
fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// How many connections came since the last call.
fn came(listener: &TcpListener) -> usize {
    std::iter::from_fn(|| listener.accept().ok()).count()
}

/// Nothing listens there.
fn closed() -> SocketAddr {
    silent().1
}

/// Lets every client in, and answers none of its questions: `target_session_attrs` is never told.
async fn mute() -> (SocketAddr, JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut clients = Vec::new();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut start = [0; 8];
            client.read_exact(&mut start).await.unwrap();
            // AuthenticationOk and ReadyForQuery.
            client.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.unwrap();
            clients.push(client);
        }
    });
    (address, server)
}

/// The fixture's database by way of these hosts, which come first.
fn by(fixture: &Fixture, before: &[SocketAddr], options: &str) -> PgAddress {
    let url = fixture.url();
    let (front, place) = url.rsplit_once('@').unwrap_or_else(|| url.split_at("postgres://".len()));
    let (place, known) = place.split_once('?').unwrap_or((place, ""));
    let before: Vec<String> = before.iter().map(|address| format!("{address},")).collect();
    let at = if front.ends_with('/') { "" } else { "@" };
    let url = format!("{front}{at}{}{place}?{known}&connect_timeout={LIMIT}{options}", before.concat());
    PgAddress::parse(&url).unwrap()
}

fn database(address: &PgAddress) -> PgDatabase {
    let limits = PgLimits { checkout: Duration::from_secs(2), ..PgLimits::default() };
    PgDatabase::new(PgPool::new(address.clone(), limits).unwrap())
}

/// How long a unit of work and a ping on new connections take together.
async fn use_it(database: &PgDatabase) -> Duration {
    let started = Instant::now();
    let unit = begun(database).await.unwrap();
    database.ping().await.unwrap();
    unit.commit().await.unwrap();
    started.elapsed()
}

/// A unit that has sent its first statement.
async fn begun(database: &PgDatabase) -> PortResult<Box<dyn UnitOfWork>> {
    let mut unit = database.begin().await?;
    unit.jobs().count_living().await?;
    Ok(unit)
}

#[tokio::test]
async fn behind_a_host_that_is_silent_the_next_one_is_used_and_comes_first_from_then_on() {
    let fixture = Fixture::fresh().await;
    let (listener, silent) = silent();
    let address = by(&fixture, &[silent], "&target_session_attrs=read-write");
    // Its limit for a free connection is shorter than the walk.
    let took = use_it(&database(&address)).await;
    assert!(took >= Duration::from_secs(LIMIT) && took < Duration::from_secs(2 * LIMIT), "{took:?}");
    assert!(came(&listener) >= 1);
    let took = use_it(&database(&address)).await;
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(came(&listener), 0, "the other connections of the process know");
    assert!(PgMigrations::new(address.clone()).pending().await.unwrap().is_empty());
    let signal = PgJobSignal::new(address.clone());
    assert!(signal.wait(AT_ONCE).await, "it listens");
    assert_eq!(came(&listener), 0);
}

#[tokio::test]
async fn hosts_that_refuse_or_stop_in_the_middle_of_connecting_are_passed_over() {
    let fixture = Fixture::fresh().await;
    let took = use_it(&database(&by(&fixture, &[closed(), closed()], ""))).await;
    assert!(took < AT_ONCE, "{took:?}");
    let (mute, _server) = mute().await;
    let took = use_it(&database(&by(&fixture, &[mute], "&target_session_attrs=primary"))).await;
    assert!(took >= Duration::from_secs(LIMIT) && took < Duration::from_secs(2 * LIMIT), "{took:?}");
}

#[tokio::test]
async fn many_requests_at_once_wait_for_the_walk() {
    let fixture = Fixture::fresh().await;
    let (_listener, silent) = silent();
    let address = by(&fixture, &[silent], "");
    let limits = PgLimits { pooled: 2, checkout: Duration::from_secs(2), ..PgLimits::default() };
    let database = PgDatabase::new(PgPool::new(address, limits).unwrap());
    let mut requests = JoinSet::new();
    for _ in 0..12 {
        let database = database.clone();
        requests.spawn(async move { begun(&database).await?.commit().await });
        // The first of them makes the connection.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while let Some(ended) = requests.join_next().await {
        ended.unwrap().unwrap();
    }
}

/// A probe of readiness gives up before a silent host does.
#[tokio::test]
async fn callers_that_soon_give_up_find_the_host_that_works_too() {
    let fixture = Fixture::fresh().await;
    let (_listener, silent) = silent();
    let database = database(&by(&fixture, &[silent], ""));
    let ping = || tokio::time::timeout(Duration::from_secs(LIMIT) * 2 / 3, database.ping());
    assert!(ping().await.is_err());
    ping().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_host_that_works_last_is_left_when_it_goes_silent() {
    let fixture = Fixture::fresh().await;
    let proxy = Proxy::start(fixture.place()).await;
    let address = by(&fixture, &[proxy.address], "");
    let database = database(&address);
    assert!(use_it(&database).await < AT_ONCE);
    let units = [begun(&database).await.unwrap(), begun(&database).await.unwrap()];
    for unit in units {
        unit.commit().await.unwrap();
    }
    assert!(proxy.connections() >= 3);
    proxy.hang();
    let hung = begun(&database).await.err().unwrap();
    assert!(matches!(hung, PortError::Unavailable(_)), "{hung:?}");
    // The other connections to it are not tried one after the other.
    let took = Instant::now();
    begun(&database).await.unwrap().commit().await.unwrap();
    assert!(took.elapsed() < Duration::from_secs(2 * LIMIT), "{:?}", took.elapsed());
}

/// Readiness, and clients that hang up: none of them waits as long as a statement may take.
#[tokio::test]
async fn a_host_that_goes_silent_is_left_by_callers_that_soon_give_up_too() {
    let fixture = Fixture::fresh().await;
    let proxy = Proxy::start(fixture.place()).await;
    let database = database(&by(&fixture, &[proxy.address], ""));
    for _ in 0..2 {
        database.ping().await.unwrap();
    }
    proxy.hang();
    let ping = || tokio::time::timeout(Duration::from_millis(2300), database.ping());
    let mut failed = 0;
    while ping().await.is_err() {
        failed += 1;
        assert!(failed <= 5, "the shared connection of this thread is left once, and its host too");
    }
    assert!(failed >= 1);
}

/// Passes bytes on, until it is told to hang: then it takes everything and passes nothing on.
struct Proxy {
    address: SocketAddr,
    hangs: tokio::sync::watch::Sender<bool>,
    count: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    _server: JoinSet<()>,
}

impl Proxy {
    async fn start(to: String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (hangs, told) = tokio::sync::watch::channel(false);
        let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = std::sync::Arc::clone(&count);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut passing = JoinSet::new();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let (to, mut told) = (to.clone(), told.clone());
                passing.spawn(async move {
                    let pass = async {
                        let mut server = tokio::net::TcpStream::connect(to).await.unwrap();
                        drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                    };
                    tokio::select! {
                        _ = told.wait_for(|hangs| *hangs) => {}
                        () = pass => return,
                    }
                    std::future::pending::<()>().await;
                });
            }
        });
        Self { address, hangs, count, _server: server }
    }

    fn hang(&self) {
        self.hangs.send(true).unwrap();
    }

    fn connections(&self) -> usize {
        self.count.load(std::sync::atomic::Ordering::SeqCst)
    }
}
