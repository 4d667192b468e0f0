#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{CopyWork, Group};
use crate::fixture::{access, entered, once};
use crate::testing::{TestPorts, settings};
use crate::tree::context::Context;
use crate::tree::fixture::{a_folder, drive, name, node};
use crate::tree::work::{Advanced, Left, Work};
use fm_domain::access::Right;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::{FileId, NodeId};
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::{Ancestor, Folder, Item, MAX_DEPTH, UNIT_ENTRIES};

/// `a.txt` and so on in the folder that is copied.
fn file(number: u64, text: &str) -> Item {
    let id = FileId::new(fm_domain::testing::CountingIds::nth(number));
    File { id, parent: node(1), name: name(text), ..a_file() }.into()
}

/// A unit in which every folder lies so deep, and that stores what it is given.
fn copying(level: u32) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_lineage().returning(move |folder| {
        let above = (0..level).map(|number| Ancestor { id: node(900 + u64::from(number)), name: None });
        Ok([Ancestor { id: folder, name: None }].into_iter().chain(above).collect())
    });
    unit.drives.expect_charge().times(1).returning(|_, _, _| Ok(()));
    unit.blobs.expect_add_references().returning(|_| Ok(true));
    unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
    unit
}

async fn advance(work: CopyWork, unit: &mut FakeUnitOfWork) -> Advanced {
    let context = Context::new(&TestPorts::default().ports(), &settings());
    work.advance(&context, unit, &access(Right::Write), &entered()).await.unwrap()
}

