//! The last unit of every upload: from its commit on the file exists.

use super::upload_body::UploadError;
use crate::engine::events::EventRecorder;
use fm_domain::accounts::Charge;
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortError;
use fm_domain::events::Change;
use fm_domain::files::File;
use fm_domain::idempotency::{FinishedUpload, KEPT_FOR};
use fm_domain::ids::BlobId;

/// The file that an upload becomes.
pub(crate) struct NewFile<'a> {
    pub(crate) file: &'a File,
    pub(crate) stored: StoredBlob,
    /// Bytes reserved for it.
    pub(crate) reserved: ByteSize,
    /// The attempt that holds its idempotency key, if it has one.
    pub(crate) keyed: Option<BlobId>,
}

/// Marks the blob as stored, inserts the file, finishes the key, records the new file, charges the owner. The caller
/// rolls the unit back when it fails.
pub(crate) async fn commit_file(
    unit: &mut dyn UnitOfWork,
    new: &NewFile<'_>,
    events: &EventRecorder,
    quota: Option<ByteSize>,
) -> Result<(), UploadError> {
    let NewFile { file, stored, reserved, keyed } = new;
    unit.blobs().mark_stored(file.blob, stored).await?;
    unit.files().insert(file).await?;
    if let Some(attempt) = keyed {
        let expires_at = file.created_at.plus(KEPT_FOR);
        let remembered = match file.sha256 {
            Some(sha256) => {
                let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256 };
                unit.keys().finish(*attempt, &upload, expires_at).await?
            }
            // The job that reads the bytes finishes it.
            None => unit.keys().renew(*attempt, expires_at).await?,
        };
        if !remembered {
            return Err(PortError::Unavailable("the idempotency key was lost meanwhile".into()).into());
        }
    }
    events.record(unit, file.created_at, Change::FileCreated { file }).await?;
    // The row of the user comes last in every unit: it is the one that uploads of one user wait for.
    let charge = Charge { unreserve: *reserved, add: file.size, files_added: 1, ..Charge::default() };
    Ok(unit.users().charge(file.owner, &charge, quota).await?)
}
