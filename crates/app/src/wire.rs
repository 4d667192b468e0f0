//! Opens the adapters that the configuration picked, and joins them to ports.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use fm_application::jobs::JobRegistry;
use fm_application::wiring::{DirectPorts, Ports, Settings, UseCases};
use fm_credentials::{Argon2PasswordHasher, HkdfMacSigner, JwtSigner, OsIds, SystemClock, TokenAudience};
use fm_decorators::{ObservedRateLimiter, ObservedSessionStore, PortObserver};
use fm_domain::archive::Archive;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock;
use fm_domain::error::chain;
use fm_domain::jobs::JobSignal;
use fm_domain::limits::RateLimiter;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::SessionStore;
use fm_http::links::{SelfSignedLinks, SelfSignedParts};
use fm_imaging::ImageThumbnailer;
use fm_memory::{CachedSessions, LocalFallback, MemoryRateLimiter};
use fm_metrics::Metrics;
use fm_redis::{RedisClient, RedisRateLimiter};
use fm_streaming::{BufferBudget, PictureHandover};

use crate::adapters::plain::warn_of_plain_redis;
use crate::adapters::{OpenBlobStore, OpenContext, OpenDatabase, OpenDirect, Purpose};
use crate::blob_stores::BlobStores;
use crate::config::Config;
use crate::lifecycle::ShutdownHooks;
use crate::observed::{observed, unobserved};
use crate::{Program, StartError, metrics, secrets};
use settings::{argon2, settings};

/// The wired program.
pub struct Wired {
    /// Every adapter.
    pub ports: Ports,
    /// The database, where it can be moved.
    pub archive: Option<Arc<dyn Archive>>,
    /// What wakes workers.
    pub signal: Arc<dyn JobSignal>,
    /// What the operator chose.
    pub settings: Settings,
    /// Where signed URLs lead to that do not lead to the program: `https://store.example`.
    pub(crate) store_origins: Vec<String>,
    /// What adapters still have to finish at the end of the process.
    pub shutdown: ShutdownHooks,
    pub(crate) metrics: Arc<Metrics>,
}

impl Wired {
    /// All use cases.
    #[must_use]
    pub fn use_cases(&self) -> Arc<UseCases> {
        Arc::new(UseCases::new(&self.ports, &self.settings))
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.ports.clock)
    }
}

impl Program {
    /// Opens every adapter that the configuration picked. URLs that the program signs for itself begin with `public_url`.
    pub async fn wire(
        &self,
        config: &Config,
        public_url: &str,
        purpose: Purpose,
    ) -> Result<Wired, StartError> {
        let secrets = secrets::of(config, purpose)?;
        let macs: Arc<dyn MacSigner> = Arc::new(HkdfMacSigner::new(&secrets));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut context = open_context(config, purpose, Arc::clone(&clock))?;
        let (budget, metrics) = (context.budget.clone(), Arc::clone(&context.metrics));
        metrics.watch_upload_memory(budget.clone());
        let handover = PictureHandover::new(&budget, config.uploads.picture_handover);
        metrics.watch_picture_handover(handover.clone());
        let database = open_database(config, &mut context).await?;
        let sessions = open_sessions(config, &mut context, &database).await?;
        let limits = open_limits(config, &context);
        let links = Arc::new(SelfSignedLinks::new(public_url, Arc::clone(&macs)));
        let BlobStores { blobs, links, serves_blobs, origins, moving } =
            BlobStores::open(config, &mut context, links).await?;
        check_uploads(config, &blobs)?;
        let ports = Ports {
            db: database.database,
            sessions,
            limits,
            blobs: blobs.store,
            resumable: blobs.resumable,
            direct: blobs.direct.map(|direct| direct_ports(direct, public_url, &macs)),
            lister: blobs.lister,
            moving,
            links,
            thumbnailer: Arc::new(ImageThumbnailer::default()),
            handover,
            passwords: Arc::new(Argon2PasswordHasher::new(argon2(config))?),
            tokens: Arc::new(JwtSigner::new(&secrets, TokenAudience::default())),
            macs,
            clock,
            ids: Arc::new(OsIds),
            follow_ups: JobRegistry::standard().follow_ups(),
            audit_retention: config.audit.retention,
        };
        let ports = match observer(config, &metrics) {
            Some(observer) => observed(self.decorated(metrics.measured(ports)), &observer),
            None => unobserved(self.decorated(ports)),
        };
        Ok(Wired {
            ports,
            archive: database.archive,
            signal: database.signal,
            settings: settings(config, budget, serves_blobs),
            store_origins: origins,
            shutdown: context.shutdown,
            metrics,
        })
    }
}

/// Who is told of the calls of ports, if anybody is: who isn't need not pay for them.
fn observer(config: &Config, metrics: &Arc<Metrics>) -> Option<Arc<dyn PortObserver>> {
    let is_observed = config.metrics.address.is_some() || config.traces.endpoint.is_some();
    is_observed.then(|| Arc::clone(metrics) as _)
}

/// What adapters are opened with.
pub(crate) fn open_context(
    config: &Config,
    purpose: Purpose,
    clock: Arc<dyn Clock>,
) -> Result<OpenContext, StartError> {
    Ok(OpenContext {
        purpose,
        data_dir: config.storage.data_dir.clone(),
        database_pool_size: config.storage.database_pool_size,
        prefix: "",
        // The other half is for connections: the server holds up to 512 KiB of each upload before the store has it.
        budget: BufferBudget::new(ByteSize::new(config.uploads.buffer.bytes() / 2)),
        clock,
        metrics: metrics::new()?,
        redis: open_redis(config)?,
        shutdown: ShutdownHooks::default(),
    })
}

