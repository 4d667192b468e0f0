//! `METRICS_ADDR`: what the program tells Prometheus, and who hears of it.
#![expect(clippy::float_cmp, reason = "counts are whole numbers")]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fm_e2e::{Api, Lane, RedisServer, Scrape, Server, eventually, on_every_lane, pictures, within};
use serde_json::Value;

const ANYWHERE: (&str, &str) = ("METRICS_ADDR", "127.0.0.1:0");

/// By when a dependency that is gone has to be named, on a busy machine too. It takes five seconds at most on one that has the time.
const SOON: Duration = Duration::from_secs(30);

fn requests(method: &str, route: &str, status: &str) -> String {
    format!("file_manager_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
}

async fn a_server_tells_what_it_did(lane: Lane) {
    let api = Api::with(lane, &[ANYWHERE]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    user.with_thumbnail(&file).await;
    for _ in 0..3 {
        user.me().await.expect(200);
    }
    user.get("/v1/files/no-id").send().await.expect(404);
    let now = api.server.scrape().await;
    assert!(now.value(&requests("GET", "/v1/auth/me", "2xx")) >= 3.0);
    assert!(now.value(&requests("GET", "/v1/files/{id}", "4xx")) >= 1.0);
    let route = "{method=\"POST\",route=\"/v1/files\"}";
    assert!(now.value(&format!("file_manager_http_request_duration_seconds_count{route}")) >= 1.0);
    assert!(now.value("file_manager_http_received_bytes_total") > 500.0);
    assert!(now.value("file_manager_http_sent_bytes_total") > 500.0);
    assert_eq!(now.value("file_manager_uploads_in_flight"), 0.0);
    assert_eq!(now.value("file_manager_upload_memory_bytes"), 0.0);
    assert_eq!(now.value("file_manager_upload_memory_limit_bytes"), f64::from(32 << 20));
    assert_eq!(now.value("file_manager_thumbnails_total{outcome=\"ok\"}"), 1.0);
    assert_eq!(now.value("file_manager_thumbnail_duration_seconds_count"), 1.0);
    let made = "file_manager_job_runs_total{kind=\"make_thumbnail\",outcome=\"done\"}";
    assert!(eventually("the job is counted", async || api.server.scrape().await.find(made)).await >= 1.0);
    let sessions = now.value("file_manager_session_cache_hits_total")
        + now.value("file_manager_session_cache_misses_total");
    assert_eq!(
        sessions > 0.0,
        lane == Lane::PostgresS3,
        "copies of sessions are used where nodes hear of each other"
    );
    if lane.is_durable() {
        assert!(now.value("file_manager_database_pool_checkouts_total") > 5.0);
        assert!(now.value("file_manager_database_pool_limit") >= 1.0);
    }
    assert_eq!(now.value("file_manager_queue_up"), 1.0);
    assert_eq!(now.value("file_manager_jobs{kind=\"purge_blob\",state=\"dead\"}"), 0.0);
    for store in ["database", "blob_store", "session_store"] {
        assert_eq!(now.value(&format!("file_manager_dependency_up{{dependency=\"{store}\"}}")), 1.0);
    }
    let version = now.0.lines().find(|line| line.starts_with("file_manager_build_info{version=\"")).unwrap();
    assert!(version.ends_with("\"} 1"), "{version}");
    assert!(now.value("process_resident_memory_bytes") > 1e6);
    assert!(now.value("process_cpu_seconds_total") > 0.0);
    assert!(now.value("process_open_fds") > 5.0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let age = time - now.value("process_start_time_seconds");
    assert!((-2.0..300.0).contains(&age), "it started {age} s ago");
}

async fn labels_have_few_values_and_name_no_user(lane: Lane) {
    let api = Api::with(lane, &[ANYWHERE]);
    let user = api.user().await;
    let file = user.file("a-name-of-a-file.txt", "text").await;
    user.current(&file).await;
    let known = api.server.scrape().await.0.lines().count();
    for number in 0..50 {
        user.get(&format!("/v1/files/{number}")).send().await.expect(404);
        user.get(&format!("/page-{number}.php?a={number}")).send().await.expect(404);
        let method = reqwest::Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
        user.request(method, "/v1/files").send().await.expect(405);
    }
    let now = api.server.scrape().await;
    assert!(now.0.lines().count() < known + 80, "two routes more have methods that they don't know");
    assert_eq!(now.value(&requests("other", "unknown", "4xx")), 50.0);
    assert_eq!(now.value(&requests("other", "/v1/files", "4xx")), 50.0);
    let id = file.id.to_string();
    for text in
        [user.email.as_str(), user.id.as_str(), id.as_str(), "a-name-of-a-file", "page-", "BREW", "127.0.0.1"]
    {
        assert!(!now.0.contains(text), "{text} is in the metrics");
    }
}

async fn only_metrics_are_on_their_address_and_only_there(lane: Lane) {
    let api = Api::with(lane, &[ANYWHERE]);
    api.get("/metrics").send().await.not_found();
    let base = format!("http://{}", api.server.metrics_address());
    let client = reqwest::Client::new();
    for path in ["/", "/metric", "/metrics/", "/health/live", "/v1/files"] {
        assert_eq!(client.get(format!("{base}{path}")).send().await.unwrap().status(), 404, "{path}");
    }
    let refused = client.post(format!("{base}/metrics")).body("x").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["allow"].to_str().unwrap()), (405, "GET"));
    // Clients that are silent don't keep Prometheus out.
    let address = api.server.metrics_address();
    let mut silent = Vec::new();
    for _ in 0..6 {
        silent.push(tokio::net::TcpStream::connect(&address).await.unwrap());
    }
    assert!(api.server.scrape().await.find("file_manager_queue_up").is_some());
    drop(silent);
}

on_every_lane![
    a_server_tells_what_it_did,
    labels_have_few_values_and_name_no_user,
    only_metrics_are_on_their_address_and_only_there,
];

#[tokio::test]
async fn without_an_address_nothing_listens_for_prometheus() {
    let api = Api::with(Lane::Embedded, &[]);
    api.get("/metrics").send().await.not_found();
    assert!(!api.server.output().contains("metrics are served"));
}

#[tokio::test]
async fn an_address_that_is_taken_ends_the_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let server = Server::prepare(Lane::Embedded, &[("METRICS_ADDR", &address)], &[]);
    let ended = server.run(&["serve"]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains(&format!("can't listen on {address}")), "{}", ended.output);
}

