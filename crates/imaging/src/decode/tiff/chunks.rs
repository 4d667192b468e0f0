//! Strips and tiles, unpacked row by row.

use std::io::{Cursor, Read};

use flate2::bufread::ZlibDecoder;
use fm_domain::thumbnails::RenderThumbnail;
use fm_jpeg::{Jpeg, Limits, Scale};
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;

use crate::decode::jpeg::refusal;
use crate::decode::tiff::fax;
use crate::decode::tiff::layout::{Layout, Packing};
use crate::decode::tiff::packed::{Lzw, PackBits};
use crate::decode::tiff::samples::undo_predictor;
use crate::decode::webp;
use crate::request::{Request, undecodable};
use crate::shrink::{Channels, widen};
use crate::source::Source;

/// What a reader of a chunk takes beside all that depends on the file.
const READER_BYTES: u64 = 512;

/// What the buffer of Zstandard takes at most for each byte of the window: it doubles, and is copied for that.
const BUFFER_OF_WINDOW: u64 = 3;

/// Unpacks the chunks of a picture. The readers of those that lie beside each other are open at one time.
pub(super) struct Chunks<'a> {
    layout: &'a Layout,
    source: &'a Source,
    /// What the decoder of one chunk may still allocate.
    request: Request,
    /// Whether a chunk is unpacked as soon as it is opened.
    at_once: bool,
}

impl<'a> Chunks<'a> {
    /// Takes what the readers allocate that are open at one time.
    pub(super) fn new(
        layout: &'a Layout,
        source: &'a Source,
        mut request: Request,
    ) -> Result<Self, RenderThumbnail> {
        let readers = layout.chunks_across();
        let mut for_each = |bytes: u64| request.afford(bytes.checked_mul(readers));
        for_each(layout.group().0.saturating_add(READER_BYTES))?;
        let (whole, decoder) = (layout.unpacked_bytes(layout.chunk.height), decoder_bytes(layout.packing));
        // Pixels of a small chunk take less than the decoder that would be kept for them.
        let at_once = layout.packing.is_picture() || layout.packing.is_fax() || whole <= decoder;
        for_each(if at_once { whole } else { decoder })?;
        if !at_once {
            // The windows of all are as large as what is left.
            let window = request.memory() / readers.max(1);
            request.afford(request.memory().checked_sub(window))?;
        }
        Ok(Self { layout, source, request, at_once })
    }

    /// Opens a chunk of a plane of which this many rows are in the picture.
    pub(super) fn open(
        &self,
        plane: usize,
        index: u32,
        rows: u32,
    ) -> Result<ChunkReader<'a>, RenderThumbnail> {
        let data = Source::new(self.layout.data(self.source, plane, index), self.source.deadline());
        let mut bytes = self.unpacked(data, rows)?;
        if self.at_once && decoder_bytes(self.layout.packing) > 0 {
            let length = usize::try_from(self.layout.unpacked_bytes(rows)).unwrap_or(usize::MAX);
            let mut whole = vec![0; length];
            bytes.read_exact(&mut whole).map_err(undecodable)?;
            bytes = Box::new(Cursor::new(whole));
        }
        Ok(ChunkReader { layout: self.layout, bytes, group: Vec::new(), rows_out: 0 })
    }

    /// A reader of the bytes that were packed.
    fn unpacked(&self, data: Source, rows: u32) -> Result<Box<dyn Read>, RenderThumbnail> {
        Ok(match self.layout.packing {
            Packing::Plain => Box::new(data),
            Packing::PackBits => Box::new(PackBits::new(data.into_bytes())),
            Packing::Lzw => Box::new(Lzw::new(data.into_bytes())),
            Packing::Deflate => Box::new(ZlibDecoder::new(data)),
            Packing::Zstandard => {
                let window = self.window_bytes() / BUFFER_OF_WINDOW;
                Box::new(StreamingDecoder::new_with_max_window_size(data, window).map_err(undecodable)?)
            }
            Packing::Lzma => {
                let kibibytes = u32::try_from(self.window_bytes() / 1024).unwrap_or(u32::MAX);
                Box::new(XzReader::new_mem_limit(data, true, kibibytes))
            }
            Packing::Jpeg => Box::new(Cursor::new(self.jpeg(&data)?)),
            Packing::WebP => Box::new(Cursor::new(self.webp(data)?)),
            Packing::Runs { .. } | Packing::Group3 { .. } | Packing::Group4 => {
                let mut request = self.request.scope();
                let packing = self.layout.packing;
                Box::new(Cursor::new(fax::unpack(
                    &data,
                    packing,
                    self.layout.chunk.width,
                    rows,
                    &mut request,
                )?))
            }
        })
    }

    /// What the window of a chunk may take.
    fn window_bytes(&self) -> u64 {
        let decoder = decoder_bytes(self.layout.packing);
        match self.layout.packing {
            // Its bytes are part of what the decoder counts.
            Packing::Lzma if !self.at_once => self.request.memory().saturating_add(decoder),
            Packing::Zstandard if self.at_once => self.request.memory().saturating_sub(decoder),
            _ => self.request.memory(),
        }
    }

    /// The samples of a JPEG file in which tables may be missing: they are in the directory then.
    fn jpeg(&self, data: &Source) -> Result<Vec<u8>, RenderThumbnail> {
        let mut request = self.request.scope();
        let joined;
        // Of the tables the end is left out, of the picture the beginning: together they are a file.
        let file = if let Some(tables) = self.layout.jpeg_tables.strip_suffix(&[0xff, 0xd9]) {
            request.afford(Some((tables.len() + data.bytes().len()) as u64))?;
            joined = [tables, data.bytes().get(2..).unwrap_or_default()].concat();
            &joined
        } else {
            data.bytes()
        };
        let jpeg = Jpeg::read(file).map_err(refusal)?;
        let chunk = self.layout.chunk;
        if jpeg.width() != chunk.width
            || jpeg.height() > chunk.height
            || jpeg.components() != self.layout.samples_in_chunk()
        {
            return Err(undecodable("a JPEG in it has another size than its strip or tile"));
        }
        let limits = Limits { max_alloc: request.memory(), deadline: data.deadline().instant() };
        let picture = jpeg.decode(Scale::Whole, limits).map_err(refusal)?;
        let count = jpeg.width() as usize * jpeg.height() as usize * jpeg.components();
        let mut samples = Vec::with_capacity(count);
        let mut rows = picture.rows();
        // The directory tells what the components are.
        while let Some(row) = rows.next_samples() {
            data.deadline().check()?;
            samples.extend_from_slice(row);
        }
        Ok(samples)
    }

    /// The samples of a WebP file.
    fn webp(&self, data: Source) -> Result<Vec<u8>, RenderThumbnail> {
        let webp::Decoded { size, channels, pixels } = webp::decode_plain(data, &mut self.request.scope())?;
        let (wanted, chunk) = (self.layout.samples_in_chunk(), self.layout.chunk);
        if size.width != chunk.width || size.height > chunk.height {
            return Err(undecodable("a WebP in it has another size than its strip or tile"));
        }
        match (channels, wanted) {
            (Channels::Rgb, 3) | (Channels::Rgba, 4) => Ok(pixels),
            // What is opaque has no alpha in the file.
            (Channels::Rgb, 4) => {
                let mut widened = Vec::with_capacity(pixels.len() / 3 * 4);
                widen(&pixels, &mut widened);
                Ok(widened)
            }
            _ => Err(undecodable("a WebP in it has other samples than the picture")),
        }
    }
}

