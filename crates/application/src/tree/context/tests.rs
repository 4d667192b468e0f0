#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Context, enter_drive};
use crate::fixture::{access, entered, unavailable};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::{drive, name, node};
use fm_domain::access::Right;
use fm_domain::accounts::StorageUse;
use fm_domain::clock::Clock as _;
use fm_domain::files::{IfMatch, NotPortable, Revision};
use fm_domain::ids::NodeId;
use fm_domain::testing::{FakeReads, FakeUnitOfWork, FixedClock, a_file};
use fm_domain::tree::{Drive, EnterDrive, Folder, Item, OnConflict, Placing, Precondition, Seq, TreePath};

fn placing(on_conflict: OnConflict) -> Placing {
    let path = TreePath::parse("Work/2026").unwrap();
    Placing { parent: Some(node(5)), path, on_conflict, ..Placing::default() }
}

fn folder() -> Item {
    Folder::root(drive(), FixedClock::NEW_YEAR.now()).into()
}

async fn check(
    parent: Option<Item>,
    found: Option<Item>,
    on_conflict: OnConflict,
    precondition: Option<Precondition>,
) -> Result<(), TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_item().return_once(move |_, id| {
        assert_eq!(id, node(5));
        Ok(parent)
    });
    reads.tree.expect_resolve().return_once(move |_, from, keys| {
        assert_eq!((from, keys), (node(5), &["work", "2026", "a.txt"].map(str::to_owned)[..]));
        Ok(found)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    let context = Context::new(&doubles.ports(), &settings());
    let (placing, name) = (Placing { precondition, ..placing(on_conflict) }, name("A.txt"));
    context.check_early(&access(Right::Write), &placing, Some(&name)).await
}

#[tokio::test]
async fn a_name_is_looked_up_early_where_a_taken_one_is_refused() {
    let taken = check(Some(folder()), Some(a_file().into()), OnConflict::Fail, None).await;
    assert!(matches!(taken, Err(TreeError::NameTaken { existing, .. }) if existing == a_file().id.into()));
    assert!(check(Some(folder()), None, OnConflict::Fail, None).await.is_ok());
    for on_conflict in [OnConflict::Rename, OnConflict::Replace] {
        let found = check(Some(folder()), Some(a_file().into()), on_conflict, None).await;
        assert!(found.is_ok(), "its last unit decides");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused_early() {
    for on_conflict in [OnConflict::Rename, OnConflict::Fail, OnConflict::Replace] {
        let nothing = check(None, None, on_conflict, None).await;
        assert!(matches!(nothing, Err(TreeError::NoParent)), "{nothing:?}");
        let file = check(Some(a_file().into()), None, on_conflict, None).await;
        assert!(matches!(file, Err(TreeError::NotAFolder)), "{file:?}");
    }
}

#[tokio::test]
async fn a_file_that_has_changed_is_not_replaced() {
    let any = || Some(Precondition::Matches(IfMatch::Any));
    let of = |revision| Some(Precondition::Matches(IfMatch::Revisions(vec![Revision::new(revision)])));
    let replaces =
        async |found, precondition| check(Some(folder()), found, OnConflict::Replace, precondition).await;
    assert!(replaces(Some(a_file().into()), of(1)).await.is_ok());
    assert!(replaces(Some(a_file().into()), any()).await.is_ok());
    for (found, precondition) in [(Some(a_file().into()), of(2)), (None, any())] {
        let refused = replaces(found, precondition).await;
        assert!(matches!(refused, Err(TreeError::PreconditionFailed)), "{refused:?}");
    }
    let onto_a_folder = replaces(Some(folder()), of(1)).await;
    assert!(matches!(onto_a_folder, Err(TreeError::NameTaken { .. })), "{onto_a_folder:?}");
}

#[tokio::test]
async fn a_name_that_has_to_be_free_is_looked_up_early() {
    let free = async |found| check(Some(folder()), found, OnConflict::Fail, Some(Precondition::Free)).await;
    assert!(free(None).await.is_ok());
    for found in [Item::from(a_file()), folder()] {
        let refused = free(Some(found)).await;
        assert!(matches!(refused, Err(TreeError::PreconditionFailed)), "{refused:?}");
    }
}

#[tokio::test]
async fn what_asks_for_no_folder_and_no_name_is_not_looked_up() {
    let context = Context::new(&TestPorts::default().ports(), &settings());
    let root = Placing { parent: Some(NodeId::root(drive())), ..Placing::default() };
    for placing in [Placing::default(), root] {
        let name = name("a.txt");
        assert!(context.check_early(&access(Right::Write), &placing, Some(&name)).await.is_ok());
    }
}

/// The early check of an upload into a drive of two items, which may have so many.
async fn check_limited(
    most: u64,
    on_conflict: OnConflict,
    text: Option<&str>,
    found: Option<Item>,
) -> Result<(), TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_drive().times(1).return_once(|_, id| {
        let storage = StorageUse::default();
        Ok(Some(Drive { id, owner: id.owner(), nodes: 3, storage, seq: Seq::new(1) }))
    });
    reads.tree.expect_resolve().return_once(|_, _, _| Ok(found));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    let settings = Settings { max_items: Some(most), ..settings() };
    let context = Context::new(&doubles.ports(), &settings);
    let (placing, name) = (Placing { on_conflict, ..Placing::default() }, text.map(name));
    context.check_early(&access(Right::Write), &placing, name.as_ref()).await
}

#[tokio::test]
async fn an_item_more_than_are_allowed_is_refused_early() {
    for on_conflict in [OnConflict::Rename, OnConflict::Fail, OnConflict::Replace] {
        let refused = check_limited(2, on_conflict, Some("a.txt"), None).await;
        assert!(matches!(refused, Err(TreeError::DriveFull)), "{on_conflict:?}: {refused:?}");
        let fits = check_limited(3, on_conflict, Some("a.txt"), None).await;
        assert!(fits.is_ok(), "{on_conflict:?}: {fits:?}");
        let unnamed = check_limited(2, on_conflict, None, None).await;
        let may_replace = on_conflict == OnConflict::Replace;
        assert_eq!(unnamed.is_ok(), may_replace, "{on_conflict:?}: {unnamed:?}");
    }
    let replaced = check_limited(2, OnConflict::Replace, Some("a.txt"), Some(a_file().into())).await;
    assert!(replaced.is_ok(), "it is no item more: {replaced:?}");
    for (on_conflict, found) in [
        (OnConflict::Fail, Item::from(a_file())),
        (OnConflict::Fail, folder()),
        (OnConflict::Replace, folder()),
    ] {
        let taken = check_limited(2, on_conflict, Some("a.txt"), Some(found)).await;
        assert!(matches!(taken, Err(TreeError::NameTaken { .. })), "as late: {taken:?}");
    }
}

#[tokio::test]
async fn names_are_judged_by_what_every_system_can_hold_where_that_is_wanted() {
    for (names_portable, is_refused) in [(false, false), (true, true)] {
        let settings = Settings { names_portable, ..settings() };
        let context = Context::new(&TestPorts::default().ports(), &settings);
        assert_eq!(context.check_name(&name("a:b")).is_err(), is_refused);
        let path = TreePath::parse("NUL/a").unwrap();
        let placing = Placing { path, ..Placing::default() };
        let refused = context.check_early(&access(Right::Write), &placing, Some(&name("a.txt"))).await;
        assert_eq!(matches!(refused, Err(TreeError::NotPortable(NotPortable::Device))), is_refused);
    }
}

#[tokio::test]
async fn a_drive_that_is_gone_is_not_entered() {
    for (answer, expected) in [(Ok(entered()), true), (Err(EnterDrive::NoDrive), false)] {
        let mut unit = FakeUnitOfWork::default();
        unit.drives.expect_enter().return_once(move |of, _, _| {
            assert_eq!(of, drive());
            answer
        });
        assert_eq!(enter_drive(&mut unit, drive()).await.unwrap(), expected);
    }
    let mut unit = FakeUnitOfWork::default();
    unit.drives.expect_enter().return_once(|_, _, _| Err(EnterDrive::Store(unavailable())));
    assert!(enter_drive(&mut unit, drive()).await.is_err());
}

#[test]
fn a_drive_has_so_many_items_beside_its_root_or_any_number() {
    let limited = Settings { max_items: Some(2), ..settings() };
    let context = Context::new(&TestPorts::default().ports(), &limited);
    assert!(context.check_items(3).is_ok());
    assert!(matches!(context.check_items(4), Err(TreeError::DriveFull)));
    let context = Context::new(&TestPorts::default().ports(), &settings());
    assert!(context.check_items(u64::MAX).is_ok());
}