/// The server has no workers: what a worker did is told by the worker.
#[tokio::test]
async fn a_worker_tells_what_it_did_and_a_server_what_it_served() {
    let server = Arc::new(Server::prepare(Lane::PostgresS3, &[ANYWHERE], &["--no-worker"]));
    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    let waiting = "file_manager_jobs{kind=\"make_thumbnail\",state=\"waiting\"}";
    within(SOON * 2, "the job waits", async || (server.scrape().await.value(waiting) == 1.0).then_some(()))
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let late = "file_manager_jobs_oldest_due_seconds{kind=\"make_thumbnail\"}";
    within(SOON * 2, "it is due", async || (server.scrape().await.value(late) > 0.5).then_some(())).await;
    server
        .with_a_measured_worker(async |address| {
            user.with_thumbnail(&file).await;
            let done = "file_manager_job_runs_total{kind=\"make_thumbnail\",outcome=\"done\"}";
            let worker = eventually("the job is counted", async || {
                let now = Scrape::of(&address).await;
                (now.value(done) == 1.0).then_some(now)
            })
            .await;
            assert_eq!(worker.value("file_manager_thumbnails_total{outcome=\"ok\"}"), 1.0);
            assert!(worker.value("file_manager_database_pool_checkouts_total") > 0.0);
            assert!(!worker.names().contains(&"file_manager_http_requests_total"), "it serves no requests");
            let here = server.scrape().await;
            assert_eq!(here.value(done), 0.0, "the server ran no job");
            assert_eq!(here.value("file_manager_thumbnails_total{outcome=\"ok\"}"), 0.0);
        })
        .await;
}

#[tokio::test]
async fn limits_that_are_reached_are_counted_and_those_of_one_node_alone_too() {
    let redis = RedisServer::start();
    let url = redis.url();
    let variables = [
        ANYWHERE,
        ("REDIS_URL", url.as_str()),
        ("RATE_LIMITS", "1"),
        ("RATE_LIMIT_ANONYMOUS_REQUESTS", "2/3600"),
    ];
    let api = Api::with(Lane::PostgresS3, &variables);
    for status in [200, 200, 429] {
        api.get("/v1/capabilities").send().await.expect(status);
    }
    let now = api.server.scrape().await;
    assert_eq!(now.value("file_manager_rate_limit_refusals_total{limit=\"anonymous-requests\"}"), 1.0);
    assert_eq!(now.value("file_manager_rate_limit_fallbacks_total"), 0.0);
    redis.stand_still();
    api.get("/v1/capabilities").send().await.expect(200);
    redis.go_on();
    assert!(api.server.scrape().await.value("file_manager_rate_limit_fallbacks_total") >= 1.0);
}

/// Runs `doctor` while a dependency is gone, and checks that it names the part in time.
async fn is_named_by_doctor(api: &Api, part: &str) {
    let server = Arc::clone(&api.server);
    let (startup, ran, took) = tokio::task::spawn_blocking(move || {
        // How long a process takes to start here and now, which is no time of `doctor`.
        let begun = Instant::now();
        assert_eq!(server.run(&["config", "check"]).code, Some(0));
        let (startup, since) = (begun.elapsed(), Instant::now());
        (startup, server.run(&["doctor", "--json"]), since.elapsed())
    })
    .await
    .unwrap();
    assert!(took < SOON + startup, "it took {took:?}, and a process {startup:?} to start");
    let mut steps = ran.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_named = steps.any(|step| step["part"] == part && step["outcome"] == "fail");
    assert!(is_named && ran.code == Some(1), "{part}: {}", ran.output);
}

