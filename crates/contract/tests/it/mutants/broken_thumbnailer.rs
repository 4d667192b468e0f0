//! Renderers of thumbnails with one fault. The honest one is a fake that uses the crate `image` alone.

use std::io::Cursor;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::ThumbnailerHarness;
use fm_domain::files::{MediaType, Placeholder};
use fm_domain::previews::PictureFormat;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::mutants::{mutants, passes_decorated};

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
    MeasuresPreviewsByTheirWidth,
    WritesEveryPreviewAsAPng,
    WritesEveryPreviewAsAJpeg,
    CopiesMetadata,
    ForgetsThePlaceholder,
    MakesThePlaceholderOfNothing,
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
        spec: RenderSpec,
        budget: &RenderBudget,
    ) -> Result<Rendered, RenderThumbnail> {
        let picture = self.decode(source, budget);
        let (picture, orientation) = match picture {
            Err(RenderThumbnail::Undecodable(_)) if self.is(Fault::CallsEverythingTooLarge) => {
                return Err(RenderThumbnail::TooLarge);
            }
            decoded => decoded?,
        };
        let (width, height) = self.size_of(&picture, spec);
        let mut small = picture.resize_exact(width, height, FilterType::Triangle);
        if self.is(Fault::TurnsAfterItScales) {
            small.apply_orientation(orientation);
        }
        let (width, height) = (small.width(), small.height());
        if self.is(Fault::DropsTransparency) {
            small = small.to_rgb8().into();
        }
        let format = self.format_of(&small, spec);
        let mut file = Cursor::new(Vec::new());
        match format {
            PictureFormat::Jpeg => small.to_rgb8().write_to(&mut file, ImageFormat::Jpeg),
            PictureFormat::Png => small.write_to(&mut file, ImageFormat::Png),
        }
        .map_err(undecodable)?;
        let mut bytes = file.into_inner();
        if self.is(Fault::CopiesMetadata) {
            bytes.extend(b"Exif\0\0");
        }
        let placeholder = match spec {
            RenderSpec::Thumbnail { .. } => self.placeholder_of(&small),
            RenderSpec::Preview { .. } => None,
        };
        Ok(Rendered { bytes: bytes.into(), format, width, height, placeholder })
    }

    fn size_of(&self, picture: &DynamicImage, spec: RenderSpec) -> (u32, u32) {
        let scaled = |pixels: u32, to: u32, of: u32| {
            let scaled = (u64::from(pixels) * u64::from(to) + u64::from(of) / 2) / u64::from(of);
            u32::try_from(scaled).unwrap().max(1)
        };
        let (width, height) = (picture.width(), picture.height());
        match spec {
            RenderSpec::Thumbnail { width: wanted, max_height } => {
                let across = if self.is(Fault::Enlarges) { wanted } else { wanted.min(width) };
                let highest = if self.is(Fault::LetsShapesGrow) { u32::MAX } else { max_height };
                (across, scaled(height, across, width).min(highest))
            }
            RenderSpec::Preview { longer_side } => {
                let by_width = self.is(Fault::MeasuresPreviewsByTheirWidth);
                let longer = if by_width { width } else { width.max(height) };
                let side = longer.min(longer_side);
                (scaled(width, side, longer), scaled(height, side, longer))
            }
        }
    }

    fn format_of(&self, small: &DynamicImage, spec: RenderSpec) -> PictureFormat {
        let is_jpeg = match spec {
            RenderSpec::Thumbnail { .. } => {
                self.is(Fault::WritesOpaquePicturesAsJpegs) && !small.color().has_alpha()
            }
            RenderSpec::Preview { .. } => {
                let is_opaque = small.to_rgba8().pixels().all(|pixel| pixel.0[3] == 255);
                let is_one_anyway = self.is(Fault::WritesEveryPreviewAsAJpeg);
                (is_opaque || is_one_anyway) && !self.is(Fault::WritesEveryPreviewAsAPng)
            }
        };
        if is_jpeg { PictureFormat::Jpeg } else { PictureFormat::Png }
    }

    fn placeholder_of(&self, small: &DynamicImage) -> Option<Placeholder> {
        if self.is(Fault::ForgetsThePlaceholder) {
            return None;
        }
        let is_empty = self.is(Fault::MakesThePlaceholderOfNothing);
        let small = if is_empty { DynamicImage::new_rgba8(8, 8) } else { small.thumbnail(100, 100) };
        let (width, height) = (small.width() as usize, small.height() as usize);
        Placeholder::new(&thumbhash::rgba_to_thumb_hash(width, height, small.to_rgba8().as_raw()))
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
        spec: RenderSpec,
        budget: RenderBudget,
    ) -> Result<Rendered, RenderThumbnail> {
        let fake = self.clone();
        let place = self.1.acquire().await.unwrap();
        let place = Place { permit: Some(place), is_lost: self.is(Fault::LosesThePlacesOfDroppedRenders) };
        let spec = if self.is(Fault::AlwaysRendersTheStandard) { RenderSpec::THUMBNAIL } else { spec };
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
    a_renderer_that_ignores_the_orientation: broken(Fault::IgnoresOrientation) => thumbnailer,
        ["THUMB-03", "THUMB-15"];
    a_renderer_that_drops_transparency: broken(Fault::DropsTransparency) => thumbnailer,
        ["THUMB-04", "THUMB-16", "THUMB-17"];
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
    a_renderer_that_measures_previews_by_their_width: broken(Fault::MeasuresPreviewsByTheirWidth) => thumbnailer,
        ["THUMB-15"];
    a_renderer_that_writes_every_preview_as_a_png: broken(Fault::WritesEveryPreviewAsAPng) => thumbnailer,
        ["THUMB-16"];
    a_renderer_that_writes_every_preview_as_a_jpeg: broken(Fault::WritesEveryPreviewAsAJpeg) => thumbnailer,
        ["THUMB-16"];
    a_renderer_that_copies_metadata: broken(Fault::CopiesMetadata) => thumbnailer, ["THUMB-16"];
    a_renderer_that_forgets_the_placeholder: broken(Fault::ForgetsThePlaceholder) => thumbnailer, ["THUMB-17"];
    a_renderer_that_makes_the_placeholder_of_nothing: broken(Fault::MakesThePlaceholderOfNothing) =>
        thumbnailer, ["THUMB-17"];
    a_renderer_that_turns_after_it_scales: broken(Fault::TurnsAfterItScales) => thumbnailer, ["THUMB-03"];
    a_renderer_that_always_renders_the_standard: broken(Fault::AlwaysRendersTheStandard) => thumbnailer,
        ["THUMB-13", "THUMB-15", "THUMB-16", "THUMB-17"];
}

passes_decorated! {
    a_decorated_renderer_breaks_no_rule: broken(Fault::None) => thumbnailer
}
