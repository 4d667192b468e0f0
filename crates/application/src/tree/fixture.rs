//! What the tests of trees share.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::fixture::{enqueued, entered, once};
use crate::jobs::RunOperation;
use crate::tree::operations::Stored;
use crate::tree::work::{Rest, Work};
use crate::tree::{OperationView, Outcome};
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::files::FileName;
use fm_domain::ids::{DriveId, NodeId, OperationId};
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_file, a_user};
use fm_domain::tree::{
    Ancestor, Delta, Folder, Item, Operation, OperationKind, OperationStatus, TrashedItem,
};

/// Ada's drive.
pub(super) fn drive() -> DriveId {
    DriveId::of_user(a_user().id)
}

/// Ada's root folder.
pub(super) fn root() -> Item {
    Item::Folder(Folder::root(drive(), FixedClock::NEW_YEAR.now()))
}

pub(super) fn node(number: u64) -> NodeId {
    NodeId::new(CountingIds::nth(number))
}

pub(super) fn name(text: &str) -> FileName {
    text.parse().unwrap()
}

/// Long before the clock of the tests.
pub(super) fn before() -> Timestamp {
    FixedClock::NEW_YEAR.now().minus(std::time::Duration::from_hours(1))
}

/// A folder in Ada's root.
pub(super) fn a_folder(number: u64, text: &str) -> Folder {
    Folder::new(node(number), drive(), NodeId::root(drive()), name(text), before())
}

/// `hello.txt` in the trash.
pub(super) fn a_trashed_file() -> TrashedItem {
    let file = a_file();
    TrashedItem {
        top: file.id.into(),
        size: file.size,
        item: Item::File(file),
        trashed_at: before(),
        has_parent: true,
        original_path: "/hello.txt".to_owned(),
    }
}

/// A unit of work that enters Ada's drive with this delta; jobs are enqueued.
pub(super) fn entering(effects: &Effects, expected: Delta) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.drives.expect_enter(), "enter", |of, delta, _| {
        assert_eq!((of, *delta), (drive(), expected));
        Ok(entered())
    });
    unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
    unit.operations.expect_make_room().returning(|_, _| Ok(0));
    unit
}

/// A unit of work inside Ada's drive that finds these living items, however often.
pub(super) fn inside(effects: &Effects, items: &[Item]) -> FakeUnitOfWork {
    finding(entering(effects, Delta::default()), items)
}

/// The unit, which finds these living items, and the root, however often.
pub(super) fn finding(mut unit: FakeUnitOfWork, items: &[Item]) -> FakeUnitOfWork {
    let items = [items, &[root()]].concat();
    unit.nodes.expect_find().returning(move |access, id| {
        assert_eq!(access.owner(), a_user().id);
        Ok(items.iter().find(|item| item.id() == id).cloned())
    });
    unit.nodes.expect_lineage().returning(|folder| {
        let root = Ancestor { id: NodeId::root(drive()), name: None };
        let inner = Ancestor { id: folder, name: Some(name("inner")) };
        Ok(if folder == root.id { vec![root] } else { vec![inner, root] })
    });
    unit
}

/// The answer of a change that is done.
pub(super) fn done<T>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(done) => done,
        Outcome::Accepted(view) => unreachable!("it goes on: {view:?}"),
    }
}

/// The operation of a change that goes on.
pub(super) fn accepted<T: std::fmt::Debug>(outcome: Outcome<T>) -> OperationView {
    match outcome {
        Outcome::Accepted(view) => view,
        Outcome::Done(done) => unreachable!("it is done: {done:?}"),
    }
}

/// The id of [`an_operation`].
pub(super) fn operation_id() -> OperationId {
    OperationId::new(CountingIds::nth(2001))
}

/// An operation of Ada's that runs, with this left to do.
pub(super) fn an_operation(kind: OperationKind, work: Work) -> Operation {
    let rest = Rest::Item(work).write().unwrap();
    Operation::new(operation_id(), a_user().id, kind, None, rest, before())
}

/// The unit, which adds an operation of this kind with this left to do, and the job that goes on with it.
pub(super) fn accepting(
    effects: &Effects,
    mut unit: FakeUnitOfWork,
    kind: OperationKind,
    left: Work,
) -> FakeUnitOfWork {
    once!(effects, unit.operations.expect_insert(), "accept", |operation| {
        assert_eq!((operation.kind, operation.status), (kind, OperationStatus::Running));
        assert_eq!(operation.owner, a_user().id);
        assert_eq!(Rest::read(&operation.rest).unwrap(), Rest::Item(left.clone()));
        Ok(())
    });
    unit
}

/// The item that is stored as the result of an operation.
pub(super) fn stored_item(operation: &Operation) -> Option<NodeId> {
    match operation.result.as_ref().map(|json| Stored::read(json).unwrap()) {
        Some(Stored::Item(item)) => Some(item),
        Some(Stored::Batch(_)) | None => None,
    }
}

/// The unit, which expects the jobs that go on with an operation among others.
pub(super) fn with_job(mut unit: FakeUnitOfWork, effects: &Effects) -> FakeUnitOfWork {
    let noted = effects.clone();
    unit.jobs.checkpoint();
    unit.jobs.expect_enqueue().returning(move |job| {
        if job.kind.as_str() == "run_operation" {
            assert_eq!(enqueued::<RunOperation>(job).owner, a_user().id);
            noted.note("job");
        }
        Ok(Enqueued::Added)
    });
    unit
}
