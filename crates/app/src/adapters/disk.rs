//! Blobs in a folder.

mod checkup;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_disk::{DiskBlobStore, DiskSettings};
use fm_domain::error::PortError;

use super::{BlobStoreFactory, Checkup, OpenBlobStore, OpenContext, OpenDirect};
use crate::StartError;
use crate::config::Reader;

/// An unfinished file that no upload has written to for so long is debris.
const UNFINISHED_FOR: Duration = Duration::from_hours(24);

/// The folder of the blobs, within `DATA_DIR`.
const FOLDER: &str = "blobs";

/// `BLOB_STORE=disk`: blobs in `DATA_DIR/blobs`.
#[derive(Debug, Clone, Copy)]
pub struct DiskConfig;

#[async_trait]
impl BlobStoreFactory for DiskConfig {
    fn name() -> &'static str {
        "disk"
    }

    fn read(_: &mut Reader<'_>) -> Self {
        Self
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        let folder = context.data_dir.join(FOLDER);
        let settings = DiskSettings { root: folder.clone(), budget: context.budget.clone() };
        let failed = |source| {
            StartError::adapter(
                format!("the folder of the blobs \"{}\" can't be used", folder.display()),
                source,
            )
        };
        if !context.purpose.changes() && !folder.is_dir() {
            return Err(failed(PortError::Unexpected("it is not there".into())));
        }
        let store = DiskBlobStore::open(settings).await.map_err(failed)?;
        if context.purpose.changes() {
            // A process that died leaves these files; with a database in memory their intents are lost too.
            let before = context.clock.now().minus(UNFINISHED_FOR);
            store.remove_unfinished(before).await.map_err(failed)?;
        }
        let store = Arc::new(store);
        Ok(OpenBlobStore {
            resumable: Some(store.clone()),
            direct: Some(OpenDirect::Received(store.clone(), store.clone())),
            lister: Some(store.clone()),
            ..OpenBlobStore::new(store)
        })
    }

    fn checkup(&self, context: &OpenContext) -> Option<Box<dyn Checkup>> {
        Some(Box::new(checkup::DiskCheckup { folder: context.data_dir.join(FOLDER) }))
    }
}
