#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use fm_domain::accounts::InsertUser;
use fm_domain::archive::{ArchiveUnit, MockArchive, MockSnapshot, RowCounts, SealOutcome};
use fm_domain::audit::AuditAction;
use fm_domain::error::PortError;
use fm_domain::files::Sha256;
use fm_domain::idempotency::Claimed;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeUnitOfWork, NotedTrail};
use serde_json::{Value, json};
use sha2::Digest as _;

use super::{Import, ImportError, ImportOptions, Imported, LineProblem};
use crate::archive::samples::{ROW_COUNTS, Written, accounts, entry, node, now, snapshot};
use crate::archive::{Counts, Export, ExportCommand};
use crate::ports::Ports;
use crate::testing::TestPorts;

mod models;
mod old_exports;

const COUNTS: Counts =
    Counts { users: 2, folders: 2, files: 3, versions: 1, operations: 2, keys: 1, blobs: 3, audit: 1 };

/// What the database has after the import, with the entry of the import itself.
const AFTER: RowCounts = RowCounts {
    removed_users: 0,
    open_uploads: 0,
    audit_entries: ROW_COUNTS.audit_entries + 1,
    ..ROW_COUNTS
};

/// The lines of a whole export.
async fn exported(is_final: bool) -> Vec<String> {
    let mut archive = MockArchive::new();
    archive.expect_seal().returning(|| Ok(SealOutcome::PutOn));
    archive.expect_snapshot().returning(|| Ok(Box::new(snapshot(ROW_COUNTS))));
    let export = Export::new(&TestPorts::default().ports(), Arc::new(archive));
    let mut written = Written::default();
    let command = ExportCommand { is_final, ..ExportCommand::default() };
    export.run(&command, &mut written).await.unwrap();
    String::from_utf8(written.bytes).unwrap().lines().map(str::to_owned).collect()
}

/// The same with another line at this place, and the end that fits it.
async fn with_line(at: usize, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut lines = exported(true).await;
    let mut line: Value = serde_json::from_str(&lines[at]).unwrap();
    change(&mut line);
    lines[at] = line.to_string();
    with_its_hash(lines)
}

fn with_its_hash(mut lines: Vec<String>) -> Vec<String> {
    let mut end: Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    let hash = sha2::Sha256::digest(text(&lines).as_bytes());
    end["end"]["sha256"] = json!(Sha256::new(hash.into()).to_string());
    lines.push(end.to_string());
    lines
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// A database that has so many rows each time that it is asked.
fn archive(row_counts: impl IntoIterator<Item = RowCounts>) -> MockArchive {
    let mut archive = MockArchive::new();
    let mut sequence = mockall::Sequence::new();
    for row_counts in row_counts {
        archive.expect_snapshot().once().in_sequence(&mut sequence).returning(move || {
            let mut snapshot = MockSnapshot::new();
            snapshot.expect_row_counts().once().returning(move || Ok(row_counts));
            Ok(Box::new(snapshot))
        });
    }
    archive
}

/// The same, which opens this unit of rows.
fn taking(unit: FakeUnitOfWork, row_counts: impl IntoIterator<Item = RowCounts>) -> MockArchive {
    let mut archive = archive(row_counts);
    archive.expect_begin_rows().once().return_once(move || Ok(Box::new(unit) as Box<dyn ArchiveUnit>));
    archive
}

fn import(archive: MockArchive) -> Import {
    Import::new(&TestPorts::default().ports(), Arc::new(archive))
}

/// A unit that takes everything and notes it.
fn unit(effects: &Effects, trail: &NotedTrail) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    unit.audit = trail.clone();
    macro_rules! noted {
        ($mock:expr, |$($argument:ident),+| $text:expr, $answer:expr) => {
            $mock.returning({
                let effects = effects.clone();
                move |$($argument),+| {
                    effects.note($text);
                    Ok($answer)
                }
            })
        };
    }
    noted!(unit.users.expect_insert(), |user| format!("user {}", user.email.as_str()), ());
    noted!(unit.users.expect_set_quota(), |_id, quota| format!("quota {}", quota.unwrap()), true);
    noted!(
        unit.users.expect_set_suspended(),
        |_id, at| format!("suspend {}", at.unwrap().unix_micros()),
        true
    );
    noted!(unit.rows.expect_add_blobs(), |blobs, _at| format!("blobs {}", blobs.len()), ());
    noted!(unit.rows.expect_add_nodes(), |nodes| format!("nodes {}", nodes.len()), ());
    noted!(unit.rows.expect_add_versions(), |versions| format!("versions {}", versions.len()), ());
    noted!(unit.rows.expect_set_seq(), |_drive, seq| format!("seq {}", seq.number()), ());
    noted!(unit.rows.expect_recount_drive(), |_drive| "recount", ());
    noted!(unit.rows.expect_recount_references(), |_at| "references", 0);
    noted!(unit.rows.expect_faults(), |limit| format!("faults {limit}"), Vec::new());
    noted!(
        unit.operations.expect_insert(),
        |operation| format!("operation {}", operation.status.as_str()),
        ()
    );
    noted!(
        unit.blobs.expect_record_intent(),
        |intent| format!("{} {}", intent.key.bucket.as_str(), intent.reserved.bytes()),
        ()
    );
    noted!(unit.blobs.expect_mark_stored(), |_id, stored| format!("stored {}", stored.size.bytes()), ());
    noted!(unit.blobs.expect_mark_deleted(), |_id, at| format!("deleted {}", at.unix_seconds()), true);
    noted!(unit.blobs.expect_postpone(), |_id, until| format!("due {}", until.unix_seconds()), ());
    noted!(unit.keys.expect_claim(), |claim, _now| format!("claim {}", claim.key), Claimed::Held);
    noted!(unit.keys.expect_finish(), |_attempt, _upload, _at| "finish", true);
    noted!(unit.jobs.expect_enqueue(), |job| format!("job {}", job.kind), Enqueued::Added);
    unit
}

