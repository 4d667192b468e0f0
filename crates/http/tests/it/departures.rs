//! Clients that leave before the answer: what their requests began is done to its end, with its entry in the audit trail.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::audit::{AuditAction, AuditFilter};
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::PortResult;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;

use crate::common::{AT_LAST, Client, Server};

/// A database whose units wait at a gate.
struct Gated {
    inner: Arc<dyn Database>,
    closed: watch::Receiver<bool>,
    waiting: watch::Sender<usize>,
}

#[async_trait]
impl Database for Gated {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        self.waiting.send_modify(|waiting| *waiting += usize::from(*self.closed.borrow()));
        self.closed.clone().wait_for(|closed| !closed).await.unwrap();
        self.inner.begin().await
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        self.inner.read().await
    }

    async fn ping(&self) -> PortResult<()> {
        self.inner.ping().await
    }
}

struct Rig {
    server: Server,
    close: watch::Sender<bool>,
    waiting: watch::Receiver<usize>,
}

impl Rig {
    fn start() -> Self {
        let (close, closed) = watch::channel(false);
        let (counted, waiting) = watch::channel(0);
        let server = Server::with_all(
            |_| {},
            |_| {},
            |ports| {
                let inner = ports.db.clone();
                ports.db = Arc::new(Gated { inner, closed, waiting: counted });
            },
        );
        Self { server, close, waiting }
    }

    /// Sends a request whose client leaves while a unit of work waits; then the unit goes on.
    async fn abandon(&self, client: &Client, method: &str, path: &str, body: &str) {
        self.close.send_replace(true);
        let before = *self.waiting.borrow();
        let client = client.with("Content-Type", "application/json");
        let mut stream = client.connect().await;
        let head = client.head_of(method, path, &format!("Content-Length: {}\r\n", body.len()));
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut waiting = self.waiting.clone();
        let waits = waiting.wait_for(|waiting| *waiting > before);
        tokio::time::timeout(AT_LAST, waits).await.unwrap().unwrap();
        drop(stream);
        // The server learns that the client is gone.
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.close.send_replace(false);
        self.server.uploads_ended().await;
    }

    async fn entries(&self, action: AuditAction) -> usize {
        let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
        self.server.use_cases.audit.list.run(&filter, None, 100).await.unwrap().len()
    }

    /// The tokens of a new session.
    async fn tokens(&self) -> Value {
        let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
        self.server.client().json("POST", "/v1/auth/login", body).await.value()
    }
}

fn refresh(tokens: &Value) -> String {
    format!(r#"{{"refresh_token": {}}}"#, tokens["refresh_token"])
}

#[actix_web::test]
async fn sessions_end_with_their_entries_though_the_client_left() {
    let rig = Rig::start();
    let (client, ada) = (rig.server.client(), rig.server.user("ada@example.org").await);

    let leaving = rig.server.login("ada@example.org").await;
    rig.abandon(&leaving, "POST", "/v1/auth/logout", "").await;
    assert_eq!(rig.entries(AuditAction::SESSION_REVOKED).await, 1);

    let tokens = rig.tokens().await;
    rig.abandon(&client, "POST", "/v1/auth/logout", &refresh(&tokens)).await;
    assert_eq!(rig.entries(AuditAction::SESSION_REVOKED).await, 2);

    let other = rig.server.login("ada@example.org").await;
    let sessions = other.get("/v1/auth/sessions").await.value();
    let listed = sessions["items"].as_array().unwrap().iter();
    let current = listed.clone().find(|session| session["current"] == true).unwrap();
    let path = format!("/v1/auth/sessions/{}", current["id"].as_str().unwrap());
    rig.abandon(&ada, "DELETE", &path, "").await;
    assert_eq!(rig.entries(AuditAction::SESSION_REVOKED).await, 3);

    rig.abandon(&ada, "DELETE", "/v1/auth/sessions", "").await;
    assert_eq!(rig.entries(AuditAction::SESSIONS_REVOKED).await, 1);
}

#[actix_web::test]
async fn a_spent_token_ends_its_session_with_an_entry_though_the_client_left() {
    let rig = Rig::start();
    let client = rig.server.client();
    rig.server.user("ada@example.org").await;
    let tokens = rig.tokens().await;
    let renewed = client.json("POST", "/v1/auth/refresh", &refresh(&tokens)).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text());
    rig.server.clock.advance(Duration::from_mins(1));
    rig.abandon(&client, "POST", "/v1/auth/refresh", &refresh(&tokens)).await;
    assert_eq!(rig.entries(AuditAction::SESSION_REFRESH_REUSED).await, 1);
}

#[actix_web::test]
async fn logins_and_wrong_passwords_have_their_entries_though_the_client_left() {
    let rig = Rig::start();
    let (client, ada) = (rig.server.client(), rig.server.user("ada@example.org").await);
    let right = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    rig.abandon(&client, "POST", "/v1/auth/login", right).await;
    assert_eq!(rig.entries(AuditAction::SESSION_CREATED).await, 2);
    rig.abandon(&client, "POST", "/v1/auth/login", &right.replace("correct", "wrong")).await;
    assert_eq!(rig.entries(AuditAction::LOGIN_FAILED).await, 1);
    let change = r#"{"current_password": "wrong horse", "new_password": "battery staple"}"#;
    rig.abandon(&ada, "POST", "/v1/auth/password", change).await;
    assert_eq!(rig.entries(AuditAction::PASSWORD_REFUSED).await, 1);
    rig.abandon(&ada, "DELETE", "/v1/auth/me", r#"{"password": "wrong horse"}"#).await;
    assert_eq!(rig.entries(AuditAction::PASSWORD_REFUSED).await, 2);
}
