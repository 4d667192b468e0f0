//! Who and what a scenario is about.

use bytes::Bytes;
use fm_application::files::{UploadBody, UploadCommand};
use fm_application::ports::Presence;
use fm_application::sessions::{Client, LogInCommand};
use fm_domain::access::Actor;
use fm_domain::accounts::Password;
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::files::File;
use fm_domain::ids::{NodeId, SessionId, UploadId, UserId};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use uuid::Uuid;

use super::Process;

/// A user of a scenario's own, and what they have.
#[derive(Debug, Clone)]
pub struct Actors {
    /// Their address.
    pub email: String,
    /// Who they are, once they are registered.
    pub user: UserId,
    /// Their session, once they are logged in.
    pub session: SessionId,
    /// The refresh token of that session.
    pub refresh_token: String,
    /// Further sessions of theirs.
    pub other_sessions: Vec<SessionId>,
    /// The file that the scenario is about, if there is one.
    pub file: Option<File>,
    /// The folder that the scenario is about, if there is one.
    pub folder: Option<NodeId>,
    /// The upload of many requests that the scenario is about, if there is one.
    pub upload: Option<UploadId>,
    /// The parts of it that were sent.
    pub parts: Vec<(u32, String)>,
}

impl Actors {
    /// The password of every user.
    pub const PASSWORD: &str = "correct horse battery";
    /// The password that a user may change to.
    pub const NEW_PASSWORD: &str = "staple correct horse";

    /// A person who is not registered.
    pub(super) fn stranger() -> Self {
        Self {
            email: format!("user-{}@example.com", Uuid::now_v7().simple()),
            user: UserId::new(Uuid::nil()),
            session: SessionId::new(Uuid::nil()),
            refresh_token: String::new(),
            other_sessions: Vec::new(),
            file: None,
            folder: None,
            upload: None,
            parts: Vec::new(),
        }
    }

    /// Them, by their session.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::in_session(self.user, self.session)
    }

    /// The file that the scenario is about.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn file(&self) -> &File {
        self.file.as_ref().unwrap()
    }

    /// The folder that the scenario is about.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub const fn folder(&self) -> NodeId {
        self.folder.unwrap()
    }

    /// Their login with this password.
    #[must_use]
    pub fn log_in(&self, password: &str) -> LogInCommand {
        LogInCommand {
            email: self.email.clone(),
            password: Password::candidate(password.to_owned()),
            client: Client::default(),
            presence: Presence::default(),
        }
    }

    /// Their upload of these bytes, in two chunks, without a key.
    #[must_use]
    pub fn upload(&self, name: &'static str, content: &Bytes) -> UploadCommand {
        UploadCommand::new(None, Self::body(name, content))
    }

    /// These bytes on their way in, in two chunks, their length known.
    #[must_use]
    pub fn body(name: &'static str, content: &Bytes) -> UploadBody {
        let half = content.len() / 2;
        let chunks = [Ok(content.slice(..half)), Ok(content.slice(half..))];
        UploadBody {
            stream: stream::iter(chunks).boxed(),
            length: Some(ByteSize::new(content.len() as u64)),
            claimed_type: None,
            sha256: None,
            end: async move { name.parse().map(Some).map_err(|_invalid| BodyError::Malformed("a name")) }
                .boxed(),
        }
    }

    /// These bytes on their way in, and then an error instead of the rest; their number is not known beforehand.
    #[must_use]
    pub fn broken_body(name: &'static str, content: &Bytes, error: BodyError) -> UploadBody {
        let body = Self::body(name, content);
        UploadBody { stream: body.stream.chain(stream::iter([Err(error)])).boxed(), length: None, ..body }
    }
}

/// What scenarios prepare by use cases without faults.
impl Process {
    /// Logs them in; their session and its refresh token.
    pub(super) async fn session_of(&self, actors: &Actors) -> (SessionId, String) {
        let pair = self.cases.sessions.log_in.run(actors.log_in(Actors::PASSWORD)).await.unwrap();
        (pair.refresh_token.session, pair.refresh_token.expose().to_string())
    }

    /// Uploads for them.
    pub(super) async fn file_of(&self, actors: &Actors, name: &'static str, content: &Bytes) -> File {
        self.cases.files.upload.run(&actors.actor(), actors.upload(name, content)).await.unwrap().view.file
    }
}
