//! Strips and tiles, unpacked row by row.

use std::io::{Cursor, Read};

use flate2::read::ZlibDecoder;
use fm_domain::thumbnails::RenderThumbnail;
use image_webp::WebPDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::decode::tiff::directory::{Layout, Packing};
use crate::decode::tiff::fax;
use crate::decode::tiff::packed::{Lzw, PackBits};
use crate::decode::tiff::samples::{Scale, undo_predictor};
use crate::request::{Request, undecodable};
use crate::source::Source;

/// Hands out the rows of one strip or tile.
pub(super) struct ChunkReader<'a> {
    layout: &'a Layout,
    bytes: Box<dyn Read>,
    row: Vec<u8>,
    /// Rows of pixels that share their chroma, and how many of them were handed out.
    group: Vec<u8>,
    rows_out: u32,
}

impl<'a> ChunkReader<'a> {
    /// Opens a chunk of a plane of which this many rows are in the picture.
    pub(super) fn open(
        layout: &'a Layout,
        source: &Source,
        request: Request,
        plane: usize,
        index: u32,
        rows: u32,
    ) -> Result<Self, RenderThumbnail> {
        let mut data = layout.data(source, plane, index);
        if layout.has_reversed_bits && !matches!(layout.packing, Packing::Jpeg | Packing::WebP) {
            request.afford(Some(data.len() as u64))?;
            data = data.iter().map(|byte| byte.reverse_bits()).collect();
        }
        let bytes = unpacked(layout, Source::new(data, source.deadline()), request, rows)?;
        Ok(Self { layout, bytes, row: Vec::new(), group: Vec::new(), rows_out: 0 })
    }

    /// The samples of the next row, eight bits each.
    pub(super) fn next_row(&mut self, scale: &Scale, samples: &mut Vec<u8>) -> Result<(), RenderThumbnail> {
        let width = self.layout.chunk.width as usize;
        if self.layout.is_subsampled() {
            return self.next_subsampled_row(width, samples);
        }
        let count = width * self.layout.samples_in_chunk();
        self.row.resize((count * self.layout.bits as usize).div_ceil(8), 0);
        self.bytes.read_exact(&mut self.row).map_err(undecodable)?;
        undo_predictor(&mut self.row, self.layout, self.layout.samples_in_chunk());
        scale.unpack(&self.row, count, samples);
        Ok(())
    }

    /// The file has units of all luminances of some pixels, and the chroma that they share.
    fn next_subsampled_row(&mut self, width: usize, samples: &mut Vec<u8>) -> Result<(), RenderThumbnail> {
        let (across, down) = self.layout.subsampling;
        let (across, down) = (across as usize, down as usize);
        let unit = across * down + 2;
        let y = self.rows_out as usize % down;
        if y == 0 {
            self.group.resize(width.div_ceil(across) * unit, 0);
            self.bytes.read_exact(&mut self.group).map_err(undecodable)?;
        }
        self.rows_out += 1;
        samples.clear();
        for unit in self.group.chunks_exact(unit) {
            let (luminances, chroma) = unit.split_at(across * down);
            let row = luminances[y * across..(y + 1) * across].iter();
            samples.extend(row.flat_map(|&luminance| [luminance, chroma[0], chroma[1]]));
        }
        samples.truncate(width * 3);
        Ok(())
    }
}

/// A reader of the bytes that were packed.
fn unpacked(
    layout: &Layout,
    data: Source,
    request: Request,
    rows: u32,
) -> Result<Box<dyn Read>, RenderThumbnail> {
    Ok(match layout.packing {
        Packing::Plain => Box::new(data),
        Packing::PackBits => Box::new(PackBits::new(data.into_bytes())),
        Packing::Lzw => Box::new(Lzw::new(data.into_bytes())),
        Packing::Deflate => Box::new(ZlibDecoder::new(data)),
        Packing::Zstandard => {
            let window = layout.window_bytes(request);
            Box::new(StreamingDecoder::new_with_max_window_size(data, window).map_err(undecodable)?)
        }
        Packing::Lzma => {
            let kibibytes = u32::try_from(layout.window_bytes(request) / 1024).unwrap_or(u32::MAX);
            Box::new(XzReader::new_mem_limit(data, true, kibibytes))
        }
        Packing::Jpeg => Box::new(Cursor::new(jpeg(layout, &data, request)?)),
        Packing::WebP => Box::new(Cursor::new(webp(layout, data, request)?)),
        Packing::Runs { .. } | Packing::Group3 { .. } | Packing::Group4 => {
            let packed = fax::unpack(Source::bytes(&data), layout.packing, layout.chunk.width, rows);
            Box::new(Cursor::new(packed.ok_or_else(|| undecodable("one of its fax codes is none"))?))
        }
    })
}

/// The samples of a JPEG file in which tables may be missing: they are in the directory then.
fn jpeg(layout: &Layout, data: &Source, request: Request) -> Result<Vec<u8>, RenderThumbnail> {
    // Of the tables the end is left out, of the picture the beginning: together they are a file.
    let file = match layout.jpeg_tables.strip_suffix(&[0xff, 0xd9]) {
        Some(tables) => [tables, data.bytes().get(2..).unwrap_or_default()].concat().into(),
        None => data.clone().into_bytes(),
    };
    let mut decoder = JpegDecoder::new(Source::new(file, data.deadline()));
    decoder.decode_headers().map_err(undecodable)?;
    let colours = decoder.input_colorspace().ok_or_else(|| undecodable("a JPEG in it has no frame"))?;
    // The directory tells what the components are.
    decoder.set_options(DecoderOptions::default().jpeg_set_out_colorspace(colours));
    let (width, height) = decoder.dimensions().ok_or_else(|| undecodable("a JPEG in it has no size"))?;
    let has_room = width == layout.chunk.width as usize && height <= layout.chunk.height as usize;
    if colours.num_components() != layout.samples_in_chunk() || !has_room {
        return Err(undecodable("a JPEG in it has another size than its strip or tile"));
    }
    request.afford((width as u64 * height as u64).checked_mul(colours.num_components() as u64 * 2))?;
    decoder.decode().map_err(undecodable)
}

/// The samples of a WebP file.
fn webp(layout: &Layout, data: Source, request: Request) -> Result<Vec<u8>, RenderThumbnail> {
    let mut decoder = WebPDecoder::new(data).map_err(undecodable)?;
    decoder.set_memory_limit(usize::try_from(request.budget.max_alloc).unwrap_or(usize::MAX));
    let (width, height) = decoder.dimensions();
    let (samples, wanted) = (if decoder.has_alpha() { 4 } else { 3 }, layout.samples_in_chunk());
    if width != layout.chunk.width || height > layout.chunk.height || samples > wanted || wanted > 4 {
        return Err(undecodable("a WebP in it has another size than its strip or tile"));
    }
    let mut pixels = vec![0; width as usize * height as usize * samples];
    decoder.read_image(&mut pixels).map_err(undecodable)?;
    if samples == wanted {
        return Ok(pixels);
    }
    // What is opaque has no alpha in the file.
    let rgb = pixels.as_chunks::<3>().0.iter();
    Ok(rgb.flat_map(|&[red, green, blue]| [red, green, blue, u8::MAX]).collect())
}
