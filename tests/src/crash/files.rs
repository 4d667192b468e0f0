//! What a client does with files: each upload and change has an answer, or can be told from what is there afterwards.

use fm_api_types::File;
use fm_testkit::random::filled;
use serde_json::json;

use super::client::{COPY, Client, in_time, is_refusal};
use super::ledger::{Expected, Version, id as id_of, version};
use crate::{Request, pictures, sha256_hex, unique};

impl Client {
    fn content(&mut self) -> (&'static str, Vec<u8>) {
        let size = match self.random.usize(0..20) {
            0 => 0,
            1..=9 => self.random.usize(1..8_192),
            10..=15 => self.random.usize(8_192..300_000),
            // More than one part of an S3 upload.
            16 => self.random.usize(5_000_000..12_000_000),
            _ => {
                let (width, height) = (self.random.u32(1..200), self.random.u32(1..200));
                return ("image/png", pictures::png(width, height));
            }
        };
        ("application/octet-stream", filled(&mut self.random, size))
    }

    pub(super) async fn upload(&mut self) -> bool {
        let (content_type, bytes) = self.content();
        let expected = Version { name: unique("file-"), sha256: sha256_hex(&bytes) };
        let key = (self.random.bool()).then(|| unique("key-"));
        let request = self.upload_request(&expected.name, content_type, key.as_deref(), bytes.clone());
        self.ledger.perhaps = Some(expected.clone());
        let Some(answer) = self.acknowledged(request, 201).await else {
            self.cut_upload = key.map(|key| (key, expected, bytes));
            return false;
        };
        let file: File = answer.parse();
        assert_eq!(version(&file), expected, "what was uploaded");
        self.ledger.perhaps = None;
        self.ledger.keep(&file);
        self.changed.push(id_of(&file));
        true
    }

    fn upload_request(&self, name: &str, content_type: &str, key: Option<&str>, bytes: Vec<u8>) -> Request {
        let request =
            self.user.post("/v1/files").query(&[("name", name)]).header("content-type", content_type);
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        request.body(bytes)
    }

    pub(super) async fn replace(&mut self, id: &str) -> bool {
        let (content_type, bytes) = self.content();
        let before = self.ledger.files[id].versions[0].clone();
        let after = Version { sha256: sha256_hex(&bytes), ..before };
        self.may_become(id, &after);
        let request = self.user.put(&format!("/v1/files/{id}/content"));
        let request = request.header("content-type", content_type).body(bytes);
        self.confirm(request, id).await
    }

    pub(super) async fn rename(&mut self, id: &str) -> bool {
        let before = self.ledger.files[id].versions[0].clone();
        // A copy goes on to be known as one.
        let prefix = if before.name.starts_with(COPY) { COPY } else { "file-" };
        let after = Version { name: unique(prefix), ..before };
        self.may_become(id, &after);
        let request = self.user.patch(&format!("/v1/files/{id}")).json(&json!({"name": after.name}));
        self.confirm(request, id).await
    }

    pub(super) fn may_become(&mut self, id: &str, after: &Version) {
        let expected: &mut Expected = self.ledger.files.get_mut(id).expect("a known file");
        expected.versions.push(after.clone());
        self.changed.push(id.to_owned());
    }

    /// Sends a change; once it is acknowledged, the new version alone can be.
    pub(super) async fn confirm(&mut self, request: Request, id: &str) -> bool {
        let Some(answer) = self.acknowledged(request, 200).await else { return false };
        let file: File = answer.parse();
        let wanted = self.ledger.files[id].versions.last().cloned();
        assert_eq!(Some(version(&file)), wanted, "what was changed");
        self.ledger.keep(&file);
        true
    }

    pub(super) async fn remove(&mut self, id: &str) -> bool {
        self.ledger.files.get_mut(id).expect("a known file").may_be_gone = true;
        let request = self.user.delete(&format!("/v1/files/{id}"));
        if self.acknowledged(request, 204).await.is_none() {
            return false;
        }
        self.ledger.files.remove(id);
        true
    }

    pub(super) async fn download(&mut self, id: &str) -> bool {
        let request = self.user.get(&format!("/v1/files/{id}/content"));
        let Some(answer) = in_time(request).await else { return false };
        if is_refusal(&answer) {
            // It changes nothing, and so can be asked again.
            return true;
        }
        let link = answer.expect(302).field("location");
        let Some(content) = in_time(self.user.get(&link)).await else { return false };
        let hash = sha256_hex(&content.expect(200).body);
        assert_eq!(hash, self.ledger.files[id].versions[0].sha256, "the bytes of {id}");
        self.read_back += 1;
        true
    }

    /// An upload that was cut off and had a key is sent again: it is kept once, whatever had become of it.
    pub(super) async fn repeat_upload(&mut self) {
        let Some((key, expected, bytes)) = self.cut_upload.take() else { return };
        let answer = self.upload_request(&expected.name, "application/octet-stream", Some(&key), bytes);
        let answer = answer.send().await;
        // The killed attempt holds the key until its lease ends.
        if answer.status == 409 {
            answer.problem(409, "conflict");
            return;
        }
        let file: File = answer.parse();
        assert_eq!(version(&file), expected, "what was uploaded again: {answer:?}");
        self.ledger.keep(&file);
        let listed = self.list().await;
        self.ledger.compare(&listed);
    }
}
