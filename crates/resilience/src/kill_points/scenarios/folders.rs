//! Folders, with what is in them.

use fm_application::tree::{
    CopyCommand, CreateFolderCommand, CreateFoldersCommand, DeleteCommand, EditCommand, RestoreCommand,
    TrashCommand, TreeError,
};
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{ItemKind, NodeRecord, OnConflict, OnFolderConflict, TreePath};

use super::trees::{make_folder, move_into, put_into_trash};
use super::{expect, scenario};
use crate::kill_points::{Actors, Environment, Process};

/// A user whose folder has a picture in a folder of its own, and lies in another one: `/Outer/Work/Inner/cat.png`.
async fn with_nested_folder(environment: &Environment) -> Actors {
    let mut actors = environment.user_with_thumbnail().await;
    let outer = make_folder(environment, &actors, "Outer", None).await;
    let work = make_folder(environment, &actors, "Work", Some(outer)).await;
    let inner = make_folder(environment, &actors, "Inner", Some(work)).await;
    move_into(environment, &actors, actors.file().id.into(), inner).await;
    actors.folder = Some(work);
    actors.file = environment.file(actors.user, actors.file()).await;
    actors
}

/// The same, with another folder of its name in the root.
async fn with_two_of_a_name(environment: &Environment) -> Actors {
    let actors = with_nested_folder(environment).await;
    make_folder(environment, &actors, "Work", None).await;
    actors
}

/// A user whose nested folder is in the trash.
async fn with_folder_in_the_trash(environment: &Environment) -> Actors {
    let actors = with_nested_folder(environment).await;
    put_into_trash(environment, &actors, actors.folder()).await;
    actors
}

fn root(actors: &Actors) -> NodeId {
    NodeId::root(DriveId::of_user(actors.user))
}

/// Their folder into the root.
fn into_the_root(actors: &Actors, on_conflict: OnConflict) -> EditCommand {
    EditCommand {
        item: actors.folder(),
        kind: Some(ItemKind::Folder),
        if_match: None,
        name: None,
        parent: Some(root(actors)),
        on_conflict,
        modified_at: None,
    }
}

/// Moves their folder into the root.
async fn move_into_the_root(
    process: &Process,
    actors: &Actors,
    on_conflict: OnConflict,
) -> Result<(), TreeError> {
    process.cases.tree.edit.run(&actors.actor(), into_the_root(actors, on_conflict)).await?;
    Ok(())
}

/// The row of their folder.
async fn row(environment: &Environment, actors: &Actors) -> Result<NodeRecord, String> {
    let nodes = environment.nodes(actors.user).await;
    let found = nodes.into_iter().find(|node| node.id == actors.folder());
    found.ok_or_else(|| "the folder is gone".to_owned())
}

/// Whether their picture is where it was, with its bytes.
async fn holds_its_picture(environment: &Environment, actors: &Actors) -> Result<(), String> {
    let file = environment.file(actors.user, actors.file()).await.ok_or("the picture is gone")?;
    let (before, now) = (actors.file(), &file);
    expect((before.parent, before.blob) == (now.parent, now.blob), "the picture is elsewhere, or another")
}

scenario! {
    /// A folder is made, unless it is there.
    a_folder_made, retried AgainAndAgain;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let (name, on_conflict) = ("Work".parse().unwrap(), OnFolderConflict::Reuse);
        let directory = TreePath::default();
        let command = CreateFolderCommand { name, parent: None, directory, on_conflict };
        process.cases.tree.create_folder.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.nodes(actors.user).await.len() == 2, "there is not one folder in the root")
    }
}

scenario! {
    /// All folders of several paths, or none.
    folders_made_by_their_paths, retried AgainAndAgain;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let paths = ["photos/2025", "photos/2026", "work"].map(|path| TreePath::parse(path).unwrap());
        let command = CreateFoldersCommand { parent: None, paths: paths.into() };
        process.cases.tree.create_folders.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.nodes(actors.user).await.len() == 5, "there are not four folders below the root")
    }
}

