//! What the tests of jobs share that render a picture and store it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::Duration;

use crate::fixture::{FakeBlobs, claimed, once};
use crate::jobs::job::{Done, Job, JobContext, JobError};
use crate::ports::{Ports, Settings};
use crate::testing::{TestPorts, settings};
use fm_domain::body::ByteSize;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_user};
use fm_domain::thumbnails::{RenderSpec, RenderThumbnail, Rendered};
use fm_streaming::PictureHandover;

/// Makes the unit that ends a run.
pub(crate) type LastUnit<'a> = &'a dyn Fn(&Effects) -> FakeUnitOfWork;

/// One run of a job on a store that holds a picture, `jpeg`.
pub(crate) struct Run {
    pub(crate) effects: Effects,
    pub(crate) doubles: TestPorts,
    pub(crate) blobs: FakeBlobs,
    pub(crate) handover: PictureHandover,
    pub(crate) attempt: u32,
    pub(crate) eager_previews: bool,
    pub(crate) spec: RenderSpec,
}

impl Run {
    /// A run that asks these reads first, and renders nothing else than this.
    pub(crate) fn of(spec: RenderSpec, reads: impl FnOnce(&Effects) -> FakeReads) -> Self {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads(&effects));
        let blobs = FakeBlobs::holding(&effects, b"jpeg");
        let handover = PictureHandover::default();
        Self { effects, doubles, blobs, handover, attempt: 1, eager_previews: false, spec }
    }

    /// The picture is rendered once, and comes to this.
    pub(crate) fn renders(mut self, outcome: Result<Rendered, RenderThumbnail>) -> Self {
        let (outcome, expected) = (Mutex::new(Some(outcome)), self.spec);
        once!(self.effects, self.doubles.thumbnailer.expect_render(), "render", |source, spec, _| {
            assert_eq!((&source[..], spec), (&b"jpeg"[..], expected));
            outcome.lock().unwrap().take().unwrap()
        });
        self
    }

    /// Opens this unit of work after those before it.
    pub(crate) fn unit(mut self, unit: impl FnOnce(&Effects) -> FakeUnitOfWork) -> Self {
        self.doubles.db = self.doubles.db.unit(unit(&self.effects));
        self
    }

    /// Runs the job; its outcome, and what was done meanwhile.
    pub(crate) async fn end<J: Job>(self, job: &J) -> (Result<Done, JobError>, Vec<String>) {
        let ports = Ports { handover: self.handover, ..self.blobs.among(self.doubles) };
        let settings = Settings { eager_previews: self.eager_previews, ..settings() };
        let context = JobContext::new(&ports, &settings);
        let outcome = job.run(&context, &claimed(job, self.attempt)).await;
        (outcome, self.effects.seen())
    }
}

/// The unit before the picture is written.
pub(crate) fn recording_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |intent| {
        assert_eq!((intent.owner, intent.reserved), (a_user().id, ByteSize::ZERO), "it counts in no quota");
        assert_eq!(intent.expires_at.since(intent.recorded_at), Duration::from_mins(1));
        Ok(())
    });
    unit
}

/// The unit of a picture that is not needed.
pub(crate) fn cancelling_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(true));
    unit
}

/// The unit that also completes the job, if the worker still has it.
pub(crate) fn completing(effects: &Effects, mut unit: FakeUnitOfWork, held: bool) -> FakeUnitOfWork {
    once!(effects, unit.jobs.expect_complete(), "complete", |_, _| Ok(held));
    unit
}

/// Runs whose picture comes too late, each with its last unit and how it ends: moot, lost or in an error. Its bytes and its intent go.
pub(crate) async fn taken_back<J: Job>(
    begun: impl Fn() -> Run,
    job: &J,
    late: &[(&'static str, LastUnit<'_>)],
) {
    for (expected, last) in late {
        let run = begun().unit(recording_intent).unit(*last).unit(cancelling_intent);
        let (outcome, seen) = run.end(job).await;
        let ended = match outcome {
            Ok(Done::Completed) => "completed",
            Ok(Done::Moot) => "moot",
            Ok(Done::Lost) => "lost",
            Err(_) => "error",
        };
        assert_eq!(ended, *expected);
        assert_eq!(seen[seen.len() - 4..], ["rollback", "cancel intent", "commit", "delete thumbnails"]);
    }
}
