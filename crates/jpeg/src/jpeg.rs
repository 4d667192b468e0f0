//! From the file's markers to a picture.

use crate::channel::Channel;
use crate::colour::Colour;
use crate::frame::Frame;
use crate::headers;
use crate::icc;
use crate::limits::{DecodeError, Limits};
use crate::picture::Picture;
use crate::plane::{Layout, Plane};
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scan;
use crate::segments::{Settings, begins_with_data, has_segment, marker, next_marker, segment};
use crate::size::Size;

/// A JPEG file of which everything before the first scan has been read.
#[derive(Debug)]
pub struct Jpeg<'a> {
    file: &'a [u8],
    settings: Settings<'a>,
    frame: Frame,
    is_progressive: bool,
    colour: Colour,
    /// The header of the first scan, and what follows it.
    scan: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Jpeg<'a> {
    /// Reads a file up to its first scan.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Unsupported`] if the picture is of a kind that is not decoded, [`DecodeError::Broken`] if the file
    /// ends before its first scan, or libjpeg refuses what is before it.
    pub fn read(file: &'a [u8]) -> Result<Self, DecodeError> {
        let mut rest = file;
        let mut settings = Settings::default();
        let mut frame = None;
        if next_marker(&mut rest) != Some(marker::SOI) {
            return Err(DecodeError::Broken);
        }
        loop {
            let marker = next_marker(&mut rest).ok_or(DecodeError::Broken)?;
            let segment = if has_segment(marker) { segment(&mut rest) } else { Some(&[][..]) };
            let segment = segment.ok_or(DecodeError::Broken)?;
            match (marker, frame.take()) {
                (marker::SOF0 | marker::SOF1 | marker::SOF2, None) => {
                    frame = Some((headers::frame(segment)?, marker == marker::SOF2));
                }
                (marker::SOS, Some((frame, is_progressive))) => {
                    let colour = Colour::of(&frame, settings.hints);
                    return Ok(Self { file, settings, frame, is_progressive, colour, scan: segment, rest });
                }
                (_, read) => {
                    frame = read;
                    settings.take(marker, segment).ok_or(match marker {
                        marker::SOF0..=marker::SOF15 if marker != marker::DHT => DecodeError::Unsupported,
                        _ => DecodeError::Broken,
                    })?;
                }
            }
        }
    }

    /// The picture's width in pixels: 1 to 65,535.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.frame.size.width
    }

    /// The picture's height in pixels: 1 to 65,535.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.frame.size.height
    }

    /// How many samples a pixel has in the file: 1, 3 or 4.
    #[must_use]
    pub const fn components(&self) -> usize {
        self.frame.components.len()
    }

    /// The EXIF data, from their TIFF header on, as they are in the first segment that has any.
    #[must_use]
    pub const fn exif(&self) -> Option<&'a [u8]> {
        self.settings.exif
    }

    /// The ICC profile, joined from the segments before the first scan; `None` where there is none, it is not complete, or it
    /// has more than so many bytes.
    #[must_use]
    pub fn icc_profile(&self, max_bytes: usize) -> Option<Vec<u8>> {
        icc::profile(self.file, max_bytes)
    }

    /// Decodes the picture at this scale.
    ///
    /// Orientation and colour profiles are not applied. Where the data end early or are broken, the picture is what
    /// libjpeg makes of them: it goes on at the next restart, and is grey where nothing is known. Where the file ends in
    /// the first scan, the picture has fewer rows.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Broken`] if there is nothing to be seen at all: no scan can be begun, or none has data.
    pub fn decode(&self, scale: Scale, limits: Limits) -> Result<Picture, DecodeError> {
        let layout = Layout::new(scale, self.is_progressive);
        limits.check_alloc(self.bytes(scale, layout))?;
        let blocks = self.frame.components.iter().map(|&component| self.frame.padded_blocks(component));
        let mut planes: Vec<Plane> = blocks.map(|blocks| Plane::new(blocks, layout)).collect();
        let rows = self.scans(&mut planes, limits)?;
        let mut channels = Vec::with_capacity(planes.len());
        for (plane, &component) in planes.iter().zip(&self.frame.components) {
            channels.push(Channel::new(plane, component, &self.frame, scale, limits)?);
        }
        let size = self.frame.scaled(scale);
        let rows = rows.map_or(size.height, |rows| (rows * scale.side()).min(size.height));
        Ok(Picture::new(size, rows, channels, self.colour))
    }

    /// Decodes all scans up to the end of the picture, or to the first that is broken; fails if none has data. Returns
    /// how many rows of eight pixels there are, where the file ends in the first scan and that has all components.
    fn scans(&self, planes: &mut [Plane], limits: Limits) -> Result<Option<u32>, DecodeError> {
        let mut settings = self.settings.clone();
        let (mut segment, mut rest) = (self.scan, self.rest);
        let (mut has_data, mut rows) = (false, None);
        loop {
            let scan = headers::scan(segment, &self.frame, self.is_progressive).ok_or(DecodeError::Broken);
            let is_whole = scan.as_ref().is_ok_and(|scan| scan.parts.len() == planes.len());
            match scan.and_then(|scan| scan::decode(rest, &scan, &self.frame, &settings, planes, limits)) {
                Ok(decoded) => {
                    if is_whole && !has_data {
                        rows = decoded.rows;
                    }
                    has_data |= begins_with_data(rest);
                    rest = decoded.rest;
                }
                Err(DecodeError::Broken) if has_data => break,
                Err(error) => return Err(error),
            }
            if is_whole && !self.is_progressive {
                break;
            }
            match next_scan(&mut rest, &mut settings) {
                Some(next) => segment = next,
                None => break,
            }
        }
        if has_data { Ok(rows) } else { Err(DecodeError::Broken) }
    }

    /// How many bytes coefficients, samples and rows take.
    fn bytes(&self, scale: Scale, layout: Layout) -> u64 {
        let components = self.frame.components.iter();
        let bytes = components.map(|&component| {
            let blocks: Size = self.frame.padded_blocks(component);
            Plane::bytes(blocks, layout) + Channel::bytes(blocks, scale)
        });
        bytes.sum::<u64>() + Rows::bytes(scale.of(self.width()), self.frame.components.len())
    }
}

/// The header of the next scan; `None` at the end of the picture, or where the file is broken.
fn next_scan<'a>(rest: &mut &'a [u8], settings: &mut Settings<'a>) -> Option<&'a [u8]> {
    loop {
        let marker = next_marker(rest)?;
        let segment = if has_segment(marker) { segment(rest)? } else { &[] };
        if marker == marker::SOS {
            return Some(segment);
        }
        settings.take(marker, segment)?;
    }
}
