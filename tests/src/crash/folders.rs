//! What a client does with folders that have something in them: each change is one request, and made wholly or not at all.

use std::collections::BTreeMap;
use std::time::Duration;

use fm_api_types::Folder;
use fm_testkit::random::filled;
use serde_json::{Value, json};

use super::client::Client;
use super::ledger::LEAF;
use super::subtree::{Coming, Content, Place, State, Subtree};
use crate::{Request, sha256_hex, unique, within};

/// How many such folders a client has at most.
const SUBTREES: usize = 8;
/// With fewer than these it rather makes another one.
const FEW: usize = 3;
/// The entries of a large folder, which are made by two requests: more than one unit of work changes.
const LARGE: [usize; 2] = [1_000, 100];
/// How long an operation may take: what a killed process held waits for its lease (1 minute), and a job that failed again and again for
/// its next attempt (5 minutes); and a margin.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(7);

/// A batch with a key whose answer was cut off: a folder moves, and another one goes into the trash.
#[derive(Debug)]
pub(super) struct CutBatch {
    key: String,
    body: Value,
    /// Each folder, and what becomes of it.
    after: [(String, State); 2],
}

impl Client {
    /// Does one thing to a folder with what is in it.
    pub(super) async fn act_on_subtree(&mut self) -> bool {
        if self.ledger.subtrees.len() < FEW && self.random.bool() {
            return self.plant().await;
        }
        let place = self.random.usize(0..self.ledger.subtrees.len().max(1));
        let found = self.ledger.subtrees.iter().nth(place).filter(|(_, subtree)| subtree.known().is_some());
        let Some((id, subtree)) = found.map(|(id, subtree)| (id.clone(), subtree.clone())) else {
            return self.plant().await;
        };
        let Some(state) = subtree.known().cloned() else { return true };
        // What is copied must not change until all of it is.
        if subtree.is_large && self.ledger.subtrees.values().any(|other| other.goes_on) {
            return true;
        }
        let is_filled = !subtree.is_large || state.content.len() == LARGE.iter().sum::<usize>();
        match (self.random.usize(0..100), &state.place) {
            (_, Place::Living { .. }) if !is_filled => self.fill(&id, &state).await,
            (0..=9, Place::Living { .. }) => self.plant().await,
            (10..=39, Place::Living { .. }) if !subtree.is_large => self.put_leaf(&id, &state).await,
            (40..=59, Place::Living { .. }) => self.move_subtree(&id, &state).await,
            (60..=69, Place::Living { .. }) => self.copy_subtree(&id, &subtree, &state).await,
            (70..=79, Place::Living { .. }) if !subtree.is_large => self.batch_subtrees(&id, &state).await,
            (80..=84, Place::Living { .. }) => self.delete_subtree(&id, subtree.is_large).await,
            (_, Place::Living { .. }) => {
                let request = self.user.post(&format!("/v1/items/{id}/trash"));
                self.change(&id, state.trashed(), request, subtree.is_large, 200).await
            }
            // What is in the trash goes with all of it.
            (_, Place::Trash { .. }) if self.trash_may_be_empty => true,
            (0..=69, Place::Trash { name }) => {
                let place = Place::Living { parent: self.user.id.clone(), name: name.clone() };
                let request = self.user.post(&format!("/v1/items/{id}/restore"));
                let request = request.json(&json!({"parent_id": "root"}));
                self.change(&id, state.at(place), request, subtree.is_large, 200).await
            }
            (_, Place::Trash { .. }) => self.delete_subtree(&id, subtree.is_large).await,
            (_, Place::Gone) => true,
        }
    }

    /// A folder that is surely there, or the root.
    fn any_place(&mut self) -> String {
        self.random.choice(&self.folders).cloned().unwrap_or_else(|| self.user.id.clone())
    }

    /// Sends a change of a whole folder. It is acknowledged with `status` or, where an operation goes on, with 202.
    async fn change(&mut self, id: &str, after: State, request: Request, goes_on: bool, status: u16) -> bool {
        let subtree = self.ledger.subtrees.get_mut(id).expect("a known folder");
        subtree.may_become(after);
        subtree.goes_on = goes_on;
        if self.acknowledged(request, if goes_on { 202 } else { status }).await.is_none() {
            return false;
        }
        self.folder_changes += 1;
        let subtree = self.ledger.subtrees.get_mut(id).expect("a known folder");
        subtree.has_become();
        if subtree.known() == Some(&State::GONE) {
            self.ledger.subtrees.remove(id);
        }
        true
    }

    /// Makes an empty folder. Beside others it is to become large, unless there is such a folder.
    async fn plant(&mut self) -> bool {
        if self.ledger.subtrees.len() >= SUBTREES {
            return true;
        }
        let has_large = self.ledger.subtrees.values().any(|subtree| subtree.is_large);
        let is_large = !has_large && self.ledger.subtrees.len() + 1 >= FEW;
        let (parent, name) = (self.any_place(), unique("tree-"));
        let body = json!({"name": name, "parent_id": parent});
        let content = Content::new();
        self.ledger.coming = Some(Coming {
            parent: parent.clone(),
            name: name.clone(),
            content: content.clone(),
            is_large,
            is_sure: false,
        });
        let Some(answer) = self.acknowledged(self.user.post("/v1/folders").json(&body), 201).await else {
            return false;
        };
        let folder: Folder = answer.parse();
        self.ledger.coming = None;
        let state = State { place: Place::Living { parent, name }, content };
        self.ledger.subtrees.insert(folder.id.to_string(), Subtree::new(state, is_large));
        true
    }

