//! The last unit of every upload: from its commit on the file exists.

use super::upload_body::UploadError;
use crate::tree::{Placed, TreeContext, place_upload};
use fm_domain::access::{Access, Right};
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortError;
use fm_domain::files::{File, Sha256};
use fm_domain::idempotency::{FinishedUpload, KEPT_FOR};
use fm_domain::ids::{BlobId, NodeId};
use fm_domain::tree::{Delta, Placing};
use sha2::Digest as _;

/// The file that an upload becomes.
pub(crate) struct NewFile<'a> {
    pub(crate) file: &'a File,
    pub(crate) stored: StoredBlob,
    /// Bytes reserved for it.
    pub(crate) reserved: ByteSize,
    /// The attempt that holds its idempotency key, if it has one.
    pub(crate) keyed: Option<BlobId>,
    /// Where it goes.
    pub(crate) placing: &'a Placing,
}

/// Marks the blob as stored, enters the owner's drive with the charge, places the file, finishes the key. The caller rolls the unit back
/// when it fails.
///
/// The blob comes before the drive: no unit inside a drive waits for an intent, and so uploads of one owner wait for each other no
/// longer than they must.
pub(crate) async fn commit_file(
    unit: &mut dyn UnitOfWork,
    new: &NewFile<'_>,
    context: &TreeContext,
) -> Result<Placed, UploadError> {
    let NewFile { file, stored, reserved, keyed, placing } = *new;
    let delta = Delta::new_file(file.size).unreserving(reserved);
    let entered = unit.enter_with_blob(file.blob, &stored, file.drive(), &delta, context.quota).await?;
    let placed = Box::pin(place_upload(context, unit, entered, file, placing)).await?;
    if let Some(attempt) = keyed {
        let expires_at = file.created_at.plus(KEPT_FOR);
        let remembered = match file.sha256 {
            Some(sha256) => {
                // A retry asks for the same name in the same folder, whatever the file is called and wherever it is.
                let access = Access::on_behalf_of(file.owner, Right::Write);
                let sha256 = fingerprint(sha256, &access, placing);
                let upload = FinishedUpload { file: placed.file.id, name: file.name.clone(), sha256 };
                unit.keys().finish(attempt, &upload, expires_at).await?
            }
            // The job that reads the bytes finishes it.
            None => unit.keys().renew(attempt, expires_at).await?,
        };
        if !remembered {
            return Err(PortError::Unavailable("the idempotency key was lost meanwhile".into()).into());
        }
    }
    Ok(placed)
}

/// What a retry of an upload is compared by beside its name: the hash of its bytes, and of the folder that they are meant for where that
/// is not the root.
pub(super) fn fingerprint(bytes: Sha256, access: &Access, placing: &Placing) -> Sha256 {
    let folder = placing.parent.filter(|parent| *parent != NodeId::root(access.drive()));
    if folder.is_none() && placing.path.is_empty() {
        return bytes;
    }
    let mut hash = sha2::Sha256::new_with_prefix(bytes.as_bytes());
    hash.update(folder.map(NodeId::uuid).unwrap_or_default());
    for key in placing.path.keys() {
        hash.update("/");
        hash.update(key);
    }
    Sha256::new(hash.finalize().into())
}

#[cfg(test)]
mod tests;
