//! A database with all tables, which those of tests are copies of: a copy takes a fraction of the time of all migrations.
//!
//! One server keeps one for each state of the migrations. It is named by their texts, so that no test sees an older state.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use fm_postgres::{PgAddress, PgMigrations};
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::{maintenance, plain, url};

/// What test programs that run at the same time wait for each other at.
const LOCK: &str = "SELECT pg_advisory_lock(hashtext('the template of file manager'))";

/// The name of the database, which is there.
pub(super) async fn migrated() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(prepared).await
}

async fn prepared() -> String {
    let name = format!("fm_template_{:016x}", fingerprint());
    let server = plain(&maintenance()).await;
    server.batch_execute(LOCK).await.unwrap();
    if !is_whole(&server, &name).await {
        // One that a killed test program left in the middle of its migrations.
        server.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        server.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        PgMigrations::new(PgAddress::parse(&url(&name)).unwrap()).up().await.unwrap();
        let whole = format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false");
        server.batch_execute(&whole).await.unwrap();
    }
    name
}

async fn is_whole(server: &Client, name: &str) -> bool {
    let question = "SELECT FROM pg_database WHERE datname = $1 AND datistemplate";
    server.query_opt(question, &[&name]).await.unwrap().is_some()
}

/// Of the names and texts of all migrations.
fn fingerprint() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let mut migrations: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|migration| migration.unwrap().path()).collect();
    migrations.sort();
    let mut hasher = DefaultHasher::new();
    for migration in migrations {
        migration.file_name().hash(&mut hasher);
        fs::read(migration.join("up.sql")).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}
