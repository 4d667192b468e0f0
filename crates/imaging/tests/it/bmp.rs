//! BMP: headers of all ages, runs, masks, palettes, alpha, files that are cut off.

use bytes::Bytes;
use fm_domain::thumbnails::RenderThumbnail;
use image::RgbaImage;

use crate::pictures::{QUARTERS, is_about, pixels, quarters, render, seen_quarters};

/// Odd, so that rows are filled up, and as small as its thumbnail.
const SIZE: (u32, u32) = (61, 40);

const UPRIGHT: [Option<usize>; 4] = [Some(0), Some(1), Some(2), Some(3)];

/// The masks of 8 bits for red, green, blue and alpha.
const MASKS: [u32; 4] = [0xff_0000, 0xff00, 0xff, 0xff00_0000];

/// The parts of a file.
#[derive(Clone)]
struct Bmp {
    size: (u32, u32),
    header: u32,
    bits: u16,
    compression: u32,
    top_down: bool,
    masks: Vec<u32>,
    palette: Vec<[u8; 3]>,
    data: Vec<u8>,
}

impl Bmp {
    fn new(bits: u16, data: Vec<u8>) -> Self {
        let palette = if bits <= 8 { QUARTERS.to_vec() } else { Vec::new() };
        Self {
            size: SIZE,
            header: 40,
            bits,
            compression: 0,
            top_down: false,
            masks: Vec::new(),
            palette,
            data,
        }
    }

    fn masked(bits: u16, header: u32, compression: u32, masks: &[u32], data: Vec<u8>) -> Self {
        Self { header, compression, masks: masks.to_vec(), ..Self::new(bits, data) }
    }

    fn write(&self) -> Bytes {
        let (width, height) = self.size;
        let mut info = self.header.to_le_bytes().to_vec();
        if self.header == 12 {
            let fields = [u16::try_from(width).unwrap(), u16::try_from(height).unwrap(), 1, self.bits];
            info.extend(fields.map(u16::to_le_bytes).concat());
        } else {
            let height = if self.top_down { height.wrapping_neg() } else { height };
            info.extend([width, height].map(u32::to_le_bytes).concat());
            info.extend([1, self.bits].map(u16::to_le_bytes).concat());
            let colours = u32::try_from(self.palette.len()).unwrap();
            info.extend([self.compression, 0, 0, 0, colours, 0].map(u32::to_le_bytes).concat());
            info.extend(self.masks.iter().flat_map(|mask| mask.to_le_bytes()));
            info.resize(info.len().max(self.header.try_into().unwrap()), 0);
        }
        for [red, green, blue] in &self.palette {
            info.extend([blue, green, red]);
            info.extend(if self.header == 12 { &[][..] } else { &[0] });
        }
        let offset = u32::try_from(14 + info.len()).unwrap();
        [&b"BM"[..], &[0; 8], &offset.to_le_bytes(), &info, &self.data].concat().into()
    }
}

/// The rows of the quarters from the lowest, each filled up to four bytes.
fn rows(bits: u16, pixel: impl Fn(u32, u32, [u8; 3]) -> u32) -> Vec<u8> {
    let picture = quarters(SIZE.0, SIZE.1).into_rgb8();
    let mut data = Vec::new();
    for (y, row) in picture.rows().enumerate().collect::<Vec<_>>().into_iter().rev() {
        let mut bytes = Vec::new();
        let (mut held, mut count) = (0_u32, 0);
        for (x, colour) in (0..).zip(row) {
            let pixel = pixel(x, u32::try_from(y).unwrap(), colour.0);
            if bits >= 8 {
                bytes.extend(&pixel.to_le_bytes()[..usize::from(bits / 8)]);
                continue;
            }
            held = held << bits | pixel;
            count += bits;
            if count == 8 {
                bytes.push(u8::try_from(held & 0xff).unwrap());
                count = 0;
            }
        }
        if count > 0 {
            bytes.push(u8::try_from(held << (8 - count) & 0xff).unwrap());
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0xff);
        data.extend(bytes);
    }
    data
}

fn index(_: u32, _: u32, colour: [u8; 3]) -> u32 {
    u32::try_from(QUARTERS.iter().position(|&quarter| quarter == colour).unwrap()).unwrap()
}

fn bgr(_: u32, _: u32, [red, green, blue]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, red, green, blue])
}

/// The data with its rows in the other order.
fn turned(data: &[u8]) -> Vec<u8> {
    data.chunks(data.len() / SIZE.1 as usize).rev().flatten().copied().collect()
}

async fn assert_quarters(bmp: &Bmp, what: &str) -> RgbaImage {
    let seen = pixels(bmp.write()).await;
    assert_eq!(seen.dimensions(), SIZE, "{what}");
    assert_eq!(seen_quarters(&seen), UPRIGHT, "{what}");
    seen
}

