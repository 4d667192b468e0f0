//! What must hold, whatever happened.

/// Says what is broken, unless `holds`.
macro_rules! must {
    ($holds:expr, $($broken:tt)+) => {
        if !$holds {
            return Err(format!($($broken)+));
        }
    };
}

mod drive_state;
mod holdings;
mod trees;

use std::collections::BTreeSet;
use std::time::Duration;

use fm_domain::audit::{AuditAction, AuditFilter, AuditPage};
use fm_domain::blobs::{BlobKey, Bucket};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::files::{File, Sha256, ThumbnailState};
use fm_domain::ids::UserId;
use futures_util::TryStreamExt as _;
use sha2::Digest as _;

pub(super) use self::drive_state::DriveState;
use self::holdings::Holdings;
use super::{Actors, Environment};
use fm_application::jobs::{Job as _, PurgeTrash};
use fm_contract::samples::collect;

/// Beyond every lease and tombstone.
const CENTURY: Duration = Duration::from_hours(100 * 365 * 24);

/// What holds at any moment, also right after a crash: every file, living or in the trash, has its bytes, whole, with the recorded hash,
/// what the account counts is what is there, and the audit trail tells once of what was committed.
pub async fn at_once(environment: &Environment, actors: &Actors) -> Result<(), String> {
    let Some(account) = environment.account(actors).await else {
        let left = environment.files(actors.user).await;
        must!(left.is_empty(), "{} files are left of an account that is gone", left.len());
        return Ok(());
    };
    let files = environment.files(account.user.id).await;
    let holdings = Holdings::of(environment, account.user.id).await?;
    for file in &holdings.files {
        whole(environment, file).await?;
    }
    holdings.are_counted(&account.storage)?;
    holdings.have_versions(environment).await?;
    holdings.have_previews(environment).await?;
    let (storage, count) = (account.storage, files.len() as u64);
    must!(storage.file_count == count, "{} files are counted, but {count} listed", storage.file_count);
    told_in_the_trail(environment, account.user.id, &files).await?;
    trees::every_item_is_reached(environment, account.user.id).await
}

/// The account was registered once, each file uploaded once, and none of those that are there was removed.
async fn told_in_the_trail(environment: &Environment, user: UserId, files: &[File]) -> Result<(), String> {
    let filter = AuditFilter { account: Some(user), ..AuditFilter::default() };
    let page = AuditPage { after: None, limit: 10_000 };
    let mut reads = environment.database.read().await.map_err(|error| format!("no trail: {error:?}"))?;
    let trail = reads.audit().list(&filter, &page).await.map_err(|error| format!("no trail: {error:?}"))?;
    let told = |action: &AuditAction, target| {
        trail.iter().filter(|entry| entry.action == *action && entry.target == target).count()
    };
    let registered = told(&AuditAction::ACCOUNT_REGISTERED, None);
    must!(registered == 1, "the trail has {registered} registrations");
    let has_copies = trail.iter().any(|entry| entry.action == AuditAction::ITEM_COPIED);
    for file in files {
        let id = Some(file.id.uuid());
        let (uploaded, removed) =
            (told(&AuditAction::FILE_UPLOADED, id), told(&AuditAction::FILE_REMOVED, id));
        // A copy was never uploaded. It has the bytes of another file, unless that has gone since.
        let is_copied =
            has_copies || files.iter().any(|other| other.id != file.id && other.blob == file.blob);
        must!(
            uploaded == 1 || (uploaded == 0 && is_copied),
            "the trail has {uploaded} uploads of {}",
            file.name
        );
        must!(removed == 0, "the trail has {} removed, which is there", file.name);
    }
    Ok(())
}

/// What holds once everything has recovered: all of that, and nothing is left over or left undone.
pub async fn in_the_end(environment: &Environment, actors: &Actors) -> Result<(), String> {
    at_once(environment, actors).await?;
    let account = environment.account(actors).await;
    let files = match &account {
        Some(account) => environment.files(account.user.id).await,
        None => Vec::new(),
    };
    if let Some(account) = &account {
        let reserved = account.storage.reserved;
        must!(reserved == ByteSize::ZERO, "{reserved} are still reserved");
    }
    for file in &files {
        must!(
            file.thumbnail != ThumbnailState::Pending,
            "a job was lost: {} waits for a thumbnail",
            file.name
        );
        must!(file.sha256.is_some(), "a job was lost: {} was not hashed", file.name);
    }
    let user = account.as_ref().map_or(actors.user, |account| account.user.id);
    trees::nothing_is_between(environment, user).await?;
    let holdings = Holdings::of(environment, user).await?;
    let rows = holdings.blobs();
    must!(account.is_some() || rows.is_empty(), "{} blobs of an account that is gone are known", rows.len());
    holdings.are_referred_to(environment).await?;
    no_blob_without_a_row(environment, &rows).await?;
    no_row_without_a_file(environment, user, &rows).await?;
    no_job_is_left(environment).await?;
    sessions_are_sound(environment, user, account.is_some()).await
}

