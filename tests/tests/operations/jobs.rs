//! `file-manager jobs` and `file-manager sweep`: what operators see of the background, and what they may do.

use std::sync::Arc;
use std::time::Duration;

use fm_api_types::File;
use fm_e2e::{Api, Lane, Server, User, eventually, pictures};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

/// A server without workers, and a file whose thumbnail therefore waits.
async fn with_a_waiting_thumbnail(lane: Lane) -> (Api, User, File) {
    let server = Server::prepare(lane, &[], &["--no-worker"]);
    server.resume();
    let api = Api::of(Arc::new(server));
    let user = api.user().await;
    let file = user.file_of("image/png", "a.png", pictures::png(100, 80)).await;
    (api, user, file)
}

fn listed(api: &Api, arguments: &[&str]) -> Vec<Value> {
    let listed = api.server.run(&[&["jobs", "list", "--json"], arguments].concat());
    assert_eq!(listed.code, Some(0), "{}", listed.output);
    let lines = listed.output.lines().filter(|line| line.contains("\"attempts\""));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn waiting_jobs_are_listed_and_not_discarded(lane: Lane) {
    let (api, _, file) = with_a_waiting_thumbnail(lane).await;
    let jobs = listed(&api, &["--state", "waiting"]);
    assert_eq!(jobs.len(), 1, "{jobs:#?}");
    assert_eq!((&jobs[0]["kind"], &jobs[0]["attempts"]), (&"make_thumbnail".into(), &0.into()));
    assert_eq!(jobs[0]["work"]["file"], file.id.to_string());
    assert!(listed(&api, &["--state", "dead"]).is_empty());

    let id = jobs[0]["id"].as_str().unwrap();
    let table = api.server.run(&["jobs", "list"]).output;
    assert!(table.lines().any(|line| line.starts_with(id) && line.contains("waiting")), "{table}");
    for command in ["retry", "discard"] {
        let refused = api.server.run(&["jobs", command, id]);
        assert_eq!(refused.code, Some(1), "{}", refused.output);
        assert!(refused.output.contains("left alone: no dead job has this id"), "{}", refused.output);
    }
    assert_eq!(listed(&api, &[]), jobs, "nothing was changed");
}

async fn a_sweep_says_what_it_would_do_and_did(lane: Lane) {
    let (api, user, file) = with_a_waiting_thumbnail(lane).await;
    user.delete(&User::path(&file)).send().await.expect(204);
    let sweep = |arguments: &[&str]| {
        let swept = api.server.run(&[&["sweep"], arguments].concat());
        assert_eq!(swept.code, Some(0), "{}", swept.output);
        swept.output
    };
    let dry_run = sweep(&["--dry-run"]);
    assert!(dry_run.contains("to cancel: 0 uploads; to delete: 1 blobs; nothing was changed"), "{dry_run}");
    assert_eq!(api.server.stored().await, Some(1), "a dry run changes nothing");
    let swept = sweep(&[]);
    assert!(swept.contains("deleted: 1 blobs; failed to delete: 0"), "{swept}");
    assert_eq!(api.server.stored().await, Some(0));
    assert!(sweep(&["--dry-run"]).contains("to delete: 0 blobs"));
}

#[tokio::test]
async fn a_dead_job_is_seen_and_tried_again() {
    let (api, user, file) = with_a_waiting_thumbnail(Lane::PostgresS3).await;
    api.server.in_its_database("UPDATE jobs SET state = 'dead', attempt = 8, last_error = 'a reason'");
    let dead = listed(&api, &["--state", "dead"]);
    assert_eq!((&dead[0]["attempts"], &dead[0]["last_error"]), (&8.into(), &"a reason".into()));
    let retried = api.server.run(&["jobs", "retry", "--all"]);
    assert_eq!(retried.code, Some(0), "{}", retried.output);
    assert!(retried.output.contains("enqueued again"), "{}", retried.output);
    let audit = api.server.run(&["audit", "--action", "job.retried", "--json"]);
    let entry: Vec<&str> = audit.output.lines().filter(|line| line.contains("\"job.retried\"")).collect();
    assert_eq!(entry.len(), 1, "{}", audit.output);
    assert!(entry[0].contains(dead[0]["id"].as_str().unwrap()), "{}", entry[0]);
    assert!(listed(&api, &["--state", "dead"]).is_empty());
    let made = api.server.with_a_worker(user.with_thumbnail(&file)).await;
    assert_eq!(made.thumbnail.status, "ready");
}

/// A job that dies of bytes that are missing, until these are back.
#[tokio::test]
async fn an_admin_is_told_of_a_job_that_died_and_has_it_tried_again() {
    let server = Server::within_reach(Lane::PostgresS3, &["--no-worker"]);
    server.resume();
    let api = Api::of(Arc::new(server));
    let (user, admin) = (api.user().await, api.user().await);
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let dead =
        async || admin.get("/v1/admin/jobs?state=dead").send().await.expect(200).json()["items"].take();
    let counted =
        async || admin.get("/v1/admin/stats").send().await.expect(200).json()["jobs"]["dead"].take();
    let picture = pictures::png(100, 80);
    let file = user.file_of("image/png", "a.png", picture.clone()).await;
    assert_eq!((dead().await, counted().await), (json!([]), json!(0)));

    let (bytes, hidden) = (api.server.object_with(&picture), api.server.home().join("hidden"));
    std::fs::rename(&bytes, &hidden).unwrap();
    // All attempts but the last one, which would take minutes.
    api.server.in_its_database("UPDATE jobs SET attempt = 7 WHERE kind = 'make_thumbnail'");
    let failed = api.server.with_a_worker(user.with_thumbnail(&file)).await;
    assert_eq!(failed.thumbnail.status, "failed");
    let jobs = dead().await;
    assert_eq!((jobs.as_array().unwrap().len(), counted().await), (1, json!(1)));
    let job = &jobs[0];
    assert_eq!((&job["kind"], &job["attempts"]), (&json!("make_thumbnail"), &json!(8)));
    let reason = job["last_error"].as_str().unwrap();
    assert!(reason.contains("the bytes of a file are missing"), "{reason}");

    std::fs::rename(&hidden, &bytes).unwrap();
    let retry = format!("/v1/admin/jobs/{}/retry", job["id"].as_str().unwrap());
    user.post(&retry).send().await.problem(403, "forbidden");
    let again = admin.post(&retry).send().await.expect(202).json();
    assert_ne!(again["id"], job["id"]);
    admin.post(&retry).send().await.not_found();
    assert_eq!((dead().await, counted().await), (json!([]), json!(0)));
    let trail = admin.get("/v1/admin/audit?action=job.retried").send().await.expect(200).json();
    let entries: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|entry| (&entry["actor"], &entry["target"])).collect();
    assert_eq!(entries, [(&json!(admin.id), &job["id"])]);
    let made = api.server.with_a_worker(user.with_thumbnail(&file)).await;
    assert_eq!(made.thumbnail.status, "ready");
}

