//! Sizes, formats and states of previews.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::files::MediaType;
use crate::ids::BlobId;

/// The text names none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

/// The sizes that previews have: a closed set, so that no client can ask for work without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviewSize {
    /// For a grid of pictures.
    Small,
    /// For one picture on a screen.
    Medium,
}

impl PreviewSize {
    /// All sizes, the smallest first.
    pub const ALL: [Self; 2] = [Self::Small, Self::Medium];

    /// `small` or `medium`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
        }
    }

    /// Pixels on the longer side at most: 256 or 1,024. A smaller picture is not enlarged.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        match self {
            Self::Small => 256,
            Self::Medium => 1024,
        }
    }
}

impl FromStr for PreviewSize {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|size| size.as_str() == text).ok_or(UnknownName)
    }
}

/// The formats of pictures that we make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureFormat {
    /// For opaque pictures.
    Jpeg,
    /// For pictures with transparency, and for thumbnails.
    Png,
}

impl PictureFormat {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    /// `jpeg` or `png`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    /// What the name of such a file ends with: `jpg` or `png`.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// `image/jpeg` or `image/png`.
    #[must_use]
    pub fn media_type(self) -> MediaType {
        match self {
            Self::Jpeg => MediaType::jpeg(),
            Self::Png => MediaType::png(),
        }
    }
}

impl FromStr for PictureFormat {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(UnknownName)
    }
}

/// The preview of one size of one blob, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    /// The blob of the picture that it shows.
    pub original: BlobId,
    /// Its size.
    pub size: PreviewSize,
    /// Where it stands.
    pub state: PreviewState,
}

/// The state of a preview that was tried. One that was not has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewState {
    /// It is made.
    Ready(PreviewPicture),
    /// The picture can't be rendered in this size, or not safely. Trying again does not help.
    Failed,
}

impl PreviewState {
    /// The blob of a preview that is there.
    #[must_use]
    pub const fn blob(&self) -> Option<BlobId> {
        match self {
            Self::Ready(picture) => Some(picture.blob),
            Self::Failed => None,
        }
    }
}

/// A preview that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewPicture {
    /// The blob that holds its bytes, in the bucket of thumbnails.
    pub blob: BlobId,
    /// The format of its bytes.
    pub format: PictureFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

#[cfg(test)]
mod tests;