/// The bytes of a file, and its thumbnail.
async fn whole(environment: &Environment, file: &File) -> Result<(), String> {
    let name = &file.name;
    let key = BlobKey::file(file.blob);
    let reader =
        environment.blobs.get(&key, None).await.map_err(|error| format!("{name} has no bytes: {error:?}"))?;
    let bytes = collect(reader.bytes).await.map_err(|error| format!("{name} can't be read: {error:?}"))?;
    must!(bytes.len() as u64 == file.size.bytes(), "{name} has {} of {}", bytes.len(), file.size);
    let hash = Sha256::new(sha2::Sha256::digest(&bytes).into());
    // Those of a direct upload are hashed by a job.
    must!(file.sha256.is_none_or(|known| known == hash), "{name} has other bytes than were hashed");
    if let Some(thumbnail) = file.thumbnail.blob() {
        let head = environment.blobs.head(&BlobKey::thumbnail(thumbnail)).await;
        must!(matches!(head, Ok(Some(_))), "the thumbnail of {name} has no bytes: {head:?}");
    }
    Ok(())
}

/// Only blobs that a file points to are left, and nothing else of any write.
async fn no_blob_without_a_row(environment: &Environment, rows: &BTreeSet<BlobKey>) -> Result<(), String> {
    if let Some(lister) = &environment.lister {
        for bucket in Bucket::ALL {
            let listed = lister.list(bucket).await.map_err(|error| format!("no list: {error:?}"))?;
            let blobs: Vec<_> = listed.try_collect().await.map_err(|error| format!("no list: {error:?}"))?;
            for blob in blobs {
                let known = rows.contains(&blob.key);
                must!(known, "no row knows the blob {} among the {}", blob.key, bucket.as_str());
            }
        }
    }
    let debris = environment.debris().await;
    must!(debris == rows.len(), "the store holds {debris} things, but {} are known", rows.len());
    Ok(())
}

/// Only the rows of blobs that a file points to are left, and each counts just what refers to it: if the account went, they would all turn
/// into tombstones. It is found out in units of work that are undone.
async fn no_row_without_a_file(
    environment: &Environment,
    user: UserId,
    rows: &BTreeSet<BlobKey>,
) -> Result<(), String> {
    let (now, far) = (environment.clock.now(), environment.clock.now().plus(CENTURY));
    let counted = async {
        let mut unit = environment.database.begin().await?;
        let recorded = unit.blobs().cancel_expired(far, 1).await?.len();
        unit.rollback().await?;
        let mut unit = environment.database.begin().await?;
        let tombstone = unit.blobs().due(far, 1).await?.len();
        let removed = unit.users().remove(user).await?;
        unit.rollback().await?;
        let mut unit = environment.database.begin().await?;
        unit.users().mark_removed(user, now).await?;
        unit.users().remove_contents(user, now, u32::MAX).await?;
        let freed = unit.blobs().due(far, u32::MAX).await?;
        unit.rollback().await?;
        let freed: BTreeSet<BlobKey> = freed.into_iter().map(|tombstone| tombstone.key).collect();
        Ok::<_, PortError>((recorded, tombstone, removed, freed))
    };
    let (recorded, tombstone, removed, freed) =
        counted.await.map_err(|error| format!("no count of rows: {error:?}"))?;
    must!(!removed, "the row of an account that was removed is left");
    must!(recorded == 0, "an intent is left");
    must!(tombstone == 0, "a tombstone is left");
    must!(freed == *rows, "the account would free {} blobs, but files point to {}", freed.len(), rows.len());
    Ok(())
}

async fn no_job_is_left(environment: &Environment) -> Result<(), String> {
    let counted = async {
        let mut reads = environment.database.read().await?;
        let depths = reads.jobs().depths(environment.clock.now()).await?;
        // One waits for the time of what is in the trash, and may outlive it by a day.
        let others = depths.iter().filter(|depth| depth.kind != PurgeTrash::kind());
        Ok::<_, PortError>(others.map(|depth| depth.waiting + depth.running).sum::<u64>())
    };
    let living = counted.await.map_err(|error| format!("no count of jobs: {error:?}"))?;
    must!(living == 0, "{living} jobs are left");
    Ok(())
}

/// One living session of each family, and none of an account that is gone.
async fn sessions_are_sound(environment: &Environment, user: UserId, exists: bool) -> Result<(), String> {
    let listed = environment.sessions.list(user, environment.clock.now()).await;
    let sessions = listed.map_err(|error| format!("no list of sessions: {error:?}"))?;
    let families: BTreeSet<_> = sessions.iter().map(|session| session.id).collect();
    must!(families.len() == sessions.len(), "a family has two living sessions");
    must!(exists || sessions.is_empty(), "{} sessions outlive their account", sessions.len());
    Ok(())
}
