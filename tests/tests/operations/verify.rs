//! `file-manager verify` and `file-manager sweep --orphans`: the database and the store, compared.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use fm_e2e::{Api, Lane, Server, User, eventually, noise, on_durable_lanes, pictures};
use serde_json::{Value, json};

/// A server that is started, and a user of it.
async fn started(lane: Lane) -> (Arc<Server>, User) {
    let server = Arc::new(Server::within_reach(lane, &[]));
    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    (server, user)
}

/// Whether all was well, the findings, and the summary.
pub(super) fn verify(server: &Server, arguments: &[&str]) -> (bool, Vec<Value>, Value) {
    let run = server.run(&[&["verify", "--json"], arguments].concat());
    let lines = || run.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let findings: Vec<Value> = lines().filter(|line| line["finding"].is_string()).collect();
    let summary = lines().find(|line| line["summary"].is_object());
    let summary = summary.unwrap_or_else(|| panic!("no summary: {}", run.output))["summary"].clone();
    assert_eq!(summary["findings"], findings.len(), "{}", run.output);
    let left = summary["repaired"] != findings.len();
    assert_eq!(run.code, Some(i32::from(left)), "{}", run.output);
    (findings.is_empty(), findings, summary)
}

fn kinds(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["finding"].as_str().unwrap()).collect()
}

/// A blob that no row knows, beside a known one.
fn put_beside(known: &Path, age: Duration) -> PathBuf {
    let name = known.file_name().unwrap().to_str().unwrap();
    // The end of the name tells the folder.
    let foreign = known.with_file_name(format!("00000000{}", &name[8..]));
    std::fs::write(&foreign, "foreign").unwrap();
    let file = std::fs::File::options().write(true).open(&foreign).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
    foreign
}

async fn what_is_wrong_is_found_and_nothing_else(lane: Lane) {
    let (server, user) = started(lane).await;
    let bytes: Vec<Vec<u8>> = [10_000, 20_000, 30_000, 40_000].map(noise).to_vec();
    let mut files = Vec::new();
    for content in &bytes {
        files.push(user.file("a.txt", content.clone()).await);
    }
    let picture = user.file_of("image/png", "a.png", pictures::png(300, 200)).await;
    user.with_thumbnail(&picture).await;
    let (clean, _, summary) = verify(&server, &["--rehash"]);
    assert!(clean, "{summary}");
    assert_eq!((&summary["files"], &summary["blobs"], &summary["listed"]), (&5.into(), &6.into(), &6.into()));
    assert_eq!(summary["accounts"], 1);

    let objects: Vec<PathBuf> = bytes.iter().map(|content| server.object_with(content)).collect();
    std::fs::remove_file(&objects[0]).unwrap();
    std::fs::write(&objects[1], &bytes[1][..19_999]).unwrap();
    let mut flipped = bytes[2].clone();
    flipped[12_345] ^= 1;
    std::fs::write(&objects[2], flipped).unwrap();

    let (_, findings, _) = verify(&server, &[]);
    assert_eq!(kinds(&findings), ["missing", "wrong_size"], "the flipped byte is not looked for");
    assert_eq!(
        (&findings[0]["file"], &findings[0]["owner"]),
        (&files[0].id.to_string().into(), &user.id.as_str().into())
    );
    assert_eq!(findings[0]["blob"], objects[0].file_name().unwrap().to_str().unwrap());
    assert_eq!((&findings[1]["recorded"], &findings[1]["stored"]), (&20_000.into(), &19_999.into()));
    let (_, findings, summary) = verify(&server, &["--rehash"]);
    assert_eq!(kinds(&findings), ["missing", "wrong_size", "wrong_hash"]);
    assert_eq!(
        (&findings[2]["file"], &findings[2]["recorded"]),
        (&files[2].id.to_string().into(), &files[2].sha256.as_deref().into())
    );
    assert_eq!(summary["wrong_hash"], 1);

    let table = server.run(&["verify"]);
    assert_eq!(table.code, Some(1), "{}", table.output);
    let missing =
        table.output.lines().find(|line| line.starts_with("missing ")).expect("a line of the table");
    assert!(missing.contains(&files[0].id.to_string()), "{missing}");
    assert!(
        table.output.contains("findings: 2, repaired: 0 (missing 1, wrong_size 1, wrong_hash 0"),
        "{}",
        table.output
    );
}

