#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use fm_domain::archive::{MockArchive, RowCounts, SealOutcome};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::error::PortError;
use fm_domain::testing::Effects;
use serde_json::Value;

use super::{Export, ExportCommand, ExportError, Exported};
use crate::archive::Counts;
use crate::archive::samples::{ROW_COUNTS, Written, snapshot};
use crate::fixture::{a_unit_of_the_trail, noted, unavailable};
use crate::testing::TestPorts;

/// A database with so many rows that notes what happens to it.
fn archive(effects: &Effects, row_counts: RowCounts) -> MockArchive {
    archive_that_answers(effects, row_counts, SealOutcome::PutOn)
}

/// The same, which answers a seal like this.
fn archive_that_answers(effects: &Effects, row_counts: RowCounts, outcome: SealOutcome) -> MockArchive {
    let mut archive = MockArchive::new();
    let (sealed, unsealed, read) = (effects.clone(), effects.clone(), effects.clone());
    archive.expect_seal().returning(move || {
        sealed.note("seal");
        Ok(outcome)
    });
    archive.expect_unseal().returning(move || {
        unsealed.note("unseal");
        Ok(())
    });
    archive.expect_snapshot().returning(move || {
        read.note("snapshot");
        Ok(Box::new(snapshot(row_counts)))
    });
    archive
}

fn export(archive: MockArchive) -> Export {
    Export::new(&TestPorts::default().ports(), Arc::new(archive))
}

fn command(is_final: bool) -> ExportCommand {
    ExportCommand { is_final, program: "1.2.3".to_owned(), migration: Some("4_jobs".to_owned()) }
}

fn kinds(written: &Written) -> Vec<String> {
    let text = std::str::from_utf8(&written.bytes).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line.as_object().unwrap().keys().next().unwrap().clone()).collect()
}

#[tokio::test]
async fn everything_is_written_in_order_with_its_counts_and_made_durable() {
    let effects = Effects::default();
    let mut written = Written::default();
    let exported = export(archive(&effects, ROW_COUNTS)).run(&command(false), &mut written).await.unwrap();
    let counts =
        Counts { users: 2, folders: 2, files: 3, versions: 1, operations: 2, keys: 1, blobs: 3, audit: 1 };
    assert_eq!(exported, Exported { counts, removed_users: 1, open_uploads: 4 });
    let of_bob =
        ["user", "file", "file", "file", "folder", "folder", "version", "operation", "operation", "key"];
    let expected = [&["export", "user"][..], &of_bob, &["blob", "blob", "blob", "audit", "end"]].concat();
    assert_eq!(kinds(&written), expected);
    assert!(written.finished);
    assert_eq!(effects.seen(), ["snapshot"], "the database is not sealed");
    let header: Value =
        serde_json::from_slice(written.bytes.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!(header["export"]["version"], 2);
    assert_eq!(header["export"]["is_final"], false);
    assert_eq!(header["export"]["migration"], "4_jobs");
}

#[tokio::test]
async fn a_final_export_seals_before_it_looks_and_leaves_the_seal() {
    let effects = Effects::default();
    let mut written = Written::default();
    export(archive(&effects, ROW_COUNTS)).run(&command(true), &mut written).await.unwrap();
    assert_eq!(effects.seen(), ["seal", "snapshot"]);
}

#[tokio::test]
async fn the_trail_tells_of_an_export_before_it_begins_and_no_export_waits_for_the_trail() {
    for is_open in [true, false] {
        let effects = Effects::default();
        let (unit, trail) = a_unit_of_the_trail(&effects);
        let unit = if is_open { unit } else { unit.committing_with(unavailable()) };
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit);
        let export = Export::new(&doubles.ports(), Arc::new(archive(&effects, ROW_COUNTS)));
        export.run(&command(true), &mut Written::default()).await.unwrap();
        assert_eq!(effects.seen(), ["commit", "seal", "snapshot"]);
        let entries = noted(&trail);
        assert_eq!(entries.len(), 1);
        let AuditEntry { action, actor, account, .. } = &entries[0];
        assert_eq!((action, actor, account), (&AuditAction::DATABASE_EXPORTED, &None, &None));
    }
}

#[tokio::test]
async fn a_final_export_that_fails_takes_the_seal_off() {
    let effects = Effects::default();
    let mut written = Written { room: Some(1_000), ..Written::default() };
    let failed = export(archive(&effects, ROW_COUNTS)).run(&command(true), &mut written).await;
    assert!(matches!(failed, Err(ExportError::Write(_))), "{failed:?}");
    assert_eq!(effects.seen(), ["seal", "snapshot", "unseal"]);
    assert!(!written.finished);

    let mut sealed = MockArchive::new();
    sealed.expect_seal().once().returning(|| Ok(SealOutcome::PutOn));
    sealed.expect_snapshot().once().returning(|| Err(unavailable()));
    sealed.expect_unseal().once().returning(|| Ok(()));
    let failed = export(sealed).run(&command(true), &mut Written::default()).await;
    assert!(matches!(failed, Err(ExportError::Store(PortError::Unavailable(_)))), "{failed:?}");
}

#[tokio::test]
async fn a_final_export_that_fails_leaves_the_seal_of_an_earlier_one() {
    let effects = Effects::default();
    let sealed = archive_that_answers(&effects, ROW_COUNTS, SealOutcome::WasOn);
    let mut written = Written { room: Some(1_000), ..Written::default() };
    let failed = export(sealed).run(&command(true), &mut written).await;
    assert!(matches!(failed, Err(ExportError::Write(_))), "{failed:?}");
    assert_eq!(effects.seen(), ["seal", "snapshot"]);
}

#[tokio::test]
async fn a_database_that_can_not_be_sealed_is_not_exported_and_no_seal_is_taken_off() {
    let mut sealed = MockArchive::new();
    sealed.expect_seal().once().returning(|| Err(unavailable()));
    sealed.expect_unseal().never();
    let mut written = Written::default();
    let failed = export(sealed).run(&command(true), &mut written).await;
    assert!(matches!(failed, Err(ExportError::Store(_))), "{failed:?}");
    assert!(written.bytes.is_empty());
}

#[tokio::test]
async fn rows_that_are_not_those_that_were_counted_are_no_export() {
    let effects = Effects::default();
    for row_counts in [
        RowCounts { users: 3, ..ROW_COUNTS },
        RowCounts { files: 2, ..ROW_COUNTS },
        RowCounts { folders: 3, ..ROW_COUNTS },
        RowCounts { versions: 0, ..ROW_COUNTS },
        RowCounts { operations: 3, ..ROW_COUNTS },
        RowCounts { audit_entries: 0, ..ROW_COUNTS },
    ] {
        let mut written = Written::default();
        let failed = export(archive(&effects, row_counts)).run(&command(false), &mut written).await;
        assert!(matches!(failed, Err(ExportError::Miscounted(_))), "{failed:?}");
        assert!(!written.finished);
    }
}

#[tokio::test]
async fn the_seal_is_taken_off_on_demand() {
    let effects = Effects::default();
    export(archive(&effects, ROW_COUNTS)).unseal().await.unwrap();
    assert_eq!(effects.seen(), ["unseal"]);
}
