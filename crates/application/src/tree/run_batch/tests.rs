#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{BatchCommand, BatchError, Keyed, RunBatch, WALKED_AT_ONCE};
use crate::fixture::{actor, unavailable};
use crate::jobs::{Job as _, RunOperation};
use crate::testing::{TestPorts, settings};
use crate::tree::batch::{BatchAction, BatchItem, BatchOp, BatchOperation, BatchOutcome, BatchResult};
use crate::tree::batch_work::BatchWork;
use crate::tree::context::Context;
use crate::tree::fixture::{
    a_folder, a_trashed_file, accepted, before, done, drive, inside, name, node, with_job,
};
use crate::tree::operations::Stored;
use crate::tree::work::Rest;
use crate::tree::{ItemView, OperationResult, OperationView, Outcome, Refusal, TreeError, advance_operation};
use fm_domain::access::Scopes;
use fm_domain::clock::Clock as _;
use fm_domain::ids::NodeId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, a_user};
use fm_domain::tree::{
    Ancestor, EnterDrive, Item, ItemKind, MAX_ATOMIC, MAX_BATCH, MAX_RUNNING_OPERATIONS, Marked, Measure,
    OnConflict, Operation, OperationKind, OperationStatus, PlaceItem, UpdateItem,
};

fn moving(number: u64) -> BatchOperation {
    let action = BatchAction::Move { parent: node(3), on_conflict: OnConflict::Fail, if_match: None };
    BatchOperation { id: format!("id {number}"), item: Some(node(number)), action }
}

fn trashing(number: u64) -> BatchOperation {
    BatchOperation { action: BatchAction::Trash { if_match: None }, ..moving(number) }
}

fn command(operations: Vec<BatchOperation>) -> BatchCommand {
    BatchCommand { operations, atomic: false, key: None }
}

fn keyed(command: BatchCommand) -> BatchCommand {
    BatchCommand { key: Some("key-1".parse().unwrap()), ..command }
}

/// Folders with these numbers, and the target.
fn items(numbers: &[u64]) -> Vec<Item> {
    let all = numbers.iter().chain(&[3]);
    all.map(|number| a_folder(*number, &format!("folder {number}")).into()).collect()
}

/// A unit that moves these folders.
fn unit(effects: &Effects, numbers: &[u64]) -> FakeUnitOfWork {
    let mut unit = inside(effects, &items(numbers));
    unit.nodes.expect_height().returning(|_| Ok(0));
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(None));
    let noted = effects.clone();
    unit.nodes.expect_update().returning(move |item, _| {
        noted.note(item.name().unwrap().as_str());
        Ok(())
    });
    unit
}

