//! The sessions of the configured database.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::sessions::{SessionSignal, SessionStore};

use super::{DatabaseFactory, DatabaseScope, OpenContext, OpenDatabase, SessionStoreFactory};
use crate::StartError;
use crate::config::Reader;

/// `SESSION_STORE=database`.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseSessions;

#[async_trait]
impl SessionStoreFactory for DatabaseSessions {
    fn name() -> &'static str {
        "database"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(
        &self,
        _: &mut OpenContext,
        database: &OpenDatabase,
    ) -> Result<Arc<dyn SessionStore>, StartError> {
        database.sessions.clone().ok_or_else(|| {
            StartError::unworkable(
                "SESSION_STORE=database",
                "the database stores no sessions",
                "choose another session store",
            )
        })
    }

    fn is_of_one_process(&self, database: &dyn DatabaseFactory) -> bool {
        database.scope() == DatabaseScope::Process
    }

    fn signal(&self, _: &OpenContext, database: &OpenDatabase) -> Option<Arc<dyn SessionSignal>> {
        database.session_signal.clone()
    }
}
