//! What may stand between the program and its PostgreSQL: hosts that are not there, standbys, connection poolers.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use fm_e2e::{Api, PgBouncer, Server, pictures};
use std::sync::Arc;

/// The time-out of one address, in seconds.
const CONNECT: u64 = 2;

/// For so long an answer of `/health/ready` may be given again.
const READINESS: Duration = Duration::from_millis(1_100);

/// The URL with more hosts before its own.
fn behind(url: &str, hosts: &str, options: &str) -> String {
    let (front, place) = url.split_once('@').expect("the URL names a user");
    let joint = if place.contains('?') { '&' } else { '?' };
    format!("{front}@{hosts},{place}{joint}{options}")
}

/// Everything that a connection is needed for: units of work, point reads, LISTEN.
async fn works(server: &Arc<Server>) {
    let user = Api::of(Arc::clone(server)).user().await;
    let picture = user.file_of("image/png", "a.png", pictures::png(20, 10)).await;
    user.with_thumbnail(&picture).await;
    assert_eq!(user.storage().await.1, 1);
    user.get("/health/ready").send().await.expect(200);
}

#[tokio::test]
async fn a_node_starts_whose_first_host_is_silent() {
    // The system accepts, and no program ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap();
    let options = format!("connect_timeout={CONNECT}&target_session_attrs=read-write");
    let server = Server::on_postgres(|url| behind(url, &host.to_string(), &options));
    let started = Instant::now();
    server.resume();
    assert!(started.elapsed() >= Duration::from_secs(CONNECT));
    let server = Arc::new(server);
    works(&server).await;
    silent.set_nonblocking(true).unwrap();
    let tried = std::iter::from_fn(|| silent.accept().ok()).count();
    assert_eq!(tried, 1, "every later connection begins with the host that worked");
    let status = server.run(&["migrate", "status"]);
    assert_eq!(status.code, Some(0), "{}", status.output);
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused_before_anything_is_changed() {
    for (mode, settings) in [
        ("transaction", &[][..]),
        ("transaction", &["default_pool_size = 1"]),
        ("transaction", &["min_pool_size = 4", "server_round_robin = 1"]),
        ("statement", &[]),
    ] {
        let mut pooler = None;
        let server =
            Server::on_postgres(|url| pooler.insert(PgBouncer::before(url, mode, settings)).url(url));
        for command in [&["serve"][..], &["migrate", "up"], &["migrate", "status"], &["verify"]] {
            let finished = server.run(command);
            assert_eq!(finished.code, Some(2), "{mode} {settings:?} {command:?}: {}", finished.output);
            for word in ["DATABASE_URL", "transaction mode", "session mode", "5432"] {
                assert!(finished.output.contains(word), "{word} is in: {}", finished.output);
            }
        }
        let tables = server.ask_its_database("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
        assert_eq!(tables, "0", "nothing was migrated");
        let locks = server.ask_its_database(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
             (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        assert_eq!(locks, "0", "no lock was left");
    }
}

#[tokio::test]
async fn a_pooler_in_session_mode_serves_a_whole_node() {
    let mut pooler = None;
    let settings = ["default_pool_size = 40", "server_round_robin = 1"];
    let server =
        Server::on_postgres(|url| pooler.insert(PgBouncer::before(url, "session", &settings)).url(url));
    server.resume();
    works(&Arc::new(server)).await;
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_ready() {
    let server = Arc::new(Server::on_postgres(str::to_owned));
    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    let file = user.file("a.txt", "text").await;
    server.refuses_writes(true);
    // Readiness is asked for anew after a second.
    tokio::time::sleep(READINESS).await;
    let answer = user.get("/health/ready").send().await.expect(503);
    assert_eq!(answer.json()["checks"]["database"], "failed");
    user.upload("b.txt", "text").send().await.unavailable();
    user.current(&file).await;
    server.refuses_writes(false);
    tokio::time::sleep(READINESS).await;
    user.get("/health/ready").send().await.expect(200);
    user.file("c.txt", "text").await;
}
