//! The variables that are read: this table is what `.env.example` is checked against.

/// A variable of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name in the environment; in a TOML file the same in lower case.
    pub name: &'static str,
    /// Whether it is a secret: then `<NAME>_FILE` may name a file that holds it.
    pub secret: bool,
}

const fn plain(name: &'static str) -> Variable {
    Variable { name, secret: false }
}

const fn secret(name: &'static str) -> Variable {
    Variable { name, secret: true }
}

/// Every variable that is read.
pub const VARIABLES: [Variable; 42] = [
    plain("APP_PROFILE"),
    plain("IS_DEBUG"),
    plain("HOST"),
    plain("PORT"),
    plain("PUBLIC_URL"),
    plain("SHUTDOWN_GRACE_SECONDS"),
    plain("DATA_DIR"),
    secret("DATABASE_URL"),
    plain("MIGRATE_ON_START"),
    plain("BLOB_STORE"),
    plain("S3_ENDPOINT"),
    plain("S3_PUBLIC_ENDPOINT"),
    plain("S3_REGION"),
    secret("S3_ACCESS_KEY_ID"),
    secret("S3_SECRET_ACCESS_KEY"),
    plain("S3_FORCE_PATH_STYLE"),
    plain("FILES_BUCKET"),
    plain("THUMBNAILS_BUCKET"),
    plain("SESSION_STORE"),
    secret("JWT_SECRET"),
    secret("JWT_PREVIOUS_SECRETS"),
    plain("ARGON2_MEMORY_KIB"),
    plain("ARGON2_ITERATIONS"),
    plain("ARGON2_PARALLELISM"),
    plain("ACCESS_TOKEN_TTL_SECONDS"),
    plain("REFRESH_TOKEN_TTL_SECONDS"),
    plain("SIGNED_URL_TTL_SECONDS"),
    plain("COOKIE_SECURE"),
    plain("CORS_ORIGINS"),
    plain("MAX_UPLOAD_BYTES"),
    plain("MAX_RESUMABLE_BYTES"),
    plain("UPLOAD_TTL_SECONDS"),
    plain("RESUMABLE_UPLOADS"),
    plain("DIRECT_UPLOADS"),
    plain("USER_QUOTA_BYTES"),
    plain("UPLOAD_BUFFER_BYTES"),
    plain("REGISTRATION_OPEN"),
    plain("LOG_FORMAT"),
    plain("RUST_LOG"),
    plain("DATABASE_POOL_SIZE"),
    plain("HTTP_WORKERS"),
    plain("JOB_WORKERS"),
];
