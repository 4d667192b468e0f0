//! `file-manager move-blobs`: from a folder to an S3 server, and from one S3 server to another.

use std::sync::Arc;

use fm_e2e::{
    Api, Lane, MovePlan, NewStore, Server, User, eventually, move_between_servers, move_blobs, noise,
    pictures, summary,
};
use serde_json::Value;

/// A server on this machine with a user, the store that its blobs shall go to, and the same server on both stores.
struct Move {
    switched: Arc<Server>,
    store: NewStore,
    user: User,
    first: Arc<Server>,
}

impl Move {
    /// A server of a fresh user, who does this before the switch.
    async fn after<T>(before: impl AsyncFnOnce(&User) -> T) -> (Self, T) {
        let first = Arc::new(Server::within_reach(Lane::Embedded, &[]));
        first.resume();
        let user = Api::of(Arc::clone(&first)).user().await;
        let done = before(&user).await;
        first.stop();
        let store = NewStore::start();
        let switched = first.reconfigured(&store.variables(&[("BLOB_STORE_FALLBACK", "disk")]));
        (Self { switched: Arc::new(switched), store, user, first }, done)
    }

    /// The user at the server on both stores.
    fn there(&self) -> Api {
        Api::of(Arc::clone(&self.switched)).bearing(self.user.access())
    }

    /// How the command ended, the findings and the summary.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, Vec<Value>, Value) {
        let run = self.switched.run(&[&["move-blobs", "--to", "s3", "--json"], arguments].concat());
        let lines = run.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let findings = lines.filter(|line| line["finding"].is_string()).collect();
        (run.code, findings, summary(&run.output))
    }
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_comes_back_though_it_is_killed_under_load() {
    let counts = move_blobs(MovePlan { files: 300, kills: 2 }).await;
    assert!(counts.moved_before + counts.moved_last > 0 && counts.read > 0, "{counts}");
}

#[tokio::test]
async fn two_nodes_serve_every_file_while_it_is_moved_from_one_s3_server_to_another() {
    let counts = move_between_servers(150).await;
    assert!(counts.moved_last > 0 && counts.read > 0, "{counts}");
}

