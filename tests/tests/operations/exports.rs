//! `file-manager export` and `import`: from one database to another.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fm_e2e::{Api, Lane, Request, Server, User, noise, pictures};
use serde_json::{Value, json};

use super::verify::verify;

/// Links and tokens outlive the move only with the secret that signed them.
const SECRET: (&str, &str) = ("JWT_SECRET", "one secret for both databases of a move");

/// How many files move under load, at least: `MOVED_FILES=10000` for a measurement.
fn files_to_move() -> usize {
    std::env::var("MOVED_FILES").map_or(60, |count| count.parse().expect("MOVED_FILES is a number"))
}

/// The program on SQLite and a folder.
fn embedded() -> Arc<Server> {
    Arc::new(Server::start(Lane::Embedded, &[SECRET]))
}

/// Runs a command that must succeed; what it wrote.
fn run(server: &Server, arguments: &[&str]) -> String {
    let finished = server.run(arguments);
    assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.output);
    finished.output
}

/// Runs a command that must be refused; what it wrote.
fn refused(server: &Server, arguments: &[&str]) -> String {
    let finished = server.run(arguments);
    assert_eq!(finished.code, Some(1), "{arguments:?}: {}", finished.output);
    finished.output
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The user at another server, logged in with the old password.
async fn log_in(server: &Arc<Server>, user: &User) -> Api {
    let api = Api::of(Arc::clone(server));
    api.secret(&user.password);
    let body = json!({"email": user.email, "password": user.password});
    let tokens = api.post("/v1/auth/login").json(&body).send().await.expect(200).json();
    api.bearing(tokens["access_token"].as_str().unwrap())
}

/// Everything but signed URLs, which are signed anew each time.
fn without_links(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(name.as_str(), "url" | "expires_at"));
            members.values_mut().for_each(|member| *member = without_links(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_links(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

/// All folders of a user with what is in them, their trash, and the old versions of their files.
async fn tree(user: &Api) -> Value {
    let (mut folders, mut seen) = (vec!["root".to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let children = user.get(&format!("/v1/folders/{folder}/children"));
        let children =
            children.query(&[("limit", "200"), ("include", "path")]).send().await.expect(200).json();
        for item in children["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            if item["kind"] == "folder" {
                folders.push(id.to_owned());
            } else {
                let versions = user.get(&format!("/v1/files/{id}/versions")).send().await.expect(200).json();
                seen.push(versions["items"].clone());
            }
        }
        seen.push(children["items"].clone());
    }
    seen.push(user.get("/v1/trash").send().await.expect(200).json()["items"].clone());
    without_links(Value::Array(seen))
}

/// What a user has: the account, the list, the tree, and by their ids the ETags of files, their bytes and those of their thumbnails.
type Seen = (Value, Value, Value, BTreeMap<String, (String, Vec<u8>, Vec<u8>)>);

/// All that a user sees.
async fn seen(user: &Api) -> Seen {
    let account = user.get("/v1/auth/me").send().await.expect(200).json();
    let list = user.get("/v1/files").query(&[("limit", "100")]).send().await.expect(200).json();
    let mut files = BTreeMap::new();
    for file in user.all(&[]).await {
        let answer = user.get(&User::path(&file)).send().await.expect(200);
        let bytes = user.get(file.download.url.expose()).send().await.expect(200).body.to_vec();
        let thumbnail = match &file.thumbnail.url {
            Some(url) => user.get(url.expose()).send().await.expect(200).body.to_vec(),
            None => Vec::new(),
        };
        files.insert(file.id.to_string(), (answer.field("etag"), bytes, thumbnail));
    }
    let mut account = without_links(account);
    account.as_object_mut().unwrap().remove("session");
    (account, without_links(list), tree(user).await, files)
}

/// Asks for something that must be done; the item.
async fn item(request: Request, status: u16) -> Value {
    request.send().await.expect(status).json()
}

/// Folders with a copy, a moved file and one with old versions; and in the trash a folder, and what was put there before it.
async fn fill_tree(user: &User) {
    let folder = async |name: &str, parent: &Value| {
        let body = json!({"name": name, "parent_id": parent});
        item(user.post("/v1/folders").json(&body), 201).await["id"].clone()
    };
    let trash =
        async |id: &Value| item(user.post(&format!("/v1/items/{}/trash", id.as_str().unwrap())), 200).await;
    let (outer, gone) = (folder("Ärger", &json!("root")).await, folder("gone", &json!("root")).await);
    let (inner, deep) = (folder("inner", &outer).await, folder("deep", &gone).await);
    let moved = user.file("moved.txt", "moved").await;
    user.patch(&User::path(&moved)).json(&json!({"parent_id": inner})).send().await.expect(200);
    let copy = user.post(&format!("/v1/items/{}/copy", moved.id)).json(&json!({"parent_id": outer}));
    item(copy, 201).await;
    let edited = user.file("edited.txt", "first").await;
    for content in ["second", "third"] {
        let put = user.put(&format!("{}/content", User::path(&edited)));
        put.header("content-type", "text/plain").body(content).send().await.expect(200);
    }
    let pin = user.patch(&format!("{}/versions/1", User::path(&edited)));
    pin.json(&json!({"pinned": true, "label": "the first"})).send().await.expect(200);
    let before = user.upload("before.txt", "before").query(&[("parent_id", gone.as_str().unwrap())]);
    let before = item(before, 201).await["id"].clone();
    let below = user.upload("below.txt", "below").query(&[("parent_id", deep.as_str().unwrap())]);
    item(below, 201).await;
    trash(&before).await;
    trash(&gone).await;
}

/// Two users: one with files of every kind, the other with a quota of their own, suspended.
async fn filled(server: &Arc<Server>) -> (User, User) {
    let api = Api::of(Arc::clone(server));
    let (ada, bob) = (api.user().await, api.user().await);
    for size in [0, 1_000, 300_000] {
        ada.file("Käse \"1\".txt", noise(size)).await;
    }
    let renamed = ada.file("before.txt", "renamed").await;
    ada.patch(&User::path(&renamed)).json(&json!({"name": "after.txt"})).send().await.expect(200);
    let picture = ada.file_of("image/png", "a.png", pictures::png(300, 200)).await;
    assert_eq!(ada.with_thumbnail(&picture).await.thumbnail.status, "ready");
    let gone = ada.file("gone.txt", "gone").await;
    ada.delete(&User::path(&gone)).send().await.expect(204);
    fill_tree(&ada).await;
    bob.file("bob's.txt", "of Bob").await;
    run(server, &["user", "set-quota", &bob.email, "12345"]);
    run(server, &["user", "disable", &bob.email]);
    (ada, bob)
}

#[tokio::test]
async fn accounts_and_files_move_from_sqlite_to_postgresql_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = embedded();
    let (ada, bob) = filled(&sqlite).await;
    let before = seen(&ada).await;
    let bobs = |server: &Server| -> Value {
        let mut shown: Value =
            serde_json::from_str(run(server, &["user", "show", &bob.email, "--json"]).trim()).unwrap();
        shown["storage"]["reserved_bytes"].take();
        shown
    };
    let bob_before = bobs(&sqlite);
    let trail =
        |server: &Server| -> usize { run(server, &["audit", "--json", "--limit", "100000"]).lines().count() };

    let there = folder.path().join("there.jsonl");
    let told = run(&sqlite, &["export", "--final", "--output", text(&there)]);
    assert!(
        told.contains("exported: 2 users, 4 folders, 11 files, 2 versions") && told.contains("sealed"),
        "{told}"
    );
    let mode = std::fs::metadata(&there).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds password hashes");
    assert!(refused(&sqlite, &["export", "--output", text(&there)]).contains("can't be made"));
    let entries = trail(&sqlite);

    let postgres = Arc::new(sqlite.with_postgres());
    run(&postgres, &["migrate", "up"]);
    let checked = run(&postgres, &["import", "--dry-run", "--json", text(&there)]);
    let checked: Value = serde_json::from_str(checked.lines().next().unwrap()).unwrap();
    assert_eq!((&checked["checked"]["files"], &checked["final"]), (&json!(11), &json!(true)));
    assert_eq!((&checked["checked"]["folders"], &checked["checked"]["versions"]), (&json!(4), &json!(2)));
    let told = run(&postgres, &["import", text(&there)]);
    assert!(told.contains("imported: 2 users, 4 folders, 11 files, 2 versions"), "{told}");
    assert!(refused(&postgres, &["import", text(&there)]).contains("not empty: it has 2 users"));
    assert_eq!(trail(&postgres), entries + 1, "all of it, and the import");
    let acts = |server: &Server, action: &str| -> Vec<Value> {
        let lines = run(server, &["audit", "--json", "--action", action]);
        let lines = lines.lines().filter(|line| line.contains(action));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let exported = acts(&sqlite, "database.exported");
    assert_eq!(exported.len(), 1);
    assert_eq!(exported[0]["actor"], Value::Null, "an operator did it");
    assert_eq!(acts(&postgres, "database.exported"), exported, "it came with the rest");
    assert_eq!(acts(&sqlite, "database.imported").len(), 0);
    assert_eq!(acts(&postgres, "database.imported").len(), 1);

    sqlite.stop();
    postgres.resume();
    assert_eq!(seen(&log_in(&postgres, &ada).await).await, before);
    assert_eq!(bobs(&postgres), bob_before);
    let suspended = json!({"email": bob.email, "password": bob.password});
    let api = Api::of(Arc::clone(&postgres));
    api.post("/v1/auth/login").json(&suspended).send().await.expect(403);
    let (is_clean, findings, _) = verify(&postgres, &["--rehash", "--min-age", "0"]);
    assert!(is_clean, "{findings:#?}");

    // What goes on there comes back.
    let later = log_in(&postgres, &ada).await;
    later.file("later.txt", "later").await;
    let trash = later.get("/v1/trash").send().await.expect(200).json();
    let tops: Vec<&str> =
        trash["items"].as_array().unwrap().iter().map(|top| top["id"].as_str().unwrap()).collect();
    assert_eq!(tops.len(), 2);
    // The folder comes back with what went there with it, and not with what was there before.
    item(later.post(&format!("/v1/items/{}/restore", tops[0])), 200).await;
    let after = seen(&later).await;
    drop((later, api));
    postgres.stop();
    let back = folder.path().join("back.jsonl");
    run(&postgres, &["export", "--final", "--output", text(&back)]);
    let again = Arc::new(postgres.with_sqlite(&folder.path().join("again.db")));
    let told = run(&again, &["import", text(&back)]);
    assert!(told.contains("imported: 2 users, 4 folders, 12 files, 2 versions"), "{told}");
    again.resume();
    assert_eq!(seen(&log_in(&again, &ada).await).await, after);
    let (is_clean, findings, _) = verify(&again, &["--rehash", "--min-age", "0"]);
    assert!(is_clean, "{findings:#?}");
}

/// Uploads until the database takes no more; the names of the files that were acknowledged, by their ids.
fn writer(user: &User, number: usize, count: &Arc<AtomicBool>) -> tokio::task::JoinHandle<Vec<String>> {
    let (user, is_over) = (user.clone(), Arc::clone(count));
    tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for turn in 0.. {
            let answer = user.upload(&format!("{number}-{turn}.txt"), noise(200)).send().await;
            if answer.status == 201 {
                acknowledged.push(answer.json()["id"].as_str().unwrap().to_owned());
                continue;
            }
            answer.unavailable();
            if is_over.load(Ordering::Relaxed) {
                return acknowledged;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        acknowledged
    })
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_in_a_move_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = embedded();
    let user = Api::of(Arc::clone(&sqlite)).user().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4).map(|number| writer(&user, number, &is_over)).collect();
    let wanted = files_to_move() as u64;
    while user.storage().await.1 < wanted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let file = folder.path().join("moved.jsonl");
    let started = Instant::now();
    let exporting = (Arc::clone(&sqlite), file.clone());
    let exported = tokio::task::spawn_blocking(move || {
        let (server, file) = exporting;
        run(&server, &["export", "--final", "--output", text(&file)])
    });
    exported.await.unwrap();
    let export = started.elapsed();
    is_over.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    assert!(acknowledged.len() as u64 >= wanted);
    let read = user.page(&[]).await;
    assert!(!read.items.is_empty(), "reads go on");
    user.upload("late.txt", "late").send().await.unavailable();

    let postgres = Arc::new(sqlite.with_postgres());
    let started = Instant::now();
    run(&postgres, &["import", text(&file)]);
    let import = started.elapsed();
    println!("{} files: exported in {export:.1?}, imported in {import:.1?}", acknowledged.len());
    postgres.resume();
    let there = log_in(&postgres, &user).await;
    let mut moved: Vec<String> =
        there.all(&[("limit", "100")]).await.iter().map(|file| file.id.to_string()).collect();
    acknowledged.sort_unstable();
    moved.sort_unstable();
    assert_eq!(moved, acknowledged, "each file that was acknowledged, and no other");
    there.file("new.txt", "new").await;
    let (is_clean, findings, _) = verify(&postgres, &[]);
    assert!(is_clean, "{findings:#?}");

    let told = run(&sqlite, &["export", "--unseal"]);
    assert!(told.contains("takes changes again"), "{told}");
    user.file("again.txt", "again").await;
}

#[tokio::test]
async fn a_sealed_postgresql_database_takes_no_changes_until_the_seal_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let user = Api::of(Arc::clone(&server)).user().await;
    let file = user.file("a.txt", "text").await;
    let output = folder.path().join("sealed.jsonl");
    run(&server, &["export", "--final", "--output", text(&output)]);
    user.upload("b.txt", "text").send().await.unavailable();
    user.delete(&User::path(&file)).send().await.unavailable();
    user.current(&file).await;
    run(&server, &["export", "--unseal"]);
    user.file("b.txt", "text").await;
}

#[tokio::test]
async fn an_import_that_is_killed_or_whose_file_is_not_whole_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = embedded();
    let user = Api::of(Arc::clone(&sqlite)).user().await;
    user.file("a.txt", "text").await;
    let file = folder.path().join("a.jsonl");
    let told = run(&sqlite, &["export", "--output", text(&file)]);
    assert!(!told.contains("sealed"), "{told}");
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();

    let postgres = Arc::new(sqlite.with_postgres());
    run(&postgres, &["migrate", "up"]);
    let broken = folder.path().join("broken.jsonl");
    for (content, expected) in [
        (lines[..3].join("\n") + "\n", "the file ends after line 3, before its end".to_owned()),
        (whole[..whole.len() - 9].to_owned(), format!("the file ends after line {}", lines.len() - 1)),
        (whole.replace("a.txt", "b.txt"), format!("line {} has another SHA-256", lines.len())),
        (whole.replacen("\"role\":\"user\"", "\"role\":\"king\"", 1), "line 2 role: is neither".to_owned()),
        (lines[1..].join("\n"), "line 1 is not the header".to_owned()),
    ] {
        std::fs::write(&broken, content).unwrap();
        for arguments in [&["import"][..], &["import", "--dry-run"]] {
            let told = refused(&postgres, &[arguments, &[text(&broken)]].concat());
            assert!(told.contains(&expected), "{expected}: {told}");
        }
    }
    let users = || postgres.ask_its_database("SELECT count(*) FROM users");
    assert_eq!(users(), "0");

    // The first lines, and then entries without end.
    let entry = lines.iter().find(|line| line.starts_with("{\"audit\"")).unwrap();
    let mut endless = lines[..3].join("\n") + "\n";
    while endless.len() < 1 << 19 {
        endless += entry;
        endless += "\n";
    }
    let pipe = folder.path().join("pipe");
    postgres.kill_while_it_reads(&["import", text(&pipe)], &pipe, endless.as_bytes());
    assert_eq!(users(), "0");
    let told = run(&postgres, &["import", text(&file)]);
    assert!(told.contains("imported: 1 users") && told.contains("not made with --final"), "{told}");
    assert_eq!(users(), "1");
}
