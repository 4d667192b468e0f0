//! Folders that have something in them, after a restart: each change was made wholly or not at all.

use std::collections::BTreeMap;
use std::time::Duration;

use fm_api_types::Folder;
use serde_json::Value;

use super::client::Client;
use super::subtree::{Coming, Place, State, Subtree};
use crate::within;

/// How long an operation may take: what a killed process held waits for its lease (1 minute), and a job that failed again and again for
/// its next attempt (5 minutes); and a margin.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(7);

/// A batch with a key whose answer was cut off: a folder moves, and another one goes into the trash.
#[derive(Debug)]
pub(super) struct CutBatch {
    pub(super) key: String,
    pub(super) body: Value,
    /// Each folder, and what becomes of it.
    pub(super) after: [(String, State); 2],
}

impl Client {
    /// After a restart: each folder is where its last change has put it, with all that was in it, or where it was before. In the end
    /// all operations come to their ends.
    pub(super) async fn check_subtrees(&mut self, is_end: bool) {
        self.adopt().await;
        let mut places = BTreeMap::new();
        for id in self.ledger.subtrees.keys().cloned().collect::<Vec<_>>() {
            let mut place = self.compare_subtree(&id).await;
            if is_end && place.is_none() {
                let what = format!("the operation on folder {id} ends");
                place =
                    Some(within(OPERATION_TIMEOUT, &what, async || self.compare_subtree(&id).await).await);
            }
            self.ledger.happened += place.unwrap_or_default();
            places.insert(id, place);
        }
        if let Some(cut) = self.cut_batch.take() {
            let [moved, trashed] = &cut.after;
            assert_eq!(places[&moved.0], places[&trashed.0], "a batch of all or nothing: {cut:?}");
            self.repeat_batch(cut).await;
        }
        self.ledger.subtrees.retain(|_, subtree| subtree.known() != Some(&State::GONE));
    }

    /// A batch that was cut off and had a key is sent again: it is done once, whatever had become of it.
    async fn repeat_batch(&mut self, cut: CutBatch) {
        let CutBatch { key, body, after } = cut;
        let request = self.user.post("/v1/batch").header("idempotency-key", &key).json(&body);
        let answer = request.send().await.expect(200).json();
        assert_eq!((&answer["succeeded"], &answer["failed"]), (&2.into(), &0.into()), "{answer}");
        for (id, after) in after {
            let found = self.find_subtree(&id).await;
            let subtree = self.ledger.subtrees.get_mut(&id).expect("a known folder");
            // What went into the trash may have gone with all of it.
            let is_gone = found == State::GONE && subtree.known() == Some(&found);
            assert!(is_gone || found == after, "folder {id} is {found:#?} and not {after:#?}");
            subtree.states = vec![found];
        }
    }

    /// Finds what was asked for and whose id is not known, by its name.
    async fn adopt(&mut self) {
        let Some(Coming { parent, name, content, is_large, is_sure }) = self.ledger.coming.take() else {
            return;
        };
        let entries = self.entries("/v1/folders", &parent).await;
        let Some(entry) = entries.into_iter().find(|entry| entry.name == name) else {
            assert!(!is_sure, "an acknowledged copy is lost: {name}");
            return;
        };
        self.ledger.happened += usize::from(!is_sure);
        let goes_on = is_large && !content.is_empty();
        let state = State { place: Place::Living { parent, name }, content };
        let subtree = Subtree { goes_on, ..Subtree::new(state, is_large) };
        self.ledger.subtrees.insert(entry.id, subtree);
    }

    async fn compare_subtree(&mut self, id: &str) -> Option<usize> {
        let found = self.find_subtree(id).await;
        self.ledger.subtrees.get_mut(id).expect("a known folder").compare(id, &found)
    }

    /// Where a folder is, and what is in it.
    async fn find_subtree(&self, id: &str) -> State {
        let is_large = self.ledger.subtrees.get(id).is_some_and(|subtree| subtree.is_large);
        let answer = self.user.get(&format!("/v1/folders/{id}")).send().await;
        if answer.status == 200 {
            let folder: Folder = answer.parse();
            let parent = folder.parent_id.expect("it is no root").to_string();
            let content = self.content_of("/v1/folders", id, is_large).await;
            return State { place: Place::Living { parent, name: folder.name }, content };
        }
        answer.not_found();
        let answer = self.user.get(&format!("/v1/trash/{id}")).send().await;
        if answer.status != 200 {
            answer.not_found();
            return State::GONE;
        }
        let name = answer.json()["name"].as_str().expect("a name").to_owned();
        State { place: Place::Trash { name }, content: self.content_of("/v1/trash", id, is_large).await }
    }

    /// Deletes all these folders.
    pub(super) async fn finish_subtrees(&mut self) {
        for id in std::mem::take(&mut self.ledger.subtrees).into_keys() {
            let request = self.user.delete(&format!("/v1/items/{id}")).query(&[("recursive", "true")]);
            let answer = request.send().await;
            assert!([202, 204].contains(&answer.status), "{answer:?}");
        }
    }
}
