//! Sessions in a folder, one file each: for all processes of one machine, without a server.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use fm_app::StartError;
use fm_app::adapters::{OpenContext, OpenDatabase, SessionStoreFactory};
use fm_app::config::{Reader, Variable};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};
use serde::{Deserialize, Serialize};

/// The file that changes take turns by.
const LOCK: &str = "lock";

/// `SESSION_STORE=folder`.
#[derive(Debug)]
pub struct FolderConfig {
    folder: PathBuf,
}

#[async_trait]
impl SessionStoreFactory for FolderConfig {
    fn name() -> &'static str {
        "folder"
    }

    fn variables() -> Vec<Variable> {
        vec![Variable::plain("SESSIONS_DIR")]
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self { folder: PathBuf::from(reader.required("SESSIONS_DIR")) }
    }

    async fn open(&self, _: &mut OpenContext, _: &OpenDatabase) -> Result<Arc<dyn SessionStore>, StartError> {
        let failed =
            |error| StartError::adapter(format!("SESSIONS_DIR {:?} can't be used", self.folder), error);
        Ok(Arc::new(FolderSessionStore::open(self.folder.clone()).await.map_err(failed)?))
    }
}

/// Sessions in a folder, one file each.
#[derive(Debug, Clone)]
pub struct FolderSessionStore {
    folder: Arc<Path>,
}

impl FolderSessionStore {
    /// Opens the folder, and creates it where there is none.
    pub async fn open(folder: PathBuf) -> PortResult<Self> {
        let store = Self { folder: folder.into() };
        store.run(|folder| fs::create_dir_all(folder.path)).await?;
        Ok(store)
    }

    /// Runs `work` on a thread that may wait for the disk. It goes on when the caller stops waiting, and is whole then.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder<'_>) -> io::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        let folder = Arc::clone(&self.folder);
        let done = tokio::task::spawn_blocking(move || work(&Folder { path: &folder })).await;
        done.map_err(|error| PortError::Unexpected(error.into()))?.map_err(failed)
    }

    /// The same, while no other process changes anything.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder<'_>) -> io::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        self.run(|folder| {
            let lock = File::create(folder.path.join(LOCK))?;
            // Freed when the file is closed, also when the process dies.
            lock.lock()?;
            work(folder)
        })
        .await
    }
}

/// The one place where errors of the technology become errors of the port.
fn failed(error: io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::InvalidData => PortError::Corrupt { what: "a session", source: error.into() },
        // A folder that is not mounted comes back.
        io::ErrorKind::NotFound
        | io::ErrorKind::TimedOut
        | io::ErrorKind::Interrupted
        | io::ErrorKind::StorageFull => PortError::Unavailable(error.into()),
        _ => PortError::Unexpected(error.into()),
    }
}

#[async_trait]
impl SessionStore for FolderSessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let session = session.clone();
        self.change(move |folder| {
            if folder.find(session.id)?.is_some() {
                return Err(io::Error::other("a second session with one id"));
            }
            folder.write(&session)
        })
        .await
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let found = self.run(move |folder| folder.find(id)).await?;
        Ok(found.filter(|session| session.refresh.expires_at > now))
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.change(move |folder| {
            let Some(mut session) = folder.find(id)? else { return Ok(()) };
            session.last_seen_at = session.last_seen_at.max(now);
            session.ip = ip.or(session.ip);
            folder.write(&session)
        })
        .await
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let next = next.clone();
        self.change(move |folder| {
            let found = folder.find(id)?.filter(|session| session.refresh.generation == seen);
            let Some(session) = found else { return Ok(false) };
            folder.write(&Session { refresh: next, ..session })?;
            Ok(true)
        })
        .await
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        self.change(move |folder| {
            let owned = folder.find(id)?.is_some_and(|session| session.user == user);
            if owned {
                folder.remove(&[id])?;
            }
            Ok(owned)
        })
        .await
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        self.change(move |folder| {
            let older = |session: &Session| session.user == user && session.created_at < created_before;
            let ended = folder.matching(|session| older(session) && Some(session.id) != but)?;
            folder.remove(&ids(&ended))
        })
        .await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        self.run(move |folder| {
            let living = |session: &Session| session.user == user && session.refresh.expires_at > now;
            let mut sessions = folder.matching(living)?;
            sessions.sort_unstable_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
            Ok(sessions)
        })
        .await
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32> {
        self.change(move |folder| {
            let mut expired = folder.matching(|session| session.refresh.expires_at < now)?;
            expired.truncate(limit as usize);
            folder.remove(&ids(&expired))?;
            Ok(u32::try_from(expired.len()).unwrap_or(u32::MAX))
        })
        .await
    }

    async fn ping(&self) -> PortResult<()> {
        self.run(|folder| fs::metadata(folder.path).map(drop)).await
    }
}

