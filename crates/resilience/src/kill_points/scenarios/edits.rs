//! Changes to a file that is there.

use bytes::Bytes;
use fm_application::files::{IfMatch, RemoveCommand, RenameCommand, ReplaceCommand, UploadBody};
use fm_domain::body::BodyError;
use fm_domain::files::{Revision, Sha256, ThumbnailState};
use sha2::Digest as _;

use super::{expect, scenario};
use crate::kill_points::{Cast, World};

/// Their file's new content.
fn replacement(cast: &Cast, body: UploadBody) -> ReplaceCommand {
    ReplaceCommand { owner: cast.user, file: cast.file().id, if_match: None, body }
}

/// Whether their file has this content, and a thumbnail if it is a picture.
async fn holds(world: &World, cast: &Cast, content: &Bytes, picture: bool) -> bool {
    let hash = Some(Sha256::new(sha2::Sha256::digest(content).into()));
    let file = world.file(cast.user, cast.file()).await;
    file.is_some_and(|file| file.sha256 == hash && file.thumbnail.blob().is_some() == picture)
}

scenario! {
    /// Another name for a file.
    a_rename, retried Late;
    arrange |world| world.user_with_text().await;
    act |process, cast| {
        let name = "renamed.txt".parse().unwrap();
        let command = RenameCommand { owner: cast.user, file: cast.file().id, if_match: None, name };
        process.cases.files.rename.run(command).await
    };
    check |world, cast| {
        let file = world.file(cast.user, cast.file()).await.ok_or("the file is gone")?;
        expect(file.name.as_str() == "renamed.txt", "the file has another name")
    }
}

scenario! {
    /// A file goes, with its thumbnail.
    a_removal, retried AgainAndAgain;
    arrange |world| world.user_with_thumbnail().await;
    act |process, cast| {
        let command = RemoveCommand { owner: cast.user, file: cast.file().id, if_match: None };
        process.cases.files.remove.run(command).await
    };
    check |world, cast| {
        expect(world.file(cast.user, cast.file()).await.is_none(), "the file is still there")?;
        expect(world.debris().await == 0, "its bytes are still there")
    }
}

scenario! {
    /// The new content has no thumbnail; the old bytes and the old thumbnail go.
    a_picture_replaced_by_a_text, retried Late;
    arrange |world| world.user_with_thumbnail().await;
    act |process, cast| {
        let command = replacement(cast, Cast::body("ignored", &World::text()));
        process.cases.files.replace_content.run(command).await
    };
    check |world, cast| {
        expect(holds(world, cast, &World::text(), false).await, "the file holds something else")
    }
}

scenario! {
    /// The new content gets a thumbnail.
    a_text_replaced_by_a_picture, retried AgainAndAgain;
    arrange |world| world.user_with_text().await;
    act |process, cast| {
        let command = replacement(cast, Cast::body("ignored", &World::picture()));
        process.cases.files.replace_content.run(command).await
    };
    check |world, cast| {
        expect(holds(world, cast, &World::picture(), true).await, "the file holds something else")
    }
}

scenario! {
    /// The file has changed meanwhile: it stays.
    a_replacement_of_another_revision, retried Late;
    arrange |world| world.user_with_text().await;
    act |process, cast| {
        let if_match = Some(IfMatch::Revisions(vec![Revision::new(99)]));
        let command =
            ReplaceCommand { if_match, ..replacement(cast, Cast::body("ignored", &World::picture())) };
        process.cases.files.replace_content.run(command).await
    };
    check |world, cast| {
        expect(holds(world, cast, &World::text(), false).await, "the file holds something else")
    }
}

scenario! {
    /// The new content ends before its end: the old one stays.
    a_replacement_whose_sender_goes_away, retried Late;
    arrange |world| world.user_with_text().await;
    act |process, cast| {
        let body = Cast::broken_body("ignored", &World::picture(), BodyError::Aborted);
        process.cases.files.replace_content.run(replacement(cast, body)).await
    };
    check |world, cast| {
        expect(holds(world, cast, &World::text(), false).await, "the file holds something else")
    }
}

scenario! {
    /// A thumbnail that is there is made again.
    a_thumbnail_made_again, retried AgainAndAgain;
    arrange |world| world.user_with_thumbnail().await;
    act |process, cast| process.cases.files.remake_thumbnail.run(cast.user, cast.file().id).await;
    check |world, cast| {
        let file = world.file(cast.user, cast.file()).await.ok_or("the file is gone")?;
        expect(matches!(file.thumbnail, ThumbnailState::Ready { .. }), "there is no thumbnail")?;
        expect(file.thumbnail.blob() != cast.file().thumbnail.blob(), "it is the old thumbnail")
    }
}