scenario! {
    /// Another name for a folder.
    a_folder_renamed, retried AgainAndAgain;
    arrange |environment| with_nested_folder(environment).await;
    act |process, actors| {
        let (name, on_conflict) = ("Play".parse().unwrap(), OnConflict::Fail);
        let command = EditCommand { name: Some(name), parent: None, ..into_the_root(actors, on_conflict) };
        process.cases.tree.edit.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(row(environment, actors).await?.key == "play", "the folder has another name")?;
        holds_its_picture(environment, actors).await
    }
}

scenario! {
    /// A folder moves, and gets a number.
    a_folder_moved_to_where_its_name_is_taken, retried AgainAndAgain;
    arrange |environment| with_two_of_a_name(environment).await;
    act |process, actors| move_into_the_root(process, actors, OnConflict::Rename).await;
    check |environment, actors| {
        let row = row(environment, actors).await?;
        expect(row.parent == Some(root(actors)) && row.key == "work (2)", "the folder is elsewhere")?;
        holds_its_picture(environment, actors).await
    }
}

scenario! {
    /// It is refused: files alone are replaced.
    a_folder_that_would_replace_another, retried AgainAndAgain;
    arrange |environment| with_two_of_a_name(environment).await;
    act |process, actors| move_into_the_root(process, actors, OnConflict::Replace).await;
    check |environment, actors| {
        expect(row(environment, actors).await?.parent != Some(root(actors)), "the folder has moved")?;
        expect(environment.nodes(actors.user).await.len() == 6, "the other folder is gone")?;
        holds_its_picture(environment, actors).await
    }
}

scenario! {
    /// A folder is copied with what is in it: all of it refers to the bytes that are there.
    a_folder_copied, retried AgainAndAgain;
    arrange |environment| with_nested_folder(environment).await;
    act |process, actors| {
        let (item, parent, name) = (actors.folder(), root(actors), "Copy".parse().ok());
        let command = CopyCommand { item, parent, name, on_conflict: OnConflict::Fail };
        process.cases.tree.copy.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        expect(files.len() == 2 && files[0].parent != files[1].parent, "there is not one copy of the picture")?;
        expect(files.iter().all(|file| file.blob == actors.file().blob), "the copy has other bytes")?;
        // The root, the outer folder, and both folders with their pictures.
        expect(environment.nodes(actors.user).await.len() == 8, "the copy is not whole")
    }
}

scenario! {
    /// A folder goes into the trash with what is in it.
    a_folder_trashed, retried AgainAndAgain;
    arrange |environment| with_nested_folder(environment).await;
    act |process, actors| {
        let command = TrashCommand { item: actors.folder(), if_match: None };
        process.cases.tree.trash.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.files(actors.user).await.is_empty(), "the picture is still there")?;
        let picture = environment.trashed(actors.user, actors.file().id.into()).await;
        let picture = picture.ok_or("the picture is not in the trash")?;
        expect(picture.top == actors.folder(), "the picture went there otherwise than its folder")
    }
}

scenario! {
    /// A folder comes back with what is in it.
    a_folder_restored, retried AgainAndAgain;
    arrange |environment| with_folder_in_the_trash(environment).await;
    act |process, actors| {
        let command = RestoreCommand {
            item: actors.folder(),
            parent: None,
            recreate_parents: false,
            on_conflict: OnConflict::Fail,
        };
        process.cases.tree.restore.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let row = row(environment, actors).await?;
        expect(row.trash.is_none() && row.key == "work", "the folder is still in the trash")?;
        holds_its_picture(environment, actors).await
    }
}

scenario! {
    /// A folder in the trash goes for good, with what is in it.
    a_folder_deleted_from_the_trash, retried AgainAndAgain;
    arrange |environment| with_folder_in_the_trash(environment).await;
    act |process, actors| {
        let command = DeleteCommand { item: actors.folder(), kind: None, if_match: None, recursive: true };
        process.cases.tree.delete.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let left = environment.nodes(actors.user).await.len();
        expect(left == 2, "more than the root and the outer folder is left")?;
        expect(environment.debris().await == 0, "bytes are still there")
    }
}
