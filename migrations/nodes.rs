//! Files of the version before there were folders, many of them of one name, and where they are afterwards: for the tests of these
//! migrations in both databases.

use std::collections::{HashMap, HashSet};

use fm_domain::access::{Access, Right};
use fm_domain::accounts::StorageUse;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::files::{File, FileFilter, FileName, FilePage, FileSort, Numbering, SortOrder, VersionNumber};
use fm_domain::ids::{FileId, NodeId, UserId};
use fm_domain::tree::{Delta, Folder, Item, ItemKind, NodeRecord, Seq};
use uuid::Uuid;

/// The first of the migrations that make a tree.
pub(crate) const FIRST: &str = "20261130000190_drive_counters";

/// How many files of one byte each user has: the first has names of every kind, the second one of them, the third very many.
pub(crate) const FILES: [u32; 3] = [30, 1, 100_000];

/// A file as the version before wrote it. It was made so many seconds after 1970.
pub(crate) struct Old {
    pub(crate) number: u32,
    pub(crate) owner: u32,
    pub(crate) name: FileName,
}

impl Old {
    pub(crate) fn id(&self) -> Uuid {
        uuid(self.number)
    }

    /// Two of them have one moment: the smaller id is the older then.
    pub(crate) fn created_at(&self) -> i64 {
        i64::from(self.number / 2)
    }
}

/// The id whose digits are this number.
pub(crate) fn uuid(number: u32) -> Uuid {
    format!("{number:0>32}").parse().unwrap()
}

const NAMES: [&str; 25] = [
    "report.pdf",
    "report (2).pdf",
    "REPORT.pdf",
    "Report.PDF",
    "report.pdf",
    "backup.tar.gz",
    "Backup.TAR.gz",
    ".profile",
    ".Profile",
    ".tar.gz",
    ".tar.gz",
    "ends with a dot.",
    "ends with a dot.",
    "Makefile",
    "makefile",
    "\u{c4}pfel.txt",
    "a\u{308}PFEL.txt",
    "stra\u{df}e",
    "STRASSE",
    "\u{65e5}\u{672c}.\u{8a9e}",
    "\u{65e5}\u{672c}.\u{8a9e}",
    "100%_.txt",
    "100%_.txt",
    "1.2.3",
    "1.2.3",
];

/// All files, the oldest first: 100,000 of one user, of which each tenth has one name.
pub(crate) fn old_files() -> Vec<Old> {
    let longest = format!("{}.txt", "x".repeat(251));
    let fits_a_number = format!("{}.txt", "y".repeat(247));
    let kinds = NAMES.iter().map(|name| (1, (*name).to_owned()));
    let long = [&longest, &longest, &longest, &fits_a_number, &fits_a_number].map(|name| (1, name.clone()));
    let many = (0..100_000).map(|number| match number {
        7 => (3, "Same (7).TXT".to_owned()),
        _ if number % 10 == 0 => (3, "same.txt".to_owned()),
        _ => (3, format!("file {number}.txt")),
    });
    let all = kinds.chain(long).chain([(2, "report.pdf".to_owned())]).chain(many);
    let old = |(number, (owner, name)): (u32, (u32, String))| Old {
        number,
        owner,
        name: FileName::from_stored(&name).unwrap(),
    };
    (1000..).zip(all).map(old).collect()
}

/// Where a file is.
struct After {
    name: FileName,
    /// In a folder of its own, since a number would make its name too long.
    is_apart: bool,
}

/// Of files with one name the oldest keeps it, and the others get the smallest free numbers.
fn after(files: &[Old]) -> HashMap<u32, After> {
    let taken: HashSet<(u32, String)> =
        files.iter().map(|file| (file.owner, file.name.search_key())).collect();
    let mut last: HashMap<(u32, String), u64> = HashMap::new();
    let place = |file: &Old| {
        // The oldest has no number, as if it had the first.
        let number = last.entry((file.owner, file.name.search_key())).or_default();
        *number += 1;
        if *number == 1 {
            return (file.number, After { name: file.name.clone(), is_apart: false });
        }
        let name = loop {
            let name = file.name.numbered(*number, Numbering::BeforeExtension);
            if !taken.contains(&(file.owner, name.search_key())) {
                break name;
            }
            *number += 1;
        };
        let length = file.name.as_str().chars().count() + format!(" ({number})").len();
        let is_apart = length > FileName::MAX_CHARS;
        (file.number, After { name: if is_apart { file.name.clone() } else { name }, is_apart })
    };
    files.iter().map(place).collect()
}

/// The names of all files after the migrations.
pub(crate) fn names_after(files: &[Old]) -> HashMap<Uuid, String> {
    after(files).into_iter().map(|(number, after)| (uuid(number), after.name.to_string())).collect()
}

