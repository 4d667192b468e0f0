//! The state of a preview, as the columns of its row say it.

use super::{PreviewPicture, PreviewState, UnknownName};
use crate::ids::BlobId;

/// The columns of a row that are about the picture. All are empty where the preview failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PreviewColumns<'a> {
    /// The blob that holds its bytes.
    pub blob: Option<BlobId>,
    /// The name of its format.
    pub format: Option<&'a str>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
}

/// Why columns say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadablePreview {
    /// There is a blob, and something else is missing.
    #[error("a preview that is ready lacks its format, its width or its height")]
    Incomplete,
    /// No picture of ours has this format.
    #[error("the format of a preview can't be read")]
    Format(#[from] UnknownName),
}

impl PreviewColumns<'_> {
    /// The state of the preview.
    pub fn read(self) -> Result<PreviewState, UnreadablePreview> {
        let Some(blob) = self.blob else { return Ok(PreviewState::Failed) };
        let (Some(format), Some(width), Some(height)) = (self.format, self.width, self.height) else {
            return Err(UnreadablePreview::Incomplete);
        };
        Ok(PreviewState::Ready(PreviewPicture { blob, format: format.parse()?, width, height }))
    }
}

impl PreviewState {
    /// The columns of its row that are about the picture.
    #[must_use]
    pub fn columns(&self) -> PreviewColumns<'static> {
        match self {
            Self::Ready(PreviewPicture { blob, format, width, height }) => PreviewColumns {
                blob: Some(*blob),
                format: Some(format.as_str()),
                width: Some(*width),
                height: Some(*height),
            },
            Self::Failed => PreviewColumns::default(),
        }
    }
}

#[cfg(test)]
mod tests;