#[tokio::test]
async fn a_job_of_a_newer_version_is_listed_as_such_and_left_alone() {
    let (api, _, _) = with_a_waiting_thumbnail(Lane::PostgresS3).await;
    assert_eq!(listed(&api, &[])[0]["unreadable"], Value::Null);
    for (change, reason) in [
        ("payload = payload || '{\"format\": \"avif\"}'", "unknown payload: unknown field `format`"),
        ("kind = 'make_video'", "unknown kind of job"),
    ] {
        api.server.in_its_database(&format!("UPDATE jobs SET {change}"));
        let jobs = listed(&api, &["--state", "waiting"]);
        let unreadable = jobs[0]["unreadable"].as_str().unwrap_or_default();
        assert!(unreadable.starts_with(reason), "{jobs:#?}");
        let table = api.server.run(&["jobs", "list"]).output;
        assert!(table.contains(&format!("  not for this version: {reason}")), "{table}");
    }
    api.server.in_its_database("UPDATE jobs SET state = 'dead', attempt = 8, last_error = 'a reason'");
    let retried = api.server.run(&["jobs", "retry", "--all"]);
    assert_eq!(retried.code, Some(1), "{}", retried.output);
    let refusal = "left alone: what the job was to do can't be read: unknown kind of job";
    assert!(retried.output.contains(refusal), "{}", retried.output);
    assert_eq!(listed(&api, &["--state", "dead"]).len(), 1);
}