async fn run(
    units: Vec<FakeUnitOfWork>,
    reads: Vec<FakeReads>,
    command: BatchCommand,
) -> Result<Outcome<Vec<BatchResult>>, BatchError> {
    let mut doubles = TestPorts::default();
    doubles.db = units.into_iter().fold(doubles.db, fm_domain::testing::FakeDatabase::unit);
    doubles.db = reads.into_iter().fold(doubles.db, fm_domain::testing::FakeDatabase::reads);
    RunBatch::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

fn codes(results: &[BatchResult]) -> Vec<Option<Refusal>> {
    let code = |result: &BatchResult| match result.outcome {
        BatchOutcome::Refused(refusal) => Some(refusal),
        BatchOutcome::Item(_) | BatchOutcome::Trashed(_) | BatchOutcome::Done { .. } => None,
    };
    results.iter().map(code).collect()
}

#[tokio::test]
async fn all_that_can_be_done_share_a_unit() {
    let effects = Effects::default();
    let outcome = run(vec![unit(&effects, &[1, 2])], vec![], command(vec![moving(1), moving(2)])).await;
    let results = done(outcome.unwrap());
    assert_eq!(effects.seen(), ["enter", "folder 1", "folder 2", "commit"]);
    assert!(results.iter().all(BatchResult::is_done));
    assert_eq!((results[1].id.as_str(), results[1].op), ("id 2", BatchOp::Move));
    let ItemView::Folder(view) = &item(&results[0]).view else { unreachable!("{results:?}") };
    assert_eq!((view.folder.id, view.folder.parent), (node(1), Some(node(3))));
}

fn item(result: &BatchResult) -> &BatchItem {
    match &result.outcome {
        BatchOutcome::Item(item) => item,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_placed_is_told_with_its_path_and_the_name_that_it_was_to_have() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &items(&[1, 2]));
    unit.nodes.expect_height().returning(|_| Ok(0));
    let taken = PlaceItem::NameTaken { existing: node(9), kind: ItemKind::Folder };
    unit.nodes.expect_update().times(1).return_once(|_, _| Err(UpdateItem::Place(taken)));
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_update().returning(|_, _| Ok(()));
    let mut reads = FakeReads::default();
    reads.tree.expect_ancestors().times(1).return_once(|_, items| {
        assert_eq!(items.len(), 1, "both lie in one folder");
        let root = Ancestor { id: NodeId::root(drive()), name: None };
        Ok(vec![vec![root, Ancestor { id: node(3), name: Some(name("folder 3")) }]])
    });
    let rename = BatchAction::Move { parent: node(3), on_conflict: OnConflict::Rename, if_match: None };
    let operations = vec![BatchOperation { action: rename, ..moving(1) }, moving(2)];
    let results = done(run(vec![unit], vec![reads], command(operations)).await.unwrap());
    let paths = [item(&results[0]).path.as_deref(), item(&results[1]).path.as_deref()];
    assert_eq!(paths, [Some("/folder 3/folder 1 (2)"), Some("/folder 3/folder 2")]);
    assert_eq!(item(&results[0]).requested_name, Some(name("folder 1")));
    assert_eq!(item(&results[1]).requested_name, None);
}

#[tokio::test]
async fn a_refused_one_does_not_undo_those_around_it() {
    let effects = Effects::default();
    let units = (0..4).map(|_| unit(&effects, &[1, 2])).collect();
    let results = done(run(units, vec![], command(vec![moving(1), moving(9), moving(2)])).await.unwrap());
    assert_eq!(codes(&results), [None, Some(Refusal::NotFound), None]);
    let seen = effects.seen().join(" ");
    // The unit of all, of those before, of the refused one, and of those after.
    let units =
        ["enter folder 1 rollback", "enter folder 1 commit", "enter rollback", "enter folder 2 commit"];
    assert_eq!(seen, units.join(" "));
}

#[tokio::test]
async fn fifty_are_done_in_a_unit() {
    let effects = Effects::default();
    let numbers: Vec<u64> = (10..70).collect();
    let units = vec![unit(&effects, &numbers), unit(&effects, &numbers)];
    let operations = numbers.iter().map(|number| moving(*number)).collect();
    let results = done(run(units, vec![], command(operations)).await.unwrap());
    assert!(results.iter().all(BatchResult::is_done) && results.len() == 60);
    assert_eq!(effects.seen().iter().position(|seen| seen == "commit"), Some(51));
}

#[tokio::test]
async fn an_atomic_batch_is_done_as_a_whole_or_not_at_all() {
    let effects = Effects::default();
    let atomic = |operations| BatchCommand { atomic: true, ..command(operations) };
    let outcome = run(vec![unit(&effects, &[1, 2])], vec![], atomic(vec![moving(1), moving(2)])).await;
    assert_eq!(codes(&done(outcome.unwrap())), [None, None]);
    let refused = run(vec![unit(&effects, &[1])], vec![], atomic(vec![moving(1), moving(9)])).await;
    assert!(
        matches!(refused, Err(BatchError::Refused { index: 1, error: TreeError::NotFound })),
        "{refused:?}"
    );
    assert_eq!(effects.seen()[4..], ["enter", "folder 1", "rollback"]);
}

/// A unit in which what goes into the trash has more below it than a unit takes along.
fn large(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = inside(effects, &items(&[1, 2]));
    unit.nodes.expect_trash().returning(|_, _, _| Ok(Some(Measure::default())));
    unit.nodes.expect_mark_below().returning(|_, items| Ok(Marked { items, measure: Measure::default() }));
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(Some(a_trashed_file())));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    unit
}