async fn orphans_are_found_and_deleted_once_they_are_old_enough(lane: Lane) {
    let (server, user) = started(lane).await;
    let content = noise(10_000);
    user.file("a.txt", content.clone()).await;
    let known = server.object_with(&content);
    let foreign = put_beside(&known, Duration::from_mins(30));
    assert!(verify(&server, &[]).0, "it may be a blob that is being written");
    let (_, findings, _) = verify(&server, &["--min-age", "60"]);
    assert_eq!(kinds(&findings), ["orphan"]);
    assert_eq!(findings[0]["blob"], foreign.file_name().unwrap().to_str().unwrap());
    assert_eq!((&findings[0]["bucket"], &findings[0]["size"]), (&"files".into(), &7.into()));
    put_beside(&known, Duration::from_hours(2));
    assert_eq!(kinds(&verify(&server, &[]).1), ["orphan"]);

    let sweep = |arguments: &[&str], code| {
        let swept = server.run(&[&["sweep", "--orphans"], arguments].concat());
        assert_eq!(swept.code, Some(code), "{}", swept.output);
        swept.output
    };
    assert!(sweep(&[], 2).contains("--min-age"), "how old has to be said");
    assert!(sweep(&["--min-age", "86400"], 0).contains("deleted: 0 orphans"));
    let dry_run = sweep(&["--min-age", "3600", "--dry-run"], 0);
    assert!(
        dry_run.contains("to delete: 1 orphans of 7 bytes among 2 blobs; nothing was changed"),
        "{dry_run}"
    );
    assert!(foreign.exists());
    let swept = sweep(&["--min-age", "3600"], 0);
    assert!(swept.contains("deleted: 1 orphans of 7 bytes among 2 blobs; failed to delete: 0"), "{swept}");
    assert!(!foreign.exists() && known.exists());
    assert!(verify(&server, &["--rehash", "--min-age", "0"]).0);
}

/// What comes and goes meanwhile is never taken for wrong.
async fn beside_live_traffic_nothing_is_found(lane: Lane) {
    let (server, user) = started(lane).await;
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..3)
        .map(|_| {
            let (user, stop) = (user.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    let file = user.file("a.txt", noise(5_000)).await;
                    let put = user.put(&format!("{}/content", User::path(&file)));
                    put.header("content-type", "text/plain").body(noise(7_000)).send().await.expect(200);
                    let picture = user.file_of("image/png", "a.png", pictures::png(60, 40)).await;
                    user.delete(&User::path(&file)).send().await.expect(204);
                    user.delete(&User::path(&picture)).send().await.expect(204);
                    count += 1;
                }
                count
            })
        })
        .collect();
    for _ in 0..6 {
        let server = Arc::clone(&server);
        let checked = tokio::task::spawn_blocking(move || verify(&server, &["--rehash", "--min-age", "0"]));
        let (clean, findings, _) = checked.await.unwrap();
        assert!(clean, "{findings:#?}");
    }
    stop.store(true, Ordering::Relaxed);
    for busy in busy {
        assert!(busy.await.unwrap() > 0, "there was traffic");
    }
}

async fn what_is_in_the_trash_and_old_versions_are_looked_for(lane: Lane) {
    let (server, user) = started(lane).await;
    let [old, new, trashed, shared] = [11_000, 12_000, 13_000, 14_000].map(noise);
    let edited = user.file("edited.bin", old.clone()).await;
    let put = user.put(&format!("{}/content", User::path(&edited)));
    put.header("content-type", "application/octet-stream").body(new).send().await.expect(200);
    let gone = user.file("gone.bin", trashed.clone()).await;
    user.post(&format!("/v1/items/{}/trash", gone.id)).send().await.expect(200);
    let original = user.file("original.bin", shared).await;
    let copy = user.post(&format!("/v1/items/{}/copy", original.id)).json(&json!({"parent_id": "root"}));
    copy.send().await.expect(201);
    let (clean, findings, summary) = verify(&server, &["--rehash", "--min-age", "0"]);
    assert!(clean, "{findings:#?}");
    // The copy has the blob of its original.
    assert_eq!(
        (&summary["files"], &summary["versions"], &summary["blobs"]),
        (&4.into(), &1.into(), &5.into())
    );
    assert_eq!(summary["listed"], 4);

    std::fs::remove_file(server.object_with(&old)).unwrap();
    std::fs::remove_file(server.object_with(&trashed)).unwrap();
    let (_, findings, _) = verify(&server, &[]);
    assert_eq!(kinds(&findings), ["missing", "missing"]);
    let of = |finding: &Value| (finding["file"].clone(), finding["version"].clone());
    assert_eq!(of(&findings[0]), (json!(gone.id), Value::Null));
    assert_eq!(of(&findings[1]), (json!(edited.id), json!(1)));
}

/// A database that lacks its tables is left as it is.
async fn a_check_changes_nothing(lane: Lane) {
    let server = Server::within_reach(lane, &[]);
    let before = server.run(&["migrate", "status"]).output;
    assert!(before.contains("pending") && !before.contains("applied"), "{before}");
    let checked = server.run(&["verify"]);
    assert_eq!(checked.code, Some(1), "{}", checked.output);
    assert!(checked.output.contains("run `file-manager migrate up`"), "{}", checked.output);
    assert_eq!(server.run(&["migrate", "status"]).output, before);
}

#[tokio::test]
async fn counters_that_are_wrong_are_found() {
    let (server, user) = started(Lane::PostgresS3).await;
    user.file("a.txt", "text").await;
    server.in_its_database("UPDATE users SET used_bytes = used_bytes + 1");
    let (_, findings, _) = verify(&server, &[]);
    assert_eq!(kinds(&findings), ["wrong_usage"]);
    assert_eq!(findings[0]["owner"], user.id.as_str());
    assert_eq!((&findings[0]["recorded"]["bytes"], &findings[0]["counted"]["bytes"]), (&5.into(), &4.into()));
}

