//! Uploads and removals that are wrong on purpose.

use fm_application::jobs::{Job as _, MakeThumbnail};
use fm_domain::access::{Access, Client, Right};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::blobs::{BlobIntent, BlobKey, PutBlob, PutHint, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, Revision, Sha256, ThumbnailState, VersionNumber};
use fm_domain::ids::{AuditEntryId, BlobId, DriveId, FileId, JobId, NodeId};
use fm_domain::tree::Delta;
use fm_resilience::kill_points::{
    Actors, Environment, InjectedFault, Needs, Outcome, Process, Retry, Scenario, Whole, scenarios,
};
use futures_util::{StreamExt as _, stream};
use sha2::Digest as _;

use crate::kill_points::mutants::{LEASE, caught, kills_catch};

/// An upload of some text that is put together by a wrong use case.
struct Upload<'a> {
    process: &'a Process,
    file: File,
    now: Timestamp,
}

impl<'a> Upload<'a> {
    fn of(process: &'a Process, actors: &Actors, picture: bool) -> Self {
        let now = process.ports.clock.now();
        let content = if picture { Environment::picture() } else { Environment::text() };
        let file = File {
            id: FileId::new(process.ports.ids.uuid()),
            owner: actors.user,
            parent: NodeId::root(DriveId::of_user(actors.user)),
            name: "wrong.txt".parse().unwrap(),
            content_type: if picture { "image/png" } else { "text/plain" }.parse().unwrap(),
            size: ByteSize::new(content.len() as u64),
            sha256: Some(Sha256::new(sha2::Sha256::digest(&content).into())),
            blob: BlobId::new(process.ports.ids.uuid()),
            version: VersionNumber::FIRST,
            thumbnail: if picture { ThumbnailState::Pending } else { ThumbnailState::None },
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
            content_at: now,
            modified_at: now,
        };
        Self { process, file, now }
    }

    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        self.process.ports.db.begin().await
    }

    async fn record_intent(&self) -> PortResult<()> {
        let mut unit = self.begin().await?;
        let intent = BlobIntent {
            key: BlobKey::file(self.file.blob),
            owner: self.file.owner,
            reserved: ByteSize::ZERO,
            recorded_at: self.now,
            expires_at: self.now.plus(LEASE),
        };
        unit.blobs().record_intent(&intent).await?;
        unit.commit().await
    }

    async fn put(&self) -> Result<(), PutBlob> {
        let picture = self.file.thumbnail == ThumbnailState::Pending;
        let content = if picture { Environment::picture() } else { Environment::text() };
        let hint = PutHint {
            owner: None,
            length: Some(self.file.size),
            content_type: self.file.content_type.clone(),
        };
        let body = stream::iter([Ok(content)]).boxed();
        self.process.ports.blobs.put(&BlobKey::file(self.file.blob), body, &hint).await.map(drop)
    }

    async fn insert(&self, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        let stored = unit.blobs().mark_stored(self.file.blob, &StoredBlob { size: self.file.size }).await;
        stored.map_err(|error| PortError::Unexpected(error.into()))?;
        let placed = unit.nodes().insert(&self.file.clone().into()).await;
        placed.map_err(|refusal| PortError::Unexpected(refusal.into()))
    }

    async fn note(&self, unit: &mut dyn UnitOfWork) -> PortResult<()> {
        let entry = AuditEntry {
            id: AuditEntryId::new(self.process.ports.ids.uuid()),
            at: self.now,
            action: AuditAction::FILE_UPLOADED,
            actor: Some(self.file.owner),
            account: Some(self.file.owner),
            target: Some(self.file.id.uuid()),
            client: Client::default(),
        };
        unit.audit().append(&entry).await
    }

    /// Enters the drive, and changes its counters.
    async fn enter(&self, unit: &mut dyn UnitOfWork, delta: Delta) -> PortResult<()> {
        let entered = unit.drives().enter(self.file.drive(), &delta, None).await;
        entered.map(drop).map_err(|error| PortError::Unexpected(error.into()))
    }

    /// What the file changes of the counters.
    fn delta(&self) -> Delta {
        Delta::new_file(self.file.size)
    }

    async fn keep(&self) -> PortResult<()> {
        let mut unit = self.begin().await?;
        self.enter(&mut *unit, self.delta()).await?;
        self.insert(&mut *unit).await?;
        self.note(&mut *unit).await?;
        unit.commit().await
    }
}

/// Makes a scenario of a wrong use case.
macro_rules! wrong {
    ($arrange:ident, |$process:ident, $actors:ident| $act:block) => {
        Scenario {
            name: "a wrong use case",
            arrange: |environment| Box::pin(environment.$arrange()),
            before: |_process, _actors| Box::pin(async {}),
            act: |$process, $actors| {
                Box::pin(async move {
                    $act
                    Outcome::Done
                })
            },
            check: |_environment, _actors| Box::pin(async { Ok(()) }),
            retry: Retry::Late,
            needs: Needs::Nothing,
            whole: Whole::AtOnce,
        }
    };
}

#[test]
fn a_row_that_is_committed_before_its_bytes_are_there_is_caught() {
    let scenario = wrong!(user, |process, actors| {
        let upload = Upload::of(process, actors, false);
        upload.record_intent().await.unwrap();
        upload.keep().await.unwrap();
        upload.put().await.unwrap();
    });
    kills_catch(&scenario, "UnitOfWork::commit", "at once: wrong.txt has no bytes");
}

