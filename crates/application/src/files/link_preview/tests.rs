#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{HELD_PER_USER, LOOK_INTERVAL, MAX_HELD_REQUESTS};
use crate::engine::password_queue::Presence;
use crate::files::{LinkPreview, LinkedPreview, PreviewError};
use crate::fixture::{actor, enqueued, once, opened, reads_of_file};
use crate::jobs::{Job as _, MakePreview};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use fm_domain::clock::Clock as _;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::jobs::Enqueued;
use fm_domain::previews::{PictureFormat, PreviewPicture, PreviewSize, PreviewState};
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file};

fn picture() -> File {
    File { thumbnail: ThumbnailState::Pending, ..a_file() }
}

fn ready(format: PictureFormat) -> PreviewState {
    let blob = BlobId::new(CountingIds::nth(3));
    PreviewState::Ready(PreviewPicture { blob, format, width: 256, height: 171 })
}

/// Reads that find the file, and this preview where it is asked for.
fn reads(file: Option<File>, state: Option<PreviewState>) -> FakeReads {
    let mut reads = reads_of_file(&Effects::default(), file);
    reads.previews.expect_find().returning(move |original, size| {
        assert_eq!((original, size), (a_file().blob, PreviewSize::Small));
        Ok(state)
    });
    reads
}

/// Reads of a request that looks again.
fn look(state: Option<PreviewState>) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.previews.expect_find().times(1).returning(move |_, _| Ok(state));
    reads
}

fn job() -> MakePreview {
    MakePreview { owner: a_file().owner, original: a_file().blob, size: PreviewSize::Small }
}

/// Reads of a queue that has the job, or has it not.
fn queue(is_living: bool) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.jobs.expect_has_living().times(1).returning(move |unique| {
        assert_eq!(unique, job().unique_name());
        Ok(is_living)
    });
    reads
}

fn enqueuing(effects: &Effects, outcome: Enqueued) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |new| {
        assert_eq!(enqueued::<MakePreview>(new), job());
        assert_eq!(new.unique, Some(job().unique_name()), "once, however many ask");
        Ok(outcome)
    });
    unit
}

async fn link(doubles: TestPorts, wait: Duration) -> Result<LinkedPreview, PreviewError> {
    ask(&LinkPreview::new(&doubles.ports(), &settings()), wait, &Presence::default()).await
}

async fn ask(
    use_case: &LinkPreview,
    wait: Duration,
    presence: &Presence,
) -> Result<LinkedPreview, PreviewError> {
    use_case.run(&actor(), a_file().id, PreviewSize::Small, wait, presence).await
}

/// A use case that is asked so often for a preview that is being made: no unit of work is prepared.
fn asked(times: usize) -> LinkPreview {
    let mut doubles = TestPorts::default();
    for _ in 0..times {
        doubles.db = doubles.db.reads(reads(Some(picture()), None)).reads(queue(true));
    }
    LinkPreview::new(&doubles.ports(), &settings())
}

fn finding(file: Option<File>, state: Option<PreviewState>) -> TestPorts {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads(file, state));
    doubles
}

#[tokio::test]
async fn a_preview_that_is_there_is_linked_in_its_own_format() {
    for (format, media_type, name) in
        [(PictureFormat::Jpeg, "image/jpeg", "hello.jpg"), (PictureFormat::Png, "image/png", "hello.png")]
    {
        let linked = link(finding(Some(picture()), Some(ready(format))), Duration::ZERO).await.unwrap();
        let target = opened(&linked.url).target;
        assert_eq!((target.content_type.as_str(), target.filename.as_str()), (media_type, name));
        assert!(linked.url.expose().contains(&CountingIds::nth(3).to_string()));
    }
}