    /// Makes many folders in a large one: all of them, or none.
    async fn fill(&mut self, id: &str, state: &State) -> bool {
        let from = state.content.len();
        let count = if from == 0 { LARGE[0] } else { LARGE[1] };
        let names: Vec<String> = (from..from + count).map(|number| format!("{number:04}")).collect();
        let mut after = state.clone();
        after.content.extend(names.iter().map(|name| (format!("/{name}"), None)));
        let body = json!({"paths": names, "parent_id": id});
        let request = self.user.post("/v1/folders").json(&body);
        self.change(id, after, request, false, 200).await
    }

    /// Uploads a file into a folder below: into a new one, or in place of one of its name.
    async fn put_leaf(&mut self, id: &str, state: &State) -> bool {
        let folder = ["", "a", "a/b"][self.random.usize(0..3)];
        let name = format!("{LEAF}{}", self.random.usize(0..3));
        let length = self.random.usize(1..8_192);
        let bytes = filled(&mut self.random, length);
        let mut after = state.clone();
        let mut path = String::new();
        for above in folder.split('/').filter(|above| !above.is_empty()) {
            path = format!("{path}/{above}");
            after.content.insert(path.clone(), None);
        }
        let replaced = after.content.insert(format!("{path}/{name}"), Some(sha256_hex(&bytes)));
        let target = [("name", name.as_str()), ("parent_id", id), ("on_conflict", "replace")];
        let request = self.user.post("/v1/files").query(&target);
        let request = if folder.is_empty() { request } else { request.query(&[("path", folder)]) };
        let request = request.header("content-type", "application/octet-stream").body(bytes);
        let status = if replaced.is_some() { 200 } else { 201 };
        self.change(id, after, request, false, status).await
    }

    /// Gives it another name in another folder.
    async fn move_subtree(&mut self, id: &str, state: &State) -> bool {
        let (parent, name) = (self.any_place(), unique("tree-"));
        let body = json!({"name": name, "parent_id": parent, "on_conflict": "replace"});
        let request = self.user.patch(&format!("/v1/folders/{id}")).json(&body);
        self.change(id, state.at(Place::Living { parent, name }), request, false, 200).await
    }

    async fn copy_subtree(&mut self, id: &str, subtree: &Subtree, state: &State) -> bool {
        let large = self.ledger.subtrees.values().filter(|other| other.is_large).count();
        if self.ledger.subtrees.len() >= SUBTREES || (subtree.is_large && large > 1) {
            return self.delete_subtree(id, subtree.is_large).await;
        }
        let (parent, name) = (self.any_place(), unique("tree-"));
        let (content, is_large) = (state.content.clone(), subtree.is_large);
        let body = json!({"parent_id": parent, "name": name});
        let request = self.user.post(&format!("/v1/items/{id}/copy")).json(&body);
        let coming = Coming { parent, name, content, is_large, is_sure: false };
        self.ledger.coming = Some(coming.clone());
        let status = if is_large { 202 } else { 201 };
        let Some(answer) = self.acknowledged(request, status).await else { return false };
        self.folder_changes += 1;
        if is_large {
            // Its id is known once it is found; no other copy is asked for until then.
            self.ledger.coming = Some(Coming { is_sure: true, ..coming });
            return false;
        }
        let folder: Folder = answer.parse();
        self.ledger.coming = None;
        let Coming { parent, name, content, .. } = coming;
        let state = State { place: Place::Living { parent, name }, content };
        self.ledger.subtrees.insert(folder.id.to_string(), Subtree::new(state, false));
        true
    }

    /// Deletes it for good, from its folder or from the trash.
    async fn delete_subtree(&mut self, id: &str, is_large: bool) -> bool {
        let request = self.user.delete(&format!("/v1/items/{id}")).query(&[("recursive", "true")]);
        self.change(id, State::GONE, request, is_large, 204).await
    }

    /// Moves it, and puts another one into the trash: both by one request and in one unit of work.
    async fn batch_subtrees(&mut self, moved: &str, state: &State) -> bool {
        let others = self.ledger.subtrees.iter();
        let mut others = others.filter(|(id, other)| *id != moved && !other.is_large && other.lives());
        let Some((trashed, other)) = others.next() else { return true };
        let (trashed, before) = (trashed.clone(), other.known().cloned().expect("it lives"));
        let Place::Living { parent: now, name } = &state.place else { return true };
        let (parent, key) = (self.any_place(), unique("batch-"));
        if parent == *now {
            // A move to where it is would not tell whether the batch was done.
            return true;
        }
        let body = json!({"atomic": true, "operations": [
            {"op": "move", "id": moved, "parent_id": parent},
            {"op": "trash", "id": trashed},
        ]});
        let place = Place::Living { parent, name: name.clone() };
        let after = [(moved.to_owned(), state.at(place)), (trashed, before.trashed())];
        for (id, after) in &after {
            self.ledger.subtrees.get_mut(id).expect("a known folder").may_become(after.clone());
        }
        let request = self.user.post("/v1/batch").header("idempotency-key", &key).json(&body);
        let Some(answer) = self.acknowledged(request, 200).await else {
            self.cut_batch = Some(CutBatch { key, body, after });
            return false;
        };
        let results = answer.json();
        assert_eq!((&results["succeeded"], &results["failed"]), (&2.into(), &0.into()), "{results}");
        self.folder_changes += 2;
        for (id, _) in &after {
            self.ledger.subtrees.get_mut(id).expect("a known folder").has_become();
        }
        true
    }

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