fn ids(sessions: &[Session]) -> Vec<SessionId> {
    sessions.iter().map(|session| session.id).collect()
}

/// The files. A session is replaced in one step, so that readers need no turn.
struct Folder<'a> {
    path: &'a Path,
}

impl Folder<'_> {
    fn place(&self, id: SessionId) -> PathBuf {
        self.path.join(format!("{id}.json"))
    }

    fn find(&self, id: SessionId) -> io::Result<Option<Session>> {
        match fs::read(self.place(id)) {
            Ok(bytes) => read(&bytes).map(Some),
            // Nothing is known to be absent while the folder itself is missing (SES-21).
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::metadata(self.path).map(|_| None),
            Err(error) => Err(error),
        }
    }

    fn matching(&self, wanted: impl Fn(&Session) -> bool) -> io::Result<Vec<Session>> {
        let mut matching = Vec::new();
        for entry in fs::read_dir(self.path)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| SessionId::parse(name.strip_suffix(".json")?));
            let Some(id) = id else { continue };
            // It may have been removed meanwhile.
            matching.extend(self.find(id)?.filter(&wanted));
        }
        Ok(matching)
    }

    fn write(&self, session: &Session) -> io::Result<()> {
        // Only one change at a time: one name for all of them leaves nothing behind.
        let next = self.path.join("next");
        let mut file = File::create(&next)?;
        serde_json::to_writer(&file, &StoredSession::from(session))?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&next, self.place(session.id))?;
        self.sync()
    }

    fn remove(&self, ids: &[SessionId]) -> io::Result<()> {
        for id in ids {
            fs::remove_file(self.place(*id))?;
        }
        if ids.is_empty() { Ok(()) } else { self.sync() }
    }

    /// Makes names durable.
    fn sync(&self) -> io::Result<()> {
        File::open(self.path)?.sync_all()
    }
}

/// A session as JSON; times are microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct StoredSession {
    id: SessionId,
    user: UserId,
    created_at: i64,
    last_seen_at: i64,
    ip: Option<String>,
    user_agent: Option<String>,
    generation: u32,
    salt: [u8; 16],
    expires_at: i64,
    spent_at: Vec<i64>,
}

impl From<&Session> for StoredSession {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id,
            user: session.user,
            created_at: session.created_at.unix_micros(),
            last_seen_at: session.last_seen_at.unix_micros(),
            ip: session.ip.clone(),
            user_agent: session.user_agent.clone(),
            generation: session.refresh.generation.number(),
            salt: session.refresh.salt,
            expires_at: session.refresh.expires_at.unix_micros(),
            spent_at: session.refresh.spent_at.iter().map(|at| at.unix_micros()).collect(),
        }
    }
}

/// An error shows where the text is wrong, not what it says.
fn read(bytes: &[u8]) -> io::Result<Session> {
    let stored: StoredSession =
        serde_json::from_slice(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Session {
        id: stored.id,
        user: stored.user,
        created_at: Timestamp::from_unix_micros(stored.created_at),
        last_seen_at: Timestamp::from_unix_micros(stored.last_seen_at),
        ip: stored.ip,
        user_agent: stored.user_agent,
        refresh: RefreshState {
            generation: Generation::new(stored.generation),
            salt: stored.salt,
            expires_at: Timestamp::from_unix_micros(stored.expires_at),
            spent_at: stored.spent_at.into_iter().map(Timestamp::from_unix_micros).collect(),
        },
    })
}
