//! Whether a connection pooler in transaction mode stands before the server.
//!
//! Behind one (PgBouncer with `pool_mode = transaction`, port 6543 of Supabase) a client's connection is another
//! connection of the server in each transaction. The names of prepared statements collide with those of other clients, an
//! advisory lock stays with a connection that another client is given, and LISTEN hears nothing.

use std::time::Duration;

use fm_domain::error::{PortError, PortResult};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::address::PgAddress;
use crate::timing::SETUP;

/// Why such a pooler can't be used, for messages.
pub const TRANSACTION_POOLING: &str = "it gives each transaction another connection of the server, but prepared \
    statements, the lock of migrations and LISTEN need one that stays";

/// Poolers that hand out connections in turn may give the same one again by chance.
const ROUNDS: usize = 3;

/// The process of the server, and when that server started: processes of two servers may have one number.
const WHO: &str = "SELECT pg_backend_pid()::text || ' of ' || pg_postmaster_start_time()::text";

impl PgAddress {
    /// Whether the address leads to a pooler that lends its connections by the transaction (or by the statement). Asks
    /// simple queries alone, takes no lock and leaves nothing behind.
    ///
    /// One connection asks which process of the server it has, another asks the same within a transaction and stays in it,
    /// and the first asks again: without such a pooler each keeps its own.
    pub async fn is_pooled_by_transaction(&self) -> PortResult<bool> {
        let (first, second) = (Probe::open(self).await?, Probe::open(self).await?);
        for _ in 0..ROUNDS {
            let before = first.ask(WHO).await?;
            if second.begins_no_transaction().await? {
                return Ok(true);
            }
            // Both share one connection: the first would wait for it until the second ends its transaction.
            if second.ask(WHO).await? == before || first.ask(WHO).await? != before {
                return Ok(true);
            }
            second.ask("ROLLBACK").await?;
        }
        Ok(false)
    }
}

/// A connection for checks, which is closed when this is dropped.
pub(crate) struct Probe {
    client: Client,
    _driver: JoinSet<()>,
}

impl Probe {
    pub(crate) async fn open(address: &PgAddress) -> PortResult<Self> {
        let (client, connection) = address.open().await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The client's next question says that the connection is lost.
            drop(connection.await);
        });
        Ok(Self { client, _driver: driver })
    }

    /// The first value of the answer; empty where there is none.
    async fn ask(&self, question: &str) -> PortResult<String> {
        Ok(self.row(question).await?.into_iter().next().unwrap_or_default())
    }

    /// The first row of the answer; NULL is empty.
    pub(crate) async fn row(&self, question: &str) -> PortResult<Vec<String>> {
        let answer = self.answer(question).await?;
        answer.map_err(|error| PortError::Unavailable(Box::new(error)))
    }

    /// Begins a transaction. True where a pooler by the statement refuses that.
    async fn begins_no_transaction(&self) -> PortResult<bool> {
        match self.answer("BEGIN").await? {
            Ok(_) => Ok(false),
            Err(error) if error.as_db_error().is_some_and(|told| told.message().contains("pooling mode")) => {
                Ok(true)
            }
            Err(error) => Err(PortError::Unavailable(Box::new(error))),
        }
    }

    async fn answer(&self, question: &str) -> PortResult<Result<Vec<String>, tokio_postgres::Error>> {
        let answered = timeout(SETUP, self.client.simple_query(question)).await;
        let messages = answered.map_err(|_elapsed| PortError::Unavailable(Box::new(NoAnswer(SETUP))))?;
        Ok(messages.map(|messages| {
            let row = messages.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            let value = |row: &SimpleQueryRow, column| row.get(column).unwrap_or_default().to_owned();
            row.map(|row| (0..row.len()).map(|column| value(row, column)).collect()).unwrap_or_default()
        }))
    }
}

/// A pooler in session mode with too few connections gives none in time.
#[derive(Debug, thiserror::Error)]
#[error(
    "two connections at once got no answer within {0:?}: a connection pooler may have too few connections"
)]
struct NoAnswer(Duration);
