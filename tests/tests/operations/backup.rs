//! Backups as docs/RELIABILITY.md has them, and what comes back out of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fm_api_types::File;
use fm_e2e::{Api, Backup, Lane, Server, User, noise, pictures, sha256_hex};

use super::verify::verify;

/// Every file of a user: its hash by its id. Each is downloaded, and has the bytes of its hash.
async fn read_back(user: &Api) -> BTreeMap<String, String> {
    let mut read = BTreeMap::new();
    for file in user.all(&[]).await {
        let bytes = user.get(file.download.url.expose()).send().await.expect(200).body;
        let hash = file.sha256.clone().unwrap();
        assert_eq!(sha256_hex(&bytes), hash, "{file:#?}");
        if file.thumbnail.status == "ready" {
            user.get(file.thumbnail.url.as_ref().unwrap().expose()).send().await.expect(200);
        }
        read.insert(file.id.to_string(), hash);
    }
    read
}

/// Some files, one of them a picture with its thumbnail.
async fn filled(user: &User) -> Vec<File> {
    let mut files = Vec::new();
    for size in [0, 10, 1_000, 100_000, 3_000_000, 7_000_000] {
        files.push(user.file("kept.txt", noise(size)).await);
    }
    let picture = user.file_of("image/png", "a.png", pictures::png(300, 200)).await;
    files.push(user.with_thumbnail(&picture).await);
    files
}

/// What goes on after the backup: removed, replaced and added.
async fn go_on(user: &User, files: &[File]) {
    for file in &files[..2] {
        user.delete(&User::path(file)).send().await.expect(204);
    }
    let put = user.put(&format!("{}/content", User::path(&files[2])));
    put.header("content-type", "text/plain").body("other bytes").send().await.expect(200);
    user.file("later.txt", noise(500)).await;
}

/// The user at a server that was restored: with their old session.
fn at(server: &Arc<Server>, user: &User) -> Api {
    Api::of(Arc::clone(server)).bearing(user.access())
}

#[tokio::test]
async fn a_copy_of_the_folder_is_everything() {
    let server = Arc::new(Server::within_reach(Lane::Embedded, &[]));
    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    let files = filled(&user).await;
    let kept = read_back(&user).await;
    server.stop();
    let backup = server.back_up_data();
    server.resume();
    go_on(&user, &files).await;
    // The old version of what was replaced is one of them.
    server.stores_exactly(8).await;
    assert_ne!(read_back(&user).await, kept);

    let restored = Arc::new(Server::restored(backup, &[]));
    restored.resume();
    let there = at(&restored, &user);
    let (clean, findings, summary) = verify(&restored, &["--rehash", "--min-age", "0"]);
    assert!(clean, "{findings:#?}");
    assert_eq!((&summary["files"], &summary["listed"]), (&7.into(), &8.into()));
    assert_eq!(read_back(&there).await, kept);
}

/// Uploads and removals without end, until it is told to stop; how many there were.
fn traffic(user: &User, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<u32> {
    let (user, stop) = (user.clone(), Arc::clone(stop));
    tokio::spawn(async move {
        let mut count = 0;
        while !stop.load(Ordering::Relaxed) {
            let file = user.file("busy.txt", noise(2_000)).await;
            if count % 2 == 0 {
                user.delete(&User::path(&file)).send().await.expect(204);
            }
            count += 1;
        }
        count
    })
}

/// The database first, then the store, while the API serves and no worker runs.
async fn back_up(server: &Arc<Server>, user: &User) -> Backup {
    let stop = Arc::new(AtomicBool::new(false));
    let busy = [traffic(user, &stop), traffic(user, &stop)];
    let dumping = Arc::clone(server);
    let dump = tokio::task::spawn_blocking(move || dumping.dump()).await.unwrap();
    // The copy of the database can't know this one.
    user.file("between.txt", noise(4_321)).await;
    let copying = Arc::clone(server);
    let backup = tokio::task::spawn_blocking(move || copying.back_up_after(dump)).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    for busy in busy {
        assert!(busy.await.unwrap() > 0, "the API served meanwhile");
    }
    backup
}

#[tokio::test]
async fn the_database_first_and_then_the_store_while_the_api_serves() {
    let server = Arc::new(Server::within_reach(Lane::PostgresS3, &["--no-worker"]));
    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    let removed = user.file("removed.txt", noise(777)).await;
    let files = server.with_a_worker(filled(&user)).await;
    user.delete(&User::path(&removed)).send().await.expect(204);
    let kept = read_back(&user).await;
    let backup = back_up(&server, &user).await;
    server
        .with_a_worker(async {
            go_on(&user, &files).await;
            fm_e2e::eventually("the removed bytes go", async || (!holds(&server, &noise(777))).then_some(()))
                .await;
        })
        .await;

    let restored = Arc::new(Server::restored(backup, &["--no-worker"]));
    restored.resume();
    let there = at(&restored, &user);
    let read = read_back(&there).await;
    for (id, hash) in &kept {
        assert_eq!(read.get(id), Some(hash), "a file of before the backup");
    }
    let (_, findings, _) = verify(&restored, &["--rehash", "--min-age", "0"]);
    assert!(!findings.is_empty(), "the store was copied later");
    assert!(findings.iter().all(|finding| finding["finding"] == "orphan"), "{findings:#?}");

    assert!(holds(&restored, &noise(4_321)));
    let sweep = ["sweep", "--orphans", "--min-age", "0"];
    let dry_run = restored.run(&[&sweep[..], &["--dry-run"]].concat());
    let expected = format!("to delete: {} orphans", findings.len());
    assert!(dry_run.code == Some(0) && dry_run.output.contains(&expected), "{}", dry_run.output);
    let swept = restored.run(&sweep);
    assert_eq!(swept.code, Some(0), "{}", swept.output);
    assert!(!holds(&restored, &noise(4_321)));
    assert!(verify(&restored, &["--rehash", "--min-age", "0"]).0);
    assert_eq!(read_back(&there).await, read, "no file lost anything");
    // The purge that the copy of the database still had to do.
    let purged = fm_e2e::eventually("the removed bytes go here too", async || {
        (!holds(&restored, &noise(777))).then_some(())
    });
    restored.with_a_worker(purged).await;
    assert!(verify(&restored, &["--rehash", "--min-age", "0"]).0);
}

/// Whether its store has an object of exactly these bytes.
fn holds(server: &Server, bytes: &[u8]) -> bool {
    !server.objects_with(bytes).is_empty()
}