#[test]
fn bytes_that_are_deleted_before_the_commit_are_caught() {
    let scenario = wrong!(user_with_text, |process, actors| {
        // A retry finds nothing to do.
        let (drive, size) = (actors.file().drive(), actors.file().size);
        let mut unit = process.ports.db.begin().await.unwrap();
        unit.drives().enter(drive, &Delta::new_file(size).reversed(), None).await.unwrap();
        if let Some(file) = unit
            .files()
            .remove(&Access::on_behalf_of(actors.user, Right::Read), actors.file().id)
            .await
            .unwrap()
        {
            let key = BlobKey::file(file.blob);
            process.ports.blobs.delete(&key).await.unwrap();
            unit.blobs().drop_references(&[key.id], process.ports.clock.now()).await.unwrap();
            unit.commit().await.unwrap();
        }
    });
    kills_catch(&scenario, "BlobStore::delete", "at once: notes.txt has no bytes");
}

#[test]
fn bytes_without_an_intent_are_caught() {
    let scenario = wrong!(user, |process, actors| {
        let upload = Upload::of(process, actors, false);
        upload.put().await.unwrap();
        upload.record_intent().await.unwrap();
        upload.keep().await.unwrap();
    });
    kills_catch(&scenario, "BlobStore::put", "no row knows the blob");
}

#[test]
fn a_charge_in_another_unit_than_the_file_is_caught() {
    let scenario = wrong!(user, |process, actors| {
        let upload = Upload::of(process, actors, false);
        upload.record_intent().await.unwrap();
        upload.put().await.unwrap();
        let mut unit = upload.begin().await.unwrap();
        upload.enter(&mut *unit, Delta::default()).await.unwrap();
        upload.insert(&mut *unit).await.unwrap();
        upload.note(&mut *unit).await.unwrap();
        unit.commit().await.unwrap();
        let mut unit = upload.begin().await.unwrap();
        upload.enter(&mut *unit, upload.delta()).await.unwrap();
        unit.commit().await.unwrap();
    });
    kills_catch(&scenario, "UnitOfWork::commit", "at once: 0 bytes are used, but the files hold 37 bytes");
}

#[test]
fn an_entry_of_the_trail_in_another_unit_than_the_file_is_caught() {
    let scenario = wrong!(user, |process, actors| {
        let upload = Upload::of(process, actors, false);
        upload.record_intent().await.unwrap();
        upload.put().await.unwrap();
        let mut unit = upload.begin().await.unwrap();
        upload.enter(&mut *unit, upload.delta()).await.unwrap();
        upload.insert(&mut *unit).await.unwrap();
        unit.commit().await.unwrap();
        let mut unit = upload.begin().await.unwrap();
        upload.note(&mut *unit).await.unwrap();
        unit.commit().await.unwrap();
    });
    kills_catch(&scenario, "UnitOfWork::commit", "at once: the trail has 0 uploads of wrong.txt");
}

#[test]
fn a_job_in_another_unit_than_what_asks_for_it_is_caught() {
    let scenario = wrong!(user, |process, actors| {
        let upload = Upload::of(process, actors, true);
        upload.record_intent().await.unwrap();
        upload.put().await.unwrap();
        upload.keep().await.unwrap();
        let mut unit = upload.begin().await.unwrap();
        let file = &upload.file;
        let job = MakeThumbnail { owner: file.owner, file: file.id, blob: file.blob, failures: 0 };
        let job = job.enqueued(JobId::new(process.ports.ids.uuid()), upload.now).unwrap();
        unit.jobs().enqueue(&job).await.unwrap();
        unit.commit().await.unwrap();
    });
    kills_catch(&scenario, "UnitOfWork::commit", "a job was lost: wrong.txt waits for a thumbnail");
}

#[test]
fn work_that_is_done_twice_with_effect_is_caught() {
    let scenario = Scenario {
        name: "a retry that knows nothing of the first try",
        act: |process, actors| {
            Box::pin(async move {
                Outcome::of(
                    process
                        .cases
                        .files
                        .upload
                        .run(&actors.actor(), actors.upload("notes.txt", &Environment::text()))
                        .await,
                )
            })
        },
        ..scenarios::an_upload_with_a_key()
    };
    let broken = caught(&scenario, InjectedFault::KILLS).unwrap();
    assert!(broken.what.contains("there is not one file, but none or two"), "{broken}");
}

#[test]
fn an_upload_that_cleans_up_after_a_commit_whose_answer_it_lost_is_caught() {
    let scenario = wrong!(user, |process, actors| {
        let upload = Upload::of(process, actors, false);
        if upload.record_intent().await.is_ok() && upload.put().await.is_ok() && upload.keep().await.is_err()
        {
            // The answer does not say that nothing happened.
            drop(process.ports.blobs.delete(&BlobKey::file(upload.file.blob)).await);
        }
    });
    let broken = caught(&scenario, InjectedFault::FAULTS).unwrap();
    assert_eq!(broken.point.map(|point| point.operation.name()), Some("UnitOfWork::commit"), "{broken}");
    assert!(broken.what.contains("wrong.txt has no bytes"), "{broken}");
}
