#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;

use super::{FileBlob, Finding, Verified, VerifyBlobs, VerifyCommand, VerifyEvent, Wrong};
use crate::fixture::sha256;
use crate::operations::fixture::{Deployment, LONG_AGO, blob};
use crate::ports::Ports;
use fm_domain::archive::{MockArchive, MockSnapshot};
use fm_domain::blobs::{BlobKey, BlobState};
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, ThumbnailState, VersionNumber};
use fm_domain::tree::Version;

mod rows;

const HOUR: Duration = Duration::from_hours(1);

const REPAIR: VerifyCommand = VerifyCommand { rehash: false, min_age: HOUR, repair: true };

/// A database whose rows add up.
fn sound() -> MockArchive {
    let mut archive = MockArchive::new();
    archive.expect_snapshot().returning(|| {
        let mut snapshot = MockSnapshot::new();
        snapshot.expect_tallies().returning(|_, _| Ok(Vec::new()));
        snapshot.expect_wrong_references().returning(|_, _| Ok(Vec::new()));
        snapshot.expect_faults().returning(|_| Ok(Vec::new()));
        Ok(Box::new(snapshot))
    });
    archive
}

async fn check(ports: &Ports, rehash: bool) -> (PortResult<Verified>, Vec<Finding>) {
    let command = VerifyCommand { rehash, min_age: HOUR, repair: false };
    check_rows(ports, command, &sound()).await
}

async fn check_rows(
    ports: &Ports,
    command: VerifyCommand,
    archive: &MockArchive,
) -> (PortResult<Verified>, Vec<Finding>) {
    let (mut found, mut told) = (Vec::new(), Verified::default());
    let mut tell = |event: VerifyEvent<'_>| match event {
        VerifyEvent::Found(finding) => found.push(finding.clone()),
        VerifyEvent::Progress(so_far) => {
            assert!(so_far.files >= told.files && so_far.listed >= told.listed, "it goes on: {so_far:?}");
            told = *so_far;
        }
    };
    let verified = VerifyBlobs::new(ports).run(command, archive, &mut tell).await;
    if let Ok(verified) = &verified {
        let seen = |verified: &Verified| (verified.files, verified.listed.unwrap_or(0), verified.accounts);
        assert_eq!(seen(&told), seen(verified), "all of it was told");
    }
    (verified, found)
}

async fn verify(deployment: &Deployment, rehash: bool) -> (Verified, Vec<Finding>) {
    let (verified, found) = check(&deployment.ports(), rehash).await;
    let verified = verified.unwrap();
    assert_eq!(verified.findings.total(), found.len() as u64);
    (verified, found)
}

fn wrong(file: &File, wrong: Wrong) -> Finding {
    let key = BlobKey::file(file.blob);
    Finding::File { of: FileBlob { file: file.id, version: None, owner: file.owner, key }, wrong }
}

#[tokio::test]
async fn what_is_as_it_should_be_makes_no_finding() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    deployment.file(2, "");
    {
        let mut state = deployment.state();
        state.mark_stored(BlobKey::thumbnail(blob(3)), "a thumbnail");
        state.files[0] = File {
            thumbnail: ThumbnailState::Ready { blob: blob(3), width: 1, height: 1, placeholder: None },
            ..file
        };
        // Tombstones with and without bytes, and an intent with bytes: the sweep knows all of these.
        for (n, blob_state) in [(4, BlobState::Deleted), (5, BlobState::Intent)] {
            state.put(BlobKey::file(blob(n)), "bytes");
            state.records.insert(BlobKey::file(blob(n)), blob_state);
        }
        state.records.insert(BlobKey::file(blob(6)), BlobState::Deleted);
    }
    for rehash in [false, true] {
        let (verified, found) = verify(&deployment, rehash).await;
        assert_eq!(found, []);
        assert_eq!((verified.files, verified.blobs, verified.listed), (2, 3, Some(5)));
    }
}

#[tokio::test]
async fn a_missing_blob_and_one_of_another_size_are_found() {
    let deployment = Deployment::default();
    let (gone, short) = (deployment.file(1, "hello"), deployment.file(2, "hello"));
    deployment.state().store.remove(&BlobKey::file(gone.blob));
    deployment.state().put(BlobKey::file(short.blob), "hell");
    let (verified, found) = verify(&deployment, false).await;
    let size = Wrong::Size { recorded: ByteSize::new(5), stored: ByteSize::new(4) };
    assert_eq!(found, [wrong(&gone, Wrong::Missing), wrong(&short, size)]);
    assert_eq!((verified.findings.missing, verified.findings.wrong_size), (1, 1));
}

