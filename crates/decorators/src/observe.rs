//! One call of a port: its span, its outcome, and how long it took.

use std::future::Future;
use std::time::Instant;

use fm_domain::accounts::{InsertUser, ReserveBytes};
use fm_domain::blobs::{CompleteParts, GetBlob, MarkStored, PutBlob, WritePart};
use fm_domain::database::EnterWithBlob;
use fm_domain::error::PortError;
use fm_domain::files::UpdateFile;
use fm_domain::thumbnails::RenderThumbnail;
use fm_domain::tree::{EnterDrive, PlaceItem, UpdateItem};
use fm_domain::uploads::{AppendError, CompleteError, UpdateUpload};
use tracing::{Instrument as _, Span};

use crate::{Outcome, PortObserver};

/// The span of a call, inside of a trace alone: of work that belongs to none, as idle workers that look for jobs, it would tell
/// nothing.
macro_rules! port_span {
    ($level:ident, $name:literal) => {
        // The level first: one that no subscriber wants is known without a look at the task.
        if tracing::Level::$level <= tracing::level_filters::LevelFilter::current()
            && fm_traces::is_within()
        {
            tracing::span!(
                target: "fm::ports",
                tracing::Level::$level,
                $name,
                otel.kind = "client",
                otel.status_code = tracing::field::Empty,
                outcome = tracing::field::Empty,
            )
        } else {
            tracing::Span::none()
        }
    };
}
pub(crate) use port_span;

/// Makes a call in its span, and reports how it ended.
pub(crate) fn observe<T: Answer>(
    observer: &dyn PortObserver,
    operation: &'static str,
    span: Span,
    call: impl Future<Output = T>,
) -> impl Future<Output = T> {
    observe_by(observer, operation, span, call, T::outcome)
}

/// The same, where `outcome` says what an answer counts as.
pub(crate) async fn observe_by<T>(
    observer: &dyn PortObserver,
    operation: &'static str,
    span: Span,
    call: impl Future<Output = T>,
    outcome: impl FnOnce(&T) -> Outcome,
) -> T {
    let mut report = Report {
        observer,
        operation,
        span: span.clone(),
        begun: Instant::now(),
        outcome: Outcome::Cancelled,
    };
    // Without a span there is nothing to enter and to leave at every poll.
    let answer = if span.is_disabled() { call.await } else { call.instrument(span).await };
    report.outcome = outcome(&answer);
    answer
}

/// Reports when it is dropped: with the call's answer, or because its caller dropped the call.
struct Report<'a> {
    observer: &'a dyn PortObserver,
    operation: &'static str,
    span: Span,
    begun: Instant,
    outcome: Outcome,
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if !self.span.is_disabled() {
            self.span.record("outcome", self.outcome.as_str());
            if is_failure(self.outcome) {
                self.span.record("otel.status_code", "ERROR");
            }
        }
        self.observer.called(self.operation, self.outcome, self.begun.elapsed());
    }
}

const fn is_failure(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Contended | Outcome::Unavailable | Outcome::Error => true,
        Outcome::Ok | Outcome::Refused | Outcome::Cancelled => false,
    }
}

/// What an adapter answers.
pub(crate) trait Answer {
    fn outcome(&self) -> Outcome;
}

impl<T, E: Answer> Answer for Result<T, E> {
    fn outcome(&self) -> Outcome {
        match self {
            Ok(_) => Outcome::Ok,
            Err(error) => error.outcome(),
        }
    }
}

impl Answer for PortError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Unavailable(_) => Outcome::Unavailable,
            Self::Contended(_) => Outcome::Contended,
            Self::Corrupt { .. } | Self::Poisoned | Self::Unexpected(_) => Outcome::Error,
        }
    }
}

impl Answer for UpdateItem {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Stale => Outcome::Refused,
            Self::Place(refusal) => refusal.outcome(),
        }
    }
}

/// All but `Store` are refusals.
macro_rules! refusals {
    ($($error:ty),+ $(,)?) => {
        $(
            impl Answer for $error {
                fn outcome(&self) -> Outcome {
                    if let Self::Store(error) = self { error.outcome() } else { Outcome::Refused }
                }
            }
        )+
    };
}

refusals![
    AppendError,
    CompleteError,
    CompleteParts,
    EnterDrive,
    GetBlob,
    InsertUser,
    MarkStored,
    EnterWithBlob,
    PlaceItem,
    PutBlob,
    RenderThumbnail,
    ReserveBytes,
    UpdateFile,
    UpdateUpload,
    WritePart,
];