/// Waits until readiness and metrics name exactly this dependency, and checks that both did so in time, with the log and
/// `doctor`, which calls it by this part.
async fn is_named(api: &Api, dependency: &str, others: &[&str], part: &str) {
    let since = Instant::now();
    let readiness = within(SOON, "readiness names it", async || {
        let answer = api.get("/health/ready").send().await;
        let checks = answer.json()["checks"].clone();
        (answer.status == 503 && checks[dependency] == "failed").then_some(checks)
    });
    let metrics = within(SOON, "the metrics name it", async || {
        let now = api.server.scrape().await;
        (now.value(&up(dependency)) == 0.0).then_some(now)
    });
    let (checks, now): (Value, Scrape) = tokio::join!(readiness, metrics);
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
    for other in others {
        assert_eq!((&checks[other], now.value(&up(other))), (&Value::from("ok"), 1.0), "{other}");
    }
    assert!(api.server.output().contains(&format!("\"check\":\"{dependency}\"")), "the log names it too");
    api.get("/health/live").send().await.expect(200);
    is_named_by_doctor(api, part).await;
}

fn up(dependency: &str) -> String {
    format!("file_manager_dependency_up{{dependency=\"{dependency}\"}}")
}

async fn is_ready_again(api: &Api) {
    eventually("it is ready again", async || {
        (api.get("/health/ready").send().await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_database_that_was_killed_is_named_and_all_else_is_told() {
    let api = Api::of(Arc::new(Server::on_its_own_database_with(&[ANYWHERE])));
    api.user().await;
    assert_eq!(api.server.scrape().await.value("file_manager_queue_up"), 1.0);
    let server = Arc::clone(&api.server);
    tokio::task::spawn_blocking(move || server.kill_database()).await.unwrap();
    is_named(&api, "database", &["blob_store"], "database").await;
    // The count is some seconds old at most.
    let now = within(SOON * 2, "the queue can't be counted", async || {
        let now = api.server.scrape().await;
        (now.value("file_manager_queue_up") == 0.0).then_some(now)
    })
    .await;
    assert_eq!(
        now.find("file_manager_jobs{kind=\"purge_blob\",state=\"waiting\"}"),
        None,
        "old numbers are not told"
    );
    assert!(now.value(&requests("POST", "/v1/auth/register", "2xx")) >= 1.0);
    let server = Arc::clone(&api.server);
    tokio::task::spawn_blocking(move || server.revive_database()).await.unwrap();
    is_ready_again(&api).await;
    within(SOON * 2, "the queue is counted again", async || {
        (api.server.scrape().await.value("file_manager_queue_up") == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_named() {
    let redis = RedisServer::start();
    let url = redis.url();
    let api =
        Api::with(Lane::PostgresS3, &[ANYWHERE, ("REDIS_URL", url.as_str()), ("SESSION_STORE", "redis")]);
    is_ready_again(&api).await;
    redis.stand_still();
    is_named(&api, "session_store", &["database", "blob_store"], "redis").await;
    redis.go_on();
    is_ready_again(&api).await;
}

#[tokio::test]
async fn a_redis_that_was_killed_is_named() {
    let mut redis = RedisServer::start();
    let url = redis.url();
    let api =
        Api::with(Lane::PostgresS3, &[ANYWHERE, ("REDIS_URL", url.as_str()), ("SESSION_STORE", "redis")]);
    is_ready_again(&api).await;
    redis.kill();
    is_named(&api, "session_store", &["database", "blob_store"], "redis").await;
}

/// Nothing that serves requests is gone: it is named where operators look, and no request fails.
#[tokio::test]
async fn a_redis_that_counts_limits_alone_and_was_killed_is_named() {
    let mut redis = RedisServer::start();
    let url = redis.url();
    let api = Api::with(Lane::PostgresS3, &[ANYWHERE, ("REDIS_URL", url.as_str()), ("RATE_LIMITS", "1")]);
    is_ready_again(&api).await;
    redis.kill();
    let since = Instant::now();
    let fallbacks = "file_manager_rate_limit_fallbacks_total";
    within(SOON, "the metrics name it", async || {
        api.get("/v1/capabilities").send().await.expect(200);
        (api.server.scrape().await.value(fallbacks) >= 1.0).then_some(())
    })
    .await;
    let line = "the store that counts rate limits is out of reach";
    within(SOON, "the log names it", async || api.server.output().contains(line).then_some(())).await;
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
    is_named_by_doctor(&api, "redis").await;
    api.get("/health/ready").send().await.expect(200);
}

#[tokio::test]
async fn a_store_that_is_gone_is_named() {
    let api = Api::of(Arc::new(Server::on_shaky_ground_with(&[ANYWHERE])));
    is_ready_again(&api).await;
    let named = is_named(&api, "blob_store", &["database", "session_store"], "blob store");
    api.server.without_its_store(named).await;
    is_ready_again(&api).await;
}
