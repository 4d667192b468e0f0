//! What the configuration says, checked.

use std::path::PathBuf;
use std::time::Duration;

use fm_domain::body::ByteSize;
use fm_http::CorsOrigins;

use super::addresses::{DatabaseAddress, endpoint, origin};
use super::faults::ConfigFaults;
use super::reader::Reader;
use super::secret::Secret;
use super::source::Texts;

/// Where bytes are kept.
#[derive(Debug, Clone)]
pub enum BlobStoreChoice {
    /// In `DATA_DIR/blobs`.
    Disk,
    /// In an S3.
    S3(S3Config),
    /// In memory, for tests and trials.
    Memory,
}

/// How to reach an S3.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// Where we reach it.
    pub endpoint: String,
    /// Where clients reach it.
    pub public_endpoint: String,
    /// Its region.
    pub region: String,
    /// Who we are there.
    pub access_key_id: Secret,
    /// How we prove it.
    pub secret_access_key: Secret,
    /// Whether buckets are paths rather than hosts.
    pub force_path_style: bool,
    /// The bucket of what users uploaded.
    pub files_bucket: String,
    /// The bucket of thumbnails.
    pub thumbnails_bucket: String,
}

/// Where sessions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStoreChoice {
    /// In the database.
    Database,
    /// In memory, for tests and trials: a restart logs everybody out.
    Memory,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// The whole configuration.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the variable of the same name")]
#[expect(clippy::struct_excessive_bools, reason = "each is a variable of its own, not a state")]
pub struct Config {
    pub is_debug: bool,
    pub host: String,
    pub port: u16,
    pub public_url: Option<String>,
    pub shutdown_grace: Duration,
    pub data_dir: PathBuf,
    pub database: DatabaseAddress,
    pub migrate_on_start: bool,
    pub database_pool_size: usize,
    pub blob_store: BlobStoreChoice,
    pub session_store: SessionStoreChoice,
    pub jwt_secret: Option<Secret>,
    pub jwt_previous_secrets: Vec<Secret>,
    pub argon2_memory_kib: u32,
    pub argon2_iterations: u32,
    pub argon2_parallelism: u32,
    pub access_token_ttl: Duration,
    pub refresh_token_ttl: Duration,
    pub signed_url_ttl: Duration,
    pub cookie_secure: bool,
    pub cors: CorsOrigins,
    pub max_upload: ByteSize,
    pub max_resumable: ByteSize,
    pub upload_ttl: Duration,
    pub resumable_uploads: bool,
    pub direct_uploads: bool,
    pub quota: Option<ByteSize>,
    pub upload_buffer: ByteSize,
    pub registration_open: bool,
    pub log_format: Option<LogFormat>,
    pub log_filter: String,
    pub http_workers: usize,
    pub job_workers: usize,
}

const DAY: u64 = 24 * 60 * 60;