#[tokio::test]
async fn a_large_item_makes_an_operation_of_the_rest() {
    let effects = Effects::default();
    let row = Row::default();
    let unit = with_job(row.known_to(large(&effects)), &effects);
    let view = accepted(run(vec![unit], vec![], command(vec![trashing(1), moving(2)])).await.unwrap());
    assert_eq!((view.operation.kind, view.operation.total), (OperationKind::Batch, Some(2)));
    assert_eq!((view.operation.done, view.result), (0, None));
    assert!(matches!(Rest::read(&row.get().unwrap().rest), Ok(Rest::Batch(work)) if work.is_amidst()));
    assert_eq!(effects.seen(), ["enter", "job", "commit"]);
    let atomic = BatchCommand { atomic: true, ..command(vec![trashing(1)]) };
    let refused = run(vec![large(&effects)], vec![], atomic).await;
    assert!(
        matches!(refused, Err(BatchError::Refused { index: 0, error: TreeError::TooLarge })),
        "{refused:?}"
    );
}

/// The same of a user of whom as many operations are under way as may be.
fn at_the_bound(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = large(effects);
    unit.nodes.expect_height().returning(|_| Ok(0));
    unit.nodes.expect_update().returning(|_, _| Ok(()));
    unit.operations.checkpoint();
    unit.operations.expect_make_room().returning(|_, _| Ok(MAX_RUNNING_OPERATIONS));
    unit
}

#[tokio::test]
async fn a_large_item_that_no_operation_may_be_added_for_is_refused_beside_what_is_done() {
    let effects = Effects::default();
    let units = (0..3).map(|_| at_the_bound(&effects)).collect();
    let results = done(run(units, vec![], command(vec![moving(1), trashing(2)])).await.unwrap());
    assert_eq!(codes(&results), [None, Some(Refusal::Unavailable)]);
    // The unit of both, of the one before, and of the refused one.
    assert_eq!(effects.seen().join(" "), "enter rollback enter commit enter rollback");
    let refused = run(vec![at_the_bound(&effects)], vec![], command(vec![trashing(1), moving(2)])).await;
    assert!(matches!(refused, Err(BatchError::TooManyOperations)), "nothing is done: {refused:?}");
}

/// The row of an operation, as units write and read it.
#[derive(Clone, Default)]
struct Row(Arc<Mutex<Option<Operation>>>);

impl Row {
    fn get(&self) -> Option<Operation> {
        self.0.lock().unwrap().clone()
    }

    fn set(&self, operation: &Operation) {
        *self.0.lock().unwrap() = Some(operation.clone());
    }

    fn known_to(&self, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
        let row = self.clone();
        unit.operations.expect_find_for_update().returning(move |_| Ok(row.get()));
        let row = self.clone();
        unit.operations.expect_insert().returning(move |operation| {
            row.set(operation);
            Ok(())
        });
        let row = self.clone();
        unit.operations.expect_update().returning(move |operation| {
            row.set(operation);
            Ok(true)
        });
        unit
    }

    fn read(&self) -> FakeReads {
        let mut reads = FakeReads::default();
        let row = self.clone();
        reads.tree.expect_operation().returning(move |access, _| {
            assert_eq!(access.owner(), a_user().id);
            Ok(row.get())
        });
        reads
    }
}

/// Reads that find these folders.
fn showing(numbers: &[u64]) -> FakeReads {
    let mut reads = FakeReads::default();
    let items = items(numbers);
    reads.tree.expect_item().returning(move |_, id| Ok(items.iter().find(|item| item.id() == id).cloned()));
    reads.tree.expect_trashed().returning(|_, _| Ok(None));
    reads
}

/// A unit that adds the operation of a batch with a key, and the job that goes on with it in some seconds.
fn beginning(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = unit(effects, &[]);
    let noted = effects.clone();
    unit.jobs.checkpoint();
    unit.jobs.expect_enqueue().returning(move |job| {
        if job.kind == RunOperation::kind() {
            let now = FixedClock::NEW_YEAR.now();
            assert!(job.run_at > now, "its request goes on with it alone at first");
            assert!(job.run_at <= now.plus(Duration::from_secs(5)), "a client waits for it");
            noted.note("job");
        }
        Ok(Enqueued::Added)
    });
    unit
}

