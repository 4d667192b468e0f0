#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Advanced, Back, Left, Work};
use crate::fixture::{access, entered, once};
use crate::testing::{TestPorts, settings};
use crate::tree::context::Context;
use crate::tree::fixture::{a_folder, a_trashed_file, drive, finding, node};
use fm_domain::access::Right;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::ids::NodeId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::{Delta, Marked, Measure, OnConflict, Removed, TrashedItem, UNIT_ENTRIES};

const FILE: Measure = Measure { nodes: 1, files: 1, bytes: ByteSize::new(5), version_bytes: ByteSize::ZERO };

async fn advance(work: Work, unit: &mut FakeUnitOfWork) -> Advanced {
    let context = Context::new(&TestPorts::default().ports(), &settings());
    work.advance(&context, unit, &access(Right::Write), &entered()).await.unwrap()
}

fn charged(effects: &Effects, unit: &mut FakeUnitOfWork, expected: Delta) {
    once!(effects, unit.drives.expect_charge(), "charge", |of, delta, _| {
        assert_eq!((of, *delta), (drive(), expected));
        Ok(())
    });
}

#[tokio::test]
async fn what_follows_into_the_trash_or_back_is_charged() {
    let effects = Effects::default();
    let marked = |items| Marked { items, measure: FILE };
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.nodes.expect_mark_below().return_once(move |_, items| Ok(marked(items)));
    charged(&effects, &mut unit, FILE.into_trash());
    let advanced = advance(Work::Trash { top: node(1) }, &mut unit).await;
    assert_eq!(advanced.items, u64::from(UNIT_ENTRIES));
    assert!(matches!(advanced.left, Left::Work(Work::Trash { top }) if top == node(1)));

    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.nodes.expect_unmark_below().return_once(move |_, _| Ok(marked(1)));
    charged(&effects, &mut unit, FILE.into_trash().reversed());
    let advanced = advance(Work::Restore { top: node(1) }, &mut unit).await;
    assert!(matches!(advanced, Advanced { items: 1, left: Left::Nothing, .. }), "{advanced:?}");
}

#[tokio::test]
async fn what_is_set_apart_comes_back_in_a_unit_of_its_own_once_all_of_it_is() {
    let root = NodeId::root(drive());
    let apart = |to| Work::SetApart { top: node(1), to };
    let back = || Some(Back::to(root, OnConflict::Rename));
    for (items, to, expected) in
        [(7, back(), Some(apart(back()))), (7, None, Some(apart(None))), (0, None, None)]
    {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        unit.nodes.expect_mark_below().return_once(move |_, _| Ok(Marked { items, measure: FILE }));
        charged(&effects, &mut unit, FILE.into_trash());
        let Advanced { items: done, left, .. } = advance(apart(to), &mut unit).await;
        assert_eq!(done, 0);
        match left {
            Left::Work(left) => assert_eq!(Some(left), expected),
            Left::Cancelled => assert_eq!(None, expected),
            Left::Nothing => unreachable!("it is in the trash still"),
        }
    }
    let effects = Effects::default();
    let mut unit = finding(FakeUnitOfWork::noting(&effects), &[]);
    unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
    let trashed = TrashedItem { item: a_folder(1, "Work").into(), top: node(1), ..a_trashed_file() };
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(Some(trashed)));
    unit.nodes.expect_height().returning(|_| Ok(0));
    once!(effects, unit.nodes.expect_restore(), "restore", |item| {
        assert_eq!(item.parent(), Some(root));
        Ok(FILE)
    });
    unit.nodes.expect_unmark_below().return_once(|_, items| Ok(Marked { items, measure: FILE }));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let Advanced { items, left, .. } = advance(apart(back()), &mut unit).await;
    assert_eq!((items, effects.seen()), (u64::from(UNIT_ENTRIES) + 2, vec!["restore".to_owned()]));
    assert!(matches!(left, Left::Work(Work::Restore { top }) if top == node(1)), "{left:?}");
    let living = a_folder(1, "Work").into();
    let mut unit = finding(FakeUnitOfWork::default(), &[living]);
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(None));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let advanced = advance(apart(back()), &mut unit).await;
    assert!(
        matches!(advanced, Advanced { items: 0, left: Left::Nothing, .. }),
        "it is back already: {advanced:?}"
    );
}

#[tokio::test]
async fn a_deletion_takes_all_along_before_anything_is_removed() {
    let work = |is_marked, is_cancelled| Work::Delete { top: node(1), is_marked, is_cancelled };
    for (items, is_cancelled) in [(UNIT_ENTRIES, false), (7, false), (7, true)] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        unit.nodes.expect_mark_below().return_once(move |_, _| Ok(Marked { items, measure: FILE }));
        charged(&effects, &mut unit, FILE.into_trash());
        let Advanced { items: done, left, .. } = advance(work(false, is_cancelled), &mut unit).await;
        assert_eq!(done, 0);
        match left {
            Left::Work(left) => assert_eq!(left, work(items < UNIT_ENTRIES, false)),
            Left::Cancelled => assert!(is_cancelled),
            Left::Nothing => unreachable!("nothing is removed so far"),
        }
    }
}

#[tokio::test]
async fn a_deletion_removes_what_is_in_the_trash_and_drops_its_references() {
    for (nodes, is_over) in [(u64::from(UNIT_ENTRIES), false), (2, true)] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        let measure = Measure { nodes, ..FILE };
        unit.nodes.expect_remove().return_once(move |_, limit| {
            assert_eq!(limit, UNIT_ENTRIES);
            Ok(Removed { measure, blobs: vec![a_file().blob] })
        });
        charged(&effects, &mut unit, measure.out_of_drive());
        once!(effects, unit.blobs.expect_drop_references(), "drop", |_, _| {
            Ok(vec![BlobKey::file(a_file().blob)])
        });
        unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
        let work = Work::Delete { top: node(1), is_marked: true, is_cancelled: false };
        let advanced = advance(work, &mut unit).await;
        assert_eq!((advanced.items, matches!(advanced.left, Left::Nothing)), (nodes, is_over));
        assert_eq!(effects.seen(), ["charge", "drop"]);
    }
}