async fn assert_undecodable(bmp: &Bmp, what: &str) {
    let answer = render(bmp.write()).await;
    assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "{what}: {answer:?}");
}

#[tokio::test]
async fn every_depth_is_read_below_every_header_and_from_either_end() {
    for bits in [2, 4, 8, 24, 32] {
        let data = if bits <= 8 { rows(bits, index) } else { rows(bits, bgr) };
        for header in [12, 40, 42, 52, 56, 64, 108, 124] {
            let what = format!("{bits} bits, a header of {header}");
            assert_quarters(&Bmp { header, ..Bmp::new(bits, data.clone()) }, &what).await;
        }
        let top_down = Bmp { top_down: true, ..Bmp::new(bits, turned(&data)) };
        assert_quarters(&top_down, &format!("{bits} bits from the top")).await;
    }
    let black = |x: u32, _: u32, _: [u8; 3]| u32::from(x < 30);
    let palette = vec![[250, 250, 250], [5, 5, 5]];
    let seen = pixels(Bmp { palette, ..Bmp::new(1, rows(1, black)) }.write()).await;
    assert!(is_about(&seen, (10, 20), [5; 3]) && is_about(&seen, (50, 20), [250; 3]));
}

#[tokio::test]
async fn masks_say_where_colours_are() {
    let five = |_: u32, _: u32, [red, green, blue]: [u8; 3]| {
        let bits = |sample: u8, bits: u32| u32::from(sample) >> (8 - bits);
        bits(red, 5) << 11 | bits(green, 6) << 5 | bits(blue, 5)
    };
    let deep = |_: u32, _: u32, rgb: [u8; 3]| {
        let [red, green, blue] = rgb.map(|sample| u32::from(sample) << 2);
        red << 20 | green << 10 | blue
    };
    for header in [40, 52, 56, 108, 124] {
        let with_alpha =
            |masks: &[u32; 3]| if header < 56 { masks.to_vec() } else { [&masks[..], &[0]].concat() };
        let masks = with_alpha(&[0xf800, 0x7e0, 0x1f]);
        assert_quarters(&Bmp::masked(16, header, 3, &masks, rows(16, five)), "5, 6 and 5 bits").await;
        let masks = with_alpha(&[0x3ff0_0000, 0xf_fc00, 0x3ff]);
        assert_quarters(&Bmp::masked(32, header, 3, &masks, rows(32, deep)), "10 bits").await;
    }
    assert_undecodable(&Bmp::masked(32, 40, 3, &[0xff_00ff, 0xff00, 0], rows(32, bgr)), "a mask with a gap")
        .await;
}

/// Pixels of which the left half is see-through by half.
fn veiled(x: u32, y: u32, colour: [u8; 3]) -> u32 {
    bgr(x, y, colour) | if x < 30 { 0x8000_0000 } else { 0xff00_0000 }
}

#[tokio::test]
async fn alpha_counts_where_the_header_has_a_mask_of_it() {
    let data = rows(32, veiled);
    let with = |header, compression, count: usize| {
        Bmp::masked(32, header, compression, &MASKS[..count], data.clone())
    };
    // Compression 6 is masks with alpha; from version 4 on alpha counts without masks, too.
    for bmp in
        [with(56, 3, 4), with(108, 3, 4), with(124, 3, 4), with(40, 6, 4), with(108, 0, 4), with(124, 0, 4)]
    {
        let seen = pixels(bmp.write()).await;
        let alphas = [10, 50].map(|x| seen.get_pixel(x, 20).0[3]);
        assert_eq!(alphas, [128, 255], "a header of {}, compression {}", bmp.header, bmp.compression);
    }
    for bmp in [with(40, 3, 3), with(52, 3, 3), with(40, 0, 0), with(56, 0, 4)] {
        assert_quarters(&bmp, &format!("a header of {}, compression {}", bmp.header, bmp.compression)).await;
    }
}

#[tokio::test]
async fn alpha_of_zero_everywhere_is_not_meant_whatever_lies_beside_the_pixels() {
    let plain = rows(32, bgr);
    let after = [plain.clone(), vec![0xff; 1000]].concat();
    let masks = [0x7c00, 0x3e0, 0x1f, 0x8000];
    let five =
        |_: u32, _: u32, rgb: [u8; 3]| rgb.iter().fold(0, |sum, sample| sum << 5 | u32::from(sample >> 3));
    for (what, bmp) in [
        ("nothing", Bmp::masked(32, 108, 3, &MASKS, plain)),
        ("bytes after the pixels", Bmp::masked(32, 108, 3, &MASKS, after)),
        // Rows of 61 pixels are filled up, with bits that are set.
        ("the ends of rows", Bmp::masked(16, 56, 3, &masks, rows(16, five))),
    ] {
        assert_quarters(&bmp, what).await;
    }
}