#[tokio::test]
async fn a_link_is_reused_for_half_of_the_time_that_is_left_and_no_longer_than_five_minutes() {
    for (life, longest) in [(1, 0), (2, 1), (100, 50), (3_600, 300)] {
        let settings = Settings { signed_url_ttl: Duration::from_secs(life), ..settings() };
        let doubles = finding(Some(picture()), Some(ready(PictureFormat::Jpeg)));
        let use_case = LinkPreview::new(&doubles.ports(), &settings);
        let linked = ask(&use_case, Duration::ZERO, &Presence::default()).await.unwrap();
        let left = opened(&linked.url).expires_at.since(FixedClock::NEW_YEAR.now());
        assert_eq!(linked.max_age.as_secs(), (left.as_secs() / 2).min(300), "{life} s");
        assert!(linked.max_age <= Duration::from_secs(longest), "{life} s");
        assert_eq!(linked.max_age.is_zero(), longest == 0, "{life} s");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_has_no_preview_and_neither_has_one_without_a_picture() {
    let linked = link(finding(None, None), Duration::ZERO).await;
    assert!(matches!(linked, Err(PreviewError::NotFound)));
    for thumbnail in [ThumbnailState::None, ThumbnailState::Failed { times: 1 }] {
        // Nothing is enqueued: no unit of work is prepared.
        let linked = link(finding(Some(File { thumbnail, ..a_file() }), None), Duration::ZERO).await;
        assert!(matches!(linked, Err(PreviewError::NoPreview)), "{thumbnail:?}");
    }
    let failed = link(finding(Some(picture()), Some(PreviewState::Failed)), Duration::ZERO).await;
    assert!(matches!(failed, Err(PreviewError::NoPreview)));
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_not_there_is_enqueued_and_not_waited_for_unless_that_is_asked() {
    for outcome in [Enqueued::Added, Enqueued::AlreadyThere] {
        let effects = Effects::default();
        let mut doubles = finding(Some(picture()), None);
        doubles.db = doubles.db.reads(queue(false)).unit(enqueuing(&effects, outcome));
        let begun = Instant::now();
        let Err(PreviewError::NotReady { retry_after, waited }) = link(doubles, Duration::ZERO).await else {
            panic!("it is not there");
        };
        assert_eq!((retry_after, waited), (Duration::from_secs(1), false));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(effects.seen(), ["enqueue", "commit"]);
    }
}

#[tokio::test]
async fn a_preview_that_is_being_made_opens_no_unit_of_work() {
    let linked = ask(&asked(1), Duration::ZERO, &Presence::default()).await;
    assert!(matches!(linked, Err(PreviewError::NotReady { waited: false, .. })));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_is_answered_as_soon_as_the_preview_is_seen() {
    for (state, is_linked) in [(ready(PictureFormat::Png), true), (PreviewState::Failed, false)] {
        let mut doubles = finding(Some(picture()), None);
        doubles.db = doubles.db.reads(queue(false)).unit(enqueuing(&Effects::default(), Enqueued::Added));
        doubles.db = doubles.db.reads(look(None)).reads(look(None)).reads(look(Some(state)));
        let begun = Instant::now();
        let linked = link(doubles, Duration::from_secs(5)).await;
        assert_eq!(linked.is_ok(), is_linked);
        assert_eq!(matches!(linked, Err(PreviewError::NoPreview)), !is_linked);
        assert_eq!(begun.elapsed(), 3 * LOOK_INTERVAL);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_no_longer_than_it_asks_nor_than_ten_seconds() {
    for (asked, waited) in [(2, 2), (10, 10), (3_600, 10)] {
        let mut doubles = finding(Some(picture()), None);
        doubles.db = doubles.db.reads(queue(false)).unit(enqueuing(&Effects::default(), Enqueued::Added));
        for _ in 0..waited * 4 {
            doubles.db = doubles.db.reads(look(None));
        }
        let begun = Instant::now();
        let linked = link(doubles, Duration::from_secs(asked)).await;
        assert!(matches!(linked, Err(PreviewError::NotReady { waited: true, .. })));
        assert_eq!(begun.elapsed(), Duration::from_secs(waited));
    }
}

#[tokio::test(start_paused = true)]
async fn while_as_many_wait_as_may_others_are_answered_at_once() {
    let use_case = asked(1);
    let _places = use_case.places.try_acquire_many(u32::try_from(MAX_HELD_REQUESTS).unwrap()).unwrap();
    let begun = Instant::now();
    let linked = ask(&use_case, Duration::from_secs(5), &Presence::default()).await;
    assert!(matches!(linked, Err(PreviewError::NotReady { waited: false, .. })));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_frees_its_place_at_once() {
    let use_case = asked(1);
    let (gone, seen) = watch::channel(false);
    let presence = Presence::until(seen);
    let begun = Instant::now();
    let mut waits = Box::pin(ask(&use_case, Duration::from_secs(5), &presence));
    assert!((&mut waits).now_or_never().is_none());
    assert_eq!(use_case.places.available_permits(), MAX_HELD_REQUESTS - 1);
    gone.send_replace(true);
    assert!(matches!(waits.await, Err(PreviewError::NotReady { waited: false, .. })));
    assert_eq!(use_case.places.available_permits(), MAX_HELD_REQUESTS);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_user_holds_eight_requests_and_a_further_one_is_answered_at_once() {
    let use_case = asked(HELD_PER_USER + 2);
    let (wait, presence) = (Duration::from_secs(5), Presence::default());
    let begun = Instant::now();
    let mut held = Vec::new();
    for _ in 0..HELD_PER_USER {
        let mut waits = Box::pin(ask(&use_case, wait, &presence));
        assert!((&mut waits).now_or_never().is_none());
        held.push(waits);
    }
    assert_eq!((held.len(), use_case.places.available_permits()), (8, MAX_HELD_REQUESTS - 8));
    let ninth = ask(&use_case, wait, &presence).await;
    assert!(matches!(ninth, Err(PreviewError::NotReady { waited: false, .. })));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    drop(held.pop());
    assert!(ask(&use_case, wait, &presence).now_or_never().is_none(), "there is room again");
}
