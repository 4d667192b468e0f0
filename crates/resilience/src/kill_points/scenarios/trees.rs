//! Folders, copies, the trash, batches and operations.

use std::time::Duration;

use fm_application::jobs::{Job as _, PurgeTrash, RunOperation};
use fm_application::tree::{
    BatchAction, BatchCommand, BatchOperation, CopyCommand, CreateFolderCommand, DeleteCommand, EditCommand,
    EmptyTrashCommand, RestoreCommand, TrashCommand,
};
use fm_domain::clock::Clock as _;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{Delta, Folder, Item, OnConflict, OnFolderConflict, UNIT_ENTRIES};
use uuid::Uuid;

use super::{expect, scenario};
use crate::kill_points::{Actors, Environment};

/// More than one unit of work changes.
const MANY: usize = UNIT_ENTRIES as usize + 20;

/// A user with a text, and a folder.
async fn with_folder(environment: &Environment) -> Actors {
    let mut actors = environment.user_with_text().await;
    let name = "Work".parse().unwrap();
    let command = CreateFolderCommand { name, parent: None, on_conflict: OnFolderConflict::Fail };
    let created = environment.healthy().cases.tree.create_folder.run(&actors.actor(), command).await;
    actors.folder = Some(created.unwrap().view.folder.id);
    actors
}

/// A user with a folder of so many folders that no unit changes them all.
async fn with_large_folder(environment: &Environment) -> Actors {
    let actors = with_folder(environment).await;
    let (drive, now) = (DriveId::of_user(actors.user), environment.clock.now());
    let folders = (0..MANY).map(|number| {
        let (id, name) = (NodeId::new(Uuid::now_v7()), format!("folder {number}").parse().unwrap());
        Item::from(Folder::new(id, drive, actors.folder(), name, now))
    });
    let folders: Vec<Item> = folders.collect();
    let mut unit = environment.database.begin().await.unwrap();
    unit.drives().enter(drive, &Delta::new_folders(MANY), None).await.unwrap();
    unit.nodes().insert_many(&folders).await.unwrap();
    unit.commit().await.unwrap();
    actors
}

/// A user whose large folder is in the trash, inside another one.
async fn with_large_folder_in_the_trash(environment: &Environment) -> Actors {
    let actors = with_large_folder(environment).await;
    let (process, actor) = (environment.healthy(), actors.actor());
    let tree = &process.cases.tree;
    let name = "Outer".parse().unwrap();
    let command = CreateFolderCommand { name, parent: None, on_conflict: OnFolderConflict::Fail };
    let outer = tree.create_folder.run(&actor, command).await.unwrap().view.folder.id;
    let into_it = EditCommand {
        item: actors.folder(),
        kind: None,
        if_match: None,
        name: None,
        parent: Some(outer),
        on_conflict: OnConflict::Fail,
        modified_at: None,
    };
    tree.edit.run(&actor, into_it).await.unwrap();
    tree.trash.run(&actor, TrashCommand { item: outer, if_match: None }).await.unwrap();
    environment.work(&[RunOperation::kind()]).await;
    actors
}

/// A user whose picture is in the trash.
async fn with_trash(environment: &Environment) -> Actors {
    let actors = environment.user_with_thumbnail().await;
    let command = TrashCommand { item: actors.file().id.into(), if_match: None };
    environment.healthy().cases.tree.trash.run(&actors.actor(), command).await.unwrap();
    actors
}

/// Whether their file is a top of the trash.
async fn is_trashed(environment: &Environment, actors: &Actors) -> bool {
    let found = environment.trashed(actors.user, actors.file().id.into()).await;
    found.is_some_and(|found| found.is_top())
}

/// Whether nothing is left of their file.
async fn is_gone(environment: &Environment, actors: &Actors) -> Result<(), String> {
    expect(environment.file(actors.user, actors.file()).await.is_none(), "the file is still there")?;
    expect(!is_trashed(environment, actors).await, "the file is still in the trash")?;
    expect(environment.debris().await == 0, "its bytes are still there")
}

fn copy_of_the_folder(actors: &Actors) -> CopyCommand {
    CopyCommand {
        item: actors.folder(),
        parent: NodeId::root(DriveId::of_user(actors.user)),
        name: None,
        on_conflict: OnConflict::Rename,
    }
}

/// Their file into their folder, and a copy of it beside.
fn batch(actors: &Actors, atomic: bool) -> BatchCommand {
    let (file, parent) = (NodeId::from(actors.file().id), actors.folder());
    let operation = |action| BatchOperation { id: file.to_string(), item: Some(file), action };
    let operations = vec![
        operation(BatchAction::Copy {
            parent: NodeId::root(DriveId::of_user(actors.user)),
            name: Some("copy.txt".parse().unwrap()),
            on_conflict: OnConflict::Fail,
        }),
        operation(BatchAction::Move { parent, on_conflict: OnConflict::Fail, if_match: None }),
    ];
    BatchCommand { operations, atomic, key: Some("a-batch".parse().unwrap()) }
}

/// Whether the batch was done, and once.
async fn is_batched(environment: &Environment, actors: &Actors) -> Result<(), String> {
    let file = environment.file(actors.user, actors.file()).await.ok_or("the file is gone")?;
    expect(file.parent == actors.folder(), "the file is elsewhere")?;
    let files = environment.files(actors.user).await;
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    expect(names == ["copy.txt", "notes.txt"], "there is not one copy")
}

