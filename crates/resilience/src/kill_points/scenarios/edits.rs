//! Changes to a file that is there.

use bytes::Bytes;
use fm_application::files::{ReplaceCommand, UploadBody};
use fm_application::tree::{DeleteCommand, EditCommand};
use fm_domain::body::BodyError;
use fm_domain::files::{IfMatch, Revision, Sha256, ThumbnailState};
use fm_domain::tree::{ItemKind, OnConflict};
use sha2::Digest as _;

use super::{expect, scenario};
use crate::kill_points::{Actors, Environment};

/// Their file's new content.
fn replacement(actors: &Actors, body: UploadBody) -> ReplaceCommand {
    ReplaceCommand { file: actors.file().id, if_match: None, modified_at: None, body }
}

/// Whether their file has this content, and a thumbnail if it is a picture.
async fn holds(environment: &Environment, actors: &Actors, content: &Bytes, picture: bool) -> bool {
    let hash = Some(Sha256::new(sha2::Sha256::digest(content).into()));
    let file = environment.file(actors.user, actors.file()).await;
    file.is_some_and(|file| file.sha256 == hash && file.thumbnail.blob().is_some() == picture)
}

scenario! {
    /// Another name for a file.
    a_rename, retried Late;
    arrange |environment| environment.user_with_text().await;
    act |process, actors| {
        let name = "renamed.txt".parse().unwrap();
        let command = EditCommand {
            item: actors.file().id.into(),
            kind: None,
            if_match: None,
            name: Some(name),
            parent: None,
            on_conflict: OnConflict::Fail,
            modified_at: None,
        };
        process.cases.tree.edit.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let file = environment.file(actors.user, actors.file()).await.ok_or("the file is gone")?;
        expect(file.name.as_str() == "renamed.txt", "the file has another name")
    }
}

scenario! {
    /// A file goes, with its thumbnail.
    a_removal, retried AgainAndAgain;
    arrange |environment| environment.user_with_thumbnail().await;
    act |process, actors| {
        let (item, kind) = (actors.file().id.into(), Some(ItemKind::File));
        let command = DeleteCommand { item, kind, if_match: None, recursive: false };
        process.cases.tree.delete.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.file(actors.user, actors.file()).await.is_none(), "the file is still there")?;
        expect(environment.debris().await == 0, "its bytes are still there")
    }
}

scenario! {
    /// The new content has no thumbnail; the old bytes and the old thumbnail go.
    a_picture_replaced_by_a_text, retried Late;
    arrange |environment| environment.user_with_thumbnail().await;
    act |process, actors| {
        let command = replacement(actors, Actors::body("ignored", &Environment::text()));
        process.cases.files.replace_content.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(holds(environment, actors, &Environment::text(), false).await, "the file holds something else")
    }
}

scenario! {
    /// The new content gets a thumbnail.
    a_text_replaced_by_a_picture, retried AgainAndAgain;
    arrange |environment| environment.user_with_text().await;
    act |process, actors| {
        let command = replacement(actors, Actors::body("ignored", &Environment::picture()));
        process.cases.files.replace_content.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(holds(environment, actors, &Environment::picture(), true).await, "the file holds something else")
    }
}

scenario! {
    /// The file has changed meanwhile: it stays.
    a_replacement_of_another_revision, retried Late;
    arrange |environment| environment.user_with_text().await;
    act |process, actors| {
        let if_match = Some(IfMatch::Revisions(vec![Revision::new(99)]));
        let command =
            ReplaceCommand { if_match, ..replacement(actors, Actors::body("ignored", &Environment::picture())) };
        process.cases.files.replace_content.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(holds(environment, actors, &Environment::text(), false).await, "the file holds something else")
    }
}

scenario! {
    /// The new content ends before its end: the old one stays.
    a_replacement_whose_sender_goes_away, retried Late;
    arrange |environment| environment.user_with_text().await;
    act |process, actors| {
        let body = Actors::broken_body("ignored", &Environment::picture(), BodyError::Aborted);
        process.cases.files.replace_content.run(&actors.actor(), replacement(actors, body)).await
    };
    check |environment, actors| {
        expect(holds(environment, actors, &Environment::text(), false).await, "the file holds something else")
    }
}

scenario! {
    /// A thumbnail that is there is made again.
    a_thumbnail_made_again, retried AgainAndAgain;
    arrange |environment| environment.user_with_thumbnail().await;
    act |process, actors| process.cases.files.remake_thumbnail.run(&actors.actor(), actors.file().id).await;
    check |environment, actors| {
        let file = environment.file(actors.user, actors.file()).await.ok_or("the file is gone")?;
        expect(matches!(file.thumbnail, ThumbnailState::Ready { .. }), "there is no thumbnail")?;
        expect(file.thumbnail.blob() != actors.file().thumbnail.blob(), "it is the old thumbnail")
    }
}