pub(super) fn settle(texts: &Texts, faults: ConfigFaults) -> Result<Config, ConfigFaults> {
    let mut reader = Reader { texts, faults };
    let data_dir = PathBuf::from(reader.text_or("DATA_DIR", "./data"));
    let database = database(&mut reader, &data_dir);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let config = Config {
        is_debug: reader.flag("IS_DEBUG", false),
        host: reader.text_or("HOST", "127.0.0.1"),
        port: reader.number("PORT", 8080, 0..=u16::MAX),
        public_url: public_url(&mut reader),
        shutdown_grace: reader.seconds("SHUTDOWN_GRACE_SECONDS", 30, 0..=3600),
        migrate_on_start: reader.flag("MIGRATE_ON_START", true),
        database_pool_size: reader.number("DATABASE_POOL_SIZE", 16, 2..=1000),
        blob_store: blob_store(&mut reader),
        session_store: reader.choice(
            "SESSION_STORE",
            SessionStoreChoice::Database,
            &[("database", SessionStoreChoice::Database), ("memory", SessionStoreChoice::Memory)],
        ),
        jwt_secret: jwt_secret(&mut reader, &database),
        jwt_previous_secrets: previous_secrets(&mut reader),
        argon2_memory_kib: reader.number("ARGON2_MEMORY_KIB", 19_456, 8..=4_194_304),
        argon2_iterations: reader.number("ARGON2_ITERATIONS", 2, 1..=1000),
        argon2_parallelism: reader.number("ARGON2_PARALLELISM", 1, 1..=64),
        access_token_ttl: reader.seconds("ACCESS_TOKEN_TTL_SECONDS", 900, 1..=DAY),
        refresh_token_ttl: reader.seconds("REFRESH_TOKEN_TTL_SECONDS", 30 * DAY, 1..=3650 * DAY),
        signed_url_ttl: reader.seconds("SIGNED_URL_TTL_SECONDS", 3600, 1..=7 * DAY),
        cookie_secure: reader.flag("COOKIE_SECURE", true),
        cors: cors(&mut reader),
        max_upload: ByteSize::new(reader.number("MAX_UPLOAD_BYTES", 52_428_800, 1..=1 << 40)),
        max_resumable: ByteSize::new(reader.number("MAX_RESUMABLE_BYTES", 5 << 30, 1..=1 << 40)),
        upload_ttl: reader.seconds("UPLOAD_TTL_SECONDS", DAY, 1..=7 * DAY),
        resumable_uploads: reader.flag("RESUMABLE_UPLOADS", true),
        direct_uploads: reader.flag("DIRECT_UPLOADS", true),
        quota: reader.optional_number("USER_QUOTA_BYTES", 0..=i64::MAX.unsigned_abs()).map(ByteSize::new),
        upload_buffer: ByteSize::new(reader.number("UPLOAD_BUFFER_BYTES", 67_108_864, 16_777_216..=1 << 40)),
        registration_open: reader.flag("REGISTRATION_OPEN", true),
        log_format: log_format(&mut reader),
        log_filter: reader.text_or("RUST_LOG", "info,actix_server=warn"),
        http_workers: reader.number("HTTP_WORKERS", cores, 1..=1024),
        job_workers: reader.number("JOB_WORKERS", 2, 1..=256),
        data_dir,
        database,
    };
    check_together(&config, &mut reader.faults);
    if reader.faults.0.is_empty() { Ok(config) } else { Err(reader.faults) }
}

/// What is right by itself and wrong beside something else.
fn check_together(config: &Config, faults: &mut ConfigFaults) {
    if config.argon2_memory_kib < 8 * config.argon2_parallelism {
        faults.add("ARGON2_MEMORY_KIB", "must be at least 8 times ARGON2_PARALLELISM");
    }
    if config.access_token_ttl > config.refresh_token_ttl {
        faults.add("ACCESS_TOKEN_TTL_SECONDS", "must not be longer than REFRESH_TOKEN_TTL_SECONDS");
    }
    if config.host.parse::<std::net::IpAddr>().is_err() && config.host != "localhost" {
        faults.add("HOST", "must be an IP address or localhost");
    }
}

fn database(reader: &mut Reader<'_>, data_dir: &std::path::Path) -> DatabaseAddress {
    let Some(url) = reader.secret("DATABASE_URL") else { return DatabaseAddress::embedded(data_dir) };
    DatabaseAddress::parse(url.expose()).unwrap_or_else(|problem| {
        reader.faults.add("DATABASE_URL", problem);
        DatabaseAddress::Memory
    })
}

fn public_url(reader: &mut Reader<'_>) -> Option<String> {
    let parsed = origin(reader.text("PUBLIC_URL")?);
    parsed.map_err(|problem| reader.faults.add("PUBLIC_URL", problem)).ok()
}

fn blob_store(reader: &mut Reader<'_>) -> BlobStoreChoice {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Disk,
        S3,
        Memory,
    }
    let kind = reader.choice(
        "BLOB_STORE",
        Kind::Disk,
        &[("disk", Kind::Disk), ("s3", Kind::S3), ("memory", Kind::Memory)],
    );
    match kind {
        Kind::Disk => BlobStoreChoice::Disk,
        Kind::Memory => BlobStoreChoice::Memory,
        Kind::S3 => BlobStoreChoice::S3(s3(reader)),
    }
}

