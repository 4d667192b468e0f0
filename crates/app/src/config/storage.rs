//! Where data is stored: the folder of everything embedded, the database, the blobs, the sessions.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fm_redis::RedisUrl;

use super::{Reader, Secret, Variable};
use crate::adapters::{
    Adapters, BlobStoreFactory, DatabaseFactory, DatabaseSessions, FALLBACK, Memory, SessionStoreFactory,
};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("DATA_DIR"),
    Variable::secret("DATABASE_URL"),
    Variable::plain("DATABASE_POOL_SIZE"),
    Variable::plain("MIGRATE_ON_START"),
    Variable::plain("BLOB_STORE"),
    Variable::plain("BLOB_STORE_FALLBACK"),
    Variable::plain("FALLBACK_DATA_DIR"),
    Variable::plain("SESSION_STORE"),
    Variable::plain("SESSION_CACHE_TTL_SECONDS"),
    Variable::secret("REDIS_URL"),
    Variable::plain("REDIS_CA_CERTIFICATES"),
];

/// Where data is stored. Each adapter has read its own settings and is opened later.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    /// `DATA_DIR`.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`.
    pub database: Arc<dyn DatabaseFactory>,
    /// `DATABASE_POOL_SIZE`: connections at most, for databases that need some.
    pub database_pool_size: usize,
    /// `MIGRATE_ON_START`.
    pub migrate_on_start: bool,
    /// `BLOB_STORE`: the name of the adapter.
    pub blob_store: String,
    /// The adapter of this name.
    pub blobs: Arc<dyn BlobStoreFactory>,
    /// `BLOB_STORE_FALLBACK`: the store that blobs are moved from, while they are.
    pub fallback: Option<FallbackConfig>,
    /// `SESSION_STORE`: the name of the adapter.
    pub session_store: String,
    /// The adapter of this name.
    pub sessions: Arc<dyn SessionStoreFactory>,
    /// `SESSION_CACHE_TTL_SECONDS`: how long a node may use its copy of a session; zero: it has none.
    pub session_cache_ttl: Duration,
    /// `REDIS_URL`: where rate limits are counted, and sessions are stored if `SESSION_STORE` says so. It believes the authorities of
    /// `REDIS_CA_CERTIFICATES`, where that names a file.
    pub redis: Option<RedisUrl>,
}

/// The store that blobs are moved from.
#[derive(Debug, Clone)]
pub struct FallbackConfig {
    /// `BLOB_STORE_FALLBACK`: the name of the adapter.
    pub name: String,
    /// The adapter of this name, with its variables that begin with `FALLBACK_`.
    pub blobs: Arc<dyn BlobStoreFactory>,
    /// `FALLBACK_DATA_DIR`.
    pub data_dir: PathBuf,
}

impl StorageConfig {
    pub(super) fn read(reader: &mut Reader<'_>, adapters: &Adapters) -> Self {
        let data_dir = reader.text_or("DATA_DIR", "./data");
        let database = database(reader, adapters, &data_dir);
        let blob_store = reader.text_or("BLOB_STORE", "disk");
        let blobs = adapters.blob_stores.pick(reader, "BLOB_STORE", &blob_store);
        let fallback = fallback(reader, adapters, &data_dir);
        let session_store = reader.text_or("SESSION_STORE", "database");
        let sessions = adapters.session_stores.pick(reader, "SESSION_STORE", &session_store);
        let config = Self {
            data_dir: PathBuf::from(data_dir),
            fallback,
            database,
            database_pool_size: reader.number("DATABASE_POOL_SIZE", 16, 2..=1000),
            migrate_on_start: reader.flag("MIGRATE_ON_START", true),
            blobs: blobs.map_or_else(
                || Arc::new(Memory) as _,
                |read| reader.picked_by("BLOB_STORE", &blob_store, read),
            ),
            sessions: sessions.map_or_else(
                || Arc::new(DatabaseSessions) as _,
                |read| reader.picked_by("SESSION_STORE", &session_store, read),
            ),
            session_cache_ttl: reader.seconds("SESSION_CACHE_TTL_SECONDS", 5, 0..=60),
            redis: redis(reader),
            blob_store,
            session_store,
        };
        if config.falls_back_on_itself() {
            reader.fault(
                "BLOB_STORE_FALLBACK",
                "is the store of BLOB_STORE: give the settings of the other store",
            );
        }
        config
    }

    /// Whether both stores have the same settings.
    fn falls_back_on_itself(&self) -> bool {
        self.fallback.as_ref().is_some_and(|fallback| {
            fallback.data_dir == self.data_dir
                && format!("{:?}", fallback.blobs) == format!("{:?}", self.blobs)
        })
    }
}

fn fallback(reader: &mut Reader<'_>, adapters: &Adapters, data_dir: &str) -> Option<FallbackConfig> {
    let name = reader.text("BLOB_STORE_FALLBACK")?.to_owned();
    let data_dir = PathBuf::from(reader.text_or("FALLBACK_DATA_DIR", data_dir));
    let read = adapters.blob_stores.pick(reader, "BLOB_STORE_FALLBACK", &name)?;
    let blobs = reader.picked_by("BLOB_STORE_FALLBACK", &name, |reader| reader.prefixed(FALLBACK, read));
    Some(FallbackConfig { name, blobs, data_dir })
}

fn redis(reader: &mut Reader<'_>) -> Option<RedisUrl> {
    let authorities = reader.text("REDIS_CA_CERTIFICATES");
    let Some(url) = reader.secret("REDIS_URL") else {
        if authorities.is_some() {
            reader.fault("REDIS_CA_CERTIFICATES", "belongs to REDIS_URL, which is unset");
        }
        return None;
    };
    let url = RedisUrl::parse(url.expose()).map_err(|invalid| ("REDIS_URL", invalid.to_string()));
    let url = url.and_then(|url| match authorities {
        Some(path) => trusting(url, path).map_err(|problem| ("REDIS_CA_CERTIFICATES", problem)),
        None => Ok(url),
    });
    url.map_err(|(name, problem)| reader.fault(name, problem)).ok()
}

/// The URL, whose servers are believed by the certificates of this file.
fn trusting(url: RedisUrl, path: &str) -> Result<RedisUrl, String> {
    let pem = std::fs::read(path).map_err(|error| format!("can't be read: {error}"))?;
    url.trusting(&pem).map_err(|invalid| invalid.to_string())
}

/// Unset, it is a SQLite file in `data_dir`.
fn database(reader: &mut Reader<'_>, adapters: &Adapters, data_dir: &str) -> Arc<dyn DatabaseFactory> {
    let url = reader.secret("DATABASE_URL");
    let url = url.unwrap_or_else(|| Secret::new(format!("sqlite:{data_dir}/file-manager.db")));
    let scheme = url.expose().split_once(':').map(|(scheme, _)| scheme);
    if let Some((scheme, read)) = scheme.and_then(|scheme| Some((scheme, adapters.databases.find(scheme)?))) {
        return reader.picked_by("DATABASE_URL", &format!("{scheme}:…"), |reader| read(&url, reader));
    }
    let schemes: Vec<String> = adapters.databases.names().map(|name| format!("{name}:")).collect();
    reader.fault("DATABASE_URL", format!("must begin with one of {}", schemes.join(", ")));
    Arc::new(Memory)
}
