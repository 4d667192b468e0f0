//! Pictures that were just stored are handed to their jobs in memory (`PICTURE_HANDOVER_BYTES`).

use fm_api_types::File;
use fm_e2e::{Api, Form, Lane, Scrape, User, on_every_lane, pictures};
use futures_util::{StreamExt as _, stream};

const METRICS: (&str, &str) = ("METRICS_ADDR", "127.0.0.1:0");

/// How often jobs had their pictures in memory, how often they did not, and how often anything was read from the store.
fn counts(now: &Scrape) -> [String; 3] {
    let reads = "file_manager_port_calls_total{operation=\"blob_store.get\",outcome=\"ok\"}";
    let counts = [
        now.value("file_manager_picture_handover_hits_total"),
        now.value("file_manager_picture_handover_misses_total"),
        now.find(reads).unwrap_or_default(),
    ];
    counts.map(|count| count.to_string())
}

async fn pictures_are_not_read_back_from_the_store(lane: Lane) {
    let api = Api::with(lane, &[METRICS]);
    let user = api.user().await;
    let raw = user.file("raw.png", pictures::png(128, 64)).await;
    let form = Form::file("form.png", "image/png", pictures::png(64, 64));
    let form: File = user.post("/v1/files").form(&form).send().await.expect(201).parse();
    for (file, height) in [(&raw, 32), (&form, 64)] {
        assert_eq!(user.with_thumbnail(file).await.thumbnail.height, Some(height));
    }
    let put = user.put(&format!("{}/content", User::path(&raw))).header("content-type", "image/png");
    let replaced: File = put.body(pictures::png(64, 16)).send().await.expect(200).parse();
    assert_eq!(user.with_thumbnail(&replaced).await.thumbnail.height, Some(16));
    let now = api.server.scrape().await;
    assert_eq!(counts(&now), ["3", "0", "0"]);
    assert_eq!(now.value("file_manager_upload_memory_bytes").to_string(), "0");
}

async fn without_memory_for_them_they_are_read_back(lane: Lane) {
    let api = Api::with(lane, &[METRICS, ("PICTURE_HANDOVER_BYTES", "0")]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(128, 64)).await;
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.height, Some(32));
    assert_eq!(counts(&api.server.scrape().await), ["0", "0", "1"]);
}

/// The process ends with many pictures in memory whose jobs have not begun.
async fn a_process_that_ends_takes_no_thumbnail_with_it(lane: Lane) {
    const PICTURES: usize = 60;
    let api = Api::with(lane, &[METRICS, ("JOB_WORKERS", "1")]);
    let user = api.user().await;
    let picture = bytes::Bytes::from(pictures::png(2000, 2000));
    let uploads = (0..PICTURES).map(|_| user.file_of("image/png", "a.png", picture.clone()));
    let files: Vec<File> = stream::iter(uploads).buffer_unordered(8).collect().await;
    api.server.stop();
    api.server.resume();
    for file in &files {
        assert_eq!(user.with_thumbnail(file).await.thumbnail.status, "ready");
    }
    let [hits, misses, reads] = counts(&api.server.scrape().await);
    assert_eq!((hits.as_str(), &misses), ("0", &reads));
    assert_ne!(misses, "0", "jobs were left when the process ended");
}

on_every_lane![pictures_are_not_read_back_from_the_store, without_memory_for_them_they_are_read_back];

mod restarts {
    use super::a_process_that_ends_takes_no_thumbnail_with_it;
    use fm_e2e::on_durable_lanes;

    on_durable_lanes![a_process_that_ends_takes_no_thumbnail_with_it];
}