fn access(owner: u32) -> Access {
    Access::on_behalf_of(UserId::new(uuid(owner)), Right::Write)
}

async fn all_files(database: &dyn Database) -> HashMap<Uuid, File> {
    let mut reads = database.read().await.unwrap();
    let (mut files, mut after) = (HashMap::new(), None);
    loop {
        let page = reads.files().walk(after, 5_000).await.unwrap();
        let Some(last) = page.last() else { return files };
        after = Some(last.id);
        files.extend(page.into_iter().map(|file| (file.id.uuid(), file)));
    }
}

async fn all_nodes(database: &dyn Database) -> HashMap<NodeId, NodeRecord> {
    let mut reads = database.read().await.unwrap();
    let (mut nodes, mut after) = (HashMap::new(), None);
    loop {
        let page = reads.tree().walk_nodes(after, 5_000).await.unwrap();
        let Some(last) = page.last() else { return nodes };
        after = Some(last.id);
        nodes.extend(page.into_iter().map(|node| (node.id, node)));
    }
}

/// Asserts that every file is where it should be, under its name and its keys, and that every user has a root.
pub(crate) async fn assert_migrated(database: &dyn Database, old: &[Old]) {
    let (expected, files, nodes) = (after(old), all_files(database).await, all_nodes(database).await);
    assert_eq!(files.len(), old.len());
    let mut places = HashSet::new();
    let mut apart = 0;
    for old in old {
        let (file, after) = (&files[&old.id()], &expected[&old.number]);
        let root = NodeId::root(file.drive());
        assert_eq!((&file.name, file.owner.uuid()), (&after.name, uuid(old.owner)), "{}", old.name);
        assert_eq!(file.parent != root, after.is_apart, "{}", old.name);
        let uploaded = Timestamp::from_unix_seconds(old.created_at());
        assert_eq!((file.content_at, file.modified_at, file.created_at), (uploaded, uploaded, uploaded));
        assert_eq!(file.version, VersionNumber::FIRST);
        let node = &nodes[&file.id.into()];
        assert_eq!((&node.key, node.parent), (&file.name.search_key(), Some(file.parent)));
        assert!(places.insert((file.parent, node.key.clone())), "two have one name: {}", old.name);
        if after.is_apart {
            let folder = &nodes[&file.parent];
            assert_eq!((folder.kind, folder.parent), (ItemKind::Folder, Some(root)));
            assert_eq!(folder.key.replace('-', ""), old.id().simple().to_string());
            apart += 1;
        }
    }
    assert_eq!(nodes.len(), files.len() + apart + FILES.len(), "files, folders of their own, and roots");
    let mut reads = database.read().await.unwrap();
    for (owner, count) in (1..).zip(FILES) {
        let access = access(owner);
        let drive = reads.tree().drive(&access, access.drive()).await.unwrap().unwrap();
        assert_eq!(drive.seq, Seq::default());
        let (used, file_count) = (ByteSize::new(count.into()), count.into());
        assert_eq!(drive.storage, StorageUse { used, file_count, ..StorageUse::default() });
        let root = reads.tree().item(&access, NodeId::root(drive.id)).await.unwrap().unwrap();
        assert!(root.is_root());
        let page = FilePage { sort: FileSort::Name, order: SortOrder::Ascending, after: None, limit: 1_000 };
        let listed = reads.files().list(&access, &FileFilter::default(), &page).await.unwrap();
        assert!(listed.is_sorted_by_key(|file| (file.name.sort_key(), file.id)), "the keys of names");
    }
}

/// Makes a folder, puts a file of the first user into it, and another one into the trash.
pub(crate) async fn use_the_tree(database: &dyn Database, old: &[Old]) {
    let access = access(1);
    let folder = Folder::new(NodeId::new(uuid(9)), access.drive(), root(&access), name("folder"), NOW);
    let mut unit = database.begin().await.unwrap();
    unit.drives().enter(access.drive(), &Delta::new_folders(1), None).await.unwrap();
    unit.nodes().insert(&folder.clone().into()).await.unwrap();
    let ids = [&old[0], &old[1]].map(|old| NodeId::from(FileId::new(old.id())));
    let moved: Item = unit.nodes().find(&access, ids[0]).await.unwrap().unwrap();
    let (seen, its_name) = (moved.revision(), moved.name().unwrap().clone());
    unit.nodes().update(&moved.placed(folder.id, its_name), seen).await.unwrap();
    let gone = unit.nodes().trash(ids[1], NOW, "/gone").await.unwrap().unwrap();
    unit.drives().charge(access.drive(), &gone.into_trash(), None).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(all_nodes(database).await[&ids[1]].trash, Some(ids[1]));
}

const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);

fn root(access: &Access) -> NodeId {
    NodeId::root(access.drive())
}

fn name(text: &str) -> FileName {
    FileName::from_stored(text).unwrap()
}
