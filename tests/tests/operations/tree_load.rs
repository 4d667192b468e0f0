//! Many clients in one drive: nothing fails, nothing is lost, and the tree is sound afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use fm_e2e::{Answer, Api, Lane, Request, Server, User, noise, on_durable_lanes, unique};
use serde_json::{Value, json};

use super::verify::verify;

/// How many clients work in the drive.
const CLIENTS: usize = 20;

/// What these clients may be answered, whatever the others do at the same time. A name that is taken, a folder that went meanwhile, a move
/// into itself: all of that is theirs to meet. A failure is not.
const ANSWERS: [u16; 7] = [200, 201, 202, 204, 404, 409, 412];

/// How long they work: `TREE_LOAD_SECONDS=60` for a minute.
fn time() -> Duration {
    let seconds = std::env::var("TREE_LOAD_SECONDS");
    Duration::from_secs(seconds.map_or(4, |seconds| seconds.parse().expect("TREE_LOAD_SECONDS is a number")))
}

/// What all of them know of the drive.
#[derive(Default)]
struct Shared {
    /// Folders that were made; some of them are gone.
    folders: std::sync::Mutex<Vec<String>>,
    done: AtomicUsize,
    refused: AtomicUsize,
}

impl Shared {
    fn any_folder(&self, random: &mut Rng) -> String {
        let folders = self.folders.lock().unwrap();
        random.choice(folders.iter()).cloned().unwrap_or_else(|| "root".to_owned())
    }
}

/// One of the clients.
struct Client {
    user: User,
    random: Rng,
    shared: Arc<Shared>,
    /// Files of its own, by id: it alone changes their names, so that they are what it gave them.
    files: BTreeMap<String, String>,
}

