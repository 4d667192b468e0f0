//! Uploads.

use bytes::Bytes;
use fm_application::files::{UploadBody, UploadCommand};
use fm_domain::body::BodyError;
use fm_domain::files::{Sha256, ThumbnailState};
use futures_util::FutureExt as _;

use super::{expect, file_count, scenario};
use crate::kill_points::{Actors, Environment, Process};
use fm_contract::samples::noise;

/// Their upload of this body.
fn upload(body: UploadBody) -> UploadCommand {
    UploadCommand::new(None, body)
}

/// Their upload of some text with a key.
fn keyed(actors: &Actors) -> UploadCommand {
    UploadCommand {
        key: Some("once-and-only-once".parse().unwrap()),
        ..actors.upload("notes.txt", &Environment::text())
    }
}

/// The body, its length unknown.
fn of_unknown_length(name: &'static str, content: &Bytes) -> UploadBody {
    UploadBody { length: None, ..Actors::body(name, content) }
}

/// A user whose quota has room for less than 2,000 bytes more.
async fn nearly_full(environment: &Environment) -> Actors {
    let mut actors = environment.user().await;
    for name in ["a.txt", "b.txt", "c.txt"] {
        actors.file = Some(environment.healthy().file_of(&actors, name, &noise(3_000, 1)).await);
    }
    actors
}

/// Their text, twice: the process remembers the number that its name got.
async fn upload_twice(process: &Process, actors: &Actors) {
    for _ in 0..2 {
        process.file_of(actors, "notes.txt", &Environment::text()).await;
    }
}

scenario! {
    /// A text, its length known.
    an_upload_of_a_text, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.files.upload.run(&actors.actor(), actors.upload("notes.txt", &Environment::text())).await;
    check |environment, actors| expect(file_count(environment, actors).await >= 1, "there is no file")
}

scenario! {
    /// A picture: its thumbnail follows.
    an_upload_of_a_picture, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.files.upload.run(&actors.actor(), actors.upload("cat.png", &Environment::picture())).await;
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        let ready = files.iter().all(|file| matches!(file.thumbnail, ThumbnailState::Ready { .. }));
        expect(!files.is_empty() && ready, "there is no file, or no thumbnail")
    }
}

scenario! {
    /// The client declares no length.
    an_upload_of_unknown_length, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let body = of_unknown_length("notes.txt", &Environment::text());
        process.cases.files.upload.run(&actors.actor(), upload(body)).await
    };
    check |environment, actors| expect(file_count(environment, actors).await >= 1, "there is no file")
}

scenario! {
    /// It gets the number behind the one that its name got in this process.
    an_upload_of_a_name_that_got_a_number, retried Late;
    arrange |environment| environment.user().await;
    before |process, actors| upload_twice(process, actors).await;
    act |process, actors| process.cases.files.upload.run(&actors.actor(), actors.upload("notes.txt", &Environment::text())).await;
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        let has = |name: &str| files.iter().any(|file| file.name.as_str() == name);
        expect(has("notes (2).txt") && has("notes (3).txt"), "no file got the next number")
    }
}

scenario! {
    /// However often it is tried again with its key, there is one file.
    an_upload_with_a_key, retried AgainAndAgain;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.files.upload.run(&actors.actor(), keyed(actors)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file, but none or two")
}

scenario! {
    /// A retry of an upload that was finished finds the first one.
    an_upload_repeated_with_its_key, retried AgainAndAgain;
    arrange |environment| {
        let actors = environment.user().await;
        environment.healthy().cases.files.upload.run(&actors.actor(), keyed(&actors)).await.unwrap();
        actors
    };
    act |process, actors| process.cases.files.upload.run(&actors.actor(), keyed(actors)).await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "there is not one file, but none or two")
}

scenario! {
    /// Refused before a byte is read.
    an_intent_beyond_the_quota, retried Late;
    arrange |environment| nearly_full(environment).await;
    act |process, actors| process.cases.files.upload.run(&actors.actor(), actors.upload("d.txt", &noise(2_000, 2))).await;
    check |environment, actors| expect(file_count(environment, actors).await == 3, "something of it was kept")
}

scenario! {
    /// Refused while its bytes come.
    an_upload_that_grows_beyond_the_quota, retried Late;
    arrange |environment| nearly_full(environment).await;
    act |process, actors| {
        let body = of_unknown_length("d.txt", &noise(2_000, 2));
        process.cases.files.upload.run(&actors.actor(), upload(body)).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 3, "something of it was kept")
}

scenario! {
    /// Refused while its bytes come.
    an_upload_that_grows_too_large, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let length = usize::try_from(Process::MAX_UPLOAD).unwrap_or_default() + 1;
        let body = of_unknown_length("large.bin", &noise(length, 3));
        process.cases.files.upload.run(&actors.actor(), upload(body)).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "something of it was kept")
}

scenario! {
    /// It ends before its end.
    an_upload_whose_sender_goes_away, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let body = Actors::broken_body("notes.txt", &Environment::text(), BodyError::Aborted);
        process.cases.files.upload.run(&actors.actor(), upload(body)).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "something of it was kept")
}

scenario! {
    /// It has another hash than it should.
    an_upload_of_other_bytes_than_promised, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let sha256 = Some(Sha256::new([1; 32]));
        let body = UploadBody { sha256, ..Actors::body("notes.txt", &Environment::text()) };
        process.cases.files.upload.run(&actors.actor(), upload(body)).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "something of it was kept")
}

scenario! {
    /// Its bytes are kept already when the rest of the request turns out to be wrong.
    an_upload_without_a_name, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let end = async { Err(BodyError::Malformed("no name")) }.boxed();
        let body = UploadBody { end, ..Actors::body("notes.txt", &Environment::text()) };
        process.cases.files.upload.run(&actors.actor(), upload(body)).await
    };
    check |environment, actors| expect(file_count(environment, actors).await == 0, "something of it was kept")
}
