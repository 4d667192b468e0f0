//! Floods of logins: they are bounded, others are answered meanwhile, and clients that are gone cost nothing.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fm_application::wiring::PasswordQueue;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::error::PortResult;
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;

use crate::common::{AT_LAST, Client, Server};

const LOGIN: &str = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
const REGISTRATION: &str = r#"{"email": "new@example.org", "password": "correct horse"}"#;

/// How many hashes the queue of these tests admits for clients that are not signed in.
const ANONYMOUS: usize = 2;

/// How many hash or wait at most.
const ROOM: usize = ANONYMOUS * (PasswordQueue::WAITING_PER_PLACE + 1);

/// A hasher that waits at a gate, and counts.
struct Gated {
    gate: Semaphore,
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Gated {
    fn open() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(usize::MAX >> 4),
            begun: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    fn close(&self) {
        self.gate.forget_permits(usize::MAX);
        self.begun.store(0, Ordering::SeqCst);
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    async fn work(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let _counted = Counted(&self.running);
        self.gate.acquire().await.unwrap().forget();
    }
}

/// Counts down when it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl PasswordHasher for Gated {
    async fn hash(&self, password: &Password) -> PortResult<PasswordHash> {
        self.work().await;
        Ok(PasswordHash::new(password.expose().to_owned()))
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck> {
        self.work().await;
        let is_right = password.expose() == hash.expose();
        Ok(if is_right { PasswordCheck::Right } else { PasswordCheck::Wrong })
    }

    fn decoy(&self) -> PasswordHash {
        PasswordHash::new(String::new())
    }
}

fn server(hasher: &Arc<Gated>) -> Server {
    let hasher = Arc::clone(hasher);
    let queue = PasswordQueue::new(NonZero::new(ANONYMOUS + 1).unwrap());
    Server::with_all(|_| {}, |settings| settings.password_queue = queue, |ports| ports.passwords = hasher)
}

/// Waits until this holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + AT_LAST;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A connection on which a login was sent.
async fn sent(client: &Client) -> tokio::net::TcpStream {
    let client = client.with("Content-Type", "application/json");
    let mut stream = client.connect().await;
    let head = client.head_of("POST", "/v1/auth/login", &format!("Content-Length: {}\r\n", LOGIN.len()));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(LOGIN.as_bytes()).await.unwrap();
    stream
}

#[actix_web::test]
async fn of_two_hundred_logins_a_bounded_number_waits_and_the_others_are_refused_at_once() {
    let hasher = Gated::open();
    let server = server(&hasher);
    let ada = server.user("ada@example.org").await;
    hasher.close();
    let client = server.client();
    let refused_logins = AtomicUsize::new(0);
    let flood = join_all((0..200).map(async |_| {
        let answer = client.json("POST", "/v1/auth/login", LOGIN).await;
        refused_logins.fetch_add(usize::from(answer.status == 429), Ordering::SeqCst);
        answer
    }));
    let meanwhile = async {
        until("the queue is full", || refused_logins.load(Ordering::SeqCst) == 200 - ROOM).await;
        assert_eq!(hasher.begun(), ANONYMOUS);
        // What needs no hash is answered, and so is a user who is signed in.
        assert_eq!(client.get("/health/live").await.status, 200);
        assert_eq!(ada.get("/v1/auth/me").await.status, 200);
        let refused = client.json("POST", "/v1/auth/register", REGISTRATION).await;
        assert_eq!(refused.problem(), (429, "rate_limited".into()));
        assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
        let unknown = LOGIN.replace("ada@", "unknown@");
        let refused = client.json("POST", "/v1/auth/login", &unknown).await;
        assert_eq!(refused.problem(), (429, "rate_limited".into()));
        let change = r#"{"current_password": "correct horse", "new_password": "battery staple"}"#;
        let (changed, ()) = tokio::join!(ada.json("POST", "/v1/auth/password", change), async {
            until("the change has a place of its own", || hasher.begun() == ANONYMOUS + 1).await;
            hasher.gate.add_permits(1_000_000);
        });
        assert_eq!(changed.status, 204, "{}", changed.text());
    };
    let (answers, ()) = tokio::join!(flood, meanwhile);
    assert_eq!(refused_logins.load(Ordering::SeqCst), 200 - ROOM);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401 | 429)), "{answers:?}");
    assert!(hasher.most.load(Ordering::SeqCst) <= ANONYMOUS + 1, "hashes at a time are bounded");
}

#[actix_web::test]
async fn logins_of_clients_that_went_away_leave_the_queue_unhashed() {
    let hasher = Gated::open();
    let server = server(&hasher);
    server.user("ada@example.org").await;
    hasher.close();
    let client = server.client();
    let mut first = Vec::new();
    for _ in 0..ANONYMOUS {
        first.push(sent(&client).await);
    }
    until("the places are taken", || hasher.begun() == ANONYMOUS).await;
    for _ in 0..4 {
        let abandoned = join_all((0..ROOM - ANONYMOUS).map(|_| sent(&client))).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(abandoned);
        // The server learns that the clients are gone.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (answer, ()) = tokio::join!(client.json("POST", "/v1/auth/login", LOGIN), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        hasher.gate.add_permits(1_000_000);
    });
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(hasher.begun(), ANONYMOUS + 1, "no abandoned login was hashed");
}

#[actix_web::test]
async fn a_hash_whose_client_went_away_holds_its_place_until_it_has_ended() {
    let hasher = Gated::open();
    let server = server(&hasher);
    server.user("ada@example.org").await;
    hasher.close();
    let client = server.client();
    let mut hashing = Vec::new();
    for _ in 0..ANONYMOUS {
        hashing.push(sent(&client).await);
    }
    until("the places are taken", || hasher.begun() == ANONYMOUS).await;
    drop(hashing);
    // The server learns that the clients are gone.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(hasher.running.load(Ordering::SeqCst), ANONYMOUS, "a hash is not cut off");
    let (answer, ()) = tokio::join!(client.json("POST", "/v1/auth/login", LOGIN), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(hasher.begun(), ANONYMOUS, "no other login hashes meanwhile");
        hasher.gate.add_permits(1_000_000);
    });
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(hasher.most.load(Ordering::SeqCst), ANONYMOUS);
}

#[actix_web::test]
async fn a_client_that_closes_its_side_alone_is_answered() {
    let hasher = Gated::open();
    let server = server(&hasher);
    server.user("ada@example.org").await;
    let mut stream = sent(&server.client()).await;
    stream.shutdown().await.unwrap();
    let answer = crate::common::client::Answer::parse(&crate::common::client::receive(&mut stream).await);
    assert_eq!(answer.status, 200, "{}", answer.text());
}
