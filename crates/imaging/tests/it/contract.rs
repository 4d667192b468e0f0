//! The contract of a thumbnailer.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::ThumbnailerHarness;
use fm_domain::thumbnails::Thumbnailer;
use fm_imaging::ImageThumbnailer;

struct Imaging;

#[async_trait]
impl ThumbnailerHarness for Imaging {
    async fn fresh() -> Self {
        Self
    }

    fn thumbnailer(&self) -> Arc<dyn Thumbnailer> {
        Arc::new(ImageThumbnailer::default())
    }
}

mod thumbnails {
    use super::Imaging;

    fm_contract::thumbnailer!(Imaging);
}
