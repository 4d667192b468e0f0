//! Direct uploads, whose parts are sent to the program or to the store.

use bytes::Bytes;
use fm_application::jobs::{Job as _, VerifyBlob};
use fm_application::uploads::DirectUploads;
use fm_application::uploads::{CompleteDirectCommand, CreateDirectCommand, PartError, ReceivedPart};
use fm_domain::blobs::WritePart;
use fm_domain::body::ByteSize;
use fm_domain::files::Sha256;
use fm_domain::ids::JobId;
use fm_domain::testing::PlainPartLinks;
use fm_domain::tree::Placing;
use futures_util::{StreamExt as _, stream};

use super::{expect, file_count, scenario};
use crate::kill_points::{Actors, Environment, Process};
use fm_contract::samples::noise;

fn content() -> Bytes {
    noise(2_600, 8)
}

fn uploads(process: &Process) -> &DirectUploads {
    process.cases.direct.as_ref().unwrap()
}

fn begin(size: u64, sha256: Option<Sha256>) -> CreateDirectCommand {
    CreateDirectCommand {
        placing: Placing::default(),
        key: Some("direct".parse().unwrap()),
        name: "direct.bin".parse().unwrap(),
        size: ByteSize::new(size),
        claimed_type: None,
        sha256,
    }
}

/// Sends the only part, with a URL that is asked for once more.
async fn send(process: &Process, actors: &Actors, sha256: Option<Sha256>) -> Result<ReceivedPart, PartError> {
    let command = begin(content().len() as u64, sha256);
    let upload =
        uploads(process).create.run(&actors.actor(), command).await.map_err(|error| match error {
            fm_application::uploads::ResumableError::Store(error) => PartError::Store(error),
            _ => PartError::Refused,
        })?;
    let Some(part) = upload.parts.first() else { return Err(PartError::Refused) };
    let link = PlainPartLinks::open(part.request.url.expose()).unwrap();
    if let Some(client) = &process.part_client {
        return match client.send(&link.write, link.number, content()).await {
            Ok(tag) => Ok(ReceivedPart { tag }),
            Err(WritePart::Gone | WritePart::TooLarge) => Err(PartError::Refused),
            Err(WritePart::Store(error)) => Err(error.into()),
        };
    }
    let receive = uploads(process).receive_part.as_ref().unwrap();
    receive.run(&link, stream::iter([Ok(content())]).boxed()).await
}

/// A user who has begun an upload and sent its part.
async fn sent(environment: &Environment, sha256: Option<Sha256>) -> Actors {
    let mut actors = environment.user().await;
    let process = environment.healthy();
    let upload =
        uploads(&process).create.run(&actors.actor(), begin(content().len() as u64, sha256)).await.unwrap();
    actors.upload = Some(upload.id);
    let part = send(&process, &actors, sha256).await.unwrap();
    actors.parts = vec![(1, part.tag.as_str().to_owned())];
    actors
}

fn end(actors: &Actors) -> CompleteDirectCommand {
    CompleteDirectCommand { upload: actors.upload.unwrap(), parts: actors.parts.clone() }
}

/// A user whose upload is complete; the job that hashes its bytes has not run yet.
async fn completed(environment: &Environment, sha256: Option<Sha256>) -> Actors {
    let mut actors = Box::pin(sent(environment, sha256)).await;
    let kept = uploads(&environment.healthy()).complete.run(&actors.actor(), end(&actors)).await.unwrap();
    actors.file = Some(kept.view.file);
    actors
}

/// One turn of a worker that only reads bytes.
async fn look(process: &Process) -> Result<Option<JobId>, fm_domain::error::PortError> {
    process.cases.jobs.run_next.run(&[VerifyBlob::kind()]).await.map(|_ran| None)
}

scenario! {
    /// However often it is tried again with its key, there is one upload.
    a_direct_upload_begun, retried AgainAndAgain, needs Direct;
    arrange |environment| environment.user().await;
    act |process, actors| uploads(process).create.run(&actors.actor(), begin(2_600, None)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of nothing")
}

scenario! {
    /// Sent again, it replaces itself.
    a_part_sent, retried Promptly, needs Direct;
    arrange |environment| environment.user().await;
    act |process, actors| send(process, actors, None).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of parts alone")
}

scenario! {
    /// From then on the file is there.
    a_direct_upload_completed, retried Promptly, needs Direct;
    arrange |environment| Box::pin(sent(environment, None)).await;
    act |process, actors| uploads(process).complete.run(&actors.actor(), end(actors)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file")
}

scenario! {
    /// The second completion finds the file of the first.
    a_direct_upload_completed_twice, retried AgainAndAgain, needs Direct;
    arrange |environment| completed(environment, None).await;
    act |process, actors| uploads(process).complete.run(&actors.actor(), end(actors)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file")
}

scenario! {
    /// The upload is gone then.
    a_direct_upload_with_wrong_parts, retried Late, needs Direct;
    arrange |environment| Box::pin(sent(environment, None)).await;
    act |process, actors| {
        let parts = vec![(1, "another".to_owned())];
        uploads(process).complete.run(&actors.actor(), CompleteDirectCommand { parts, ..end(actors) }).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of wrong parts")
}

scenario! {
    /// It has no parts.
    a_direct_upload_of_nothing, retried Promptly, needs Direct;
    arrange |environment| {
        let mut actors = environment.user().await;
        actors.upload = Some(uploads(&environment.healthy()).create.run(&actors.actor(), begin(0, None)).await.unwrap().id);
        actors
    };
    act |process, actors| uploads(process).complete.run(&actors.actor(), end(actors)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file")
}

scenario! {
    /// With its part there.
    a_direct_upload_cancelled, retried AgainAndAgain, needs Direct;
    arrange |environment| Box::pin(sent(environment, None)).await;
    act |process, actors| uploads(process).cancel.run(&actors.actor(), actors.upload.unwrap()).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of a cancelled upload")
}

scenario! {
    /// From then on the hash is known.
    a_look_at_the_bytes_of_a_direct_upload, retried NextTurn, needs Direct;
    arrange |environment| completed(environment, None).await;
    act |process, _cast| look(process).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "a file went for no reason")
}

scenario! {
    /// The bytes are not those that were promised.
    a_withdrawal_of_a_direct_upload, retried NextTurn, needs Direct;
    arrange |environment| completed(environment, Some(Sha256::new([1; 32]))).await;
    act |process, _cast| look(process).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "a file with other bytes stayed")
}
