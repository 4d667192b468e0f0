//! Old versions, and what makes them: contents that take the place of others.

use bytes::Bytes;
use fm_application::files::{ReplaceCommand, UploadCommand};
use fm_application::tree::{CopyCommand, EditCommand};
use fm_domain::access::{Access, Right};
use fm_domain::files::{File, ThumbnailState, VersionNumber};
use fm_domain::tree::{OnConflict, Placing, Version};

use super::trees::make_folder;
use super::{expect, scenario};
use crate::kill_points::{Actors, Environment};

/// A user whose picture was replaced by a text, and so is an old version.
async fn with_old_version(environment: &Environment) -> Actors {
    let actors = environment.user_with_thumbnail().await;
    let body = Actors::body("ignored", &Environment::text());
    let command = ReplaceCommand { file: actors.file().id, if_match: None, modified_at: None, body };
    environment.healthy().cases.files.replace_content.run(&actors.actor(), command).await.unwrap();
    actors
}

/// Their upload into their folder, where it replaces a file of its name.
fn into_the_folder(actors: &Actors, content: &Bytes) -> UploadCommand {
    let (parent, on_conflict) = (actors.folder, OnConflict::Replace);
    let placing = Placing { parent, on_conflict, ..Placing::default() };
    UploadCommand { placing, ..actors.upload("cat.png", content) }
}

/// A user with a folder that has a text in it, which is called like a picture.
async fn with_text_in_a_folder(environment: &Environment) -> Actors {
    let mut actors = environment.user().await;
    actors.folder = Some(make_folder(environment, &actors, "Work", None).await);
    let (process, command) = (environment.healthy(), into_the_folder(&actors, &Environment::text()));
    let uploaded = process.cases.files.upload.run(&actors.actor(), command).await;
    actors.file = Some(uploaded.unwrap().view.file);
    actors
}

/// A user with a picture, and a folder in which a text has its name.
async fn with_picture_beside_a_text(environment: &Environment) -> Actors {
    let mut actors = environment.user_with_thumbnail().await;
    actors.folder = Some(make_folder(environment, &actors, "Work", None).await);
    let (process, command) = (environment.healthy(), into_the_folder(&actors, &Environment::text()));
    process.cases.files.upload.run(&actors.actor(), command).await.unwrap();
    actors
}

/// The old versions of a file of theirs.
async fn old_versions(environment: &Environment, actors: &Actors, file: &File) -> Vec<Version> {
    let own = Access::on_behalf_of(actors.user, Right::Read);
    let mut reads = environment.database.read().await.unwrap();
    reads.tree().versions(&own, file.id, None, 10).await.unwrap()
}

/// Whether this is a picture with its thumbnail, which has one text as an old version.
async fn has_replaced_a_text(environment: &Environment, actors: &Actors, file: &File) -> Result<(), String> {
    let picture = Environment::picture().len() as u64;
    expect(file.size.bytes() == picture, "the file holds something else")?;
    expect(matches!(file.thumbnail, ThumbnailState::Ready { .. }), "there is no thumbnail")?;
    let old = old_versions(environment, actors, file).await;
    let text = Environment::text().len() as u64;
    expect(old.len() == 1 && old[0].size.bytes() == text, "the old content is not its only version")
}

scenario! {
    /// An old content becomes the present one again, and the present one a version.
    a_version_restored, retried AgainAndAgain;
    arrange |environment| with_old_version(environment).await;
    act |process, actors| {
        let (file, number) = (actors.file().id, VersionNumber::FIRST);
        process.cases.tree.versions.restore(&actors.actor(), file, number, None).await
    };
    check |environment, actors| {
        let file = environment.file(actors.user, actors.file()).await.ok_or("the file is gone")?;
        expect(file.blob == actors.file().blob, "the file has other bytes")?;
        expect(matches!(file.thumbnail, ThumbnailState::Ready { .. }), "there is no thumbnail")?;
        expect(old_versions(environment, actors, &file).await.len() == 2, "there are not both versions")
    }
}

scenario! {
    /// All old versions of a file go.
    an_end_of_old_versions, retried AgainAndAgain;
    arrange |environment| with_old_version(environment).await;
    act |process, actors| {
        process.cases.tree.versions.delete(&actors.actor(), actors.file().id, None).await
    };
    check |environment, actors| {
        let old = old_versions(environment, actors, actors.file()).await;
        expect(old.is_empty(), "a version is still there")?;
        expect(environment.debris().await == 1, "there is not the present content alone")
    }
}

scenario! {
    /// The file keeps its id, and its old content.
    an_upload_that_replaces_a_file_in_a_folder, retried AgainAndAgain;
    arrange |environment| with_text_in_a_folder(environment).await;
    act |process, actors| {
        let command = into_the_folder(actors, &Environment::picture());
        process.cases.files.upload.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        expect(files.len() == 1 && files[0].id == actors.file().id, "there is not the one file")?;
        has_replaced_a_text(environment, actors, &files[0]).await
    }
}

scenario! {
    /// A file goes into a folder, and its content takes the place of that of the file that has its name.
    a_move_that_replaces_a_file, retried AgainAndAgain;
    arrange |environment| with_picture_beside_a_text(environment).await;
    act |process, actors| {
        let command = EditCommand {
            item: actors.file().id.into(),
            kind: None,
            if_match: None,
            name: None,
            parent: Some(actors.folder()),
            on_conflict: OnConflict::Replace,
            modified_at: None,
        };
        process.cases.tree.edit.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        expect(files.len() == 1 && files[0].parent == actors.folder(), "there is not one file in the folder")?;
        has_replaced_a_text(environment, actors, &files[0]).await
    }
}

scenario! {
    /// A copy does the same, and the file stays where it is.
    a_copy_that_replaces_a_file, retried AgainAndAgain;
    arrange |environment| with_picture_beside_a_text(environment).await;
    act |process, actors| {
        let (item, parent) = (actors.file().id.into(), actors.folder());
        let command = CopyCommand { item, parent, name: None, on_conflict: OnConflict::Replace };
        process.cases.tree.copy.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        let copy = files.iter().find(|file| file.parent == actors.folder()).ok_or("there is no copy")?;
        expect(files.len() == 2 && copy.blob == actors.file().blob, "the copy has other bytes")?;
        has_replaced_a_text(environment, actors, copy).await
    }
}