#[tokio::test]
async fn a_large_item_of_a_batch_with_a_key_is_left_to_a_job_that_comes_soon() {
    let (effects, row) = (Effects::default(), Row::default());
    let units = vec![row.known_to(beginning(&effects)), row.known_to(large(&effects))];
    let batch = keyed(command(vec![trashing(1), moving(2)]));
    let view = accepted(run(units, vec![row.read(), row.read()], batch).await.unwrap());
    assert_eq!((view.operation.status, view.operation.done), (OperationStatus::Running, 0));
    assert_eq!(effects.seen(), ["enter", "job", "commit", "enter", "commit"]);

    // The job can't go on with the large item: that ends as refused, and the operation after it is done.
    let mut failing = inside(&effects, &items(&[1, 2]));
    failing.nodes.expect_mark_below().returning(|_, items| Ok(Marked { items, measure: Measure::default() }));
    failing.drives.expect_charge().returning(|_, _, _| Err(EnterDrive::NoDrive));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(row.read());
    doubles.db = doubles.db.unit(row.known_to(failing)).unit(row.known_to(unit(&effects, &[2])));
    let context = Context::new(&doubles.ports(), &settings());
    assert!(!advance_operation(&context, a_user().id, view.operation.id).await.unwrap(), "it has ended");
    let Some(OperationResult::Batch(results)) = OperationView::of(row.get().unwrap()).unwrap().result else {
        unreachable!("{:?}", row.get())
    };
    assert_eq!(codes(&results), [Some(Refusal::NotFound), None]);
}

#[tokio::test]
async fn a_retry_with_the_key_gets_the_results_again_and_does_nothing() {
    let (effects, row) = (Effects::default(), Row::default());
    let batch = || keyed(command(vec![moving(1), moving(9)]));
    // The batch is remembered, then done as far as it can be, then the other one is refused, and that is remembered.
    let moved: [&[u64]; 5] = [&[], &[1], &[1], &[], &[]];
    let units = moved.iter().map(|numbers| row.known_to(unit(&effects, numbers))).collect();
    let reads = vec![row.read(), row.read(), showing(&[1])];
    let first = done(run(units, reads, batch()).await.unwrap());
    assert_eq!(codes(&first), [None, Some(Refusal::NotFound)]);
    assert_eq!(row.get().unwrap().status, OperationStatus::Done);
    assert_eq!(effects.seen().iter().filter(|seen| *seen == "folder 1").count(), 2, "once for nothing");
    let again = done(run(vec![], vec![row.read(), showing(&[1])], batch()).await.unwrap());
    assert_eq!(again, first);
    // The item is gone by now.
    let again = done(run(vec![], vec![row.read(), showing(&[])], batch()).await.unwrap());
    assert_eq!(again[0].outcome, BatchOutcome::Done { item: Some(node(1)), requested_name: None });
}

#[tokio::test]
async fn what_is_refused_one_after_another_is_remembered_together() {
    let (effects, row) = (Effects::default(), Row::default());
    let units = (0..5).map(|_| row.known_to(unit(&effects, &[]))).collect();
    let reads = vec![row.read(), row.read(), showing(&[])];
    let batch = keyed(command(vec![moving(7), moving(8), moving(9)]));
    let results = done(run(units, reads, batch).await.unwrap());
    assert_eq!(codes(&results), [Some(Refusal::NotFound); 3]);
    let (stored, refused) = (["enter", "commit"], ["enter", "rollback"]);
    assert_eq!(effects.seen(), [&stored[..], &refused, &refused, &refused, &stored].concat());
}