impl Client {
    /// The answer, which is none of a failure.
    async fn ask(&self, request: Request) -> Answer {
        let answer = request.send().await;
        assert!(ANSWERS.contains(&answer.status), "{answer:?}");
        let counter = if answer.status < 400 { &self.shared.done } else { &self.shared.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }

    async fn act(&mut self) {
        let folder = self.shared.any_folder(&mut self.random);
        let place = self.random.usize(0..self.files.len().max(1));
        let own = self.files.keys().nth(place).cloned();
        match (self.random.usize(0..100), own) {
            (0..=24, _) | (_, None) => self.upload(&folder).await,
            (25..=39, Some(file)) => {
                let body = json!({"parent_id": folder, "on_conflict": "rename"});
                self.edit(&file, &body).await;
            }
            (40..=54, Some(file)) => {
                let body = json!({"name": unique("renamed-")});
                self.edit(&file, &body).await;
            }
            (55..=64, Some(file)) => {
                let body = json!({"parent_id": folder});
                self.ask(self.user.post(&format!("/v1/items/{file}/copy")).json(&body)).await;
            }
            (65..=74, Some(file)) => self.trash_and_restore(&file).await,
            (75..=84, _) => self.make_folder(&folder).await,
            (85..=94, _) => self.move_folder(&folder).await,
            (_, Some(file)) => self.batch(&file, &folder).await,
        }
    }

    async fn upload(&mut self, folder: &str) {
        let name = unique("file-");
        let upload = self.user.upload(&name, noise(self.random.usize(0..3_000)));
        let answer = self.ask(upload.query(&[("parent_id", folder)])).await;
        if answer.status == 201 {
            let file = answer.json();
            assert_eq!(file["name"], name.as_str(), "no other has this name");
            self.files.insert(file["id"].as_str().unwrap().to_owned(), name);
        }
    }

    async fn edit(&mut self, file: &str, body: &Value) {
        let answer = self.ask(self.user.patch(&format!("/v1/files/{file}")).json(body)).await;
        if answer.status == 200 {
            self.files.insert(file.to_owned(), answer.json()["name"].as_str().unwrap().to_owned());
        }
    }

    async fn trash_and_restore(&mut self, file: &str) {
        if self.ask(self.user.post(&format!("/v1/items/{file}/trash"))).await.status == 200 {
            let restore = self.user.post(&format!("/v1/items/{file}/restore"));
            let answer = self.ask(restore.json(&json!({"parent_id": "root"}))).await;
            assert_eq!(answer.status, 200, "it alone empties nothing: {answer:?}");
            self.files.insert(file.to_owned(), answer.json()["name"].as_str().unwrap().to_owned());
        }
    }

    async fn make_folder(&mut self, parent: &str) {
        let body = json!({"name": format!("folder-{}", self.random.u32(0..50)), "parent_id": parent});
        let answer = self.ask(self.user.post("/v1/folders").json(&body)).await;
        if answer.status == 201 {
            self.shared.folders.lock().unwrap().push(answer.json()["id"].as_str().unwrap().to_owned());
        }
    }

    /// Opposite moves of others make no circle.
    async fn move_folder(&mut self, folder: &str) {
        let into = self.shared.any_folder(&mut self.random);
        if folder != "root" {
            let body = json!({"parent_id": into, "on_conflict": "rename"});
            self.ask(self.user.patch(&format!("/v1/folders/{folder}")).json(&body)).await;
        }
    }

    async fn batch(&mut self, file: &str, folder: &str) {
        let body = json!({"operations": [
            {"op": "copy", "id": file, "parent_id": folder},
            {"op": "move", "id": file, "parent_id": "root", "on_conflict": "rename"},
        ]});
        let answer = self.ask(self.user.post("/v1/batch").json(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let results = answer.json()["results"].clone();
        for result in results.as_array().unwrap() {
            let status = u16::try_from(result["status"].as_u64().unwrap()).unwrap();
            assert!(ANSWERS.contains(&status), "{result}");
        }
        if let Some(name) = results[1]["item"]["name"].as_str() {
            self.files.insert(file.to_owned(), name.to_owned());
        }
    }
}

/// All living items of the drive, by their ids: what they are called, and the path.
async fn all_items(user: &User) -> BTreeMap<String, String> {
    let (mut folders, mut items) = (vec!["root".to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        let mut cursor: Option<String> = None;
        loop {
            let children = user.get(&format!("/v1/folders/{folder}/children")).query(&[("limit", "200")]);
            let children = match &cursor {
                Some(cursor) => children.query(&[("cursor", cursor)]),
                None => children,
            };
            let page = children.send().await.expect(200).json();
            for item in page["items"].as_array().unwrap() {
                let id = item["id"].as_str().unwrap().to_owned();
                if item["kind"] == "folder" {
                    folders.push(id.clone());
                }
                let twice = items.insert(id, item["name"].as_str().unwrap().to_owned());
                assert_eq!(twice, None, "an item is in one folder");
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
    }
    items
}

async fn twenty_clients_change_one_drive_and_nothing_fails_or_is_lost(lane: Lane) {
    let server = Arc::new(Server::start(lane, &[]));
    let user = Api::of(Arc::clone(&server)).user().await;
    let (shared, time) = (Arc::new(Shared::default()), time());
    let mut random = Rng::with_seed(15);
    let working: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut client = Client {
                user: user.clone(),
                random: random.fork(),
                shared: Arc::clone(&shared),
                files: BTreeMap::new(),
            };
            tokio::spawn(async move {
                let started = Instant::now();
                while started.elapsed() < time {
                    client.act().await;
                }
                client.files
            })
        })
        .collect();
    let mut expected = BTreeMap::new();
    for client in working {
        expected.extend(client.await.unwrap());
    }
    let (done, refused) = (shared.done.load(Ordering::Relaxed), shared.refused.load(Ordering::Relaxed));
    println!("{}: {done} changes done, {refused} refused in {time:?}", lane.name());
    assert!(done > refused && done > CLIENTS, "{done} done, {refused} refused");

    let items = all_items(&user).await;
    for (id, name) in &expected {
        assert_eq!(items.get(id), Some(name), "{id} is lost, or called otherwise");
    }
    let (clean, findings, summary) = verify(&server, &["--rehash"]);
    assert!(clean, "{findings:#?}");
    assert!(summary["files"].as_u64().unwrap() >= expected.len() as u64, "{summary}");
}

on_durable_lanes![twenty_clients_change_one_drive_and_nothing_fails_or_is_lost];
