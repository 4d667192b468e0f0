//! The port.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::error::PortError;
use fm_domain::files::MediaType;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::decode::decode;
use crate::finish::finish;
use crate::format::Format;
use crate::request::Request;
use crate::source::{Deadline, Source};

/// How much longer a decoder has to notice that its time is over before its caller is answered without it.
const GRACE: Duration = Duration::from_millis(100);

/// How many pictures are decoded at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImagingSettings {
    /// Further calls wait; their time counts from when they are let in.
    pub at_once: NonZero<usize>,
}

/// As many as the machine has cores.
impl Default for ImagingSettings {
    fn default() -> Self {
        Self { at_once: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN) }
    }
}

/// Renders thumbnails and previews of JPEG, PNG, GIF, WebP, BMP and TIFF.
///
/// What a picture is, is read off its bytes. For each picture that is decoded at one time, memory is bounded by
/// [`RenderBudget::max_alloc`] and 32 MiB: tables of decoders, the rendered picture itself.
#[derive(Debug, Clone)]
pub struct ImageThumbnailer {
    places: Arc<Semaphore>,
}

impl ImageThumbnailer {
    /// Decodes as many pictures at one time as the settings say.
    #[must_use]
    pub fn new(settings: ImagingSettings) -> Self {
        Self { places: Arc::new(Semaphore::new(settings.at_once.get().min(Semaphore::MAX_PERMITS))) }
    }
}

/// Decodes as many pictures at one time as the machine has cores.
impl Default for ImageThumbnailer {
    fn default() -> Self {
        Self::new(ImagingSettings::default())
    }
}

#[async_trait]
impl Thumbnailer for ImageThumbnailer {
    fn accepts(&self, content_type: &MediaType) -> bool {
        Format::ALL.into_iter().any(|format| format.media_type() == content_type.as_str())
    }

    fn formats(&self) -> Vec<MediaType> {
        Format::ALL.into_iter().filter_map(|format| format.media_type().parse().ok()).collect()
    }

    async fn render(
        &self,
        source: Bytes,
        spec: RenderSpec,
        budget: RenderBudget,
    ) -> Result<Rendered, RenderThumbnail> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(unexpected)?;
        let deadline = Deadline::after(budget.time);
        let work = spawn_blocking(move || {
            let answer = render(source, Request::new(spec, budget), deadline);
            drop(place);
            answer
        });
        match tokio::time::timeout(budget.time.saturating_add(GRACE), work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_panic() => {
                Err(RenderThumbnail::Undecodable("it makes its decoder panic".to_owned()))
            }
            Ok(Err(error)) => Err(unexpected(error)),
            Err(_elapsed) => Err(RenderThumbnail::TimedOut),
        }
    }
}

/// Renders; it blocks.
fn render(bytes: Bytes, mut request: Request, deadline: Deadline) -> Result<Rendered, RenderThumbnail> {
    deadline.check()?;
    let format = Format::of(&bytes).ok_or_else(|| {
        RenderThumbnail::Undecodable("it does not begin like any picture we know".to_owned())
    })?;
    let (spec, source_bytes) = (request.spec, bytes.len());
    let rendered = decode(format, &Source::new(bytes, deadline), &mut request);
    rendered.and_then(|picture| finish(picture, spec, source_bytes)).map_err(|error| match error {
        // The source had run dry, and the decoder took it for a broken file.
        RenderThumbnail::Undecodable(_) if deadline.has_passed() => RenderThumbnail::TimedOut,
        other => other,
    })
}

fn unexpected(cause: impl std::error::Error + Send + Sync + 'static) -> RenderThumbnail {
    PortError::Unexpected(Box::new(cause)).into()
}
