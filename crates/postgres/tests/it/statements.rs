//! The statements that the use cases send: none is prepared twice on one connection, and no operation needs more than it did.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_contract::{DatabaseHarness, Impossible, SessionStoreHarness};
use fm_domain::database::Database;
use fm_domain::jobs::{JobKind, JobSignal};
use fm_domain::sessions::SessionStore;
use fm_postgres::{PgAddress, PgDatabase, PgLimits, PgPool, PgSessionStore};
use fm_resilience::kill_points::{Environment, Outcome, Resuming, Scenario, scenarios};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::common::Fixture;

/// An operation, and how many statements it may need.
struct Operation {
    scenario: fn() -> Scenario,
    /// The jobs that belong to it, by their kinds.
    jobs: &'static [&'static str],
    /// BEGIN, COMMIT and NOTIFY count; two that are sent as one count once.
    statements: usize,
}

const fn operation(
    scenario: fn() -> Scenario,
    jobs: &'static [&'static str],
    statements: usize,
) -> Operation {
    Operation { scenario, jobs, statements }
}

const THUMBNAIL: &[&str] = &["make_thumbnail"];
const PURGE: &[&str] = &["purge_blob"];

/// With a quota, which costs uploads a reservation. These figures may only shrink.
const OPERATIONS: [Operation; 8] = [
    operation(scenarios::an_upload_of_a_text, &[], 5),
    operation(scenarios::an_upload_of_a_picture, THUMBNAIL, 19),
    operation(scenarios::a_removal, PURGE, 14),
    // The bytes stay as an old version; the thumbnail goes.
    operation(scenarios::a_picture_replaced_by_a_text, PURGE, 17),
    operation(scenarios::a_resumable_upload_begun, &[], 5),
    operation(scenarios::a_resumable_upload_in_one_piece, &[], 10),
    // As a client goes on that asks first how far its upload is: one more than a PATCH.
    operation(scenarios::a_first_piece_too_small_for_a_part, &[], 5),
    operation(scenarios::a_last_piece_after_a_small_one, &[], 9),
];

/// How often an operation is tried before its statements are counted.
const ROUNDS: usize = 2;

#[test]
fn no_statement_is_prepared_twice_on_one_connection() {
    fm_resilience::runtime::for_long(|| async {
        for resuming in [Resuming::ByItself, Resuming::InNumberedParts] {
            let environment =
                Environment::fresh::<Tapped, fm_memory::harness::Blobs, TappedSessions>(resuming).await;
            let tap = tap().1;
            for scenario in scenarios::ALL {
                let scenario = scenario();
                if !environment.has(scenario.needs) {
                    continue;
                }
                for _ in 0..ROUNDS {
                    play(&environment, &scenario).await;
                    environment.recover().await.unwrap();
                }
                let again = std::mem::take(&mut *tap.prepared_again.lock().unwrap());
                assert!(again.is_empty(), "{} prepared these again: {again:#?}", scenario.name);
            }
            assert!(tap.take().len() > 100);
        }
    });
}

