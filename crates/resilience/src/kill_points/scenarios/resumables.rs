//! Resumable uploads.

use bytes::Bytes;
use fm_application::uploads::{
    AppendCommand, CreateResumableCommand, FirstBytes, Progress, ResumableError, ResumableUploads,
};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::tree::Placing;
use futures_util::{StreamExt as _, stream};

use super::{expect, file_count, scenario};
use crate::kill_points::{Actors, Environment, Process};
use fm_contract::samples::noise;

/// The length of the upload that everything here is about.
const LENGTH: usize = 2_600;

fn content() -> Bytes {
    noise(LENGTH, 7)
}

fn uploads(process: &Process) -> &ResumableUploads {
    process.cases.resumable.as_ref().unwrap()
}

fn begin(key: Option<&str>) -> CreateResumableCommand {
    CreateResumableCommand {
        placing: Placing::default(),
        key: key.map(|key| key.parse().unwrap()),
        name: "large.bin".parse().unwrap(),
        length: Some(ByteSize::new(LENGTH as u64)),
        claimed_type: None,
        metadata: "filename bGFyZ2UuYmlu".to_owned(),
        first: None,
    }
}

/// The bytes from here to there.
fn piece(actors: &Actors, from: usize, to: usize) -> AppendCommand {
    AppendCommand {
        upload: actors.upload.unwrap(),
        offset: ByteSize::new(from as u64),
        length: None,
        checksum: None,
        body: stream::iter([Ok(content().slice(from..to))]).boxed(),
        body_length: Some(ByteSize::new((to - from) as u64)),
    }
}

/// A user who has begun an upload, and sent so much of it.
async fn begun(environment: &Environment, came: &[usize]) -> Actors {
    let mut actors = environment.user().await;
    let process = environment.healthy();
    let created = uploads(&process).create.run(&actors.actor(), begin(None)).await.unwrap();
    actors.upload = Some(created.progress.id);
    let mut from = 0;
    for to in came {
        let progress =
            uploads(&process).append.run(&actors.actor(), piece(&actors, from, *to)).await.unwrap();
        assert_eq!(progress.offset, ByteSize::new(*to as u64));
        from = *to;
    }
    actors
}

/// As a client does that does not know how far it is: it asks, and goes on from there.
async fn go_on(process: &Process, actors: &Actors, to: usize) -> Result<Progress, ResumableError> {
    let progress = uploads(process).resume.run(&actors.actor(), actors.upload.unwrap()).await?;
    let from = usize::try_from(progress.offset.bytes()).unwrap();
    if from >= to {
        Ok(progress)
    } else {
        uploads(process).append.run(&actors.actor(), piece(actors, from, to)).await
    }
}

/// The file is there once, if its upload did not expire before it was finished.
async fn at_most_one_file(environment: &Environment, actors: &Actors) -> Result<(), String> {
    expect(file_count(environment, actors).await <= 1, "the upload is there twice")
}

scenario! {
    /// Only its row, and the intent of its blob.
    a_resumable_upload_begun, retried Late, needs Resumable;
    arrange |environment| environment.user().await;
    act |process, actors| uploads(process).create.run(&actors.actor(), begin(None)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of nothing")
}

scenario! {
    /// However often it is tried again with its key, there is one upload.
    a_resumable_upload_begun_with_a_key, retried AgainAndAgain, needs Resumable;
    arrange |environment| environment.user().await;
    act |process, actors| uploads(process).create.run(&actors.actor(), begin(Some("once"))).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of nothing")
}

scenario! {
    /// Its first bytes come with it; a repetition with its key finds what became of them.
    a_resumable_upload_begun_with_bytes, retried AgainAndAgain, needs Resumable;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let first = content().slice(..1_500);
        let length = Some(ByteSize::new(first.len() as u64));
        let first = FirstBytes { body: stream::iter([Ok(first)]).boxed(), length, checksum: None };
        let command = CreateResumableCommand { first: Some(first), ..begin(Some("once")) };
        match uploads(process).create.run(&actors.actor(), command).await {
            Ok(created) => created.refusal.map_or(Ok(created.progress), Err),
            Err(refused) => Err(refused),
        }
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file too early")
}

scenario! {
    /// All of it: two parts and a rest.
    a_resumable_upload_in_one_piece, retried Promptly, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[])).await;
    act |process, actors| go_on(process, actors, LENGTH).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file")
}

