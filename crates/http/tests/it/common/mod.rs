//! A server on a real socket, on the memory adapters, and a client that shows what really goes over the wire.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

pub(crate) mod client;
pub(crate) mod tus;

use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use async_trait::async_trait;
use bytes::Bytes;
use fm_application::jobs::JobRegistry;
use fm_application::wiring::{DirectPorts, PasswordQueue, Ports, Retention, Settings, UseCases};
use fm_credentials::{
    Argon2PasswordHasher, Argon2Settings, HkdfMacSigner, JwtSecrets, JwtSigner, OsIds, SecretBytes,
    TokenAudience,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::MediaType;
use fm_domain::limits::RatePolicies;
use fm_domain::previews::PictureFormat;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};
use fm_http::links::{LinkVerifier, SelfSignedLinks, SelfSignedParts};
use fm_http::{AppState, HttpSettings, NoObserver, ObserveRequests};
use fm_memory::{ManualClock, MemoryBlobStore, MemoryDatabase, MemoryRateLimiter, MemorySessionStore};
use fm_streaming::hashing::HashThreads;
use fm_streaming::{BufferBudget, PictureHandover};

pub(crate) use client::Client;

/// How long something may take that has to happen: only what hangs takes longer, on however busy a machine.
pub(crate) const AT_LAST: Duration = Duration::from_mins(2);

/// How often a test tries at most what a machine may be too busy for, but not again and again.
pub(crate) const ATTEMPTS: u32 = 4;

/// The largest file of the test server.
pub(crate) const MAX_UPLOAD: u64 = 300_000;

/// The largest file of an upload that takes many requests.
pub(crate) const MAX_RESUMABLE: u64 = 40_000_000;