async fn run(import: &Import, dry_run: bool, lines: &[String]) -> Result<Imported, ImportError> {
    import.run(ImportOptions { dry_run }, &mut text(lines).as_bytes()).await
}

/// Why the lines are refused, without and with a database behind.
async fn refusal(lines: &[String]) -> String {
    let checked = run(&import(archive([RowCounts::default()])), true, lines).await;
    let checked = checked.unwrap_err().to_string();
    let effects = Effects::default();
    let taking = taking(unit(&effects, &NotedTrail::default()), [RowCounts::default()]);
    let refused = run(&import(taking), false, lines).await;
    assert_eq!(refused.unwrap_err().to_string(), checked);
    assert_eq!(effects.seen().last().unwrap(), "rollback");
    checked
}

#[tokio::test]
async fn all_that_was_exported_is_written_in_one_unit_with_the_jobs_that_are_still_to_do() {
    let (effects, trail) = (Effects::default(), NotedTrail::default());
    let taking = taking(unit(&effects, &trail), [RowCounts::default(), AFTER]);
    let imported = run(&import(taking), false, &exported(true).await).await;
    assert_eq!(imported.unwrap(), Imported { counts: COUNTS, is_final: true });
    let now = now().unix_seconds();
    let expected = [
        "user ada@example.com".to_owned(),
        "seq 0".to_owned(),
        "recount".to_owned(),
        "user Bob@Example.com".to_owned(),
        "job make_thumbnail".to_owned(),
        "job verify_blob".to_owned(),
        "operation done".to_owned(),
        "operation running".to_owned(),
        "job run_operation".to_owned(),
        "job purge_trash".to_owned(),
        "claim upload-1".to_owned(),
        "finish".to_owned(),
        // Three contents, a thumbnail and an old version.
        "blobs 5".to_owned(),
        "nodes 5".to_owned(),
        "versions 1".to_owned(),
        "seq 41".to_owned(),
        // Counted before there is a quota, which Bob exceeds.
        "recount".to_owned(),
        "quota 7 bytes".to_owned(),
        "suspend 1234567890123456".to_owned(),
        // An intent, a tombstone that was never stored, and one that was.
        "files 0".to_owned(),
        "thumbnails 0".to_owned(),
        "deleted 5".to_owned(),
        "due 6".to_owned(),
        "files 0".to_owned(),
        "stored 0".to_owned(),
        format!("deleted {now}"),
        format!("due {now}"),
        "references".to_owned(),
        "faults 1".to_owned(),
        "commit".to_owned(),
    ];
    assert_eq!(effects.seen(), expected);
    let entries = trail.entries();
    assert_eq!(entries.len(), 2, "what was sent, and the import");
    assert_eq!(entries[0], entry());
    assert_eq!((&entries[1].action, entries[1].actor), (&AuditAction::DATABASE_IMPORTED, None));
}

#[tokio::test]
async fn without_a_trail_the_import_leaves_no_entry() {
    let (effects, trail) = (Effects::default(), NotedTrail::default());
    let ports = Ports { audit_retention: Duration::ZERO, ..TestPorts::default().ports() };
    let after = RowCounts { audit_entries: ROW_COUNTS.audit_entries, ..AFTER };
    let taking = taking(unit(&effects, &trail), [RowCounts::default(), after]);
    let import = Import::new(&ports, Arc::new(taking));
    run(&import, false, &exported(true).await).await.unwrap();
    assert_eq!(trail.entries(), [entry()]);
}