#[tokio::test]
async fn counters_and_references_are_repaired_on_demand() {
    let (server, user) = started(Lane::PostgresS3).await;
    let file = user.file("a.txt", "text").await;
    user.file("b.txt", "other").await;
    server.in_its_database(
        "UPDATE users SET used_bytes = 0, trash_bytes = 7, version_bytes = 8, file_count = 9, node_count = 1; \
         UPDATE blobs SET ref_count = 3 WHERE size_bytes = 4; \
         DELETE FROM nodes WHERE name = 'b.txt'",
    );
    let wrong = ["wrong_usage", "wrong_references", "unreferenced"];
    let sorted = |findings: &[Value]| {
        let mut kinds = kinds(findings).iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>();
        kinds.sort_by_key(|kind| wrong.iter().position(|name| name == kind));
        kinds
    };
    for _unrepaired in 0..2 {
        assert_eq!(sorted(&verify(&server, &[]).1), wrong);
    }
    let (_, findings, summary) = verify(&server, &["--repair"]);
    assert_eq!((sorted(&findings), &summary["repaired"]), (wrong.map(str::to_owned).to_vec(), &3.into()));
    let (clean, findings, _) = verify(&server, &["--rehash"]);
    assert!(clean, "{findings:#?}");
    assert_eq!(user.storage().await, (4, 1));
    // The content is one file's again: with that it goes.
    assert_eq!(server.run(&["sweep"]).code, Some(0));
    user.delete(&User::path(&file)).send().await.expect(204);
    fm_e2e::eventually("no bytes are left", async || (server.stored().await == Some(0)).then_some(())).await;
}

#[tokio::test]
async fn items_that_are_not_where_they_may_be_are_told_and_left() {
    let (server, user) = started(Lane::PostgresS3).await;
    let folder = async |name: &str, parent: &str| -> String {
        let body = json!({"name": name, "parent_id": parent});
        let made = user.post("/v1/folders").json(&body).send().await.expect(201).json();
        made["id"].as_str().unwrap().to_owned()
    };
    let one = folder("one", "root").await;
    let two = folder("two", &one).await;
    let lone = folder("lone", "root").await;
    server.in_its_database(&format!(
        "UPDATE nodes SET parent_id = '{two}' WHERE id = '{one}'; UPDATE nodes SET trash_id = '{one}' WHERE id = '{lone}'"
    ));
    let (_, findings, summary) = verify(&server, &["--repair"]);
    let mut told: Vec<(&str, &str)> = findings
        .iter()
        .map(|finding| (finding["finding"].as_str().unwrap(), finding["item"].as_str().unwrap()))
        .collect();
    told.sort_unstable();
    let mut expected = [("mismarked", &*lone), ("unreachable", &*one), ("unreachable", &*two)];
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert_eq!(summary["repaired"], 0);
}

#[tokio::test]
async fn a_strange_database_deletes_nothing() {
    let (server, user) = started(Lane::PostgresS3).await;
    user.file("a.txt", "text").await;
    server.in_its_database("DELETE FROM nodes WHERE kind = 'file'; DELETE FROM blobs");
    let refused = server.run(&["sweep", "--orphans", "--min-age", "0"]);
    assert_eq!(refused.code, Some(1), "{}", refused.output);
    assert!(refused.output.contains("nothing was deleted: the database knows none"), "{}", refused.output);
    assert_eq!(server.stored().await, Some(1));
}

async fn a_lost_preview_is_forgotten_on_demand_and_made_anew(lane: Lane) {
    let (server, user) = started(lane).await;
    let picture = user.file("a.png", pictures::png(300, 200)).await;
    user.with_thumbnail(&picture).await;
    let path = format!("{}/previews/small", User::path(&picture));
    let linked = async || {
        eventually("the preview is there", async || {
            let answer = user.get(&path).header("prefer", "wait=10").send().await;
            (answer.status == 302).then(|| answer.field("location"))
        })
        .await
    };
    let bytes = user.get(&linked().await).send().await.expect(200).body;
    let object = server.object_with(&bytes);
    std::fs::remove_file(&object).unwrap();
    let (_, findings, _) = verify(&server, &[]);
    assert_eq!(kinds(&findings), ["missing"]);
    assert_eq!((&findings[0]["preview"], &findings[0]["bucket"]), (&"small".into(), &"thumbnails".into()));
    assert_eq!(findings[0]["blob"], object.file_name().unwrap().to_str().unwrap());
    let (_, _, summary) = verify(&server, &["--repair"]);
    assert_eq!((&summary["missing"], &summary["repaired"]), (&1.into(), &1.into()));
    assert_eq!(user.get(&linked().await).send().await.expect(200).body, bytes);
    assert!(verify(&server, &["--rehash"]).0);
}

on_durable_lanes![
    what_is_wrong_is_found_and_nothing_else,
    orphans_are_found_and_deleted_once_they_are_old_enough,
    beside_live_traffic_nothing_is_found,
    what_is_in_the_trash_and_old_versions_are_looked_for,
    a_check_changes_nothing,
    a_lost_preview_is_forgotten_on_demand_and_made_anew,
];