/// How long such an upload may pause.
pub(crate) const UPLOAD_TTL: Duration = Duration::from_hours(24);

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) blobs: Arc<MemoryBlobStore>,
    pub(crate) use_cases: Arc<UseCases>,
    pub(crate) state: AppState,
    handle: ServerHandle,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(adjust: impl FnOnce(&mut HttpSettings)) -> Self {
        Self::with_both(adjust, |_| {})
    }

    pub(crate) fn with_both(
        adjust: impl FnOnce(&mut HttpSettings),
        choose: impl FnOnce(&mut Settings),
    ) -> Self {
        Self::with_all(adjust, choose, |_| {})
    }

    pub(crate) fn with_all(
        adjust: impl FnOnce(&mut HttpSettings),
        choose: impl FnOnce(&mut Settings),
        replace: impl FnOnce(&mut Ports),
    ) -> Self {
        Self::assemble(adjust, choose, replace, Arc::new(NoObserver))
    }

    /// A server that tells this observer of its requests.
    pub(crate) fn observed_by(observer: Arc<dyn ObserveRequests>) -> Self {
        Self::assemble(|_| {}, |_| {}, |_| {}, observer)
    }

    fn assemble(
        adjust: impl FnOnce(&mut HttpSettings),
        choose: impl FnOnce(&mut Settings),
        replace: impl FnOnce(&mut Ports),
        observer: Arc<dyn ObserveRequests>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let public_url = format!("http://{address}");
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000)));
        let blobs = Arc::new(MemoryBlobStore::new(clock.clone()));
        let mut ports = ports(&public_url, &clock, &blobs);
        replace(&mut ports);
        let mut settings = Settings {
            access_token_ttl: Duration::from_mins(15),
            refresh_token_ttl: Duration::from_hours(24),
            session_max_ttl: None,
            max_sessions_per_user: 100,
            password_queue: PasswordQueue::new(NonZero::<usize>::MIN),
            signed_url_ttl: Duration::from_hours(1),
            max_upload: ByteSize::new(MAX_UPLOAD),
            max_resumable: ByteSize::new(MAX_RESUMABLE),
            max_unfinished_uploads: 1000,
            upload_ttl: UPLOAD_TTL,
            upload_buffer: BufferBudget::new(ByteSize::new(64 << 20)),
            hash_threads: HashThreads::start(1),
            resumable_uploads: true,
            direct_uploads: true,
            quota: None,
            rate_policies: RatePolicies::none(),
            registration_open: true,
            serves_blobs: true,
            retention: Retention::default(),
            names_portable: false,
            max_items: None,
            eager_previews: false,
        };
        choose(&mut settings);
        let use_cases = Arc::new(UseCases::new(&ports, &settings));
        let mut http = HttpSettings::new(public_url);
        http.linger = Duration::from_secs(2);
        adjust(&mut http);
        let mut state =
            AppState::new(use_cases.clone(), LinkVerifier::new(&ports, &settings), ports.ids, http);
        state.observer = observer;
        let server = fm_http::serve(listener, state.clone(), 1).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { address, clock, blobs, use_cases, state, handle }
    }

    pub(crate) fn client(&self) -> Client {
        Client::of(self.address)
    }

    /// A client that is logged in as a new user.
    pub(crate) async fn user(&self, email: &str) -> Client {
        let client = self.client();
        let body = format!(r#"{{"email": "{email}", "password": "correct horse"}}"#);
        let answer = client.json("POST", "/v1/auth/register", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        self.login(email).await
    }

    /// A client with a new session of this user.
    pub(crate) async fn login(&self, email: &str) -> Client {
        let client = self.client();
        let body = format!(r#"{{"email": "{email}", "password": "correct horse"}}"#);
        let answer = client.json("POST", "/v1/auth/login", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        client.with_token(answer.value()["access_token"].as_str().unwrap())
    }

    /// Waits until every upload has ended.
    pub(crate) async fn uploads_ended(&self) {
        self.state.tracker.close();
        let ended = tokio::time::timeout(AT_LAST, self.state.tracker.wait()).await;
        assert!(ended.is_ok(), "an upload did not end");
        self.state.tracker.reopen();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _stopping = self.handle.stop(false);
    }
}

fn ports(public_url: &str, clock: &Arc<ManualClock>, blobs: &Arc<MemoryBlobStore>) -> Ports {
    let secrets = JwtSecrets::only(SecretBytes::new(vec![7; 32]).unwrap());
    let macs = Arc::new(HkdfMacSigner::new(&secrets));
    let argon2 =
        Argon2Settings { memory_kib: 8, iterations: 1, parallelism: 1, at_once: NonZero::<usize>::MIN };
    Ports {
        db: Arc::new(MemoryDatabase::new()),
        sessions: Arc::new(MemorySessionStore::new()),
        limits: Arc::new(MemoryRateLimiter::new(clock.clone())),
        blobs: blobs.clone(),
        lister: None,
        moving: None,
        resumable: Some(blobs.clone()),
        direct: Some(DirectPorts::received(
            blobs.clone(),
            blobs.clone(),
            Arc::new(SelfSignedParts::new(public_url, macs.clone())),
        )),
        links: Arc::new(SelfSignedLinks::new(public_url, macs.clone())),
        thumbnailer: Arc::new(Pictures),
        handover: PictureHandover::default(),
        passwords: Arc::new(Argon2PasswordHasher::new(argon2).unwrap()),
        tokens: Arc::new(JwtSigner::new(&secrets, TokenAudience::new("files", "files").unwrap())),
        macs,
        clock: clock.clone(),
        ids: Arc::new(OsIds),
        follow_ups: JobRegistry::standard().follow_ups(),
        audit_retention: Duration::from_hours(90 * 24),
    }
}

/// Takes PNGs for pictures, and makes the same thumbnail of all of them.
struct Pictures;

#[async_trait]
impl Thumbnailer for Pictures {
    fn accepts(&self, content_type: &MediaType) -> bool {
        content_type.as_str() == "image/png"
    }

    fn formats(&self) -> Vec<MediaType> {
        vec!["image/png".parse().unwrap()]
    }

    async fn render(&self, _: Bytes, _: RenderSpec, _: RenderBudget) -> Result<Rendered, RenderThumbnail> {
        let bytes = Bytes::from_static(PNG);
        Ok(Rendered { bytes, format: PictureFormat::Png, width: 1, height: 1, placeholder: None })
    }
}

/// The magic number of a PNG, and nothing behind it.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
