//! A resumable upload arrives whole, whatever happens to connections and to the program: a short run of what
//! `scripts/resume` does at length.

use fm_e2e::{Lane, ResumePlan, resume};

async fn an_upload_under_fire_arrives_whole(lane: Lane) {
    let plan = ResumePlan { bytes: (64 << 20) + 12_345, cuts: 12, kills: 4, seed: 9, is_patient: false };
    let counts = resume(lane, plan).await;
    assert!(counts.moved > 1, "the cuts and kills came while it went on: {counts}");
    assert!(counts.sent > counts.bytes, "something had to be sent again: {counts}");
}

mod embedded {
    #[tokio::test]
    async fn an_upload_under_fire_arrives_whole() {
        super::an_upload_under_fire_arrives_whole(fm_e2e::Lane::Embedded).await;
    }
}

mod postgres_s3 {
    #[tokio::test]
    async fn an_upload_under_fire_arrives_whole() {
        super::an_upload_under_fire_arrives_whole(fm_e2e::Lane::PostgresS3).await;
    }
}