scenario! {
    /// A file goes into a folder, and has another name there.
    a_move, retried AgainAndAgain;
    arrange |environment| with_folder(environment).await;
    act |process, actors| {
        let command = EditCommand {
            item: actors.file().id.into(),
            kind: None,
            if_match: None,
            name: Some("moved.txt".parse().unwrap()),
            parent: Some(actors.folder()),
            on_conflict: OnConflict::Fail,
            modified_at: None,
        };
        process.cases.tree.edit.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let file = environment.file(actors.user, actors.file()).await.ok_or("the file is gone")?;
        expect(file.parent == actors.folder() && file.name.as_str() == "moved.txt", "the file is elsewhere")
    }
}

scenario! {
    /// A copy refers to the bytes that are there.
    a_copy, retried AgainAndAgain;
    arrange |environment| with_folder(environment).await;
    act |process, actors| {
        let (item, parent) = (actors.file().id.into(), actors.folder());
        let command = CopyCommand { item, parent, name: None, on_conflict: OnConflict::Fail };
        process.cases.tree.copy.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        expect(files.len() == 2, "there is not one copy")?;
        expect(files.iter().all(|file| file.blob == actors.file().blob), "the copy has other bytes")
    }
}

scenario! {
    /// A file goes into the trash.
    a_trash, retried AgainAndAgain;
    arrange |environment| environment.user_with_thumbnail().await;
    act |process, actors| {
        let command = TrashCommand { item: actors.file().id.into(), if_match: None };
        process.cases.tree.trash.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.file(actors.user, actors.file()).await.is_none(), "the file is still there")?;
        expect(is_trashed(environment, actors).await, "the file is not in the trash")
    }
}

scenario! {
    /// A file comes back from the trash.
    a_restore, retried AgainAndAgain;
    arrange |environment| with_trash(environment).await;
    act |process, actors| {
        let command = RestoreCommand {
            item: actors.file().id.into(),
            parent: None,
            recreate_parents: false,
            on_conflict: OnConflict::Fail,
        };
        process.cases.tree.restore.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let file = environment.file(actors.user, actors.file()).await.ok_or("the file is not back")?;
        expect(file.blob == actors.file().blob, "the file has other bytes")
    }
}

scenario! {
    /// A file in the trash goes for good, with its thumbnail.
    a_deletion_from_the_trash, retried AgainAndAgain;
    arrange |environment| with_trash(environment).await;
    act |process, actors| {
        let command = DeleteCommand { item: actors.file().id.into(), kind: None, if_match: None, recursive: false };
        process.cases.tree.delete.run(&actors.actor(), command).await
    };
    check |environment, actors| is_gone(environment, actors).await
}

scenario! {
    /// A batch that is cut off is gone on with by a job, and a retry finds it.
    a_batch_with_a_key, retried AgainAndAgain;
    arrange |environment| with_folder(environment).await;
    act |process, actors| process.cases.tree.batch.run(&actors.actor(), batch(actors, false)).await;
    check |environment, actors| is_batched(environment, actors).await
}

scenario! {
    /// All operations of a batch are done, or none.
    a_batch_of_all_or_nothing, retried AgainAndAgain;
    arrange |environment| with_folder(environment).await;
    act |process, actors| process.cases.tree.batch.run(&actors.actor(), batch(actors, true)).await;
    check |environment, actors| is_batched(environment, actors).await
}

scenario! {
    /// The trash is emptied by an operation.
    a_trash_emptied, retried AgainAndAgain;
    arrange |environment| with_trash(environment).await;
    act |process, actors| {
        let command = EmptyTrashCommand { older_than_days: None };
        process.cases.tree.empty_trash.run(&actors.actor(), command).await
    };
    check |environment, actors| is_gone(environment, actors).await
}

scenario! {
    /// What has been in the trash for its time goes.
    a_purge_of_the_trash, retried NextTurn;
    arrange |environment| {
        let actors = with_trash(environment).await;
        environment.pass(Duration::from_hours(31 * 24));
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[PurgeTrash::kind()]).await;
    check |environment, actors| is_gone(environment, actors).await
}

scenario! {
    /// A folder that is too large for a unit goes by an operation.
    a_large_folder_deleted, retried AgainAndAgain;
    arrange |environment| with_large_folder(environment).await;
    act |process, actors| {
        let command = DeleteCommand { item: actors.folder(), kind: None, if_match: None, recursive: true };
        process.cases.tree.delete.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.nodes(actors.user).await.len() == 2, "more than the root and the file is left")
    }
}

scenario! {
    /// The operation that copies the rest of a large folder.
    a_large_folder_copied_by_a_job, retried NextTurn;
    arrange |environment| {
        let actors = with_large_folder(environment).await;
        let process = environment.healthy();
        process.cases.tree.copy.run(&actors.actor(), copy_of_the_folder(&actors)).await.unwrap();
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[RunOperation::kind()]).await;
    check |environment, actors| {
        let nodes = environment.nodes(actors.user).await.len();
        expect(nodes == 2 + 2 * (MANY + 1), "the copy is not whole")
    }
}

scenario! {
    /// A large folder is told from the rest of a trash by an operation before it comes back.
    a_large_folder_restored_from_inside_another, retried AgainAndAgain;
    arrange |environment| with_large_folder_in_the_trash(environment).await;
    act |process, actors| {
        let command = RestoreCommand {
            item: actors.folder(),
            parent: Some(NodeId::root(DriveId::of_user(actors.user))),
            recreate_parents: false,
            on_conflict: OnConflict::Rename,
        };
        process.cases.tree.restore.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let nodes = environment.nodes(actors.user).await;
        let living = nodes.iter().filter(|node| node.trash.is_none()).count();
        expect(living == 2 + MANY + 1, "not all of it is back")
    }
}
