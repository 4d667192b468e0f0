//! The store of blobs; while blobs move, both stores as one.

use std::mem::{replace, take};
use std::sync::Arc;

use fm_application::wiring::MovePorts;
use fm_decorators::{FallbackLinks, FallbackLister, FallbackResumable, FallbackStore};
use fm_domain::blobs::SignDownload;

use crate::StartError;
use crate::adapters::{FALLBACK, OpenBlobStore, OpenContext, Purpose};
use crate::config::{Config, FallbackConfig};

/// What is open.
pub(crate) struct BlobStores {
    /// The store that the use cases see. Its own links are in `links`.
    pub(crate) blobs: OpenBlobStore,
    /// What signs URLs of its blobs.
    pub(crate) links: Arc<dyn SignDownload>,
    /// Whether some of these URLs lead to the program.
    pub(crate) serves_blobs: bool,
    /// The origins that the others lead to.
    pub(crate) origins: Vec<String>,
    /// Both stores, while blobs move.
    pub(crate) moving: Option<MovePorts>,
}

impl BlobStores {
    /// Opens what the configuration picked; `links` lead to the program itself.
    pub(crate) async fn open(
        config: &Config,
        context: &mut OpenContext,
        links: Arc<dyn SignDownload>,
    ) -> Result<Self, StartError> {
        let mut current = config.storage.blobs.open(context).await?;
        let own = current.links.take();
        let mut origins = take(&mut current.origins);
        let Some(fallback) = &config.storage.fallback else {
            let serves_blobs = own.is_none();
            let links = own.unwrap_or(links);
            return Ok(Self { blobs: current, links, serves_blobs, origins, moving: None });
        };
        let previous = open_previous(fallback, context).await?;
        let serves_blobs = own.is_none() || previous.links.is_none();
        let links: Arc<dyn SignDownload> = match own {
            Some(own) => {
                origins.extend_from_slice(&previous.origins);
                let before = previous.links.clone().unwrap_or(links);
                let store = Arc::clone(&current.store);
                Arc::new(FallbackLinks::new(own, before, store, Arc::clone(&context.clock)))
            }
            // The program gives what either store has.
            None => links,
        };
        let moving = MovePorts { current: Arc::clone(&current.store), previous: Arc::clone(&previous.store) };
        Ok(Self { blobs: joined(current, previous), links, serves_blobs, origins, moving: Some(moving) })
    }
}

/// It is opened as by a command that only looks: a wrong name in the configuration must not make an empty store.
pub(crate) async fn open_previous(
    fallback: &FallbackConfig,
    context: &mut OpenContext,
) -> Result<OpenBlobStore, StartError> {
    let purpose = replace(&mut context.purpose, Purpose::Look);
    let data_dir = replace(&mut context.data_dir, fallback.data_dir.clone());
    let prefix = replace(&mut context.prefix, FALLBACK);
    let opened = fallback.blobs.open(context).await;
    (context.purpose, context.data_dir, context.prefix) = (purpose, data_dir, prefix);
    opened.map_err(|error| {
        let problem = format!("BLOB_STORE_FALLBACK={} can't be used", fallback.name);
        if error.is_configuration() {
            StartError::configuration(problem, error)
        } else {
            StartError::adapter(problem, error)
        }
    })
}

/// Direct uploads are those of the current store alone: their parts are sent by links that name a store.
fn joined(current: OpenBlobStore, previous: OpenBlobStore) -> OpenBlobStore {
    let resumable = match (current.resumable, previous.resumable) {
        (Some(current), Some(previous)) => Some(Arc::new(FallbackResumable::new(current, previous)) as _),
        (current, _) => current,
    };
    let lister = current.lister.zip(previous.lister).map(|(current, before)| {
        Arc::new(FallbackLister::new(current, before, Arc::clone(&previous.store))) as _
    });
    OpenBlobStore {
        store: Arc::new(FallbackStore::new(current.store, previous.store)),
        resumable,
        direct: current.direct,
        lister,
        links: None,
        origins: Vec::new(),
    }
}