#[tokio::test]
async fn a_thumbnail_is_compared_with_its_row() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let key = BlobKey::thumbnail(blob(3));
    {
        let mut state = deployment.state();
        state.mark_stored(key, "a thumbnail");
        state.put(key, "another thing");
        state.files[0] = File {
            thumbnail: ThumbnailState::Ready { blob: blob(3), width: 1, height: 1, placeholder: None },
            ..file
        };
    }
    let (_, found) = verify(&deployment, false).await;
    assert!(
        matches!(&found[..], [Finding::File { of, wrong: Wrong::Size { .. } }] if of.key == key),
        "{found:?}"
    );
}

#[tokio::test]
async fn other_bytes_are_found_by_reading_them_alone() {
    let deployment = Deployment::default();
    let (flipped, torn) = (deployment.file(1, "hello"), deployment.file(2, "hello"));
    deployment.state().put(BlobKey::file(flipped.blob), "hallo");
    deployment.state().torn.push(BlobKey::file(torn.blob));
    assert_eq!(verify(&deployment, false).await.1, []);
    let (verified, found) = verify(&deployment, true).await;
    let hash = Wrong::Hash { recorded: sha256(b"hello"), stored: sha256(b"hallo") };
    let unreadable = Wrong::Unreadable("a bad sector".to_owned());
    assert_eq!(found, [wrong(&flipped, hash), wrong(&torn, unreadable)]);
    assert_eq!((verified.findings.wrong_hash, verified.findings.unreadable), (1, 1));
}

#[tokio::test]
async fn a_file_whose_blob_a_sweep_may_delete_is_found() {
    let deployment = Deployment::default();
    let (deleted, unknown) = (deployment.file(1, "hello"), deployment.file(2, "hello"));
    deployment.state().records.insert(BlobKey::file(deleted.blob), BlobState::Deleted);
    deployment.state().records.remove(&BlobKey::file(unknown.blob));
    let (verified, found) = verify(&deployment, false).await;
    assert_eq!(found[..2], [wrong(&deleted, Wrong::NotStored), wrong(&unknown, Wrong::NotStored)]);
    // The blob of the second has no row: it is an orphan too.
    assert_eq!((verified.findings.not_stored, verified.findings.orphan, found.len()), (2, 1, 3));
}

#[tokio::test]
async fn a_file_that_goes_or_gets_other_bytes_meanwhile_makes_no_finding() {
    for replaced in [false, true] {
        let deployment = Deployment::default();
        let file = deployment.file(1, "hello");
        deployment.state().store.clear();
        deployment.state().after_head = Some(Box::new(move |state| {
            if replaced {
                state.files[0].blob = blob(9);
                state.mark_stored(BlobKey::file(blob(9)), "hello");
            } else {
                state.files.clear();
            }
        }));
        let (_, found) = verify(&deployment, false).await;
        assert_eq!(found, [], "{file:?}");
    }
}

#[tokio::test]
async fn a_blob_that_no_row_knows_is_found_once_it_is_old_enough() {
    let deployment = Deployment::default();
    deployment.file(1, "hello");
    {
        let mut state = deployment.state();
        state.put(BlobKey::file(blob(7)), "old");
        state.put(BlobKey::thumbnail(blob(1)), "of another bucket than its row");
        for (n, age) in [(8, HOUR), (9, HOUR.saturating_add(Duration::from_micros(1)))] {
            state.store.insert(BlobKey::file(blob(n)), (Bytes::new(), Deployment::now().minus(age)));
        }
    }
    let (verified, found) = verify(&deployment, false).await;
    let orphans: Vec<BlobKey> = found
        .iter()
        .map(|finding| match finding {
            Finding::Orphan(orphan) => orphan.key,
            other => unreachable!("{other:?}"),
        })
        .collect();
    assert_eq!(orphans, [BlobKey::file(blob(7)), BlobKey::file(blob(9)), BlobKey::thumbnail(blob(1))]);
    assert_eq!((verified.listed, verified.findings.orphan), (Some(5), 3));
}

/// Listed, then purged with its row before the database was asked; or listed before its row could be seen.
#[tokio::test]
async fn a_blob_that_goes_or_is_known_after_all_is_no_orphan() {
    for purged in [false, true] {
        let deployment = Deployment::default();
        let key = BlobKey::file(blob(7));
        deployment.state().put(key, "old");
        deployment.state().put(BlobKey::file(blob(6)), "an orphan");
        deployment.state().after_head = Some(Box::new(move |state| {
            if purged {
                state.store.remove(&key);
            } else {
                state.records.insert(key, BlobState::Intent);
            }
        }));
        let (_, found) = verify(&deployment, false).await;
        assert!(matches!(&found[..], [Finding::Orphan(one)] if one.key.id == blob(6)), "{found:?}");
    }
}

#[tokio::test]
async fn a_store_without_lists_is_checked_in_one_direction() {
    let deployment = Deployment::default();
    let gone = deployment.file(1, "hello");
    deployment.state().store.clear();
    let (verified, found) = check(&Ports { lister: None, ..deployment.ports() }, false).await;
    assert_eq!(verified.unwrap().listed, None);
    assert_eq!(found, [wrong(&gone, Wrong::Missing)]);
}

