//! A tree as a client sees it that walks it page by page.

use std::collections::BTreeSet;

use fm_api_types::File;
use serde_json::Value;

use super::client::Client;
use super::ledger::LEAF;
use super::subtree::{Content, Subtree};

/// An entry of a folder.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    /// Of a file.
    sha256: Option<String>,
    is_folder: bool,
}

impl Entry {
    fn of(item: &Value) -> Self {
        let text = |name: &str| item[name].as_str().map(str::to_owned);
        let (id, name) = (text("id").expect("an id"), text("name").expect("a name"));
        Self { id, name, sha256: text("sha256"), is_folder: item["kind"] == "folder" }
    }
}

impl Client {
    /// What is in a folder; of a large one its entries alone.
    pub(super) async fn content_of(&self, area: &str, id: &str, is_large: bool) -> Content {
        let found = self.walk(area, id, !is_large).await;
        found.into_iter().map(|(path, entry)| (path, entry.sha256)).collect()
    }

    /// All that is below a folder by the paths from it, page by page; of a flat one its entries alone. Fails where two entries of a folder
    /// have one name.
    async fn walk(&self, area: &str, id: &str, is_deep: bool) -> Vec<(String, Entry)> {
        let (mut found, mut waiting) = (Vec::new(), vec![(id.to_owned(), String::new())]);
        while let Some((folder, above)) = waiting.pop() {
            let mut names = BTreeSet::new();
            for entry in self.entries(area, &folder).await {
                assert!(names.insert(entry.name.to_lowercase()), "{above} has two entries {}", entry.name);
                let path = format!("{above}/{}", entry.name);
                if is_deep && entry.is_folder {
                    waiting.push((entry.id.clone(), path.clone()));
                }
                found.push((path, entry));
            }
        }
        found
    }

    /// The entries of a folder; none of one that is not there any more.
    pub(super) async fn entries(&self, area: &str, id: &str) -> Vec<Entry> {
        let (mut entries, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let request = self.user.get(&format!("{area}/{id}/children")).query(&[("limit", "200")]);
            let request = match &cursor {
                Some(cursor) => request.query(&[("cursor", cursor)]),
                None => request,
            };
            let answer = request.send().await;
            if answer.status == 404 {
                answer.not_found();
                return entries;
            }
            let page = answer.expect(200).json();
            entries.extend(page["items"].as_array().expect("a page has items").iter().map(Entry::of));
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return entries;
            }
        }
    }

    /// The files in these folders are listed, and no others of their names.
    pub(super) fn compare_leaves(&self, listed: &[File]) {
        let leaves = listed.iter().filter(|file| file.name.starts_with(LEAF));
        let mut listed: Vec<&String> = leaves.filter_map(|file| file.sha256.as_ref()).collect();
        let living = self.ledger.subtrees.values().filter(|subtree| subtree.lives());
        let known = living.filter_map(Subtree::known);
        let mut known: Vec<&String> = known.flat_map(|state| state.content.values().flatten()).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known, "the files in folders that are listed, and those that are there");
    }

    /// Each item that is listed or counted can be reached from the root, once, and nothing else.
    pub(super) async fn check_whole_tree(&self) {
        let root = &self.user.id;
        let found = self.walk("/v1/folders", root, true).await;
        let (folders, files): (Vec<_>, Vec<_>) =
            found.iter().map(|(_, entry)| entry).partition(|entry| entry.is_folder);
        let mut reached: Vec<&str> = files.iter().map(|entry| entry.id.as_str()).collect();
        let listed = self.list().await;
        let mut known: Vec<String> = listed.iter().map(|file| file.id.to_string()).collect();
        reached.sort_unstable();
        known.sort_unstable();
        assert_eq!(reached, known, "the files that the root leads to, and those that are listed");
        for id in &self.folders {
            assert!(folders.iter().any(|folder| folder.id == *id), "no way leads to the folder {id}");
        }
        let usage = self.user.get(&format!("/v1/folders/{root}/usage")).send().await.expect(200).json();
        let bytes: u64 = listed.iter().map(|file| file.size).sum();
        let counted = ["folders", "files", "size_bytes"].map(|name| usage[name].as_u64());
        let walked = [folders.len() as u64, files.len() as u64, bytes].map(Some);
        assert_eq!(
            counted, walked,
            "folders, files and bytes below the root, as they are counted and walked"
        );
    }
}