#[tokio::test]
async fn a_dead_job_can_be_let_go() {
    let (api, _, _) = with_a_waiting_thumbnail(Lane::PostgresS3).await;
    api.server.in_its_database("UPDATE jobs SET state = 'dead', last_error = 'a reason'");
    let id = listed(&api, &[])[0]["id"].as_str().unwrap().to_owned();
    let discarded = api.server.run(&["jobs", "discard", &id]);
    assert_eq!(discarded.code, Some(0), "{}", discarded.output);
    assert!(listed(&api, &[]).is_empty());
}

/// Two processes with twenty workers each and no jobs: only their queue pollers and sweeps query the database.
#[tokio::test]
async fn idle_workers_leave_the_database_alone() {
    /// Transactions of both in 30 s.
    const IDLE: u64 = 60;
    let server = Server::start(Lane::PostgresS3, &[("JOB_WORKERS", "20")]);
    let seen = server
        .with_a_worker(async {
            // What both do when they start, and the pause until the server counts it: on a busy machine that takes longer than the first pause.
            tokio::time::sleep(Duration::from_secs(12)).await;
            let mut seen = Vec::new();
            while seen.len() < 3 && seen.last().is_none_or(|last| *last > IDLE) {
                let before = server.transactions();
                tokio::time::sleep(Duration::from_secs(30)).await;
                seen.push(server.transactions() - before);
            }
            seen
        })
        .await;
    assert!(seen.last().is_some_and(|last| *last <= IDLE), "{seen:?} transactions in 30 s each");
}

/// Every worker that may is busy with pictures.
#[tokio::test]
async fn a_burst_of_thumbnails_holds_up_no_purge() {
    const PICTURES: usize = 500;
    let server = Server::prepare(Lane::Embedded, &[("JOB_WORKERS", "1")], &["--no-worker"]);
    server.resume();
    let api = Api::of(Arc::new(server));
    let user = api.user().await;
    let tombstone = user.file("deleted.txt", "text").await;
    let picture = bytes::Bytes::from(pictures::png(800, 600));
    let uploads = (0..PICTURES).map(|_| user.file_of("image/png", "a.png", picture.clone()));
    futures_util::stream::iter(uploads).buffer_unordered(8).collect::<Vec<_>>().await;
    let waiting = |kind: &str| listed(&api, &[]).iter().filter(|job| job["kind"] == kind).count();
    let left = api
        .server
        .with_a_worker(async {
            eventually("the burst is being worked on", async || {
                (waiting("make_thumbnail") < PICTURES).then_some(())
            })
            .await;
            user.delete(&User::path(&tombstone)).send().await.expect(204);
            eventually("the purge is done", async || (waiting("purge_blob") == 0).then_some(())).await;
            waiting("make_thumbnail")
        })
        .await;
    assert!(left > PICTURES / 10, "{left} thumbnails were left when the purge was done");
}

mod embedded {
    #[tokio::test]
    async fn waiting_jobs_are_listed_and_not_discarded() {
        super::waiting_jobs_are_listed_and_not_discarded(fm_e2e::Lane::Embedded).await;
    }

    #[tokio::test]
    async fn a_sweep_says_what_it_would_do_and_did() {
        super::a_sweep_says_what_it_would_do_and_did(fm_e2e::Lane::Embedded).await;
    }
}

mod postgres_s3 {
    #[tokio::test]
    async fn waiting_jobs_are_listed_and_not_discarded() {
        super::waiting_jobs_are_listed_and_not_discarded(fm_e2e::Lane::PostgresS3).await;
    }

    #[tokio::test]
    async fn a_sweep_says_what_it_would_do_and_did() {
        super::a_sweep_says_what_it_would_do_and_did(fm_e2e::Lane::PostgresS3).await;
    }
}
