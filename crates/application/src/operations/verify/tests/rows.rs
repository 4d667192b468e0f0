//! What the rows of the database add up to.

use std::sync::{Arc, Mutex};

use fm_domain::archive::{
    ArchiveUnit, BlobTally, DriveCounters, DriveTally, MockArchive, MockSnapshot, TreeFault, WrongPlace,
};
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork};

use super::{HOUR, check_rows};
use crate::operations::fixture::{Deployment, blob};
use crate::operations::verify::{Finding, Verified, VerifyCommand};

fn drive(n: u64) -> DriveId {
    DriveId::new(CountingIds::nth(n))
}

/// 120 drives, two of which count other than their rows do.
fn tallies() -> Vec<DriveTally> {
    let counters = |n| DriveCounters { used: ByteSize::new(n), nodes: 2, ..DriveCounters::default() };
    let mut tallies: Vec<DriveTally> = (1..=120)
        .map(|n| DriveTally { drive: drive(n), recorded: counters(n), counted: counters(n) })
        .collect();
    tallies[77].counted.nodes = 3;
    tallies[119].recorded.trash = ByteSize::new(1);
    tallies
}

fn references() -> [BlobTally; 3] {
    [
        BlobTally { key: BlobKey::file(blob(1)), recorded: 1, counted: 2 },
        BlobTally { key: BlobKey::thumbnail(blob(2)), recorded: 1, counted: 0 },
        BlobTally { key: BlobKey::file(blob(3)), recorded: 9, counted: 1 },
    ]
}

fn faults() -> [TreeFault; 3] {
    [WrongPlace::Unreachable, WrongPlace::Mismarked, WrongPlace::NameTaken].map(|wrong| TreeFault {
        drive: drive(1),
        node: NodeId::new(CountingIds::nth(9)),
        wrong,
    })
}

/// A database with all of these faults, and what is done to it.
fn unsound(effects: &Effects) -> MockArchive {
    let mut archive = MockArchive::new();
    archive.expect_snapshot().once().returning(|| {
        let mut snapshot = MockSnapshot::new();
        snapshot.expect_tallies().returning(|after, limit| {
            let later = tallies().into_iter().filter(|tally| after.is_none_or(|after| tally.drive > after));
            Ok(later.take(limit as usize).collect())
        });
        snapshot
            .expect_wrong_references()
            .returning(|after, _| Ok(if after.is_none() { references().to_vec() } else { Vec::new() }));
        snapshot.expect_faults().once().returning(|_| Ok(faults().to_vec()));
        Ok(Box::new(snapshot))
    });
    let effects = effects.clone();
    // The first unit meets others.
    let contended = Arc::new(Mutex::new(true));
    archive.expect_begin_rows().returning(move || {
        let mut unit = FakeUnitOfWork::noting(&effects);
        let noted = effects.clone();
        unit.rows.expect_recount_drive().returning(move |of| {
            noted.note(if of == drive(78) { "the first" } else { "the second" });
            Ok(())
        });
        let noted = effects.clone();
        unit.rows.expect_recount_references().returning(move |_| {
            noted.note("references");
            Ok(3)
        });
        if std::mem::take(&mut *contended.lock().unwrap()) {
            unit = unit.committing_with(PortError::Contended("another unit".into()));
        }
        Ok(Box::new(unit) as Box<dyn ArchiveUnit>)
    });
    archive
}

async fn run(archive: &MockArchive, repair: bool) -> (Verified, Vec<Finding>) {
    let command = VerifyCommand { rehash: false, min_age: HOUR, repair };
    let (verified, found) = check_rows(&Deployment::default().ports(), command, archive).await;
    (verified.unwrap(), found)
}

#[tokio::test]
async fn what_does_not_add_up_is_found_and_nothing_is_changed() {
    let effects = Effects::default();
    let (verified, found) = run(&unsound(&effects), false).await;
    let tallies = tallies();
    let mut expected = vec![Finding::Usage(tallies[77]), Finding::Usage(tallies[119])];
    expected.extend(references().map(Finding::References));
    expected.extend(faults().map(Finding::Place));
    assert_eq!(found, expected);
    let names: Vec<&str> = found.iter().map(Finding::name).collect();
    let usage = ["wrong_usage", "wrong_usage"];
    let blobs = ["wrong_references", "unreferenced", "wrong_references"];
    let places = ["unreachable", "mismarked", "name_taken"];
    assert_eq!(names, [&usage[..], &blobs, &places].concat());
    let findings = verified.findings;
    assert_eq!((findings.wrong_usage, findings.wrong_references, findings.unreferenced), (2, 2, 1));
    assert_eq!((findings.unreachable, findings.mismarked, findings.name_taken), (1, 1, 1));
    assert_eq!((verified.accounts, findings.total(), verified.repaired), (120, 8, 0));
    assert!(!verified.is_sound());
    assert_eq!(effects.seen(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn counters_and_references_are_repaired_and_places_are_not() {
    let effects = Effects::default();
    let (verified, _) = run(&unsound(&effects), true).await;
    let expected =
        ["the first", "commit", "the first", "commit", "the second", "commit", "references", "commit"];
    assert_eq!(effects.seen(), expected);
    assert_eq!((verified.findings.total(), verified.repaired), (8, 5));
    assert!(!verified.is_sound(), "three items are where they may not be");
}
