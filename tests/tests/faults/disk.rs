//! The disk is full.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fm_api_types::File;
use fm_e2e::{Api, Server, User, eventually, noise, pictures};
use serde_json::json;

const DISK: u64 = 12 * 1024 * 1024;
const PIECE: usize = 1_000_000;

/// A file beside the data, as large as there is room.
struct Filler(PathBuf);

impl Filler {
    fn fill(&self) {
        use std::io::Write as _;
        let mut filler = std::fs::File::create(&self.0).unwrap();
        for size in [65_536, 1_024, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// Uploads until there is no room for one more; the files.
async fn fill_with_files(user: &User) -> Vec<File> {
    let mut files = Vec::new();
    loop {
        let answer = user.upload("a.bin", noise(PIECE)).send().await;
        if answer.status != 201 {
            answer.unavailable();
            return files;
        }
        files.push(answer.parse());
        assert!(files.len() < 20, "the disk never fills");
    }
}

async fn is_whole(user: &User, file: &File) {
    let link = user.get(&format!("{}/content", User::path(file))).send().await.expect(302).field("location");
    assert_eq!(user.get(&link).send().await.expect(200).body, noise(PIECE));
}

/// The bytes have no room, then not even the database has: 503 each time, nothing is lost, and it goes on by itself.
#[tokio::test]
async fn on_a_full_disk_uploads_are_503_and_nothing_is_lost() {
    let server = Arc::new(Server::on_a_small_disk(DISK));
    let user = Api::of(Arc::clone(&server)).user().await;
    let mut files = fill_with_files(&user).await;
    assert!(files.len() > 3, "{} files", files.len());
    server.stores_exactly(files.len()).await;

    // There is still room for the database: what frees some works.
    for gone in files.split_off(files.len() - 2) {
        user.delete(&User::path(&gone)).send().await.expect(204);
    }
    server.stores_exactly(files.len()).await;
    files.push(user.file("a.bin", noise(PIECE)).await);

    // Not for a single byte: reads go on; changes are 503, or done where the log has room left; but never 500.
    let filler = Filler(server.data().join("filler"));
    filler.fill();
    let mut refused = 0;
    for turn in 0..40 {
        let name = format!("{turn}.bin");
        let answer = user.patch(&User::path(&files[0])).json(&json!({"name": name})).send().await;
        if answer.status == 200 {
            assert_eq!(user.get(&User::path(&files[0])).send().await.expect(200).parse::<File>().name, name);
            continue;
        }
        answer.unavailable();
        refused += 1;
        user.upload("b.bin", noise(PIECE)).send().await.unavailable();
        is_whole(&user, &files[1]).await;
        if refused == 5 {
            break;
        }
    }
    assert!(refused > 0, "the database never ran out of room");
    user.get("/health/live").send().await.expect(200);
    assert_eq!(user.storage().await, ((files.len() * PIECE) as u64, files.len() as u64));

    filler.free();
    eventually("changes are taken again", async || {
        let answer = user.patch(&User::path(&files[0])).json(&json!({"name": "again.bin"})).send().await;
        (answer.status == 200).then_some(())
    })
    .await;
    for file in &files {
        is_whole(&user, file).await;
    }
    user.delete(&User::path(&files.pop().unwrap())).send().await.expect(204);
    let picture = user.file_of("image/png", "a.png", pictures::png(100, 50)).await;
    let made = user.with_thumbnail(&picture).await;
    assert_eq!(made.thumbnail.status, "ready");
    // The sweep cancels intents that could not be cancelled at once when their lease has run out.
    server.stores_within(Duration::from_secs(150), files.len() + 2).await;
    server.stop();
    server.resume();
    for file in &files {
        is_whole(&user, file).await;
    }
}