/// A unit that takes users, blobs, keys and jobs, whatever they are.
fn an_indifferent_unit() -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::default();
    unit.users.expect_insert().returning(|_| Ok(()));
    unit.users.expect_set_quota().returning(|_, _| Ok(true));
    unit.users.expect_set_suspended().returning(|_, _| Ok(true));
    unit.rows.expect_add_blobs().returning(|_, _| Ok(()));
    unit.rows.expect_recount_drive().returning(|_| Ok(()));
    unit.rows.expect_recount_references().returning(|_| Ok(0));
    unit.blobs.expect_record_intent().returning(|_| Ok(()));
    unit.blobs.expect_mark_stored().returning(|_, _| Ok(()));
    unit.blobs.expect_mark_deleted().returning(|_, _| Ok(true));
    unit.blobs.expect_postpone().returning(|_, _| Ok(()));
    unit.keys.expect_claim().returning(|_, _| Ok(Claimed::Held));
    unit.keys.expect_finish().returning(|_, _, _| Ok(true));
    unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
    unit
}

#[tokio::test]
async fn a_check_opens_no_unit_of_work() {
    let import = import(archive([RowCounts::default()]));
    let checked = run(&import, true, &exported(true).await).await.unwrap();
    assert_eq!(checked.counts, COUNTS);
}

