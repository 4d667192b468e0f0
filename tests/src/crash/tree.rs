//! What a client does with folders and the trash.

use fm_api_types::{File, VersionList};
use serde_json::{Value, json};

use super::client::{COPY, Client, MANY, in_time, is_refusal};
use super::ledger::{Version, id as id_of, version};
use super::subtree::Subtree;
use crate::{User, unique};

/// How many plain folders a client makes.
const FOLDERS: usize = 40;

impl Client {
    /// Does one thing to the tree.
    pub(super) async fn act_in_tree(&mut self, known: Option<String>) -> bool {
        if self.random.usize(0..3) == 0 {
            return self.act_on_subtree().await;
        }
        let folder = self.random.choice(&self.folders).cloned();
        match (self.random.usize(0..100), known, folder) {
            (10..=29, Some(file), Some(folder)) => self.move_to(&file, &folder).await,
            (30..=44, Some(file), Some(folder)) if self.ledger.files.len() <= MANY => {
                self.copy(&file, &folder).await
            }
            (45..=59, Some(file), _) => self.trash(&file).await,
            (60..=69, _, _) => self.restore().await,
            (70..=74, _, _) => self.purge().await,
            (75..=77, _, _) => self.empty_trash().await,
            (78..=87, Some(file), Some(folder)) => self.batch(&file, &folder).await,
            (88..=99, Some(file), _) => self.restore_version(&file).await,
            _ => self.make_folder().await,
        }
    }

    async fn make_folder(&mut self) -> bool {
        if self.folders.len() >= FOLDERS {
            return true;
        }
        let parent = self.random.choice(&self.folders).cloned().unwrap_or_else(|| "root".to_owned());
        // They nest, but not beyond the deepest level.
        let parent = if self.folders.len().is_multiple_of(8) { "root".to_owned() } else { parent };
        let body = json!({"name": unique("folder-"), "parent_id": parent});
        let Some(answer) = self.acknowledged(self.user.post("/v1/folders").json(&body), 201).await else {
            return false;
        };
        self.folders.push(answer.json()["id"].as_str().expect("a folder has an id").to_owned());
        true
    }

    async fn move_to(&mut self, id: &str, folder: &str) -> bool {
        let request = self.user.patch(&format!("/v1/files/{id}")).json(&json!({"parent_id": folder}));
        // Wherever it is then, it is the same file.
        self.may_become(id, &self.ledger.files[id].versions[0].clone());
        self.confirm(request, id).await
    }

    async fn copy(&mut self, id: &str, folder: &str) -> bool {
        let original = self.ledger.files[id].versions[0].clone();
        let expected = Version { name: unique(COPY), ..original };
        let body = json!({"parent_id": folder, "name": expected.name});
        self.ledger.perhaps = Some(expected.clone());
        let request = self.user.post(&format!("/v1/items/{id}/copy")).json(&body);
        let Some(answer) = self.acknowledged(request, 201).await else { return false };
        let file: File = answer.parse();
        assert_eq!(version(&file), expected, "what was copied");
        self.ledger.perhaps = None;
        self.ledger.keep(&file);
        self.changed.push(id_of(&file));
        true
    }

    async fn trash(&mut self, id: &str) -> bool {
        self.ledger.files.get_mut(id).expect("a known file").may_be_trashed = true;
        let request = self.user.post(&format!("/v1/items/{id}/trash"));
        if self.acknowledged(request, 200).await.is_none() {
            return false;
        }
        self.ledger.keep_in_trash(id);
        true
    }

    async fn restore(&mut self) -> bool {
        if self.trash_may_be_empty {
            return true;
        }
        let Some((id, expected)) = self.any_trashed() else { return true };
        self.ledger.perhaps = Some(expected.clone());
        let body = json!({"parent_id": "root"});
        let request = self.user.post(&format!("/v1/items/{id}/restore")).json(&body);
        let Some(answer) = self.acknowledged(request, 200).await else { return false };
        let file: File = answer.parse();
        assert_eq!(version(&file), expected, "the restored file");
        self.ledger.perhaps = None;
        self.ledger.trashed.remove(&id);
        self.ledger.keep(&file);
        self.changed.push(id);
        true
    }

