//! Uploads.

use bytes::Bytes;
use fm_application::files::{UploadBody, UploadCommand};
use fm_domain::body::BodyError;
use fm_domain::files::{Sha256, ThumbnailState};
use futures_util::FutureExt as _;

use super::{expect, file_count, scenario};
use crate::kill_points::{Cast, Process, World};
use fm_contract::fixture::body::noise;

/// Their upload of this body.
fn upload(cast: &Cast, body: UploadBody) -> UploadCommand {
    UploadCommand { owner: cast.user, key: None, body }
}

/// Their upload of some text with a key.
fn keyed(cast: &Cast) -> UploadCommand {
    UploadCommand {
        key: Some("once-and-only-once".parse().unwrap()),
        ..cast.upload("notes.txt", &World::text())
    }
}

/// The body, its length unknown.
fn unannounced(name: &'static str, content: &Bytes) -> UploadBody {
    UploadBody { length: None, ..Cast::body(name, content) }
}

/// Somebody whose quota has room for less than 2,000 bytes more.
async fn nearly_full(world: &World) -> Cast {
    let mut cast = world.user().await;
    for name in ["a.txt", "b.txt", "c.txt"] {
        cast.file = Some(world.healthy().file_of(&cast, name, &noise(3_000, 1)).await);
    }
    cast
}

scenario! {
    /// A text, its length known.
    an_upload_of_a_text, retried Late;
    arrange |world| world.user().await;
    act |process, cast| process.cases.files.upload.run(cast.upload("notes.txt", &World::text())).await;
    check |world, cast| expect(file_count(world, cast).await >= 1, "there is no file")
}

scenario! {
    /// A picture: its thumbnail follows.
    an_upload_of_a_picture, retried Late;
    arrange |world| world.user().await;
    act |process, cast| process.cases.files.upload.run(cast.upload("cat.png", &World::picture())).await;
    check |world, cast| {
        let files = world.files(cast.user).await;
        let ready = files.iter().all(|file| matches!(file.thumbnail, ThumbnailState::Ready { .. }));
        expect(!files.is_empty() && ready, "there is no file, or no thumbnail")
    }
}

scenario! {
    /// Nobody knows beforehand how many bytes there are.
    an_upload_of_unknown_length, retried Late;
    arrange |world| world.user().await;
    act |process, cast| {
        let body = unannounced("notes.txt", &World::text());
        process.cases.files.upload.run(upload(cast, body)).await
    };
    check |world, cast| expect(file_count(world, cast).await >= 1, "there is no file")
}

scenario! {
    /// However often it is tried again with its key, there is one file.
    an_upload_with_a_key, retried AgainAndAgain;
    arrange |world| world.user().await;
    act |process, cast| process.cases.files.upload.run(keyed(cast)).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file, but none or two")
}

scenario! {
    /// A retry of an upload that was finished finds the first one.
    an_upload_repeated_with_its_key, retried AgainAndAgain;
    arrange |world| {
        let cast = world.user().await;
        world.healthy().cases.files.upload.run(keyed(&cast)).await.unwrap();
        cast
    };
    act |process, cast| process.cases.files.upload.run(keyed(cast)).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "there is not one file, but none or two")
}

scenario! {
    /// Refused before a byte is read.
    an_upload_announced_beyond_the_quota, retried Late;
    arrange |world| nearly_full(world).await;
    act |process, cast| process.cases.files.upload.run(cast.upload("d.txt", &noise(2_000, 2))).await;
    check |world, cast| expect(file_count(world, cast).await == 3, "something of it was kept")
}

scenario! {
    /// Refused while its bytes come.
    an_upload_that_grows_beyond_the_quota, retried Late;
    arrange |world| nearly_full(world).await;
    act |process, cast| {
        let body = unannounced("d.txt", &noise(2_000, 2));
        process.cases.files.upload.run(upload(cast, body)).await
    };
    check |world, cast| expect(file_count(world, cast).await == 3, "something of it was kept")
}

scenario! {
    /// Refused while its bytes come.
    an_upload_that_grows_too_large, retried Late;
    arrange |world| world.user().await;
    act |process, cast| {
        let length = usize::try_from(Process::MAX_UPLOAD).unwrap_or_default() + 1;
        let body = unannounced("large.bin", &noise(length, 3));
        process.cases.files.upload.run(upload(cast, body)).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "something of it was kept")
}

scenario! {
    /// It ends before its end.
    an_upload_whose_sender_goes_away, retried Late;
    arrange |world| world.user().await;
    act |process, cast| {
        let body = Cast::broken_body("notes.txt", &World::text(), BodyError::Aborted);
        process.cases.files.upload.run(upload(cast, body)).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "something of it was kept")
}

scenario! {
    /// It has another hash than it should.
    an_upload_of_other_bytes_than_promised, retried Late;
    arrange |world| world.user().await;
    act |process, cast| {
        let sha256 = Some(Sha256::new([1; 32]));
        let body = UploadBody { sha256, ..Cast::body("notes.txt", &World::text()) };
        process.cases.files.upload.run(upload(cast, body)).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "something of it was kept")
}

scenario! {
    /// Its bytes are kept already when the rest of the request turns out to be wrong.
    an_upload_without_a_name, retried Late;
    arrange |world| world.user().await;
    act |process, cast| {
        let end = async { Err(BodyError::Malformed("no name")) }.boxed();
        let body = UploadBody { end, ..Cast::body("notes.txt", &World::text()) };
        process.cases.files.upload.run(upload(cast, body)).await
    };
    check |world, cast| expect(file_count(world, cast).await == 0, "something of it was kept")
}