#[tokio::test]
async fn a_key_is_for_one_batch_and_leads_to_it_while_it_runs() {
    let work = |operations: Vec<BatchOperation>| BatchWork::new(&operations);
    let key = "key-1".parse().unwrap();
    let keyed_as = |work: &BatchWork, atomic| Keyed::new(a_user().id, &key, work, atomic).unwrap();
    let one = work(vec![moving(1)]);
    let known = keyed_as(&one, false);
    assert_eq!(known.id, keyed_as(&work(vec![moving(2)]), false).id, "the id follows from the key alone");
    assert_ne!(known.fingerprint, keyed_as(&one, true).fingerprint);
    let rest = Rest::Batch(one.clone()).write().unwrap();
    let begun = Operation::new(known.id, a_user().id, OperationKind::Batch, Some(1), rest, before());
    let stored = one.keyed(known.fingerprint.clone()).stored();
    let running = Operation { result: Some(Stored::Batch(stored).write().unwrap()), ..begun };
    let row = Row::default();
    row.set(&running);
    let outcome = run(vec![], vec![row.read()], keyed(command(vec![moving(1)]))).await.unwrap();
    assert_eq!(accepted(outcome).operation, running);
    let refused = run(vec![], vec![row.read()], keyed(command(vec![moving(2)]))).await;
    assert!(matches!(refused, Err(BatchError::KeyConflict)), "{refused:?}");
}

#[tokio::test]
async fn an_atomic_batch_with_a_key_is_remembered_in_its_own_unit() {
    let (effects, row) = (Effects::default(), Row::default());
    let batch = || keyed(BatchCommand { atomic: true, ..command(vec![moving(1)]) });
    let first = run(vec![row.known_to(unit(&effects, &[1]))], vec![row.read()], batch()).await.unwrap();
    assert_eq!(effects.seen(), ["enter", "folder 1", "commit"]);
    let ended = row.get().unwrap();
    assert_eq!((ended.status, ended.done), (OperationStatus::Done, 1));
    let again = run(vec![], vec![row.read(), showing(&[1])], batch()).await.unwrap();
    assert_eq!(codes(&done(again)), codes(&done(first)));
}

#[tokio::test]
async fn a_store_that_fails_ends_the_batch() {
    let effects = Effects::default();
    let mut failing = inside(&effects, &items(&[1]));
    failing.nodes.expect_height().returning(|_| Err(unavailable()));
    let outcome = run(vec![failing], vec![], command(vec![moving(1)])).await;
    assert!(matches!(outcome, Err(BatchError::Store(_))), "{outcome:?}");
}

#[tokio::test]
async fn too_many_are_refused_before_anything_is_asked() {
    for (atomic, number) in [(true, MAX_ATOMIC + 1), (false, MAX_BATCH + 1)] {
        let many = (0..number as u64).map(moving).collect();
        let refused = run(vec![], vec![], BatchCommand { atomic, ..command(many) }).await;
        assert!(matches!(refused, Err(BatchError::TooMany)), "{refused:?}");
    }
}

#[tokio::test]
async fn without_the_rights_nothing_is_asked() {
    let doubles = TestPorts::default();
    let batch = RunBatch::new(&doubles.ports(), &settings());
    let writer = actor().limited_to(Scopes::NONE.with(fm_domain::access::Right::Write));
    let refused = batch.run(&writer, command(vec![moving(1), trashing(2)])).await;
    assert!(matches!(refused, Err(BatchError::Denied(_))), "{refused:?}");
}

fn deleting(number: u64) -> BatchOperation {
    BatchOperation { action: BatchAction::Delete { recursive: false, if_match: None }, ..moving(number) }
}

#[tokio::test(start_paused = true)]
async fn of_one_user_two_batches_are_worked_on_at_a_time() {
    let batches = RunBatch::new(&TestPorts::default().ports(), &settings());
    let user = actor().user();
    let _held = [batches.places.enter(user).await.unwrap(), batches.places.enter(user).await.unwrap()];
    let refused = batches.run(&actor(), command(vec![moving(1)])).await;
    assert!(matches!(refused, Err(BatchError::Busy { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_is_deleted_is_looked_for_so_many_items_at_once() {
    let (mut first, mut second) = (FakeReads::default(), FakeReads::default());
    first.tree.expect_ancestors().times(1).return_once(|_, items| {
        assert_eq!(items.len(), WALKED_AT_ONCE);
        Ok(vec![Vec::new(); WALKED_AT_ONCE])
    });
    second.tree.expect_ancestors().times(1).return_once(|_, items| {
        assert_eq!(items.len(), 1);
        Err(unavailable())
    });
    let operations = (0..=200).map(deleting).collect();
    let failed = run(Vec::new(), vec![first, second], command(operations)).await;
    assert!(matches!(failed, Err(BatchError::Store(_))), "{failed:?}");
}
