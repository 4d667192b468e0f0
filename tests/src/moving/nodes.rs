//! A move from one S3 server to another while two nodes serve, which are restarted one after the other as `docs/OPERATIONS.md` says.

use std::mem::replace;
use std::sync::Arc;
use std::time::Instant;

use fm_testkit::random::letters;

use super::{Files, MoveCounts, Traffic, at, empty, filled_account, has_what_files_need, moved, read_all};
use crate::{Api, NewStore, Server, User};

/// Two nodes on one database. The server that owns this database and the old store outlives them.
struct Fleet<'a> {
    owner: &'a Server,
    nodes: [Arc<Server>; 2],
    user: &'a User,
    files: &'a Files,
}

impl Fleet<'_> {
    /// The user at both.
    fn both(&self) -> [Api; 2] {
        self.nodes.each_ref().map(|node| at(node, self.user))
    }

    /// Restarts one after the other with these variables, and sees each time that they serve the same files.
    async fn restart(&mut self, variables: &[(String, String)]) {
        for place in [0, 1] {
            let next = self.owner.reconfigured(variables);
            next.resume();
            replace(&mut self.nodes[place], Arc::new(next)).stop();
            self.exchange().await;
        }
    }

    /// What one stores is read at the other, and what one removes is gone at the other.
    async fn exchange(&self) {
        let [one, other] = self.both();
        for (from, to) in [(&one, &other), (&other, &one)] {
            let file = from.file("removed.bin", letters(2_000)).await;
            assert!(to.content(&to.current(&file).await).await == letters(2_000), "it reads as it was sent");
            to.delete(&User::path(&file)).send().await.expect(204);
            from.get(&User::path(&file)).send().await.not_found();
            self.files.add(from.file("kept.bin", letters(3_000)).await);
        }
    }
}

/// Runs one move of so many files. It fails at the first promise that was not kept.
pub async fn move_between_servers(files: usize) -> MoveCounts {
    let first = Arc::new(Server::on_shaky_ground_with(&[("ACCESS_TOKEN_TTL_SECONDS", "86400")]));
    let store = NewStore::start();
    let user = Api::of(Arc::clone(&first)).user().await;
    let files = Arc::new(filled_account(&user, files).await);
    let mut fleet = Fleet {
        owner: &first,
        nodes: [Arc::clone(&first), Arc::new(first.second_node())],
        user: &user,
        files: &files,
    };
    fleet.restart(&store.fallback_variables()).await;
    assert_eq!(store.count().await, 0, "no node writes to the new store yet");
    fleet.restart(&store.variables_over(&first)).await;
    assert!(store.count().await > 0, "both nodes write to the new store");

    let [one, other] = fleet.both();
    let traffic = Traffic::at([&one, &other], &files);
    let (running, started) = (Arc::clone(&fleet.nodes[0]), Instant::now());
    let done = tokio::task::spawn_blocking(move || moved(&running, &[])).await.unwrap();
    let number = |name: &str| done[name].as_u64().unwrap();
    let mut counts = MoveCounts {
        moved_before: number("skipped"),
        moved_last: number("moved"),
        duration: started.elapsed(),
        ..MoveCounts::default()
    };
    assert_eq!((number("missing"), number("mismatched")), (0, 0), "{done}");
    traffic.stop(&mut counts).await;
    read_all(&one, &files).await;
    read_all(&other, &files).await;

    empty(&fleet.nodes[0], &files);
    first.stores_exactly(0).await;
    fleet.restart(&store.variables(&[])).await;
    for there in fleet.both() {
        read_all(&there, &files).await;
    }
    has_what_files_need(&fleet.nodes[1], &store).await;
    counts
}
