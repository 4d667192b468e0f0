//! Changes of trees that are wrong on purpose.

use fm_application::tree::{DeleteCommand, EditCommand, TreeError};
use fm_domain::files::File;
use fm_domain::ids::{DriveId, FileId};
use fm_domain::tree::{Delta, OnConflict};
use fm_resilience::kill_points::{Actors, InjectedFault, Outcome, Process, Retry, Scenario, scenarios};

use crate::mutants::{caught, kills_catch};

/// Moves their file into their folder.
async fn fill_folder(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    let command = EditCommand {
        item: actors.file().id.into(),
        kind: None,
        if_match: None,
        name: None,
        parent: Some(actors.folder()),
        on_conflict: OnConflict::Fail,
        modified_at: None,
    };
    process.cases.tree.edit.run(&actors.actor(), command).await.map(drop)
}

/// Puts their folder into the trash, and what is in it in a unit of its own that nothing remembers.
async fn trash_in_two_units(process: &Process, actors: &Actors) -> Result<(), TreeError> {
    fill_folder(process, actors).await?;
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
        act: |process, actors| {
            Box::pin(async move { Outcome::of(trash_in_two_units(process, actors).await) })
        },
        check: |_environment, _actors| Box::pin(async { Ok(()) }),
        // A prompt retry would finish it.
        retry: Retry::Late,
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
