//! What a check of the installation asks of a file.

use std::path::Path;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection};

use crate::migrations::MigrateSqlite;
use crate::open::{Location, REQUEST_LOCK_WAIT};

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFacts {
    /// The version of the SQLite inside.
    pub version: String,
    /// `journal_mode`: `wal`, unless the file system can't have a write-ahead log.
    pub journal_mode: String,
}

/// Asks the database at `path`, whose file must be there. Blocks.
pub fn facts(path: &Path) -> Result<SqliteFacts, MigrateSqlite> {
    let mut connection = connected(path)?;
    let mut told =
        |question| Ok::<_, MigrateSqlite>(texts(&mut connection, question)?.pop().unwrap_or_default());
    Ok(SqliteFacts {
        version: told("SELECT sqlite_version() AS text")?,
        journal_mode: told("SELECT journal_mode AS text FROM pragma_journal_mode")?,
    })
}

/// Reads every page of the database at `path`, whose file must be there, and answers what is wrong with them: at most 20
/// lines. It takes as long as reading the file does. Blocks.
pub fn quick_check(path: &Path) -> Result<Vec<String>, MigrateSqlite> {
    // Not as a table: what is given to that is the name of a table, not how many lines are wanted.
    let found: Vec<Finding> = diesel::sql_query("PRAGMA quick_check(20)").load(&mut connected(path)?)?;
    Ok(found.into_iter().map(|line| line.quick_check).filter(|line| line != "ok").collect())
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

fn texts(connection: &mut SqliteConnection, question: &str) -> Result<Vec<String>, MigrateSqlite> {
    let lines: Vec<Line> = diesel::sql_query(question).load(connection)?;
    Ok(lines.into_iter().map(|line| line.text).collect())
}

fn connected(path: &Path) -> Result<SqliteConnection, MigrateSqlite> {
    let location = Location::prepare(path, REQUEST_LOCK_WAIT)?;
    location.connect().map_err(|error| location.refused(error).into())
}
