//! Resumable uploads.

use bytes::Bytes;
use fm_application::uploads::ResumableUploads;
use fm_application::uploads::{AppendCommand, CreateResumableCommand, Progress, ResumableError};
use fm_domain::body::{BodyError, ByteSize};
use futures_util::{StreamExt as _, stream};

use super::{expect, file_count, scenario};
use crate::kill_points::{Cast, Process, World};
use fm_contract::fixture::body::noise;

/// The length of the upload that everything here is about.
const LENGTH: usize = 2_600;

fn content() -> Bytes {
    noise(LENGTH, 7)
}

fn uploads(process: &Process) -> &ResumableUploads {
    process.cases.resumable.as_ref().unwrap()
}

fn begin(cast: &Cast, key: Option<&str>) -> CreateResumableCommand {
    CreateResumableCommand {
        owner: cast.user,
        key: key.map(|key| key.parse().unwrap()),
        name: "large.bin".parse().unwrap(),
        length: Some(ByteSize::new(LENGTH as u64)),
        claimed_type: None,
        metadata: "filename bGFyZ2UuYmlu".to_owned(),
    }
}

/// The bytes from here to there.
fn piece(cast: &Cast, from: usize, to: usize) -> AppendCommand {
    AppendCommand {
        owner: cast.user,
        upload: cast.upload.unwrap(),
        offset: ByteSize::new(from as u64),
        length: None,
        checksum: None,
        body: stream::iter([Ok(content().slice(from..to))]).boxed(),
        body_length: Some(ByteSize::new((to - from) as u64)),
    }
}

/// Somebody who has begun an upload, and sent so much of it.
async fn begun(world: &World, came: &[usize]) -> Cast {
    let mut cast = world.user().await;
    let process = world.healthy();
    let (progress, _) = uploads(&process).create.run(begin(&cast, None)).await.unwrap();
    cast.upload = Some(progress.id);
    let mut from = 0;
    for to in came {
        let progress = uploads(&process).append.run(piece(&cast, from, *to)).await.unwrap();
        assert_eq!(progress.offset, ByteSize::new(*to as u64));
        from = *to;
    }
    cast
}

/// As a client does that does not know how far it is: it asks, and goes on from there.
async fn go_on(process: &Process, cast: &Cast, to: usize) -> Result<Progress, ResumableError> {
    let progress = uploads(process).show.run(cast.user, cast.upload.unwrap()).await?;
    let from = usize::try_from(progress.offset.bytes()).unwrap();
    if from >= to { Ok(progress) } else { uploads(process).append.run(piece(cast, from, to)).await }
}

/// The file is there once, if its upload did not expire before it was finished.
async fn at_most_one_file(world: &World, cast: &Cast) -> Result<(), String> {
    expect(file_count(world, cast).await <= 1, "the upload is there twice")
}

scenario! {
    /// Only its row, and the intent of its blob.
    a_resumable_upload_begun, retried Late;
    arrange |world| world.user().await;
    act |process, cast| uploads(process).create.run(begin(cast, None)).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of nothing")
}

scenario! {
    /// However often it is tried again with its key, there is one upload.
    a_resumable_upload_begun_with_a_key, retried AgainAndAgain;
    arrange |world| world.user().await;
    act |process, cast| uploads(process).create.run(begin(cast, Some("once"))).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of nothing")
}

scenario! {
    /// All of it: two parts and a rest.
    a_resumable_upload_in_one_piece, retried Promptly;
    arrange |world| begun(world, &[]).await;
    act |process, cast| go_on(process, cast, LENGTH).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file")
}

scenario! {
    /// It is kept aside.
    a_first_piece_too_small_for_a_part, retried Promptly;
    arrange |world| begun(world, &[]).await;
    act |process, cast| go_on(process, cast, 700).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file too early")
}

scenario! {
    /// What was kept aside goes into a part.
    a_last_piece_after_a_small_one, retried Promptly;
    arrange |world| begun(world, &[700, 900]).await;
    act |process, cast| go_on(process, cast, LENGTH).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file")
}

scenario! {
    /// It counts only once it was checked.
    a_piece_with_its_checksum, retried Late;
    arrange |world| begun(world, &[]).await;
    act |process, cast| {
        let checksum = Some(crc32(&content()).parse().unwrap());
        uploads(process).append.run(AppendCommand { checksum, ..piece(cast, 0, LENGTH) }).await
    };
    check |world, cast| at_most_one_file(world, cast).await
}

scenario! {
    /// Nothing of it counts.
    a_piece_with_another_checksum, retried Late;
    arrange |world| begun(world, &[700]).await;
    act |process, cast| {
        let checksum = Some(crc32(b"something else").parse().unwrap());
        uploads(process).append.run(AppendCommand { checksum, ..piece(cast, 700, LENGTH) }).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "a piece with a wrong checksum was taken")
}

scenario! {
    /// What came is kept.
    a_piece_whose_sender_goes_away, retried Late;
    arrange |world| begun(world, &[]).await;
    act |process, cast| {
        let half = content().slice(..1_500);
        let body = stream::iter([Ok(half), Err(BodyError::Aborted)]).boxed();
        uploads(process).append.run(AppendCommand { body, ..piece(cast, 0, LENGTH) }).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "half a file is there")
}

scenario! {
    /// Nobody knows how long it will be, and it becomes too long.
    a_piece_beyond_the_quota, retried Late;
    arrange |world| {
        let mut cast = world.user().await;
        for name in ["a.txt", "b.txt", "c.txt"] {
            cast.file = Some(world.healthy().file_of(&cast, name, &noise(3_000, 1)).await);
        }
        let unknown = CreateResumableCommand { length: None, ..begin(&cast, None) };
        cast.upload = Some(uploads(&world.healthy()).create.run(unknown).await.unwrap().0.id);
        cast
    };
    act |process, cast| uploads(process).append.run(piece(cast, 0, LENGTH)).await;
    check |world, cast| expect(file_count(world, cast).await == 3, "something of it became a file")
}

scenario! {
    /// With a part written and a rest kept aside.
    a_resumable_upload_cancelled, retried AgainAndAgain;
    arrange |world| begun(world, &[1_200, 1_500]).await;
    act |process, cast| uploads(process).cancel.run(cast.user, cast.upload.unwrap()).await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of a cancelled upload")
}

scenario! {
    /// Of one that was never finished.
    a_sweep_of_a_resumable_upload, retried NextTurn;
    arrange |world| {
        let cast = begun(world, &[1_200, 1_500]).await;
        world.pass(std::time::Duration::from_secs(4_000));
        cast
    };
    act |process, _cast| process.cases.jobs.sweep.run().await;
    check |world, cast| expect(file_count(world, cast).await == 0, "there is a file of an expired upload")
}

/// As tus writes it.
fn crc32(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let sum = crc32fast::hash(bytes).to_be_bytes();
    format!("crc32 {}", base64::engine::general_purpose::STANDARD.encode(sum))
}