/// What the decoder of a chunk allocates beside its window: tables, buffers of a block. 0 where that is nothing.
const fn decoder_bytes(packing: Packing) -> u64 {
    match packing {
        Packing::Lzw | Packing::Deflate => 64 * 1024,
        // The literals of a block, and 12 bytes for each of its 98,047 sequences.
        Packing::Zstandard => 6 * 1024 * 1024,
        // The window that programs choose, and tables.
        Packing::Lzma => 9 * 1024 * 1024,
        _ => 0,
    }
}

/// Hands out the rows of one strip or tile.
pub(super) struct ChunkReader<'a> {
    layout: &'a Layout,
    bytes: Box<dyn Read>,
    /// Rows of pixels that share their chroma, and how many of them were handed out.
    group: Vec<u8>,
    rows_out: u32,
}

impl ChunkReader<'_> {
    /// Reads the bytes of the next row. `reordered` is room for as many.
    pub(super) fn next_row(
        &mut self,
        row: &mut Vec<u8>,
        reordered: &mut Vec<u8>,
    ) -> Result<(), RenderThumbnail> {
        if self.layout.is_subsampled() {
            return self.next_subsampled_row(row);
        }
        row.resize(usize::try_from(self.layout.row_bytes()).unwrap_or(usize::MAX), 0);
        self.bytes.read_exact(row).map_err(undecodable)?;
        undo_predictor(row, reordered, self.layout);
        Ok(())
    }

    /// The file has units of all luminances of some pixels, and the chroma that they share.
    fn next_subsampled_row(&mut self, row: &mut Vec<u8>) -> Result<(), RenderThumbnail> {
        let (across, down) = self.layout.subsampling;
        let (across, down) = (across as usize, down as usize);
        let unit = across * down + 2;
        let y = self.rows_out as usize % down;
        if y == 0 {
            let (bytes, _rows) = self.layout.group();
            self.group.resize(usize::try_from(bytes).unwrap_or(usize::MAX), 0);
            self.bytes.read_exact(&mut self.group).map_err(undecodable)?;
        }
        self.rows_out += 1;
        row.clear();
        for unit in self.group.chunks_exact(unit) {
            let (luminances, chroma) = unit.split_at(across * down);
            let pixels = luminances[y * across..(y + 1) * across].iter();
            row.extend(pixels.flat_map(|&luminance| [luminance, chroma[0], chroma[1]]));
        }
        row.truncate(self.layout.chunk.width as usize * 3);
        Ok(())
    }
}
