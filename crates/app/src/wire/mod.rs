//! Picks the adapters: the only place that names one.

mod blobs;
mod database;
mod secrets;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

use fm_application::wiring::{Ports, Settings, UseCases};
use fm_credentials::{
    Argon2PasswordHasher, Argon2Settings, HkdfMacSigner, InvalidArgon2Settings, JwtSigner, OsIds,
    SystemClock, TokenAudience,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock;
use fm_domain::error::PortError;
use fm_domain::jobs::JobSignal;
use fm_imaging::ImageThumbnailer;
use fm_postgres::InvalidAddress;
use fm_s3::{InvalidEndpoint, S3BlobStore};
use fm_sqlite::{OpenSqlite, SqliteDatabase};
use fm_streaming::BufferBudget;
use fm_streaming::hashing::HashThreads;

pub use database::{AppliedMigration, MigrateError, Migrations};

use crate::config::{BlobStoreChoice, Config, DatabaseAddress, SessionStoreChoice};

/// Why the program can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `DATABASE_URL` can't be used.
    #[error("DATABASE_URL can't be used")]
    Address(#[from] InvalidAddress),
    /// The SQLite file can't be opened.
    #[error("the SQLite database can't be opened")]
    Sqlite(#[from] OpenSqlite),
    /// The structure of the database can't be brought up to date.
    #[error("the database can't be migrated")]
    Migrate(#[from] MigrateError),
    /// `S3_ENDPOINT` or `S3_PUBLIC_ENDPOINT` can't be used.
    #[error("the S3 endpoint can't be used")]
    Endpoint(#[from] InvalidEndpoint),
    /// What is switched on is more than an adapter can do.
    #[error("{variable} asks for more than the store of the blobs can do: {what}")]
    Incapable {
        /// The variable that asks for it.
        variable: &'static str,
        /// What it lacks.
        what: String,
    },
    /// A store does not answer as it should.
    #[error("{what} can't be used")]
    Store {
        /// Which.
        what: &'static str,
        /// Why.
        source: PortError,
    },
    /// The folder of the blobs can't be used.
    #[error("the folder of the blobs {folder:?} can't be used")]
    Blobs {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: PortError,
    },
    /// A secret is no secret.
    #[error("the secret can't be used: it is shorter than 32 bytes")]
    Secret,
    /// The folder of everything embedded can't be used.
    #[error("DATA_DIR {folder:?} can't be used: {what}")]
    DataDir {
        /// Which.
        folder: PathBuf,
        /// What failed.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The parameters of the password hashes don't fit together.
    #[error("the ARGON2 settings can't be used")]
    Argon2(#[from] InvalidArgon2Settings),
    /// The listener can't be opened.
    #[error("can't listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The runtime or its signals can't be had.
    #[error("the runtime can't be started")]
    Runtime(#[from] io::Error),
    /// `RUST_LOG` can't be read.
    #[error(transparent)]
    Logs(#[from] crate::logging::InvalidFilter),
}

/// The wired program.
pub struct Wired {
    /// Every adapter.
    pub ports: Ports,
    /// What wakes workers.
    pub signal: Arc<dyn JobSignal>,
    /// What the operator chose.
    pub settings: Settings,
    /// What ends with the process.
    pub endings: Endings,
}

/// Adapters that have work of their own to finish before the process ends.
#[derive(Default)]
pub struct Endings {
    s3: Option<Arc<S3BlobStore>>,
    sqlite: Option<SqliteDatabase>,
}

impl Endings {
    /// Lets them finish it. To be called when nobody uses them any more.
    pub async fn reach(&self) {
        if let Some(s3) = &self.s3 {
            s3.settled().await;
        }
        if let Some(sqlite) = &self.sqlite {
            sqlite.close().await;
        }
    }
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

/// What a command needs of the adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Everything.
    Work,
    /// To look at what is there: nothing is migrated, made or tidied up.
    Look,
}

/// Makes every adapter that the configuration names. Signed URLs that we serve ourselves begin with `public_url`.
pub async fn wire(config: &Config, public_url: &str) -> Result<Wired, StartError> {
    assemble(config, public_url, Purpose::Work).await
}

/// The same for commands that only look: they migrate nothing, make no buckets and remove no unfinished files.
pub async fn wire_to_look(config: &Config) -> Result<Wired, StartError> {
    assemble(config, config.public_url.as_deref().unwrap_or_default(), Purpose::Look).await
}

async fn assemble(config: &Config, public_url: &str, purpose: Purpose) -> Result<Wired, StartError> {
    let secrets = secrets::of(config)?;
    let macs = Arc::new(HkdfMacSigner::new(&secrets));
    let database = database::open(config, purpose).await?;
    // The other half is for the connections: the server holds up to 512 KiB of each upload before the store has them.
    let budget = BufferBudget::new(ByteSize::new(config.upload_buffer.bytes() / 2));
    let blobs = blobs::open(config, budget.clone(), public_url, macs.clone(), purpose).await?;
    capable(config, &blobs)?;
    let endings = Endings { s3: blobs.s3, sqlite: database.sqlite };
    let argon2 = Argon2Settings {
        memory_kib: config.argon2_memory_kib,
        iterations: config.argon2_iterations,
        parallelism: config.argon2_parallelism,
        ..Argon2Settings::default()
    };
    let ports = Ports {
        db: database.db,
        sessions: database.sessions,
        blobs: blobs.store,
        parts: blobs.parts,
        lister: blobs.lister,
        links: blobs.links,
        part_links: blobs.part_links,
        thumbnailer: Arc::new(ImageThumbnailer::default()),
        passwords: Arc::new(Argon2PasswordHasher::new(argon2)?),
        tokens: Arc::new(JwtSigner::new(&secrets, TokenAudience::default())),
        macs,
        clock: Arc::new(SystemClock),
        ids: Arc::new(OsIds),
    };
    let settings = Settings {
        access_token_ttl: config.access_token_ttl,
        refresh_token_ttl: config.refresh_token_ttl,
        signed_url_ttl: config.signed_url_ttl,
        max_upload: config.max_upload,
        max_resumable: config.max_resumable,
        upload_ttl: config.upload_ttl,
        upload_buffer: budget,
        // One processor stays with the threads that receive the bytes.
        hash_threads: HashThreads::start(available_parallelism().map_or(1, NonZero::get) - 1),
        resumable_uploads: config.resumable_uploads,
        direct_uploads: config.direct_uploads,
        quota: config.quota,
        registration_open: config.registration_open,
        serves_blobs: !matches!(config.blob_store, BlobStoreChoice::S3(_)),
    };
    Ok(Wired { ports, signal: database.signal, settings, endings })
}

/// Whether the store can do what is switched on.
fn capable(config: &Config, blobs: &blobs::Blobs) -> Result<(), StartError> {
    let incapable = |variable, what: String| Err(StartError::Incapable { variable, what });
    let on = config.resumable_uploads || config.direct_uploads;
    if config.resumable_uploads && blobs.parts.is_none() {
        return incapable("RESUMABLE_UPLOADS", "it can't be written to in parts".to_owned());
    }
    if config.direct_uploads && (blobs.parts.is_none() || blobs.part_links.is_none()) {
        return incapable("DIRECT_UPLOADS", "clients can't write to it by themselves".to_owned());
    }
    let largest = blobs.store.limits().max_blob;
    if on && config.max_resumable > largest {
        return incapable("MAX_RESUMABLE_BYTES", format!("its largest blob has {largest}"));
    }
    Ok(())
}

/// The same configuration with everything kept in memory.
#[must_use]
pub fn ephemeral(config: Config) -> Config {
    Config {
        database: DatabaseAddress::Memory,
        blob_store: BlobStoreChoice::Memory,
        session_store: SessionStoreChoice::Memory,
        ..config
    }
}
