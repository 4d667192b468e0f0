//! Direct uploads, whose parts are sent to ourselves.

use bytes::Bytes;
use fm_application::uploads::DirectUploads;
use fm_application::uploads::{CompleteDirectCommand, CreateDirectCommand, PartError, ReceivedPart};
use fm_domain::body::ByteSize;
use fm_domain::files::Sha256;
use fm_domain::ids::JobId;
use fm_domain::jobs::JobKind;
use fm_domain::testing::PlainPartLinks;
use futures_util::{StreamExt as _, stream};

use super::{expect, file_count, scenario};
use crate::kill_points::{Cast, Process, World};
use fm_contract::fixture::body::noise;

fn content() -> Bytes {
    noise(2_600, 8)
}

fn uploads(process: &Process) -> &DirectUploads {
    process.cases.direct.as_ref().unwrap()
}

fn begin(cast: &Cast, size: u64, sha256: Option<Sha256>) -> CreateDirectCommand {
    CreateDirectCommand {
        owner: cast.user,
        key: Some("direct".parse().unwrap()),
        name: "direct.bin".parse().unwrap(),
        size: ByteSize::new(size),
        claimed_type: None,
        sha256,
    }
}

/// Sends the only part, with a URL that is asked for once more.
async fn send(process: &Process, cast: &Cast, sha256: Option<Sha256>) -> Result<ReceivedPart, PartError> {
    let command = begin(cast, content().len() as u64, sha256);
    let upload = uploads(process).create.run(command).await.map_err(|error| match error {
        fm_application::uploads::ResumableError::Store(error) => PartError::Store(error),
        _ => PartError::Refused,
    })?;
    let Some(part) = upload.parts.first() else { return Err(PartError::Refused) };
    let link = PlainPartLinks::open(part.request.url.expose()).unwrap();
    let receive = uploads(process).receive_part.as_ref().unwrap();
    receive.run(&link, stream::iter([Ok(content())]).boxed()).await
}

/// Somebody who has begun an upload and sent its part.
async fn sent(world: &World, sha256: Option<Sha256>) -> Cast {
    let mut cast = world.user().await;
    let process = world.healthy();
    let upload = uploads(&process).create.run(begin(&cast, content().len() as u64, sha256)).await.unwrap();
    cast.upload = Some(upload.id);
    let part = send(&process, &cast, sha256).await.unwrap();
    cast.parts = vec![(1, part.tag.as_str().to_owned())];
    cast
}

fn end(cast: &Cast) -> CompleteDirectCommand {
    CompleteDirectCommand { owner: cast.user, upload: cast.upload.unwrap(), parts: cast.parts.clone() }
}

/// Somebody whose upload is complete; nobody has read its bytes yet.
async fn completed(world: &World, sha256: Option<Sha256>) -> Cast {
    let mut cast = sent(world, sha256).await;
    let kept = uploads(&world.healthy()).complete.run(end(&cast)).await.unwrap();
    cast.file = Some(kept.view.file);
    cast
}

/// One turn of a worker that only reads bytes.
async fn look(process: &Process) -> Result<Option<JobId>, fm_domain::error::PortError> {
    process.cases.jobs.run_next.run(&[JobKind::VerifyBlob]).await.map(|_ran| None)
}

scenario! {
    /// However often it is tried again with its key, there is one upload.
    a_direct_upload_begun, retried AgainAndAgain;
    arrange |world| world.user().await;
    act |process, cast| uploads(process).create.run(begin(cast, 2_600, None)).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of nothing")
}

scenario! {
    /// Sent again, it replaces itself.
    a_part_sent, retried Promptly;
    arrange |world| world.user().await;
    act |process, cast| send(process, cast, None).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of parts alone")
}

scenario! {
    /// From then on the file is there.
    a_direct_upload_completed, retried Promptly;
    arrange |world| sent(world, None).await;
    act |process, cast| uploads(process).complete.run(end(cast)).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file")
}

scenario! {
    /// The second completion finds the file of the first.
    a_direct_upload_completed_twice, retried AgainAndAgain;
    arrange |world| completed(world, None).await;
    act |process, cast| uploads(process).complete.run(end(cast)).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file")
}

scenario! {
    /// The upload is gone then.
    a_direct_upload_with_wrong_parts, retried Late;
    arrange |world| sent(world, None).await;
    act |process, cast| {
        let parts = vec![(1, "another".to_owned())];
        uploads(process).complete.run(CompleteDirectCommand { parts, ..end(cast) }).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of wrong parts")
}

scenario! {
    /// It has no parts.
    a_direct_upload_of_nothing, retried Promptly;
    arrange |world| {
        let mut cast = world.user().await;
        cast.upload = Some(uploads(&world.healthy()).create.run(begin(&cast, 0, None)).await.unwrap().id);
        cast
    };
    act |process, cast| uploads(process).complete.run(end(cast)).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file")
}

scenario! {
    /// With its part there.
    a_direct_upload_cancelled, retried AgainAndAgain;
    arrange |world| sent(world, None).await;
    act |process, cast| uploads(process).cancel.run(cast.user, cast.upload.unwrap()).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of a cancelled upload")
}

scenario! {
    /// From then on the hash is known.
    a_look_at_the_bytes_of_a_direct_upload, retried NextTurn;
    arrange |world| completed(world, None).await;
    act |process, _cast| look(process).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "a file went for no reason")
}

scenario! {
    /// The bytes are not those that were promised.
    a_withdrawal_of_a_direct_upload, retried NextTurn;
    arrange |world| completed(world, Some(Sha256::new([1; 32]))).await;
    act |process, _cast| look(process).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "a file with other bytes stayed")
}