/// The unit, which finds these entries first and no others.
fn finding(unit: &mut FakeUnitOfWork, found: Vec<Item>) {
    unit.nodes.expect_entries().times(1).return_once(move |folders, after, _| {
        assert_eq!((folders, after), (&[node(1)][..], None));
        Ok(found)
    });
    unit.nodes.expect_entries().returning(|_, _, _| Ok(Vec::new()));
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_numbered_after_all_that_are_free() {
    let effects = Effects::default();
    let mut unit = copying(1);
    finding(&mut unit, vec![file(11, "a.txt"), file(12, "a (2).txt")]);
    unit.nodes
        .expect_taken()
        .returning(|_, keys| Ok(keys.iter().filter(|key| *key == "a.txt").cloned().collect()));
    once!(effects, unit.nodes.expect_insert_many(), "free", |items| {
        assert_eq!(items.iter().filter_map(Item::name).collect::<Vec<_>>(), [&name("a (2).txt")]);
        assert!(items.iter().all(|item| item.parent() == Some(node(2))));
        Ok(())
    });
    let noted = effects.clone();
    unit.nodes.expect_insert().times(1).return_once(move |item| {
        noted.note(item.name().map(|name| name.as_str().to_owned()).unwrap_or_default());
        Ok(())
    });
    let advanced = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert!(matches!(advanced, Advanced { items: 2, left: Left::Nothing, .. }), "{advanced:?}");
    assert_eq!(effects.seen(), ["free", "a.txt"]);
}

#[tokio::test]
async fn a_unit_copies_no_more_than_its_share_and_remembers_the_last_entry() {
    let mut unit = copying(1);
    unit.nodes.expect_entries().times(1).return_once(|_, _, limit| {
        assert_eq!(limit, UNIT_ENTRIES + 1);
        Ok((0..u64::from(limit)).map(|number| file(5_000 + number, &format!("{number}"))).collect())
    });
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert_many().times(1).returning(|_| Ok(()));
    let Advanced { items, left, .. } = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert_eq!(items, u64::from(UNIT_ENTRIES) + 1);
    let Left::Work(Work::Copy(left)) = left else { unreachable!("{left:?}") };
    let after = Some(node(5_000 + u64::from(UNIT_ENTRIES)));
    let group = Group { folders: vec![(node(1), node(2))], after };
    assert_eq!(left, CopyWork { copy: node(2), groups: vec![group] });
}

#[tokio::test]
async fn folders_are_copied_level_by_level_and_the_copy_itself_is_not() {
    let inner = Folder { parent: Some(node(1)), ..a_folder(21, "inner") };
    let itself = Folder { parent: Some(node(1)), ..a_folder(2, "copy") };
    let mut unit = copying(1);
    unit.nodes.expect_entries().times(1).return_once(|_, _, _| Ok(vec![inner.into(), itself.into()]));
    unit.nodes.expect_entries().times(1).return_once(|folders, _, _| {
        assert_eq!(folders, [node(21)]);
        Ok(Vec::new())
    });
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert_many().times(1).return_once(|items| {
        assert_eq!(items.len(), 1);
        Ok(())
    });
    let advanced = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert!(matches!(advanced, Advanced { items: 1, left: Left::Nothing, .. }), "{advanced:?}");
}

#[tokio::test]
async fn nothing_is_asked_of_folders_that_the_unit_has_made() {
    let inner = Folder { parent: Some(node(1)), ..a_folder(21, "inner") };
    let below = File { parent: node(21), ..a_file() };
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_lineage().times(1).returning(|_| {
        let root = Ancestor { id: NodeId::root(drive()), name: None };
        Ok(vec![Ancestor { id: node(2), name: None }, root])
    });
    unit.nodes.expect_taken().times(1).returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_entries().times(1).return_once(|_, _, _| Ok(vec![inner.into()]));
    unit.nodes.expect_entries().times(1).return_once(|_, _, _| Ok(vec![below.into()]));
    unit.nodes.expect_insert_many().times(2).returning(|items| {
        assert_eq!(items.len(), 1);
        Ok(())
    });
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    unit.blobs.expect_add_references().returning(|_| Ok(true));
    let advanced = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert!(matches!(advanced, Advanced { items: 2, left: Left::Nothing, .. }), "{advanced:?}");
}

#[tokio::test]
async fn what_has_no_folder_any_more_or_lies_too_deep_has_failed() {
    let codes = |advanced: &Advanced| -> Vec<(NodeId, String)> {
        advanced.failed.iter().map(|failed| (failed.id, failed.code.clone())).collect()
    };
    let mut unit = FakeUnitOfWork::default();
    finding(&mut unit, vec![file(22, "a.txt")]);
    unit.nodes.expect_lineage().returning(|_| Ok(Vec::new()));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let advanced = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert_eq!(codes(&advanced), [(node(22), "not_found".to_owned())]);
    assert_eq!(advanced.items, 1, "what failed is done with");

    let mut unit = copying(MAX_DEPTH);
    let inner = Folder { parent: Some(node(1)), ..a_folder(21, "inner") };
    finding(&mut unit, vec![inner.into(), file(22, "a.txt")]);
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert_many().times(1).return_once(|items| {
        assert!(matches!(items, [Item::File(_)]), "files may lie in the deepest folder");
        Ok(())
    });
    let advanced = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert_eq!(codes(&advanced), [(node(21), "too_deep".to_owned())]);
}

#[tokio::test]
async fn copies_get_what_their_files_still_wait_for() {
    let effects = Effects::default();
    let mut unit = copying(1);
    unit.jobs.checkpoint();
    let pending = File { sha256: None, thumbnail: ThumbnailState::Pending, parent: node(1), ..a_file() };
    finding(&mut unit, vec![pending.into()]);
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert_many().returning(|_| Ok(()));
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        noted.note(job.kind.as_str());
        Ok(Enqueued::Added)
    });
    advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert_eq!(effects.seen(), ["make_thumbnail", "verify_blob"]);
    assert!(unit.audit.entries().is_empty(), "the copy as a whole is told");
}

#[tokio::test]
async fn a_unit_ends_at_its_share_where_nothing_can_be_copied_any_more() {
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_entries().times(1).return_once(|_, _, limit| {
        Ok((0..u64::from(limit)).map(|number| file(5_000 + number, &format!("{number}"))).collect())
    });
    unit.nodes.expect_lineage().returning(|_| Ok(Vec::new()));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let Advanced { items, failed, left, .. } = advance(CopyWork::new(node(1), node(2)), &mut unit).await;
    assert_eq!((items, failed.len()), (u64::from(UNIT_ENTRIES) + 1, UNIT_ENTRIES as usize + 1));
    let Left::Work(Work::Copy(left)) = left else { unreachable!("{left:?}") };
    assert_eq!(left.groups[0].after, Some(node(5_000 + u64::from(UNIT_ENTRIES))));
}
