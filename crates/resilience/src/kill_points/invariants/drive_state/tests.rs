//! What tells two drives apart, and what does not.

use fm_domain::body::ByteSize;
use fm_domain::files::{Sha256, VersionNumber};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::testing::a_file;
use fm_domain::tree::{ItemKind, Seq};
use uuid::Uuid;

use super::*;

fn id(number: u128) -> NodeId {
    NodeId::new(Uuid::from_u128(number))
}

/// A folder with a file in it, by ids from this number on.
struct Drive {
    folder: NodeRecord,
    entry: NodeRecord,
    file: File,
    versions: Vec<Version>,
}

impl Drive {
    fn new(number: u128) -> Self {
        let file = File { id: FileId::new(Uuid::from_u128(number + 1)), ..a_file() };
        let folder = NodeRecord {
            id: id(number),
            drive: file.drive(),
            parent: None,
            kind: ItemKind::Folder,
            key: "work".to_owned(),
            trash: None,
            changed: Seq::new(1),
        };
        let (parent, key) = (Some(folder.id), "hello.txt".to_owned());
        let entry = NodeRecord { id: file.id.into(), parent, kind: ItemKind::File, key, ..folder.clone() };
        let older = File { size: ByteSize::new(3), ..file.clone() };
        Self { folder, entry, versions: vec![Version::of(&older, older.updated_at)], file }
    }

    fn state(&self) -> DriveState {
        let nodes = [self.entry.clone(), self.folder.clone()];
        DriveState::new(&nodes, std::slice::from_ref(&self.file), &self.versions)
    }
}

#[test]
fn ids_times_and_numbers_of_changes_tell_no_drives_apart() {
    let mut other = Drive::new(50);
    other.file.updated_at = other.file.updated_at.plus(std::time::Duration::from_secs(1));
    other.file.blob = BlobId::new(Uuid::from_u128(99));
    other.entry.changed = Seq::new(9);
    assert_eq!(Drive::new(10).state(), other.state());
}

#[test]
fn whatever_a_client_sees_tells_drives_apart() {
    let changes: [fn(&mut Drive); 7] = [
        |drive| drive.folder.key = "play".to_owned(),
        |drive| drive.entry.key = "bye.txt".to_owned(),
        |drive| drive.entry.parent = None,
        |drive| drive.folder.trash = Some(drive.folder.id),
        |drive| drive.file.sha256 = Some(Sha256::new([8; 32])),
        |drive| drive.versions.clear(),
        |drive| drive.versions[0].size = ByteSize::new(4),
    ];
    let before = Drive::new(10).state();
    for (place, change) in changes.into_iter().enumerate() {
        let mut drive = Drive::new(10);
        change(&mut drive);
        assert_ne!(drive.state(), before, "change {place}");
    }
}

#[test]
fn versions_are_compared_by_their_numbers() {
    let mut drive = Drive::new(10);
    let newer =
        Version { number: VersionNumber::new(2), size: ByteSize::new(7), ..drive.versions[0].clone() };
    drive.versions.push(newer);
    let before = drive.state();
    drive.versions.reverse();
    assert_eq!(drive.state(), before);
}

#[test]
fn it_is_told_what_is_there_and_what_is_not() {
    let (before, mut drive) = (Drive::new(10).state(), Drive::new(10));
    drive.folder.key = "play".to_owned();
    let apart = drive.state().apart_from(&before);
    assert!(
        apart.contains("\"play\"") && apart.contains("instead of") && apart.contains("\"work\""),
        "{apart}"
    );
}