/// Runs of the quarters' indices, or of their colours.
fn runs(bits: u16, top_down: bool) -> Vec<u8> {
    let mut data = Vec::new();
    let colour = |quarter: usize| match bits {
        24 => QUARTERS[quarter].into_iter().rev().collect(),
        4 => vec![u8::try_from(quarter * 0x11).unwrap()],
        _ => vec![u8::try_from(quarter).unwrap()],
    };
    for y in 0..SIZE.1 {
        let below = 2 * usize::from((y < SIZE.1 / 2) != top_down);
        // A run, three pixels as they are, and a run that is too long.
        data.push(30);
        data.extend(colour(below));
        data.extend([0, 3]);
        let pixels = colour(below + 1).repeat(if bits == 4 { 2 } else { 3 });
        data.extend(&pixels);
        data.extend(&[0][..pixels.len() % 2]);
        data.push(255);
        data.extend(colour(below + 1));
        data.extend([0, 0]);
    }
    data.extend([0, 1]);
    data
}

#[tokio::test]
async fn runs_are_unpacked_from_either_end() {
    for (bits, compression, header) in [(8, 1, 40), (8, 1, 124), (4, 2, 40), (24, 4, 64)] {
        for top_down in [false, true] {
            let bmp = Bmp { header, compression, top_down, ..Bmp::new(bits, runs(bits, top_down)) };
            assert_quarters(&bmp, &format!("runs of {bits} bits from the top: {top_down}")).await;
        }
    }
}

#[tokio::test]
async fn pixels_that_runs_leave_out_are_black_and_rows_that_they_do_not_reach_see_through() {
    let row = [61, 1, 0, 0];
    let begin = row.repeat(10);
    let cut = [&begin[..], &[20, 1, 0, 2, 20, 0, 21, 1, 0, 0]].concat();
    let run = |data: Vec<u8>| Bmp { compression: 1, ..Bmp::new(8, data) };
    let seen = pixels(run(cut.clone()).write()).await;
    assert!(is_about(&seen, (30, 35), QUARTERS[1]) && is_about(&seen, (10, 29), QUARTERS[1]));
    assert!(is_about(&seen, (30, 29), [0; 3]), "{:?}", seen.get_pixel(30, 29));
    assert_eq!(seen.get_pixel(30, 10).0[3], 0);
    // With an end, all rows are reached.
    let seen = pixels(run([&cut[..], &[0, 1]].concat()).write()).await;
    assert!(is_about(&seen, (30, 10), [0; 3]));
    assert_undecodable(&run(vec![0, 2, 5, 5, 0, 1]), "no pixel at all").await;
}

#[tokio::test]
async fn a_palette_may_be_short_and_indices_beyond_it_are_black() {
    let few = Bmp { palette: QUARTERS[..3].to_vec(), ..Bmp::new(8, rows(8, index)) };
    let seen = pixels(few.write()).await;
    assert_eq!(seen_quarters(&seen)[..3], UPRIGHT[..3]);
    assert!(is_about(&seen, (45, 30), [0; 3]));
    // It is said to have 256 colours, and ends where the pixels begin.
    let mut file = Bmp::new(8, rows(8, index)).write().to_vec();
    file[14 + 32..14 + 36].fill(0);
    assert_eq!(seen_quarters(&pixels(file.into()).await), UPRIGHT);
}

#[tokio::test]
async fn a_file_that_is_cut_off_shows_its_rows() {
    for (top_down, there, missing) in [(false, 35, 5), (true, 5, 35)] {
        for bits in [4, 24, 32] {
            let mut data = if bits == 4 { rows(bits, index) } else { rows(bits, bgr) };
            data.truncate(data.len() / 2);
            let seen = pixels(Bmp { top_down, ..Bmp::new(bits, data) }.write()).await;
            assert_eq!(seen.get_pixel(30, there).0[3], 255, "{bits} bits");
            assert_eq!(seen.get_pixel(30, missing).0[3], 0, "{bits} bits");
        }
    }
    assert_undecodable(&Bmp::new(24, vec![0; 100]), "half a row").await;
}

#[tokio::test]
async fn what_chromium_does_not_show_is_undecodable() {
    for (what, bits, compression, header) in [
        ("JPEG", 0, 4, 40),
        ("PNG", 0, 5, 40),
        ("JPEG", 24, 4, 40),
        ("Huffman codes", 1, 3, 64),
        ("a compression that does not exist", 24, 9, 40),
        ("3 bits", 3, 0, 40),
        ("a header of another size", 24, 0, 70),
    ] {
        assert_undecodable(&Bmp { header, compression, ..Bmp::new(bits, rows(24, bgr)) }, what).await;
    }
    for (size, is_shown) in
        [((65_535, 1), true), ((65_536, 1), false), ((1, 65_535), true), ((1, 65_536), false)]
    {
        let bmp = Bmp { size, ..Bmp::new(8, vec![1; 4 * 65_536]) };
        assert_eq!(render(bmp.write()).await.is_ok(), is_shown, "{size:?}");
    }
}