#[tokio::test]
async fn other_bytes_and_missing_ones_are_told_and_not_moved() {
    let (moving, files) = Move::after(async |user| {
        let mut files = Vec::new();
        for size in [10_000, 20_000, 30_000] {
            files.push(user.file("a.txt", noise(size)).await);
        }
        files
    })
    .await;
    let flipped = moving.first.object_with(&noise(10_000));
    let mut bytes = noise(10_000);
    bytes[1_234] ^= 1;
    std::fs::write(&flipped, &bytes).unwrap();
    std::fs::remove_file(moving.first.object_with(&noise(20_000))).unwrap();

    let (code, findings, dry_run) = moving.run(&["--dry-run"]);
    assert_eq!((code, &dry_run["moved"], &dry_run["missing"]), (Some(1), &2.into(), &1.into()));
    assert_eq!(findings.len(), 1, "the flipped byte is found by reading alone");
    assert_eq!(moving.store.count().await, 0);

    let (code, mut findings, done) = moving.run(&["--empty-source"]);
    assert_eq!(code, Some(1), "{done}");
    let counted = ["moved", "missing", "mismatched", "emptied"].map(|name| done[name].as_u64().unwrap());
    assert_eq!(counted, [1, 1, 1, 0], "nothing is deleted after a finding");
    findings.sort_by_key(|finding| finding["finding"].as_str().unwrap().to_owned());
    let told = |finding: &Value| (finding["finding"].clone(), finding["file"].clone());
    let expected = [("missing", &files[1]), ("wrong_hash", &files[0])];
    let expected = expected.map(|(name, file)| (Value::from(name), Value::from(file.id.to_string())));
    assert_eq!(findings.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(moving.store.holds(&noise(30_000)) && !moving.store.holds(&bytes));
    assert!(flipped.exists());

    let told = moving.switched.run(&["move-blobs", "--to", "s3"]);
    assert_eq!(told.code, Some(1), "{}", told.output);
    assert!(told.output.contains("moved: 0 blobs of 0 bytes, of 3 blobs of 3 files"), "{}", told.output);
    assert!(told.output.contains("not moved: 2 (missing 1, wrong_size 0, wrong_hash 1"), "{}", told.output);
}

#[tokio::test]
async fn uploads_that_began_before_the_switch_end_after_it_and_are_moved() {
    let content = noise(3_000_000);
    let sent = content.clone();
    let (moving, (upload, (direct, parts))) = Move::after(async |user| {
        let upload = user.resumable("a.txt", sent.len()).await;
        upload.send(0, sent[..1_000_000].to_vec()).await;
        let direct = user.direct("b.txt", 1_000).await;
        let parts = direct.send_all(&noise(1_000).into()).await;
        (upload, (direct, parts))
    })
    .await;
    moving.switched.resume();
    let there = moving.there();
    let upload = upload.by(&there);
    assert_eq!(upload.offset().await, 1_000_000);
    upload.send(1_000_000, content[1_000_000..1_500_000].to_vec()).await;
    upload.send(1_500_000, content[1_500_000..].to_vec()).await;
    let file = upload.file().await;
    assert!(there.content(&file).await == content, "it reads as it was sent");
    assert!(!moving.store.holds(&content), "it was finished where it began");
    // One of a client that sends parts by itself has to begin anew.
    let ended = direct.by(&there).complete(&parts).await;
    assert!((400..500).contains(&ended.status), "{ended:?}");

    let (code, _, done) = moving.run(&[]);
    assert_eq!((code, &done["moved"]), (Some(0), &1.into()), "{done}");
    assert!(moving.store.holds(&content) && there.content(&file).await == content);
    there.delete(&User::path(&file)).send().await.expect(204);
    eventually("the bytes are deleted from both stores", async || {
        (!moving.store.holds(&content) && moving.first.objects_with(&content).is_empty()).then_some(())
    })
    .await;
    moving.switched.stop();
}

#[tokio::test]
async fn what_was_not_moved_yet_is_used_as_ever() {
    let (moving, (picture, old)) = Move::after(async |user| {
        let picture = user.file_of("image/png", "a.png", pictures::png(300, 200)).await;
        (user.with_thumbnail(&picture).await, user.file("a.txt", noise(5_000)).await)
    })
    .await;
    moving.switched.resume();
    let there = moving.there();
    let listed = there.all(&[]).await;
    assert_eq!(listed.len(), 2);
    for file in &listed {
        assert!(
            file.download.url.expose().starts_with(&moving.switched.base()),
            "the old store has no links"
        );
        there.content(file).await;
    }
    let range = there.get(listed[0].download.url.expose()).header("range", "bytes=1-2").send().await;
    assert_eq!(range.expect(206).body.len(), 2);
    let thumbnail = there.current(&picture).await.thumbnail.url.expect("a thumbnail");
    there.get(thumbnail.expose()).send().await.expect(200);
    let new = there.file("new.txt", noise(6_000)).await;
    assert!(!new.download.url.expose().starts_with(&moving.switched.base()), "the new store has its own");
    assert!(there.content(&new).await == noise(6_000) && moving.store.holds(&noise(6_000)));
    let put = there.put(&format!("{}/content", User::path(&old))).header("content-type", "text/plain");
    put.body(noise(7_000)).send().await.expect(200);
    there.delete(&format!("{}/versions", User::path(&old))).send().await.expect(204);
    eventually("the replaced bytes are deleted", async || {
        moving.first.objects_with(&noise(5_000)).is_empty().then_some(())
    })
    .await;
    let verified = moving.switched.run(&["verify", "--rehash", "--json", "--min-age", "0"]);
    assert_eq!(verified.code, Some(0), "{}", verified.output);
    // Two contents in the new store, the picture and its thumbnail in the old one.
    assert_eq!(summary(&verified.output)["listed"], 4, "{}", verified.output);
    moving.switched.stop();
}

#[tokio::test]
async fn the_direction_is_said_twice() {
    let (moving, ()) = Move::after(async |_| ()).await;
    let refused = moving.switched.run(&["move-blobs", "--to", "disk"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.output.contains("set BLOB_STORE=disk"), "{}", refused.output);
    let refused = moving.first.run(&["move-blobs", "--to", "disk"]);
    assert_eq!(refused.code, Some(2), "{}", refused.output);
    assert!(refused.output.contains("without BLOB_STORE_FALLBACK"), "{}", refused.output);
    let missing = moving.switched.run(&["move-blobs"]);
    assert_eq!(missing.code, Some(2), "{}", missing.output);
}

#[tokio::test]
async fn a_previous_store_that_is_not_there_is_no_empty_one() {
    let (moving, ()) = Move::after(async |_| ()).await;
    let elsewhere = moving.first.home().join("elsewhere");
    let wrong =
        moving.first.reconfigured(&moving.store.variables(&[
            ("BLOB_STORE_FALLBACK", "disk"),
            ("FALLBACK_DATA_DIR", elsewhere.to_str().unwrap()),
        ]));
    let refused = wrong.run(&["move-blobs", "--to", "s3"]);
    assert_eq!(refused.code, Some(1), "{}", refused.output);
    assert!(refused.output.contains("BLOB_STORE_FALLBACK=disk can't be used"), "{}", refused.output);
    assert!(!elsewhere.exists());
}
