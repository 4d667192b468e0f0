//! The chunks of an extended WebP file.

use fm_domain::thumbnails::RenderThumbnail;

use crate::canvas::Place;
use crate::request::undecodable;
use crate::shrink::Size;

/// A chunk.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a> {
    name: [u8; 4],
    /// Its data, or what is there of them.
    pub(super) data: &'a [u8],
    pub(super) is_whole: bool,
}

const HAS_ALPHA: u8 = 0b1_0000;
const HAS_PROFILE: u8 = 0b10_0000;

/// What of an extended file is needed to show its first image.
pub(super) struct Extended<'a> {
    pub(super) canvas: Size,
    /// Where the image lies; its size is in its own data.
    pub(super) place: Place,
    pub(super) is_animated: bool,
    pub(super) exif: Option<&'a [u8]>,
    /// The colour profile: where the header does not promise it, browsers don't look for it.
    pub(super) profile: Option<&'a [u8]>,
    /// Whether the header promises alpha.
    promises_alpha: bool,
    alpha: Option<&'a [u8]>,
    image: Chunk<'a>,
}

impl<'a> Extended<'a> {
    /// Finds the parts in a file; `None` where it has no extended header or no image.
    pub(super) fn read(file: &'a [u8]) -> Option<Self> {
        let mut rest = file.get(12..)?;
        let (b"VP8X", header) = (&next(&mut rest)?.name, file.get(20..30)?) else { return None };
        let canvas = Size { width: number(header, 4)? + 1, height: number(header, 7)? + 1 };
        let flags = *header.first()?;
        let (mut alpha, mut image, mut exif, mut profile, mut animated) = (None, None, None, None, None);
        while let Some(chunk) = next(&mut rest) {
            let data = chunk.data;
            match &chunk.name {
                b"ALPH" if image.is_none() => alpha = Some(data),
                b"VP8 " | b"VP8L" if image.is_none() => image = Some(chunk),
                b"ANMF" if image.is_none() => {
                    animated = Some(Place {
                        left: number(data, 0)? * 2,
                        top: number(data, 3)? * 2,
                        size: Size { width: number(data, 6)? + 1, height: number(data, 9)? + 1 },
                    });
                    let mut frame = data.get(16..)?;
                    while let (None, Some(chunk)) = (image, next(&mut frame)) {
                        match &chunk.name {
                            b"ALPH" => alpha = Some(chunk.data),
                            b"VP8 " | b"VP8L" => image = Some(chunk),
                            _ => {}
                        }
                    }
                }
                b"EXIF" if exif.is_none() => exif = Some(data),
                b"ICCP" if profile.is_none() && flags & HAS_PROFILE != 0 => profile = Some(data),
                _ => {}
            }
        }
        Some(Self {
            canvas,
            place: animated.unwrap_or(Place::whole(canvas)),
            is_animated: animated.is_some(),
            exif,
            profile,
            promises_alpha: flags & HAS_ALPHA != 0,
            alpha,
            image: image?,
        })
    }

    /// Whether the picture has alpha that its header does not promise: browsers go by the picture.
    pub(super) fn conceals_alpha(&self) -> bool {
        let has_alpha = match (&self.image.name, self.image.data) {
            // A bit of the header of lossless data (RFC 9649, section 3.4).
            (b"VP8L", [0x2f, _, _, _, last, ..]) => last & 0b1_0000 != 0,
            (name, _) => name == b"VP8 " && self.alpha.is_some(),
        };
        has_alpha && !self.promises_alpha && !self.is_animated
    }

    /// Refuses an image that stands still and has another size than the canvas.
    pub(super) fn check_size(&self, image: Size) -> Result<(), RenderThumbnail> {
        if !self.is_animated && image != self.canvas {
            return Err(undecodable("its picture has another size than its header says"));
        }
        Ok(())
    }

    /// A file of the image and nothing else. It begins with no header that could be wrong.
    pub(super) fn image_alone(&self) -> Vec<u8> {
        let Chunk { name, data, .. } = self.image;
        let mut body = b"WEBP".to_vec();
        if let (b"VP8 ", Some(alpha), Some([width, width_high, height, height_high])) =
            (&name, self.alpha, data.get(6..10))
        {
            let less_one = |low: u8, high: u8| {
                (u32::from(u16::from_le_bytes([low, high]) & 0x3fff)).saturating_sub(1).to_le_bytes()
            };
            let (width, height) = (less_one(*width, *width_high), less_one(*height, *height_high));
            let header = [&[HAS_ALPHA, 0, 0, 0], &width[..3], &height[..3]].concat();
            write(&mut body, *b"VP8X", &header);
            write(&mut body, *b"ALPH", alpha);
        }
        write(&mut body, name, data);
        let mut file = Vec::with_capacity(body.len() + 8);
        write(&mut file, *b"RIFF", &body);
        file
    }
}

/// The image, where it is lossy, stands still, and has no alpha.
pub(super) fn lossy_frame<'a>(file: &'a [u8], extended: Option<&Extended<'a>>) -> Option<Chunk<'a>> {
    let image = match extended {
        Some(extended) if extended.alpha.is_some() || extended.is_animated => return None,
        Some(extended) => extended.image,
        None => next(&mut file.get(12..)?)?,
    };
    (&image.name == b"VP8 ").then_some(image)
}

/// The next chunk, or what is there of it.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Chunk<'a>> {
    let (&[a, b, c, d, l0, l1, l2, l3], after) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
    let whole = after.get(..length);
    *rest = after.get(length.saturating_add(length % 2)..).unwrap_or_default();
    Some(Chunk { name: [a, b, c, d], data: whole.unwrap_or(after), is_whole: whole.is_some() })
}

fn write(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend(name);
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend(data);
    file.extend(std::iter::repeat_n(0, data.len() % 2));
}

/// A number of three bytes.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let &[low, middle, high] = bytes.get(at..at + 3)?.as_array()?;
    Some(u32::from_le_bytes([low, middle, high, 0]))
}
