//! What a client does with folders that have something in them: each change is one request.

use fm_api_types::Folder;
use fm_testkit::random::filled;
use serde_json::json;

use super::client::Client;
use super::folders::CutBatch;
use super::ledger::LEAF;
use super::subtree::{Coming, Content, Place, State, Subtree};
use crate::{Request, sha256_hex, unique};

/// How many such folders a client has at most.
const SUBTREES: usize = 8;
/// With fewer than these it rather makes another one.
const FEW: usize = 3;
/// The entries of a large folder, which are made by two requests: more than one unit of work changes.
const LARGE: [usize; 2] = [1_000, 100];

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
}
