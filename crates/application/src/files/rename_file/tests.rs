#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::files::{EditError, IfMatch, RenameCommand, RenameFile};
use crate::fixture::{access, actor, by_ada, noted, once, reads_of_file, unavailable};
use crate::testing::{TestPorts, settings};
use fm_domain::access::Right;
use fm_domain::audit::AuditAction;
use fm_domain::clock::Clock as _;
use fm_domain::files::{File, Revision, UpdateFile};
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock, a_file};

fn renaming(effects: &Effects, file: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.files.expect_find_for_update(), "lock", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(file.clone())
    });
    unit
}

async fn rename(
    unit: FakeUnitOfWork,
    if_match: Option<IfMatch>,
) -> Result<crate::files::FileView, EditError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let name = "other.txt".parse().unwrap();
    let command = RenameCommand { file: a_file().id, if_match, name };
    RenameFile::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn a_new_name_is_a_new_revision_of_the_same_bytes() {
    let effects = Effects::default();
    let mut unit = renaming(&effects, Some(a_file()));
    once!(effects, unit.files.expect_update(), "update", |after, seen| {
        assert_eq!((seen, after.revision, after.blob), (Revision::FIRST, Revision::new(2), a_file().blob));
        Ok(())
    });
    let trail = unit.audit.clone();
    let file = rename(unit, Some(IfMatch::Revisions(vec![Revision::FIRST]))).await.unwrap().file;
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_RENAMED, Some(file.id.uuid()))]);
    assert_eq!((file.name.as_str(), file.created_at), ("other.txt", a_file().created_at));
    assert_eq!(effects.seen(), ["lock", "update", "commit"]);
}

#[tokio::test]
async fn a_rename_whose_answer_was_lost_is_read_back() {
    for happened in [true, false] {
        let effects = Effects::default();
        let mut unit = renaming(&effects, Some(a_file())).committing_with(unavailable());
        once!(effects, unit.files.expect_update(), "update", |_, _| Ok(()));
        let after = File {
            name: "other.txt".parse().unwrap(),
            revision: Revision::FIRST.next(),
            updated_at: FixedClock::NEW_YEAR.now(),
            ..a_file()
        };
        let found = if happened { after } else { a_file() };
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit).reads(reads_of_file(&effects, Some(found)));
        let name = "other.txt".parse().unwrap();
        let command = RenameCommand { file: a_file().id, if_match: None, name };
        let outcome = RenameFile::new(&doubles.ports(), &settings()).run(&actor(), command).await;
        assert_eq!(outcome.is_ok(), happened);
        assert_eq!(effects.seen(), ["lock", "update", "commit", "find"]);
    }
}

#[tokio::test]
async fn a_file_that_is_gone_or_has_changed_keeps_its_name() {
    let effects = Effects::default();
    assert!(matches!(rename(renaming(&effects, None), None).await, Err(EditError::NotFound)));
    let other = Some(IfMatch::Revisions(vec![]));
    let outcome = rename(renaming(&effects, Some(a_file())), other).await;
    assert!(matches!(outcome, Err(EditError::PreconditionFailed)));
    let mut unit = renaming(&effects, Some(a_file()));
    once!(effects, unit.files.expect_update(), "update", |_, _| Err(UpdateFile::Stale));
    assert!(matches!(rename(unit, None).await, Err(EditError::PreconditionFailed)));
    assert_eq!(effects.seen(), ["lock", "rollback", "lock", "rollback", "lock", "update", "drop"]);
}
