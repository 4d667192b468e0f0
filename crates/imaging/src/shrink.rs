//! Rows averaged away as they come.

use fm_domain::thumbnails::RenderThumbnail;

use crate::source::Deadline;

/// How many pixels are left for each pixel of what is rendered, in each direction: enough for a good filter to work on.
pub(crate) const OVERSAMPLING: u32 = 2;

/// The most rows of which the sums fit: `256 × 255 < 2^16`.
const MAX_ROWS: u32 = 256;

/// What a pixel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, and how opaque it is.
    Rgba,
}

impl Channels {
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// A size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    pub(crate) const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Seen from the side.
    pub(crate) const fn turned(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

/// Averages blocks of pixels, a row at a time, so that a picture of any height needs the memory of one row.
pub(crate) struct Shrink {
    from: Size,
    to: Size,
    channels: Channels,
    /// How many pixels become one, across and down.
    block: Size,
    /// Colours count by how opaque they are; not where nothing is averaged.
    premultiplied: bool,
    sums: Vec<u16>,
    /// Rows in the sums.
    rows: u32,
    /// Rows of the whole picture so far.
    pushed: u32,
    shrunk: Vec<u8>,
    deadline: Deadline,
}

/// A picture that is a few times as large as what it is to become, or as large.
pub(crate) struct Shrunk {
    pub(crate) pixels: Vec<u8>,
    pub(crate) size: Size,
    pub(crate) channels: Channels,
    pub(crate) premultiplied: bool,
    /// Which part of it is the picture: its last column and row may stand for less than a whole block.
    pub(crate) extent: (f64, f64),
    /// What it is to become.
    pub(crate) to: Size,
}

impl Shrink {
    /// Prepares for a picture of size `from` that is to become `to`.
    pub(crate) fn new(from: Size, to: Size, channels: Channels, deadline: Deadline) -> Self {
        let block = Self::block(from, to);
        let row = from.width as usize * channels.count();
        let Size { width, height } = Self::left(from, block);
        Self {
            from,
            to,
            channels,
            block,
            premultiplied: channels == Channels::Rgba && from != to,
            sums: vec![0; row],
            rows: 0,
            pushed: 0,
            shrunk: Vec::with_capacity(width as usize * height as usize * channels.count()),
            deadline,
        }
    }

    /// How many bytes it allocates at most, with the row that is pushed.
    pub(crate) fn bytes(from: Size, to: Size, channels: Channels) -> Option<u64> {
        // Of a picture without alpha there are two for a moment, when it turns out that rows are missing.
        let samples = match channels {
            Channels::Rgb => 3 + 4,
            Channels::Rgba => 4,
        };
        let left = Self::left(from, Self::block(from, to));
        let row = u64::from(from.width).checked_mul(samples * size_of::<u16>() as u64 + 4)?;
        left.pixels().checked_mul(samples)?.checked_add(row)
    }

    /// How many pixels become one, across and down.
    fn block(from: Size, to: Size) -> Size {
        Size {
            width: (from.width / (to.width * OVERSAMPLING)).max(1),
            height: (from.height / (to.height * OVERSAMPLING)).clamp(1, MAX_ROWS),
        }
    }

    /// The size of what is left.
    const fn left(from: Size, block: Size) -> Size {
        Size { width: from.width.div_ceil(block.width), height: from.height.div_ceil(block.height) }
    }

    /// How many bytes a row has.
    pub(crate) const fn row_bytes(&self) -> usize {
        self.from.width as usize * self.channels.count()
    }

    /// Takes the next row.
    pub(crate) fn push(&mut self, row: &[u8]) -> Result<(), RenderThumbnail> {
        if self.premultiplied {
            add_premultiplied(&mut self.sums, row);
        } else {
            for (sum, &sample) in self.sums.iter_mut().zip(row) {
                *sum += u16::from(sample);
            }
        }
        self.rows += 1;
        self.pushed += 1;
        if self.rows == self.block.height {
            self.deadline.check()?;
            self.average();
        }
        Ok(())
    }

    /// Goes on as a picture that can be see-through; what it has so far is opaque.
    fn add_alpha(&mut self) {
        let mut opaque = Vec::with_capacity(self.shrunk.capacity() / 3 * 4);
        widen(&self.shrunk, &mut opaque);
        self.shrunk = opaque;
        let alpha = u16::try_from(self.rows).unwrap_or(u16::MAX) * u16::from(u8::MAX);
        let mut sums = Vec::with_capacity(self.sums.len() / 3 * 4);
        sums.extend(self.sums.as_chunks().0.iter().flat_map(|&[red, green, blue]| [red, green, blue, alpha]));
        self.sums = sums;
        self.channels = Channels::Rgba;
        self.premultiplied = true;
    }

    /// Turns the sums into a row of averages.
    fn average(&mut self) {
        let channels = self.channels.count();
        for block in self.sums.chunks(self.block.width as usize * channels) {
            let count = (block.len() / channels) as u64 * u64::from(self.rows);
            let mut totals = [0_u64; 4];
            for pixel in block.chunks_exact(channels) {
                for (total, &sum) in totals.iter_mut().zip(pixel) {
                    *total += u64::from(sum);
                }
            }
            let averages =
                totals.iter().map(|total| u8::try_from((total + count / 2) / count).unwrap_or(u8::MAX));
            self.shrunk.extend(averages.take(channels));
        }
        self.sums.fill(0);
        self.rows = 0;
    }

    /// The picture after its last row. Rows that are missing are see-through.
    pub(crate) fn finish(mut self) -> Shrunk {
        if self.pushed < self.from.height && self.channels == Channels::Rgb {
            self.add_alpha();
        }
        if self.rows > 0 {
            // What is missing of the block counts as see-through, too.
            let begun = self.pushed - self.rows;
            self.rows = self.block.height.min(self.from.height - begun);
            self.average();
        }
        let size = Self::left(self.from, self.block);
        self.shrunk.resize(size.width as usize * size.height as usize * self.channels.count(), 0);
        let extent = (
            f64::from(self.from.width) / f64::from(self.block.width),
            f64::from(self.from.height) / f64::from(self.block.height),
        );
        Shrunk {
            pixels: self.shrunk,
            size,
            channels: self.channels,
            premultiplied: self.premultiplied,
            extent,
            to: self.to,
        }
    }
}

/// Appends the pixels of red, green and blue as opaque ones with alpha.
pub(crate) fn widen(rgb: &[u8], rgba: &mut Vec<u8>) {
    rgba.extend(rgb.as_chunks().0.iter().flat_map(|&[red, green, blue]| [red, green, blue, u8::MAX]));
}

/// Adds each colour multiplied by its opacity: `c × a / 255`, rounded.
fn add_premultiplied(sums: &mut [u16], row: &[u8]) {
    for (sum, pixel) in sums.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<4>().0) {
        let [red, green, blue, alpha] = pixel.map(u16::from);
        let weighted = |colour: u16| {
            let product = colour * alpha + 128;
            (product + (product >> 8)) >> 8
        };
        sum[0] += weighted(red);
        sum[1] += weighted(green);
        sum[2] += weighted(blue);
        sum[3] += alpha;
    }
}
