//! Operations: changes of more items than one unit of work takes.

use fm_application::jobs::{Job as _, RunOperation};
use fm_application::tree::{
    CopyCommand, DeleteCommand, EmptyTrashCommand, RestoreCommand, TrashCommand, TreeError,
};
use fm_domain::clock::Clock as _;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{Delta, Folder, Item, OnConflict, UNIT_ENTRIES};
use uuid::Uuid;

use super::trees::{make_folder, move_into, put_into_trash, with_folder};
use super::{expect, scenario};
use crate::kill_points::{Actors, Environment, Process};

/// More than one unit of work changes.
const MANY: usize = UNIT_ENTRIES as usize + 20;

/// A user with a text, and a folder of so many folders that no unit changes them all.
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
    let outer = make_folder(environment, &actors, "Outer", None).await;
    move_into(environment, &actors, actors.folder(), outer).await;
    put_into_trash(environment, &actors, outer).await;
    environment.work(&[RunOperation::kind()]).await;
    actors
}

fn copy_of_the_folder(actors: &Actors) -> CopyCommand {
    CopyCommand {
        item: actors.folder(),
        parent: NodeId::root(DriveId::of_user(actors.user)),
        name: None,
        on_conflict: OnConflict::Rename,
    }
}

/// Has the trash emptied, and does so.
async fn empty_trash_and_work(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    let command = EmptyTrashCommand { older_than_days: None };
    process.cases.tree.empty_trash.run(&actors.actor(), command).await?;
    process.cases.jobs.run_next.run(&[RunOperation::kind()]).await?;
    Ok(())
}

scenario! {
    /// A folder that is too large for a unit goes by an operation.
    a_large_folder_deleted, retried AgainAndAgain, whole Recovered;
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
    /// A folder that is too large for a unit goes into the trash by an operation.
    a_large_folder_trashed, retried Late, whole Recovered;
    arrange |environment| with_large_folder(environment).await;
    act |process, actors| {
        let command = TrashCommand { item: actors.folder(), if_match: None };
        process.cases.tree.trash.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let nodes = environment.nodes(actors.user).await;
        let trashed = nodes.iter().filter(|node| node.trash == Some(actors.folder())).count();
        expect(trashed == MANY + 1, "not all of it is in the trash")?;
        expect(nodes.len() == trashed + 2, "something is lost, or there twice")
    }
}

scenario! {
    /// The operation that copies the rest of a large folder.
    a_large_folder_copied_by_a_job, retried NextTurn, whole Recovered;
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
    a_large_folder_restored_from_inside_another, retried AgainAndAgain, whole Recovered;
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

scenario! {
    /// A large folder in the trash is purged by an operation, and a file beside it, for databases differ in which entries of a folder
    /// they take first; the request and the job are one process.
    a_large_trash_emptied, retried Late, whole Recovered;
    arrange |environment| {
        let actors = with_large_folder(environment).await;
        put_into_trash(environment, &actors, actors.folder()).await;
        environment.work(&[RunOperation::kind()]).await;
        put_into_trash(environment, &actors, actors.file().id.into()).await;
        actors
    };
    act |process, actors| empty_trash_and_work(process, actors).await;
    check |environment, actors| {
        expect(environment.nodes(actors.user).await.len() == 1, "more than the root is left")?;
        expect(environment.debris().await == 0, "bytes are still there")
    }
}
