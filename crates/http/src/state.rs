//! What every handler shares.

use std::sync::Arc;

use actix_web::web;
use fm_application::wiring::UseCases;
use fm_domain::ids::IdSource;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::Connections;
use crate::links::LinkVerifier;
use crate::middleware::FailureLines;
use crate::settings::HttpSettings;
use crate::traffic::{NoObserver, ObserveRequests, Traffic};

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What the application can do.
    pub use_cases: Arc<UseCases>,
    /// Checks the links that we serve ourselves.
    pub links: LinkVerifier,
    /// Names requests.
    pub ids: Arc<dyn IdSource>,
    /// The settings.
    pub settings: Arc<HttpSettings>,
    /// It tracks uploads, which run to their end even when their client is gone: wait for it before exiting.
    pub tracker: TaskTracker,
    /// Cancelled when the process is asked to stop: from then on it says that it is not ready.
    pub shutting_down: CancellationToken,
    /// What goes through the server now, and went through it.
    pub traffic: Arc<Traffic>,
    /// Who is told of every request.
    pub observer: Arc<dyn ObserveRequests>,
    /// How many connections each address has.
    pub(crate) connections: Connections,
    /// How many lines failures leave.
    pub(crate) failures: Arc<FailureLines>,
    /// Whose uploads are, on whatever thread: a runtime that outlives the server's workers.
    pub runtime: Handle,
}

/// The state, as handlers take it.
pub(crate) type State = web::Data<AppState>;

impl AppState {
    /// A state whose uploads belong to the runtime that this is called from.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(
        use_cases: Arc<UseCases>,
        links: LinkVerifier,
        ids: Arc<dyn IdSource>,
        settings: HttpSettings,
    ) -> Self {
        Self {
            use_cases,
            links,
            ids,
            settings: Arc::new(settings),
            tracker: TaskTracker::new(),
            shutting_down: CancellationToken::new(),
            traffic: Arc::default(),
            observer: Arc::new(NoObserver),
            connections: Connections::default(),
            failures: Arc::default(),
            runtime: Handle::current(),
        }
    }
}