async fn open_database(config: &Config, context: &mut OpenContext) -> Result<OpenDatabase, StartError> {
    let factory = &config.storage.database;
    let migrates = config.storage.migrate_on_start && context.purpose.changes();
    match factory.check().await {
        Ok(()) => {}
        Err(error) if migrates || error.is_configuration() => return Err(error),
        Err(error) => tracing::warn!(error = chain(&error), "the database could not be checked"),
    }
    let migrations = factory.migrations()?;
    if migrates {
        for name in migrations.up().await? {
            tracing::info!(migration = %name, "migrated");
        }
    } else {
        let missing = migrations.status().await?.iter().filter(|migration| !migration.applied).count();
        if missing > 0 {
            return Err(StartError::NotMigrated { missing });
        }
    }
    factory.open(context).await
}

fn open_redis(config: &Config) -> Result<Option<RedisClient>, StartError> {
    if let Some(url) = &config.storage.redis {
        warn_of_plain_redis(url);
    }
    let opened = config.storage.redis.as_ref().map(RedisClient::new).transpose();
    opened.map_err(|source| StartError::configuration("REDIS_URL can't be used", source))
}

/// The session store. Where other nodes can be told that sessions ended they are, by every command that ends some; a node
/// that serves has copies of sessions too.
async fn open_sessions(
    config: &Config,
    context: &mut OpenContext,
    database: &OpenDatabase,
) -> Result<Arc<dyn SessionStore>, StartError> {
    let (factory, ttl) = (&config.storage.sessions, config.storage.session_cache_ttl);
    let store = factory.open(context, database).await?;
    // Below the copies: what is answered by a copy is no call.
    let store = match observer(config, &context.metrics) {
        Some(observer) => Arc::new(ObservedSessionStore::new(store, &observer)) as _,
        None => store,
    };
    if !context.purpose.changes() {
        return Ok(store);
    }
    let ttl = if context.purpose == Purpose::Serve { ttl } else { Duration::ZERO };
    Ok(match factory.signal(context, database) {
        Some(signal) => {
            let sessions = CachedSessions::new(store, signal, ttl);
            context.shutdown.add({
                let sessions = Arc::clone(&sessions);
                async move { sessions.finish().await }
            });
            context.metrics.watch_session_cache({
                let sessions = Arc::clone(&sessions);
                move || (sessions.cache_use().hits, sessions.cache_use().misses)
            });
            sessions
        }
        None => store,
    })
}

/// Counts in Redis where there is one, for all nodes; else, and while it is out of reach, in this process.
fn open_limits(config: &Config, context: &OpenContext) -> Arc<dyn RateLimiter> {
    let local = Arc::new(MemoryRateLimiter::new(Arc::clone(&context.clock)));
    match context.redis.clone() {
        Some(redis) => {
            let shared = Arc::new(RedisRateLimiter::new(redis));
            // What is counted in this process is no call.
            let shared: Arc<dyn RateLimiter> = match observer(config, &context.metrics) {
                Some(observer) => Arc::new(ObservedRateLimiter::new(shared, &observer)),
                None => shared,
            };
            let limits = Arc::new(LocalFallback::new(shared, local));
            context.metrics.watch_rate_limit_fallbacks({
                let limits = Arc::clone(&limits);
                move || limits.fallbacks()
            });
            limits
        }
        None => local,
    }
}

/// What direct uploads need: parts that are sent to the program are signed by it.
fn direct_ports(direct: OpenDirect, public_url: &str, macs: &Arc<dyn MacSigner>) -> DirectPorts {
    match direct {
        OpenDirect::Signed(store, links) => DirectPorts::signed(store, links),
        OpenDirect::Received(store, receiver) => {
            let links = Arc::new(SelfSignedParts::new(public_url, Arc::clone(macs)));
            DirectPorts::received(store, receiver, links)
        }
    }
}

/// Refuses uploads that are switched on and that the store can't do.
fn check_uploads(config: &Config, blobs: &OpenBlobStore) -> Result<(), StartError> {
    let (uploads, store) = (&config.uploads, &config.storage.blob_store);
    let refuse = |setting: &str, reason: &str, remedy: &str| {
        Err(StartError::unworkable(format!("{setting} with BLOB_STORE={store}"), reason, remedy))
    };
    if uploads.resumable && blobs.resumable.is_none() {
        return refuse(
            "RESUMABLE_UPLOADS=1",
            "the store can't write a blob over many requests",
            "set RESUMABLE_UPLOADS=0, or choose a store that can, such as disk or s3",
        );
    }
    if uploads.direct && blobs.direct.is_none() {
        return refuse(
            "DIRECT_UPLOADS=1",
            "the store takes no parts, neither from clients nor from the program",
            "set DIRECT_UPLOADS=0, or choose a store that can, such as disk or s3",
        );
    }
    let largest = blobs.store.limits().max_blob;
    if (uploads.resumable || uploads.direct) && uploads.max_resumable > largest {
        return refuse(
            &format!("MAX_RESUMABLE_BYTES={}", uploads.max_resumable.bytes()),
            &format!("the largest blob of the store has {largest}"),
            &format!("set MAX_RESUMABLE_BYTES to {} at most", largest.bytes()),
        );
    }
    Ok(())
}
