//! Renderers of thumbnails with one fault. The honest one is a fake that uses the crate `image` alone.

use std::io::Cursor;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::ThumbnailerHarness;
use fm_domain::files::MediaType;
use fm_domain::thumbnails::{RenderBudget, RenderThumbnail, Thumbnail, ThumbnailSpec, Thumbnailer};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{mutants, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Enlarges,
    IgnoresOrientation,
    DropsTransparency,
    IgnoresTheBudgetOfPixels,
    IgnoresTheBudgetOfMemory,
    IgnoresTheBudgetOfTime,
    BlocksTheRuntime,
    LetsShapesGrow,
    CallsEverythingTooLarge,
    ForgetsAFormat,
    AlwaysRendersTheStandard,
    LosesThePlacesOfDroppedRenders,
    WritesOpaquePicturesAsJpegs,
    TurnsAfterItScales,
}

/// How many pictures are rendered at once.
const PLACES: usize = 4;

#[derive(Clone)]
struct Fake(Fault, Arc<Semaphore>);

fn undecodable(error: ImageError) -> RenderThumbnail {
    match error {
        ImageError::Limits(_) => RenderThumbnail::TooLarge,
        other => RenderThumbnail::Undecodable(other.to_string()),
    }
}

impl Fake {
    fn is(&self, fault: Fault) -> bool {
        self.0 == fault
    }

    fn decode(
        &self,
        source: Bytes,
        budget: &RenderBudget,
    ) -> Result<(DynamicImage, Orientation), RenderThumbnail> {
        let mut reader = ImageReader::new(Cursor::new(source)).with_guessed_format().unwrap();
        reader.no_limits();
        let mut decoder = reader.into_decoder().map_err(undecodable)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels > budget.max_pixels && !self.is(Fault::IgnoresTheBudgetOfPixels) {
            return Err(RenderThumbnail::TooLarge);
        }
        if decoder.total_bytes() > budget.max_alloc && !self.is(Fault::IgnoresTheBudgetOfMemory) {
            return Err(RenderThumbnail::TooLarge);
        }
        let orientation = decoder.orientation().map_err(undecodable)?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
        if !self.is(Fault::IgnoresOrientation) && !self.is(Fault::TurnsAfterItScales) {
            picture.apply_orientation(orientation);
        }
        Ok((picture, orientation))
    }

    fn render(
        &self,
        source: Bytes,
        spec: ThumbnailSpec,
        budget: &RenderBudget,
    ) -> Result<Thumbnail, RenderThumbnail> {
        let picture = self.decode(source, budget);
        let (picture, orientation) = match picture {
            Err(RenderThumbnail::Undecodable(_)) if self.is(Fault::CallsEverythingTooLarge) => {
                return Err(RenderThumbnail::TooLarge);
            }
            decoded => decoded?,
        };
        let width = if self.is(Fault::Enlarges) { spec.width } else { spec.width.min(picture.width()) };
        let scaled = u64::from(picture.height()) * u64::from(width);
        let height = (scaled + u64::from(picture.width()) / 2) / u64::from(picture.width());
        let highest = if self.is(Fault::LetsShapesGrow) { u32::MAX } else { spec.max_height };
        let height = u32::try_from(height).unwrap().clamp(1, highest);
        let mut small = picture.resize_exact(width, height, FilterType::Triangle);
        if self.is(Fault::TurnsAfterItScales) {
            small.apply_orientation(orientation);
        }
        let (width, height) = (small.width(), small.height());
        if self.is(Fault::DropsTransparency) {
            small = small.to_rgb8().into();
        }
        let mut png = Cursor::new(Vec::new());
        let is_jpeg = self.is(Fault::WritesOpaquePicturesAsJpegs) && !small.color().has_alpha();
        let format = if is_jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
        small.write_to(&mut png, format).map_err(undecodable)?;
        Ok(Thumbnail { png: png.into_inner().into(), width, height })
    }
}

/// A place in the bound of renders.
struct Place<'a> {
    permit: Option<SemaphorePermit<'a>>,
    is_lost: bool,
}

impl Place<'_> {
    fn give_back(mut self) {
        self.permit = None;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take().filter(|_| self.is_lost) {
            permit.forget();
        }
    }
}