    fn any_trashed(&self) -> Option<(String, Version)> {
        self.ledger.trashed.first_key_value().map(|(id, version)| (id.clone(), version.clone()))
    }

    /// Deletes a file in the trash for good.
    async fn purge(&mut self) -> bool {
        if self.trash_may_be_empty {
            return true;
        }
        let Some((id, _)) = self.any_trashed() else { return true };
        self.ledger.may_be_purged = Some(id.clone());
        if self.acknowledged(self.user.delete(&format!("/v1/items/{id}")), 204).await.is_none() {
            return false;
        }
        self.ledger.may_be_purged = None;
        self.ledger.trashed.remove(&id);
        true
    }

    /// Gives a file a content that it had before.
    async fn restore_version(&mut self, id: &str) -> bool {
        let Some(answer) = in_time(self.user.get(&format!("/v1/files/{id}/versions"))).await else {
            return false;
        };
        if is_refusal(&answer) {
            // It changes nothing, and so can be asked again.
            return true;
        }
        let VersionList { items, .. } = answer.expect(200).parse();
        let mut old = items.into_iter().filter(|old| !old.current);
        let Some((number, Some(sha256))) = old.next().map(|old| (old.number, old.sha256)) else {
            return true;
        };
        let name = self.ledger.files[id].versions[0].name.clone();
        self.may_become(id, &Version { name, sha256 });
        let request = self.user.post(&format!("/v1/files/{id}/versions/{number}/restore"));
        self.confirm(request, id).await
    }

    async fn empty_trash(&mut self) -> bool {
        self.trash_may_be_empty = true;
        self.acknowledged(self.user.delete("/v1/trash"), 202).await.is_some()
    }

    /// Moves a file and puts another one into the trash, by one request.
    async fn batch(&mut self, moved: &str, folder: &str) -> bool {
        let Some(trashed) = self.any_file().filter(|file| file != moved) else { return true };
        let body = json!({"operations": [
            {"op": "move", "id": moved, "parent_id": folder},
            {"op": "trash", "id": trashed},
        ]});
        self.ledger.files.get_mut(&trashed).expect("a known file").may_be_trashed = true;
        let request = self.user.post("/v1/batch").json(&body);
        let Some(answer) = self.acknowledged(request, 200).await else { return false };
        let results = answer.json();
        assert_eq!((&results["succeeded"], &results["failed"]), (&2.into(), &0.into()), "{results}");
        self.ledger.keep_in_trash(&trashed);
        true
    }

    /// What was put into the trash is there, and is no more once that was emptied.
    pub(super) async fn check_trash(&mut self) {
        if std::mem::take(&mut self.trash_may_be_empty) {
            self.acknowledged(self.user.delete("/v1/trash"), 202).await.expect("nothing fails now");
            crate::eventually("the trash is empty", async || {
                self.list_trash().await.is_empty().then_some(())
            })
            .await;
            self.ledger.trashed.clear();
            self.ledger.may_be_purged = None;
            self.ledger.subtrees.values_mut().for_each(Subtree::leave_the_trash);
        }
        let listed = self.list_trash().await;
        self.ledger.compare_trash(&listed);
    }

    /// The ids and names of what is in the trash.
    async fn list_trash(&self) -> Vec<(String, String)> {
        let (mut listed, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let request = self.user.get("/v1/trash").query(&[("limit", "200")]);
            let request = match &cursor {
                Some(cursor) => request.query(&[("cursor", cursor)]),
                None => request,
            };
            let page = request.send().await.expect(200).json();
            let text = |item: &Value, name: &str| item[name].as_str().expect("a text").to_owned();
            let items = page["items"].as_array().expect("a page has items");
            listed.extend(items.iter().map(|item| (text(item, "id"), text(item, "name"))));
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return listed;
            }
        }
    }

    /// Does away with all bytes but those of living files that are no copies: each of these has its own.
    pub(super) async fn finish(&mut self) {
        self.finish_subtrees().await;
        self.trash_may_be_empty = true;
        self.check_trash().await;
        for file in self.list().await {
            let path = User::path(&file);
            if file.name.starts_with(COPY) {
                self.user.delete(&path).send().await.expect(204);
                self.ledger.files.remove(&id_of(&file));
            } else {
                self.user.delete(&format!("{path}/versions")).send().await.expect(204);
            }
        }
    }
}