#[test]
fn no_operation_needs_more_statements_than_it_did() {
    fm_resilience::runtime::for_long(|| async {
        let environment =
            Environment::fresh::<Tapped, fm_memory::harness::Blobs, TappedSessions>(Resuming::ByItself).await;
        let tap = tap().1;
        let mut wrong = Vec::new();
        for Operation { scenario, jobs, statements } in OPERATIONS {
            let scenario = scenario();
            for _ in 0..ROUNDS {
                play(&environment, &scenario).await;
                environment.recover().await.unwrap();
            }
            let actors = (scenario.arrange)(&environment).await;
            let process = environment.healthy();
            tap.take();
            let outcome = (scenario.act)(&process, &actors).await;
            assert_eq!(outcome, Outcome::Done, "{}", scenario.name);
            for kind in jobs {
                environment.work(&[JobKind::new(kind)]).await;
            }
            let sent = tap.take();
            let name = scenario.name;
            println!("{name}: {} statements", sent.len());
            if sent.len() > statements {
                wrong.push(format!("{name} needs {}, not {statements}: {sent:#?}", sent.len()));
            } else if sent.len() < statements {
                wrong.push(format!(
                    "{name} needs {} now: lower its figure, which is {statements}",
                    sent.len()
                ));
            }
            environment.recover().await.unwrap();
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn a_further_file_of_one_name_needs_no_more_statements_than_the_first() {
    fm_resilience::runtime::for_long(|| async {
        let environment =
            Environment::fresh::<Tapped, fm_memory::harness::Blobs, TappedSessions>(Resuming::ByItself).await;
        let tap = tap().1;
        let (actors, process) = (environment.user().await, environment.healthy());
        let mut counts = Vec::new();
        for _ in 0..4 {
            tap.take();
            let command = actors.upload("notes.txt", &Environment::text());
            Box::pin(process.cases.files.upload.run(&actors.actor(), command)).await.unwrap();
            counts.push(tap.take().len());
        }
        // The second one finds its name taken, and looks for a number.
        assert_eq!(counts, [5, 8, 5, 5]);
    });
}

async fn play(environment: &Environment, scenario: &Scenario) {
    let actors = (scenario.arrange)(environment).await;
    let process = environment.healthy();
    (scenario.before)(&process, &actors).await;
    drop((scenario.act)(&process, &actors).await);
}

thread_local! {
    /// That of the test that this thread runs.
    static TAP: RefCell<Option<(PgPool, Arc<Tap>)>> = const { RefCell::new(None) };
}

fn tap() -> (PgPool, Arc<Tap>) {
    TAP.with_borrow(Clone::clone).unwrap()
}

/// What was sent to the server.
#[derive(Default)]
struct Tap {
    statements: Mutex<Vec<String>>,
    prepared_again: Mutex<Vec<String>>,
}

impl Tap {
    /// The statements that were sent since the last call.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().unwrap())
    }

    fn sent(&self, statement: String) {
        self.statements.lock().unwrap().push(statement);
    }
}

/// What a connection has told so far: the frontend's side of the protocol (PostgreSQL, chapter 54).
#[derive(Default)]
struct Heard {
    unread: Vec<u8>,
    has_started: bool,
    /// Texts by the names of their prepared statements.
    prepared: HashMap<String, String>,
    /// The names of prepared statements by those of their portals.
    bound: HashMap<String, String>,
    texts: HashSet<String>,
}

impl Heard {
    fn hear(&mut self, bytes: &[u8], tap: &Tap) {
        self.unread.extend_from_slice(bytes);
        while let Some((kind, body)) = self.message() {
            let mut strings = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
            let mut string = || strings.next().unwrap_or_default().into_owned();
            match kind {
                b'P' => {
                    let (name, text) = (string(), string());
                    if !self.texts.insert(text.clone()) {
                        tap.prepared_again.lock().unwrap().push(text.clone());
                    }
                    self.prepared.insert(name, text);
                }
                b'B' => {
                    let (portal, name) = (string(), string());
                    self.bound.insert(portal, name);
                }
                b'E' => {
                    let text = self.bound.get(&string()).and_then(|name| self.prepared.get(name));
                    tap.sent(text.cloned().unwrap_or_default());
                }
                b'Q' => tap.sent(string()),
                _ => {}
            }
        }
    }

    /// The next whole message. Those by which a connection starts have no kind.
    fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = usize::from(self.has_started);
        let length: [u8; 4] = self.unread.get(head..head + 4)?.try_into().ok()?;
        let end = head + usize::try_from(u32::from_be_bytes(length)).ok()?;
        if self.unread.len() < end {
            return None;
        }
        let message: Vec<u8> = self.unread.drain(..end).collect();
        let body = message[head + 4..].to_vec();
        if self.has_started {
            return Some((message[0], body));
        }
        // It may have asked for TLS before; the version is 3.
        self.has_started = body.starts_with(&[0, 3]);
        Some((0, Vec::new()))
    }
}

/// Passes connections on to the server, and hears what is sent to it.
async fn listen(server: String, tap: Arc<Tap>) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut listening = JoinSet::new();
    listening.spawn(async move {
        let mut passing = JoinSet::new();
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&server).await.unwrap();
            for side in [&client, &server] {
                side.set_nodelay(true).unwrap();
            }
            passing.spawn(pass(client, server, Arc::clone(&tap)));
        }
    });
    (address, listening)
}

async fn pass(client: TcpStream, server: TcpStream, tap: Arc<Tap>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let questions = async {
        let (mut heard, mut bytes) = (Heard::default(), vec![0_u8; 1 << 16]);
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            heard.hear(&bytes[..count], &tap);
            if to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = questions => {}
        _ended = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
}

/// The fixture's database by way of this address.
fn through(fixture: &Fixture, address: SocketAddr) -> PgAddress {
    let url = fixture.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, place) =
        rest.rsplit_once('@').map_or((String::new(), rest), |(user, place)| (format!("{user}@"), place));
    let (_, database) = place.split_once('/').unwrap();
    PgAddress::parse(&format!("{scheme}://{user}{address}/{database}")).unwrap()
}

const ONE_NODE: Impossible = Impossible::because("its statements are heard, and nothing else is tried");

/// A database whose statements are heard.
struct Tapped {
    fixture: Fixture,
    pool: PgPool,
    _listening: JoinSet<()>,
}

#[async_trait]
impl DatabaseHarness for Tapped {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let tap = Arc::new(Tap::default());
        let (address, listening) = listen(fixture.place(), Arc::clone(&tap)).await;
        let limits = PgLimits { pooled: 4, shared: 1, ..PgLimits::default() };
        let pool = PgPool::new(through(&fixture, address), limits).unwrap();
        TAP.set(Some((pool.clone(), tap)));
        Self { fixture, pool, _listening: listening }
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(PgDatabase::new(self.pool.clone()))
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        Arc::new(self.fixture.signal())
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(ONE_NODE)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(ONE_NODE)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, Impossible> {
        Err(ONE_NODE)
    }
}

/// The sessions in the same database.
struct TappedSessions(PgSessionStore);

#[async_trait]
impl SessionStoreHarness for TappedSessions {
    async fn fresh() -> Self {
        Self(PgSessionStore::new(tap().0))
    }

    fn sessions(&self) -> Arc<dyn SessionStore> {
        Arc::new(self.0.clone())
    }

    async fn dump(&self) -> String {
        String::new()
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(ONE_NODE)
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        Err(ONE_NODE)
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn SessionStore>, Impossible> {
        Err(ONE_NODE)
    }
}