#[tokio::test]
async fn a_database_with_accounts_files_or_blobs_is_refused() {
    for row_counts in [
        RowCounts { users: 1, ..RowCounts::default() },
        RowCounts { removed_users: 1, ..RowCounts::default() },
        RowCounts { files: 1, ..RowCounts::default() },
        RowCounts { blobs: 1, ..RowCounts::default() },
    ] {
        let refused = run(&import(archive([row_counts])), false, &[]).await;
        assert!(
            matches!(&refused, Err(ImportError::NotEmpty(found)) if **found == row_counts),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_file_that_ends_too_early_is_refused_wherever_it_is_cut() {
    let whole = text(&exported(true).await);
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        let cut = &whole.as_bytes()[..length];
        let import = import(archive([RowCounts::default()]));
        let refused = import.run(ImportOptions { dry_run: true }, &mut &*cut).await;
        let whole_lines = cut.split(|byte| *byte == b'\n').count() as u64 - 1;
        assert!(
            matches!(refused, Err(ImportError::Truncated { lines }) if lines == whole_lines),
            "{length}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_line_that_was_changed_left_out_or_added_is_found() {
    let mut changed = exported(true).await;
    changed[3] = changed[3].replace("Käse", "Kase");
    let end = changed.len();
    assert_eq!(
        refusal(&changed).await,
        format!("line {end} has another SHA-256 than the lines before: they were changed")
    );
    let mut left_out = exported(true).await;
    left_out.remove(4);
    assert!(refusal(&with_its_hash(left_out)).await.contains("other numbers of lines"));
    let mut added = exported(true).await;
    added.push(added[1].clone());
    assert_eq!(refusal(&added).await, "line 18 has no place here: the file has ended");
}

#[tokio::test]
async fn a_line_that_no_export_has_is_refused_by_its_number() {
    for (at, change, expected) in [
        (
            0,
            json!({"version": 3}),
            "line 1 is of version 3 of the format; this program reads versions 1 to 2",
        ),
        (
            0,
            json!({"version": 0}),
            "line 1 is of version 0 of the format; this program reads versions 1 to 2",
        ),
        (1, json!({"email": "no address"}), "line 2 email: "),
        (1, json!({"role": "king"}), "line 2 role: is neither user nor admin"),
        (1, json!({"created_at": -1}), "line 2 created_at: must be a moment"),
        (1, json!({"id": "00000000-0000-0000-0000-000000000000"}), "line 2 id: is no id"),
        (1, json!({"password_hash": "a\u{0}b"}), "line 2 password_hash: holds U+0000"),
        (2, json!({"quota": u64::MAX}), "line 3 quota: is too large"),
        (2, json!({"unknown": 1}), "line 3 can't be read: unknown field `unknown`"),
        (3, json!({"name": "a/b"}), "line 4 name: "),
        (3, json!({"content_type": "nothing"}), "line 4 content_type: "),
        (3, json!({"sha256": "12"}), "line 4 sha256: must be 64 hexadecimal digits"),
        (3, json!({"revision": 0}), "line 4 revision: is counted from 1"),
        (3, json!({"size": u64::MAX}), "line 4 size: is too large"),
        (3, json!({"thumbnail": {"state": "lost"}}), "line 4 can't be read: unknown variant `lost`"),
        (
            3,
            json!({"owner": accounts()[0].user.id}),
            "line 4 has no place here: it follows the line of another",
        ),
        (3, json!({"version": 0}), "line 4 version: is counted from 1"),
        (3, json!({"changed": u64::MAX}), "line 4 changed: is too large"),
        (6, json!({"parent": "ffffffff-ffff-ffff-ffff-ffffffffffff"}), "line 7 parent: is no id"),
        (6, json!({"trash": {"state": "lost"}}), "line 7 can't be read: unknown variant `lost`"),
        (7, json!({"trash": {"state": "below", "top": node(3111)}}), "line 8 trash.top: is the item itself"),
        (8, json!({"label": " "}), "line 9 label: "),
        (9, json!({"kind": "joke"}), "line 10 kind: names no kind"),
        (10, json!({"rest": {"a": [1.5]}}), "line 11 rest: holds U+0000 or a fraction"),
        (11, json!({"key": ""}), "line 12 key: "),
        (12, json!({"bucket": "pail"}), "line 13 bucket: is neither files nor thumbnails"),
        (15, json!({"action": ""}), "line 16 action: must be 1 to 64 characters"),
    ] {
        let lines = with_line(at, |line| {
            let fields = line.as_object_mut().unwrap().values_mut().next().unwrap();
            for (name, value) in change.as_object().unwrap() {
                fields[name] = value.clone();
            }
        });
        let refused = refusal(&lines.await).await;
        assert!(refused.starts_with(expected), "{expected}: {refused}");
    }
}

#[tokio::test]
async fn lines_in_another_order_are_refused() {
    for (from, to, expected) in [
        (1, 0, "line 1 is not the header"),
        (0, 1, "line 1 is not the header"),
        (3, 1, "line 2 has no place here"),
        (12, 2, "line 4 has no place here: users come first"),
        (15, 12, "line 14 has no place here: blobs come before"),
        (11, 13, "line 14 has no place here"),
    ] {
        let mut lines = exported(true).await;
        let moved = lines.remove(from);
        lines.insert(to, moved);
        let refused = refusal(&with_its_hash(lines)).await;
        assert!(refused.starts_with(expected), "{from} to {to}: {refused}");
    }
    let mut lines = exported(true).await;
    lines.insert(1, lines[0].clone());
    assert!(refusal(&lines).await.starts_with("line 2 has no place here: the file has one header"));
}

#[tokio::test]
async fn a_line_without_an_end_does_not_fill_the_memory() {
    let endless = "x".repeat(9 << 20);
    let import = import(archive([RowCounts::default()]));
    let refused = import.run(ImportOptions { dry_run: true }, &mut endless.as_bytes()).await;
    assert!(
        matches!(refused, Err(ImportError::Line { line: 1, problem: LineProblem::TooLong(_) })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_the_database_refuses_is_told_by_the_number_of_the_line() {
    let lines = exported(true).await;
    let mut unit = FakeUnitOfWork::default();
    unit.users.expect_insert().returning(|_| Err(InsertUser::EmailTaken));
    let taken = import(taking(unit, [RowCounts::default()]));
    let taken = run(&taken, false, &lines).await;
    assert!(
        matches!(taken, Err(ImportError::Line { line: 2, problem: LineProblem::AddressTaken })),
        "{taken:?}"
    );

    let mut unit = FakeUnitOfWork::default();
    unit.users.expect_insert().returning(|_| Ok(()));
    unit.rows.expect_set_seq().returning(|_, _| Err(PortError::Unexpected("no such user".into())));
    let refused = import(taking(unit, [RowCounts::default()]));
    let refused = run(&refused, false, &lines).await.unwrap_err();
    assert!(matches!(refused, ImportError::Row { line: 3, .. }), "{refused:?}");
    assert_eq!(refused.to_string(), "line 3, or one shortly before it, can't be stored");
}

#[tokio::test]
async fn a_commit_that_fails_or_is_not_what_was_read_is_told() {
    let lines = exported(true).await;
    let effects = Effects::default();
    let failing = unit(&effects, &NotedTrail::default()).committing_with(PortError::Poisoned);
    let failed = run(&import(taking(failing, [RowCounts::default()])), false, &lines).await;
    let last = lines.len() as u64;
    assert!(
        matches!(failed, Err(ImportError::Row { line, source: PortError::Poisoned }) if line == last),
        "{failed:?}"
    );
    let unanswered = PortError::Unavailable("the answer is lost".into());
    let unanswered = unit(&effects, &NotedTrail::default()).committing_with(unanswered);
    let unknown = run(&import(taking(unanswered, [RowCounts::default()])), false, &lines).await;
    assert!(matches!(unknown, Err(ImportError::Store(PortError::Unavailable(_)))), "{unknown:?}");

    let other = RowCounts { folders: 1, ..AFTER };
    let taking = taking(unit(&effects, &NotedTrail::default()), [RowCounts::default(), other]);
    let counted = run(&import(taking), false, &lines).await;
    assert!(
        matches!(&counted, Err(ImportError::Miscounted { found, .. }) if **found == other),
        "{counted:?}"
    );
}
