//! Workers that are wrong on purpose.

use fm_application::jobs::{Job as _, MakeThumbnail, RevokeSessions};
use fm_domain::blobs::{BlobIntent, BlobKey, PutHint, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::ThumbnailState;
use fm_domain::ids::BlobId;
use fm_domain::tree::Delta;
use fm_resilience::kill_points::{Actors, Environment, InjectedFault, Outcome, Process, Scenario, scenarios};
use futures_util::{StreamExt as _, stream};

use crate::kill_points::mutants::{LEASE, caught, kills_catch};

#[test]
fn a_job_that_is_completed_before_its_work_is_done_is_caught() {
    let scenario = Scenario {
        name: "a wrong worker",
        act: |process, actors| {
            Box::pin(async move {
                let now = process.ports.clock.now();
                let mut unit = process.ports.db.begin().await.unwrap();
                let kinds = [RevokeSessions::kind()];
                let claimed = unit.jobs().claim(&kinds, now, now.plus(LEASE), 1).await.unwrap();
                for job in &claimed {
                    unit.jobs().complete(job.id, job.attempt).await.unwrap();
                }
                unit.commit().await.unwrap();
                if !claimed.is_empty() {
                    process.ports.sessions.revoke_all(actors.user, Some(actors.session), now).await.unwrap();
                }
                Outcome::Done
            })
        },
        ..scenarios::an_end_of_sessions_left_to_a_job()
    };
    kills_catch(&scenario, "UnitOfWork::commit", "other sessions live");
}

/// Makes the thumbnail of the only file, and completes the job without asking whether it still holds it.
async fn unfenced_worker(process: &Process, actors: &Actors) -> PortResult<()> {
    let (ports, now) = (&process.ports, process.ports.clock.now());
    let mut unit = ports.db.begin().await?;
    let claimed = unit.jobs().claim(&[MakeThumbnail::kind()], now, now.plus(LEASE), 1).await?;
    let key = BlobKey::thumbnail(BlobId::new(ports.ids.uuid()));
    let intent = BlobIntent {
        key,
        owner: actors.user,
        reserved: ByteSize::ZERO,
        recorded_at: now,
        expires_at: now.plus(LEASE * 60),
    };
    unit.blobs().record_intent(&intent).await?;
    unit.commit().await?;
    let Some(job) = claimed.first() else { return Ok(()) };
    let png = Environment::picture();
    let size = ByteSize::new(png.len() as u64);
    let hint = PutHint { owner: None, length: Some(size), content_type: actors.file().content_type.clone() };
    let put = ports.blobs.put(&key, stream::iter([Ok(png)]).boxed(), &hint).await;
    put.map_err(|error| PortError::Unexpected(error.into()))?;
    let (file, state) =
        (actors.file(), ThumbnailState::Ready { blob: key.id, width: 1, height: 1, placeholder: None });
    let mut unit = ports.db.begin().await?;
    let entered = unit.drives().enter(file.drive(), &Delta::default(), None).await;
    entered.map_err(|error| PortError::Unexpected(error.into()))?;
    if unit.files().set_thumbnail(file.id, file.blob, &state).await? {
        let stored = unit.blobs().mark_stored(key.id, &StoredBlob { size }).await;
        stored.map_err(|error| PortError::Unexpected(error.into()))?;
    }
    unit.jobs().complete(job.id, job.attempt).await?;
    unit.commit().await
}

#[test]
fn a_worker_that_does_not_ask_whether_it_still_holds_its_job_is_caught() {
    let scenario = Scenario {
        name: "a worker without a fence",
        act: |process, actors| Box::pin(async move { Outcome::of(unfenced_worker(process, actors).await) }),
        ..scenarios::a_thumbnail()
    };
    assert_eq!(caught(&scenario, InjectedFault::KILLS), None, "alone it works");
    let broken = caught(&scenario, InjectedFault::PAUSES).unwrap();
    assert!(broken.to_string().contains("no row knows the blob"), "{broken}");
}