fn s3(reader: &mut Reader<'_>) -> S3Config {
    let required = |reader: &mut Reader<'_>, name: &str| {
        let text = reader.text(name).map(str::to_owned);
        text.unwrap_or_else(|| {
            reader.faults.add(name, "is required with BLOB_STORE=s3");
            String::new()
        })
    };
    let required_secret = |reader: &mut Reader<'_>, name: &str| {
        reader.secret(name).unwrap_or_else(|| {
            reader.faults.add(name, "is required with BLOB_STORE=s3");
            Secret::new(String::new())
        })
    };
    let url = required(reader, "S3_ENDPOINT");
    let public = reader.text_or("S3_PUBLIC_ENDPOINT", &url);
    for (name, text) in [("S3_ENDPOINT", &url), ("S3_PUBLIC_ENDPOINT", &public)] {
        if !text.is_empty()
            && let Err(problem) = endpoint(text)
        {
            reader.faults.add(name, problem);
        }
    }
    S3Config {
        endpoint: url,
        public_endpoint: public,
        region: required(reader, "S3_REGION"),
        access_key_id: required_secret(reader, "S3_ACCESS_KEY_ID"),
        secret_access_key: required_secret(reader, "S3_SECRET_ACCESS_KEY"),
        force_path_style: reader.flag("S3_FORCE_PATH_STYLE", true),
        files_bucket: bucket(reader, "FILES_BUCKET", "files"),
        thumbnails_bucket: bucket(reader, "THUMBNAILS_BUCKET", "thumbnails"),
    }
}

fn bucket(reader: &mut Reader<'_>, name: &str, default: &str) -> String {
    let bucket = reader.text_or(name, default);
    let fits = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b));
    if !fits {
        reader.faults.add(name, "must be 3 to 63 lower-case letters, digits, -, . and _");
    }
    bucket
}

fn jwt_secret(reader: &mut Reader<'_>, database: &DatabaseAddress) -> Option<Secret> {
    let given = reader.text("JWT_SECRET").is_some() || reader.text("JWT_SECRET_FILE").is_some();
    let secret = reader.secret("JWT_SECRET");
    match &secret {
        Some(secret) if secret.expose().len() < 32 => {
            reader.faults.add("JWT_SECRET", "must be at least 32 bytes");
        }
        None if !given && matches!(database, DatabaseAddress::Postgres(_)) => {
            reader.faults.add("JWT_SECRET", "is required with PostgreSQL: every node must have the same");
        }
        Some(_) | None => {}
    }
    secret
}

fn previous_secrets(reader: &mut Reader<'_>) -> Vec<Secret> {
    let Some(list) = reader.secret("JWT_PREVIOUS_SECRETS") else { return Vec::new() };
    let items = list.expose().split(',').map(str::trim).filter(|item| !item.is_empty());
    let secrets: Vec<Secret> = items.map(|item| Secret::new(item.to_owned())).collect();
    if secrets.iter().any(|secret| secret.expose().len() < 32) {
        reader.faults.add("JWT_PREVIOUS_SECRETS", "must each be at least 32 bytes");
    }
    secrets
}

fn cors(reader: &mut Reader<'_>) -> CorsOrigins {
    let items = reader.list("CORS_ORIGINS");
    if items == ["*"] {
        return CorsOrigins::Any;
    }
    let mut origins = Vec::new();
    for item in items {
        match origin(&item) {
            Ok(origin) => origins.push(origin),
            Err(problem) => reader.faults.add("CORS_ORIGINS", format!("each {problem}; * stands alone")),
        }
    }
    CorsOrigins::List(origins)
}

fn log_format(reader: &mut Reader<'_>) -> Option<LogFormat> {
    let choices = [("pretty", Some(LogFormat::Pretty)), ("json", Some(LogFormat::Json))];
    reader.choice("LOG_FORMAT", None, &choices)
}
