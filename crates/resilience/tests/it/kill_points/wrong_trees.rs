//! Changes of trees that are wrong on purpose.

use fm_application::tree::{DeleteCommand, EditCommand, TrashCommand, TreeError};
use fm_domain::blobs::BlobKey;
use fm_domain::files::{File, FileName};
use fm_domain::ids::{DriveId, FileId, NodeId};
use fm_domain::tree::{Delta, OnConflict};
use fm_resilience::kill_points::{
    Actors, Environment, InjectedFault, Outcome, Process, Retry, Scenario, Whole, scenarios,
};

use crate::kill_points::mutants::{caught, kills_catch};

/// Gives their file another name, another folder, or both.
async fn edit(
    process: &Process,
    actors: &Actors,
    name: Option<FileName>,
    parent: Option<NodeId>,
) -> Result<(), TreeError> {
    let command = EditCommand {
        item: actors.file().id.into(),
        kind: None,
        if_match: None,
        name,
        parent,
        on_conflict: OnConflict::Fail,
        modified_at: None,
    };
    process.cases.tree.edit.run(&actors.actor(), command).await.map(drop)
}

/// A user whose file is in their folder.
async fn with_full_folder(environment: &Environment) -> Actors {
    let actors = (scenarios::a_move().arrange)(environment).await;
    edit(&environment.healthy(), &actors, None, Some(actors.folder())).await.unwrap();
    actors
}

/// Puts their folder into the trash, and what is in it in a unit of its own that nothing remembers.
async fn trash_in_two_units(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    let (drive, now) = (DriveId::of_user(actors.user), process.ports.clock.now());
    let mut unit = process.ports.db.begin().await?;
    unit.drives().enter(drive, &Delta::default(), None).await?;
    unit.nodes().trash(actors.folder(), now, "/Work").await?;
    unit.commit().await?;
    let mut unit = process.ports.db.begin().await?;
    unit.drives().enter(drive, &Delta::default(), None).await?;
    let marked = unit.nodes().mark_below(actors.folder(), 10).await?;
    unit.drives().charge(drive, &marked.measure.into_trash(), None).await?;
    Ok(unit.commit().await?)
}

#[test]
fn a_folder_that_goes_into_the_trash_without_what_is_in_it_is_caught() {
    let scenario = Scenario {
        name: "a wrong trash",
        arrange: |environment| Box::pin(with_full_folder(environment)),
        act: |process, actors| {
            Box::pin(async move { Outcome::of(trash_in_two_units(process, actors).await) })
        },
        check: |_environment, _actors| Box::pin(async { Ok(()) }),
        // A prompt retry would finish it.
        retry: Retry::Late,
        whole: Whole::Recovered,
        ..scenarios::a_move()
    };
    kills_catch(&scenario, "UnitOfWork::commit", "stands otherwise to the trash than its folder");
}

/// Copies their file and forgets that its blob is referred to once more.
async fn copy_without_a_reference(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    let mut unit = process.ports.db.begin().await?;
    let file = actors.file();
    unit.drives().enter(file.drive(), &Delta::new_file(file.size), None).await?;
    let copy = File { id: FileId::new(process.ports.ids.uuid()), parent: actors.folder(), ..file.clone() };
    unit.nodes().insert(&copy.into()).await?;
    unit.commit().await?;
    let command = DeleteCommand { item: file.id.into(), kind: None, if_match: None, recursive: false };
    process.cases.tree.delete.run(&actors.actor(), command).await.map(drop)
}

#[test]
fn a_copy_that_has_no_reference_to_its_bytes_is_caught_without_any_fault() {
    let scenario = Scenario {
        name: "a wrong copy",
        act: |process, actors| {
            Box::pin(async move { Outcome::of(copy_without_a_reference(process, actors).await) })
        },
        check: |_environment, _actors| Box::pin(async { Ok(()) }),
        ..scenarios::a_move()
    };
    let broken = caught(&scenario, InjectedFault::KILLS).unwrap();
    assert_eq!(broken.point, None, "{broken}");
}

/// Moves their file, and names it by another request.
async fn move_and_rename(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    edit(process, actors, None, Some(actors.folder())).await?;
    edit(process, actors, "moved.txt".parse().ok(), None).await
}

#[test]
fn a_change_that_is_half_done_is_caught_at_once() {
    let scenario = Scenario {
        name: "a wrong move",
        act: |process, actors| Box::pin(async move { Outcome::of(move_and_rename(process, actors).await) }),
        ..scenarios::a_move()
    };
    kills_catch(
        &scenario,
        "UnitOfWork::commit",
        "at once: the drive is neither what it was nor what it becomes",
    );
}

#[test]
fn a_change_that_no_job_goes_on_with_is_caught_once_everything_has_recovered() {
    let scenario = Scenario {
        name: "a wrong move",
        act: |process, actors| Box::pin(async move { Outcome::of(move_and_rename(process, actors).await) }),
        // A prompt retry would finish it.
        retry: Retry::Late,
        whole: Whole::Recovered,
        ..scenarios::a_move()
    };
    let what = "after it recovered: the drive is neither what it was nor what it becomes";
    kills_catch(&scenario, "UnitOfWork::commit", what);
}

/// Puts their file into the trash, and deletes its bytes.
async fn trash_without_bytes(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    let command = TrashCommand { item: actors.file().id.into(), if_match: None };
    process.cases.tree.trash.run(&actors.actor(), command).await?;
    Ok(process.ports.blobs.delete(&BlobKey::file(actors.file().blob)).await?)
}

#[test]
fn a_file_in_the_trash_that_has_no_bytes_is_caught_without_any_fault() {
    let scenario = Scenario {
        name: "a wrong trash",
        act: |process, actors| {
            Box::pin(async move { Outcome::of(trash_without_bytes(process, actors).await) })
        },
        check: |_environment, _actors| Box::pin(async { Ok(()) }),
        ..scenarios::a_trash()
    };
    let broken = caught(&scenario, InjectedFault::KILLS).unwrap();
    assert_eq!(broken.point, None, "{broken}");
    assert!(broken.what.contains("cat.png has no bytes"), "{broken}");
}
