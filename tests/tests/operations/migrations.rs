//! `file-manager migrate`

use fm_e2e::{Api, Lane, Server};

async fn down_and_up_again(lane: Lane) {
    let server = Server::prepare(lane, &[], &[]);
    let fresh = server.run(&["migrate", "status"]);
    assert_eq!(fresh.code, Some(0), "{}", fresh.output);
    let up = server.run(&["migrate", "up"]);
    assert_eq!(up.code, Some(0), "{}", up.output);
    let applied = server.run(&["migrate", "status"]);
    assert_eq!(applied.code, Some(0), "{}", applied.output);
    assert_ne!(fresh.output, applied.output, "the status tells the difference");
    let again = server.run(&["migrate", "up"]);
    assert_eq!(again.code, Some(0), "{}", again.output);
    let down = server.run(&["migrate", "down"]);
    assert_eq!(down.code, Some(0), "{}", down.output);
    let up = server.run(&["migrate", "up"]);
    assert_eq!(up.code, Some(0), "{}", up.output);
    server.resume();
    let api = Api::of(std::sync::Arc::new(server));
    let user = api.user().await;
    user.file("a.txt", "text").await;
    assert_eq!(user.storage().await, (4, 1));
}

#[tokio::test]
async fn sqlite_goes_down_and_up_again() {
    down_and_up_again(Lane::Embedded).await;
}

#[tokio::test]
async fn postgres_goes_down_and_up_again() {
    down_and_up_again(Lane::PostgresS3).await;
}

/// With `MIGRATE_ON_START=0` a command of its own migrates.
#[tokio::test]
async fn migrations_can_be_run_apart_from_the_server() {
    for lane in [Lane::Embedded, Lane::PostgresS3] {
        let server = Server::prepare(lane, &[("MIGRATE_ON_START", "0")], &[]);
        for command in [&["jobs", "list"][..], &["verify"], &["sweep", "--dry-run"], &["sweep"]] {
            let early = server.run(command);
            assert_eq!(early.code, Some(1), "{command:?}: {}", early.output);
            assert!(early.output.contains("run `file-manager migrate up`"), "{}", early.output);
        }
        let status = server.run(&["migrate", "status"]);
        assert!(
            status.output.contains("pending ") && !status.output.contains("applied "),
            "{}",
            status.output
        );
        let up = server.run(&["migrate", "up"]);
        assert_eq!(up.code, Some(0), "{}", up.output);
        let status = server.run(&["migrate", "status"]);
        assert!(
            status.output.contains("applied ") && !status.output.contains("pending "),
            "{}",
            status.output
        );
        server.resume();
        let api = Api::of(std::sync::Arc::new(server));
        api.get("/health/ready").send().await.expect(200);
        api.user().await;
    }
}