#[tokio::test]
async fn old_versions_are_looked_for_like_files() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let (gone, flipped) = (deployment.version(&file, 11, "hell"), deployment.version(&file, 12, "help"));
    deployment.version(&file, 13, "fine");
    for (number, version) in (1..).zip(&mut deployment.state().versions) {
        version.number = VersionNumber::new(number);
    }
    deployment.state().store.remove(&BlobKey::file(gone.blob));
    deployment.state().put(BlobKey::file(flipped.blob), "halp");
    let wrong = |version: &Version, number, wrong| {
        let (file, owner, key) = (version.file, version.created_by, BlobKey::file(version.blob));
        Finding::File { of: FileBlob { file, version: Some(VersionNumber::new(number)), owner, key }, wrong }
    };
    let hash = Wrong::Hash { recorded: sha256(b"help"), stored: sha256(b"halp") };
    let (verified, found) = verify(&deployment, true).await;
    assert_eq!(found, [wrong(&gone, 1, Wrong::Missing), wrong(&flipped, 2, hash)]);
    assert_eq!((verified.files, verified.versions, verified.blobs), (1, 3, 4));

    // One that goes meanwhile makes no finding.
    deployment.state().files.clear();
    deployment.state().after_head = Some(Box::new(|state| state.versions.clear()));
    let (_, found) = verify(&deployment, false).await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn previews_are_looked_for_and_lost_ones_removed_on_demand() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let (lost, kept) = (deployment.preview(&file, 21, "lost"), deployment.preview(&file, 22, "kept"));
    let key = BlobKey::thumbnail(blob(21));
    deployment.state().store.remove(&key);
    let (verified, found) = verify(&deployment, false).await;
    assert_eq!(found, [Finding::Preview { of: lost, wrong: Wrong::Missing }]);
    assert_eq!((verified.blobs, verified.repaired, found[0].name()), (3, 0, "missing"));
    assert_eq!(deployment.state().previews, [lost, kept], "nothing is changed but on demand");

    let (verified, _) = check_rows(&deployment.ports(), REPAIR, &sound()).await;
    let verified = verified.unwrap();
    assert_eq!((verified.repaired, verified.is_sound()), (1, true));
    {
        let state = deployment.state();
        assert_eq!((&state.previews[..], state.records[&key]), (&[kept][..], BlobState::Deleted));
    }
    let repair = VerifyBlobs::new(&deployment.ports());
    assert!(!repair.remove_preview(&lost).await.unwrap(), "what is gone counts as no repair");
    assert!(repair.remove_preview(&kept).await.unwrap());
}

#[tokio::test]
async fn a_preview_that_the_store_does_not_give_is_told_and_stays() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    let refused = deployment.preview(&file, 21, "a preview");
    deployment.state().refused.push(BlobKey::thumbnail(blob(21)));
    let (verified, found) = check_rows(&deployment.ports(), REPAIR, &sound()).await;
    let verified = verified.unwrap();
    assert!(
        matches!(&found[..], [Finding::Preview { of, wrong: Wrong::Unreadable(_) }] if *of == refused),
        "{found:?}"
    );
    assert_eq!((verified.repaired, verified.is_sound()), (0, false));
    assert_eq!(deployment.state().previews, [refused]);
}

#[tokio::test]
async fn a_preview_that_goes_meanwhile_makes_no_finding() {
    let deployment = Deployment::default();
    let file = deployment.file(1, "hello");
    deployment.preview(&file, 21, "lost");
    deployment.state().files.clear();
    deployment.state().store.clear();
    deployment.state().after_head = Some(Box::new(|state| state.previews.clear()));
    let (_, found) = verify(&deployment, false).await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn many_files_and_blobs_go_by_page() {
    let deployment = Deployment::default();
    for n in 1..=1_203 {
        deployment.file(n, "hello");
    }
    deployment.state().store.remove(&BlobKey::file(blob(1_100)));
    deployment.state().store.insert(BlobKey::file(blob(5_000)), (Bytes::new(), LONG_AGO));
    let (verified, found) = verify(&deployment, false).await;
    assert_eq!((verified.files, verified.listed, found.len()), (1_203, Some(1_203), 2));
    assert_eq!(deployment.state().most_ids, 500);
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_is_waited_for_and_a_long_one_ends_the_check() {
    let deployment = Deployment::default();
    deployment.file(1, "hello");
    deployment.state().outages = 3;
    assert_eq!(verify(&deployment, false).await.1, []);
    deployment.state().outages = 4;
    let (ended, found) = check(&deployment.ports(), false).await;
    assert!(matches!(ended, Err(PortError::Unavailable(_))));
    assert_eq!(found, []);
}