scenario! {
    /// The store may have to store it by itself.
    a_first_piece_too_small_for_a_part, retried Promptly, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[])).await;
    act |process, actors| go_on(process, actors, 700).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file too early")
}

scenario! {
    /// A store of numbered parts reads the small chunks back.
    a_last_piece_after_a_small_one, retried Promptly, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[700, 900])).await;
    act |process, actors| go_on(process, actors, LENGTH).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file")
}

scenario! {
    /// It counts only once it was checked.
    a_piece_with_its_checksum, retried Late, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[])).await;
    act |process, actors| {
        let checksum = Some(crc32(&content()).parse().unwrap());
        uploads(process).append.run(&actors.actor(), AppendCommand { checksum, ..piece(actors, 0, LENGTH) }).await
    };
    check |environment, actors| at_most_one_file(environment, actors).await
}

scenario! {
    /// Nothing of it counts.
    a_piece_with_another_checksum, retried Late, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[700])).await;
    act |process, actors| {
        let checksum = Some(crc32(b"something else").parse().unwrap());
        uploads(process).append.run(&actors.actor(), AppendCommand { checksum, ..piece(actors, 700, LENGTH) }).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "a piece with a wrong checksum was taken")
}

scenario! {
    /// The bytes that arrived are kept.
    a_piece_whose_sender_goes_away, retried Late, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[])).await;
    act |process, actors| {
        let half = content().slice(..1_500);
        let body = stream::iter([Ok(half), Err(BodyError::Aborted)]).boxed();
        uploads(process).append.run(&actors.actor(), AppendCommand { body, ..piece(actors, 0, LENGTH) }).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "half a file is there")
}

scenario! {
    /// The upload declares no length, and grows past the quota.
    a_piece_beyond_the_quota, retried Late, needs Resumable;
    arrange |environment| {
        let mut actors = environment.user().await;
        for name in ["a.txt", "b.txt", "c.txt"] {
            actors.file = Some(environment.healthy().file_of(&actors, name, &noise(3_000, 1)).await);
        }
        let unknown = CreateResumableCommand { length: None, ..begin(None) };
        actors.upload = Some(uploads(&environment.healthy()).create.run(&actors.actor(), unknown).await.unwrap().progress.id);
        actors
    };
    act |process, actors| uploads(process).append.run(&actors.actor(), piece(actors, 0, LENGTH)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 3, "something of it became a file")
}

scenario! {
    /// With a part written, and a chunk too small for one.
    a_resumable_upload_cancelled, retried AgainAndAgain, needs Resumable;
    arrange |environment| Box::pin(begun(environment, &[1_200, 1_500])).await;
    act |process, actors| uploads(process).cancel.run(&actors.actor(), actors.upload.unwrap()).await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of a cancelled upload")
}

scenario! {
    /// Of one that was never finished.
    a_sweep_of_a_resumable_upload, retried NextTurn, needs Resumable;
    arrange |environment| {
        let actors = Box::pin(begun(environment, &[1_200, 1_500])).await;
        environment.pass(std::time::Duration::from_secs(4_000));
        actors
    };
    act |process, _cast| process.cases.jobs.sweep.run().await;
    check |environment, actors| expect(file_count(environment, actors).await == 0, "there is a file of an expired upload")
}

/// As tus writes it.
fn crc32(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let sum = crc32fast::hash(bytes).to_be_bytes();
    format!("crc32 {}", base64::engine::general_purpose::STANDARD.encode(sum))
}
