//! Moves, copies, the trash and batches.

use std::time::Duration;

use fm_application::jobs::{Job as _, PurgeTrash};
use fm_application::tree::{
    BatchAction, BatchCommand, BatchOperation, CopyCommand, CreateFolderCommand, DeleteCommand, EditCommand,
    EmptyTrashCommand, RestoreCommand, TrashCommand,
};
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{OnConflict, OnFolderConflict, TreePath};

use super::{expect, scenario};
use crate::kill_points::{Actors, Environment};

/// Makes a folder for them, in `parent` or in the root.
pub(super) async fn make_folder(
    environment: &Environment,
    actors: &Actors,
    name: &str,
    parent: Option<NodeId>,
) -> NodeId {
    let name = name.parse().unwrap();
    let (directory, on_conflict) = (TreePath::default(), OnFolderConflict::Fail);
    let command = CreateFolderCommand { name, parent, directory, on_conflict };
    let created = environment.healthy().cases.tree.create_folder.run(&actors.actor(), command).await;
    created.unwrap().view.folder.id
}

/// Moves an item of theirs into a folder.
pub(super) async fn move_into(environment: &Environment, actors: &Actors, item: NodeId, folder: NodeId) {
    let command = EditCommand {
        item,
        kind: None,
        if_match: None,
        name: None,
        parent: Some(folder),
        on_conflict: OnConflict::Fail,
        modified_at: None,
    };
    environment.healthy().cases.tree.edit.run(&actors.actor(), command).await.unwrap();
}

/// Puts an item of theirs into the trash, or begins to.
pub(super) async fn put_into_trash(environment: &Environment, actors: &Actors, item: NodeId) {
    let command = TrashCommand { item, if_match: None };
    environment.healthy().cases.tree.trash.run(&actors.actor(), command).await.unwrap();
}

/// A user with a text, and a folder.
pub(super) async fn with_folder(environment: &Environment) -> Actors {
    let mut actors = environment.user_with_text().await;
    actors.folder = Some(make_folder(environment, &actors, "Work", None).await);
    actors
}

/// A user whose picture is in the trash.
async fn with_trash(environment: &Environment) -> Actors {
    let actors = environment.user_with_thumbnail().await;
    put_into_trash(environment, &actors, actors.file().id.into()).await;
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

/// A copy of their file; the file into their folder, which goes into the trash and comes back; and then the file goes.
fn batch_of_every_kind(actors: &Actors) -> BatchCommand {
    let (file, folder) = (NodeId::from(actors.file().id), actors.folder());
    let operation = |item: NodeId, action| BatchOperation { id: item.to_string(), item: Some(item), action };
    let (parent, name) = (NodeId::root(DriveId::of_user(actors.user)), "copy.txt".parse().unwrap());
    let on_conflict = OnConflict::Fail;
    let operations = vec![
        operation(file, BatchAction::Copy { parent, name: Some(name), on_conflict }),
        operation(file, BatchAction::Move { parent: folder, on_conflict, if_match: None }),
        operation(folder, BatchAction::Trash { if_match: None }),
        operation(folder, BatchAction::Restore { parent: None, recreate_parents: false, on_conflict }),
        operation(file, BatchAction::Delete { recursive: false, if_match: None }),
    ];
    BatchCommand { operations, atomic: true, key: Some("every-kind".parse().unwrap()) }
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
    /// One unit of work does what five requests would do.
    a_batch_of_every_kind, retried AgainAndAgain;
    arrange |environment| with_folder(environment).await;
    act |process, actors| process.cases.tree.batch.run(&actors.actor(), batch_of_every_kind(actors)).await;
    check |environment, actors| {
        let files = environment.files(actors.user).await;
        expect(files.len() == 1 && files[0].name.as_str() == "copy.txt", "there is not the copy alone")?;
        expect(files[0].blob == actors.file().blob, "the copy has other bytes")?;
        let nodes = environment.nodes(actors.user).await;
        let is_back = nodes.iter().any(|node| node.id == actors.folder() && node.trash.is_none());
        expect(is_back && nodes.len() == 3, "there is not the folder beside it")
    }
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
