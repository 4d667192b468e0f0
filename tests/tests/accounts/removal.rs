//! Accounts with many files that are removed: at once for everyone, and batch by batch behind the scenes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_e2e::{Api, Lane, Server, User, eventually, names, noise, on_durable_lanes, pictures, within};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

/// More than one batch of rows of each sort.
const MANY: usize = 1_100;

/// A server without workers.
fn without_workers(lane: Lane) -> Api {
    let server = Server::prepare(lane, &[], &["--no-worker"]);
    server.resume();
    Api::of(Arc::new(server))
}

async fn remove(user: &User) {
    user.delete("/v1/auth/me").json(&json!({"password": user.password})).send().await.expect(204);
}

async fn fill(user: &User) {
    let uploads = futures_util::stream::iter(0..MANY)
        .map(|number| async move { user.file(&format!("{number}.txt"), number.to_string()).await });
    uploads.buffer_unordered(16).collect::<Vec<_>>().await;
    assert_eq!(user.storage().await.1, MANY as u64);
}

/// The kinds of the jobs that wait or run.
fn living_jobs(api: &Api) -> Vec<String> {
    let listed = api.server.run(&["jobs", "list", "--json"]);
    assert_eq!(listed.code, Some(0), "{}", listed.output);
    let jobs = listed.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    jobs.filter_map(|job| job["kind"].as_str().map(str::to_owned)).collect()
}

/// That a check of everything finds nothing wrong; the summary.
fn nothing_is_wrong(api: &Api) -> Value {
    let checked = api.server.run(&["verify", "--json"]);
    assert_eq!(checked.code, Some(0), "{}", checked.output);
    let mut lines = checked.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.rfind(|line| line["summary"].is_object()).unwrap()["summary"].clone()
}

async fn all_is_gone_before_a_worker_has_done_anything(lane: Lane) {
    let api = without_workers(lane);
    let user = api.user().await;
    let stranger = api.user().await;
    let content = Bytes::from(noise(1_000));
    let file = user.file_of("image/png", "a.png", pictures::png(80, 40)).await;
    let resumable = user.resumable("b.txt", 10).await;
    resumable.send(0, "hello").await;
    let direct = user.direct("c.bin", content.len()).await;
    let keyed = || user.upload("d.txt", "text").header("idempotency-key", "one");
    keyed().send().await.expect(201);
    remove(&user).await;

    // For the user, under the old tokens.
    user.me().await.unauthenticated();
    user.get(&User::path(&file)).send().await.unauthenticated();
    user.spend(user.refresh()).await.unauthenticated();
    keyed().send().await.unauthenticated();
    resumable.piece(5).body("world").send().await.unauthenticated();
    // By the links of direct uploads, where they lead to ourselves.
    if lane == Lane::Embedded {
        direct.put(&direct.parts()[0], content).send().await.problem(403, "forbidden");
    }
    // For anybody else.
    for path in ["", "/content", "/thumbnail"] {
        stranger.get(&format!("{}{path}", User::path(&file))).send().await.not_found();
    }
    assert_eq!((stranger.all(&[]).await, stranger.storage().await), (Vec::new(), (0, 0)));

    // The address is free.
    let login = json!({"email": user.email, "password": user.password});
    api.post("/v1/auth/login").json(&login).send().await.problem(401, "invalid_credentials");
    api.post("/v1/auth/register").json(&login).send().await.expect(201);
    let again = user.again().await;
    assert_ne!(again.me().await.expect(200).json()["id"], user.id.as_str());
    assert_eq!((again.all(&[]).await, again.storage().await), (Vec::new(), (0, 0)));
    again.upload("d.txt", "other").header("idempotency-key", "one").send().await.expect(201);
    again.get(&User::path(&file)).send().await.not_found();

    // Nothing is wrong meanwhile, and nothing is swept too early.
    let summary = nothing_is_wrong(&api);
    assert_eq!((&summary["files"], &summary["accounts"]), (&1.into(), &2.into()), "{summary}");
    assert!(living_jobs(&api).contains(&"remove_contents".to_owned()));
    let swept = api.server.run(&["sweep"]);
    assert_eq!(swept.code, Some(0), "{}", swept.output);
    api.server
        .with_a_worker(async {
            api.server.stores_exactly(1).await;
            eventually("no job is left", async || living_jobs(&api).is_empty().then_some(())).await;
        })
        .await;
    let summary = nothing_is_wrong(&api);
    assert_eq!(
        (&summary["files"], &summary["listed"], &summary["accounts"]),
        (&1.into(), &1.into(), &2.into())
    );
    assert_eq!(names(&again.all(&[]).await), ["d.txt"]);
}

/// What others ask for has its turn between the batches: none is refused, and each is counted once. They ask from before the
/// first batch to after the last one: no worker runs until they do.
async fn while_an_account_goes_another_user_goes_on(lane: Lane) {
    let api = without_workers(lane);
    let (leaving, staying) = (api.user().await, api.user().await);
    fill(&leaving).await;
    remove(&leaving).await;
    assert!(living_jobs(&api).contains(&"remove_contents".to_owned()), "nothing has gone so far");
    let mut uploads = 0;
    upload_beside(&staying, &mut uploads).await;
    api.server
        .with_a_worker(async {
            let mut goes = true;
            while goes {
                goes = living_jobs(&api).contains(&"remove_contents".to_owned());
                upload_beside(&staying, &mut uploads).await;
            }
            assert_eq!(staying.all(&[]).await.len(), uploads);
            assert_eq!(staying.storage().await, (4 * uploads as u64, uploads as u64));
            api.server.stores_within(Duration::from_mins(10), uploads).await;
        })
        .await;
}

/// Some uploads, each beside a list of those before it.
async fn upload_beside(user: &User, uploads: &mut usize) {
    for _ in 0..8 {
        let name = format!("{uploads:05}.txt");
        let (uploaded, listed) = tokio::join!(user.file(&name, "text"), user.page(&[("sort", "name")]));
        let page = (*uploads).min(50)..=(*uploads + 1).min(50);
        assert!(page.contains(&listed.items.len()), "{uploads}: {listed:?}");
        assert_eq!(uploaded.name, name);
        *uploads += 1;
    }
}

/// The process dies right after its answer, wherever the removal is then.
async fn a_removal_that_is_cut_short_goes_on(lane: Lane) {
    let api = Api::with(lane, &[]);
    let (leaving, staying) = (api.user().await, api.user().await);
    fill(&leaving).await;
    staying.file("kept.txt", "text").await;
    remove(&leaving).await;
    api.server.kill();
    let summary = nothing_is_wrong(&api);
    assert_eq!((&summary["files"], &summary["accounts"]), (&1.into(), &1.into()), "{summary}");
    api.server.resume();
    assert_eq!(names(&staying.all(&[]).await), ["kept.txt"]);
    leaving.again_or_not().await.problem(401, "invalid_credentials");
    // What the dead process held is free after a minute.
    api.server.stores_within(Duration::from_mins(10), 1).await;
    // A job that it ran is another worker's once its lease is over.
    let is_idle = async || living_jobs(&api).is_empty().then_some(());
    within(Duration::from_mins(2), "no job is left", is_idle).await;
    assert_eq!(nothing_is_wrong(&api)["files"], 1);
    assert_eq!(names(&staying.all(&[]).await), ["kept.txt"]);
}

on_durable_lanes![
    all_is_gone_before_a_worker_has_done_anything,
    while_an_account_goes_another_user_goes_on,
    a_removal_that_is_cut_short_goes_on,
];
