//! How an upload runs: the use case, and the pump beside it.

use std::future::Future;
use std::pin::pin;

use actix_web::{HttpRequest, web};
use fm_application::files::{UploadBody, UploadError};
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};

use super::detach_on_drop::DetachOnDrop;
use super::envelope::{Envelope, Incoming, Kind, Naming, Pump, open, within};
use super::{form, raw};
use crate::problem::{Code, Problem};
use crate::settings::FORM_OVERHEAD;
use crate::state::AppState;

/// The content of a file, by form or by raw body.
pub(crate) async fn incoming(
    request: &HttpRequest,
    payload: web::Payload,
    naming: Naming,
    state: &AppState,
) -> Result<Incoming, Problem> {
    let envelope = open(request, payload, state)?;
    fits(&envelope)?;
    match envelope.kind {
        Kind::Form => form::open(request, envelope, naming, state).await,
        Kind::Raw => raw::upload(request, envelope, naming, state),
        Kind::Parts => Err(Problem::new(
            Code::UnsupportedMediaType,
            "of multipart bodies only multipart/form-data is accepted",
        )),
    }
}

/// 413, known before the body is read. A form may be a little larger than the file in it.
fn fits(envelope: &Envelope) -> Result<(), Problem> {
    let overhead = if envelope.kind == Kind::Form { FORM_OVERHEAD } else { 0 };
    within(envelope, envelope.max_upload.bytes().saturating_add(overhead))
}

/// Runs the use case on an upload.
pub(crate) async fn run<T, F>(
    state: &AppState,
    incoming: Incoming,
    use_case: impl FnOnce(UploadBody) -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<T, UploadError>> + Send + 'static,
    T: Send + 'static,
{
    drive_with_body(state, incoming.pump, use_case(incoming.body)).await
}

/// Runs a use case that must not end when its client goes away.
pub(crate) async fn run_detached<T, E>(
    state: &AppState,
    use_case: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    drive(state, Box::pin(std::future::ready(())), use_case).await
}

/// Runs a use case that takes bytes, and the pump of them beside it: an upload in flight until the use case has ended. When
/// this is dropped the use case goes on as a tracked task.
pub(crate) fn drive_with_body<T, E>(
    state: &AppState,
    pump: Pump,
    use_case: impl Future<Output = Result<T, E>> + Send + 'static,
) -> impl Future<Output = Result<T, Problem>>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let upload = state.traffic.begin_upload();
    let counted = async move {
        let _upload = upload;
        use_case.await
    };
    // Use cases of uploads are large: they are moved once.
    drive(state, pump, counted.boxed())
}

async fn drive<T, E>(
    state: &AppState,
    pump: Pump,
    use_case: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    // The pump first: what it brings is taken before the server reads on, which so reads into the same buffer again.
    let use_case = pin!(DetachOnDrop::new(&state.runtime, &state.tracker, use_case));
    let outcome = match select(pump, use_case).await {
        Either::Left(((), use_case)) => use_case.await,
        Either::Right((outcome, _pump)) => outcome,
    };
    match outcome {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_panic) => Err(Problem::defect("a use case panicked")),
    }
}