#[async_trait]
impl Thumbnailer for Fake {
    fn accepts(&self, content_type: &MediaType) -> bool {
        self.formats().contains(content_type)
    }

    fn formats(&self) -> Vec<MediaType> {
        let names = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"];
        let known = if self.is(Fault::ForgetsAFormat) { 5 } else { 6 };
        names.iter().take(known).map(|name| name.parse().unwrap()).collect()
    }

    async fn render(
        &self,
        source: Bytes,
        spec: ThumbnailSpec,
        budget: RenderBudget,
    ) -> Result<Thumbnail, RenderThumbnail> {
        let fake = self.clone();
        let place = self.1.acquire().await.unwrap();
        let place = Place { permit: Some(place), is_lost: self.is(Fault::LosesThePlacesOfDroppedRenders) };
        let spec = if self.is(Fault::AlwaysRendersTheStandard) { ThumbnailSpec::STANDARD } else { spec };
        if self.is(Fault::BlocksTheRuntime) {
            return fake.render(source, spec, &budget);
        }
        let work = tokio::task::spawn_blocking(move || fake.render(source, spec, &budget));
        if self.is(Fault::IgnoresTheBudgetOfTime) {
            return work.await.unwrap();
        }
        let rendered = tokio::time::timeout(budget.time, work)
            .await
            .unwrap_or_else(|_elapsed| Ok(Err(RenderThumbnail::TimedOut)))
            .unwrap();
        place.give_back();
        rendered
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Fake);

        #[async_trait]
        impl ThumbnailerHarness for $name {
            async fn fresh() -> Self {
                Self(Fake($fault, Arc::new(Semaphore::new(PLACES))))
            }

            fn thumbnailer(&self) -> Arc<dyn Thumbnailer> {
                Arc::new(self.0.clone())
            }
        }
    };
}

mutants! {
    a_renderer_without_a_fault_breaks_no_rule: broken(Fault::None) => thumbnailer, [];
    a_renderer_that_enlarges: broken(Fault::Enlarges) => thumbnailer, ["THUMB-02", "THUMB-10"];
    a_renderer_that_ignores_the_orientation: broken(Fault::IgnoresOrientation) => thumbnailer, ["THUMB-03"];
    a_renderer_that_drops_transparency: broken(Fault::DropsTransparency) => thumbnailer, ["THUMB-04"];
    a_renderer_that_ignores_the_budget_of_pixels: broken(Fault::IgnoresTheBudgetOfPixels) => thumbnailer,
        ["THUMB-06"];
    a_renderer_that_ignores_the_budget_of_memory: broken(Fault::IgnoresTheBudgetOfMemory) => thumbnailer,
        ["THUMB-11"];
    a_renderer_that_ignores_the_budget_of_time: broken(Fault::IgnoresTheBudgetOfTime) => thumbnailer,
        ["THUMB-09"];
    a_renderer_that_blocks_the_runtime: broken(Fault::BlocksTheRuntime) => thumbnailer,
        ["THUMB-08", "THUMB-09"];
    a_renderer_that_lets_shapes_grow: broken(Fault::LetsShapesGrow) => thumbnailer,
        ["THUMB-10", "THUMB-13"];
    a_renderer_that_calls_broken_pictures_too_large: broken(Fault::CallsEverythingTooLarge) => thumbnailer,
        ["THUMB-07"];
    a_renderer_that_forgets_a_format: broken(Fault::ForgetsAFormat) => thumbnailer, ["THUMB-01"];
    a_renderer_that_loses_the_places_of_dropped_renders: broken(Fault::LosesThePlacesOfDroppedRenders) =>
        thumbnailer, ["THUMB-14"];
    a_renderer_that_writes_opaque_pictures_as_jpegs: broken(Fault::WritesOpaquePicturesAsJpegs) => thumbnailer,
        ["THUMB-01", "THUMB-03", "THUMB-07", "THUMB-12", "THUMB-13", "THUMB-14"];
    a_renderer_that_turns_after_it_scales: broken(Fault::TurnsAfterItScales) => thumbnailer, ["THUMB-03"];
    a_renderer_that_always_renders_the_standard: broken(Fault::AlwaysRendersTheStandard) => thumbnailer,
        ["THUMB-13"];
}

passes_decorated! {
    a_decorated_renderer_breaks_no_rule: broken(Fault::None) => thumbnailer
}
