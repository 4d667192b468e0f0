//! TIFF: every colour space, depth and layout that is decoded, and what is not.

mod fax;
mod packing;
mod profiles;
mod writer;

use fm_domain::thumbnails::RenderThumbnail;
use image::RgbImage;

use self::writer::{Tiff, Values};
use crate::pictures::{QUARTERS, is_about, pixels, quarters, render, seen_quarters};

const SIZE: (u32, u32) = (96, 64);

const UPRIGHT: [Option<usize>; 4] = [Some(0), Some(1), Some(2), Some(3)];

fn colours() -> RgbImage {
    quarters(SIZE.0, SIZE.1).into_rgb8()
}

/// The samples of all pixels.
fn samples(of: impl Fn([u8; 3]) -> Vec<u8>) -> Vec<u8> {
    colours().pixels().flat_map(|pixel| of(pixel.0)).collect()
}

fn rgb() -> Tiff {
    Tiff::new(SIZE, 2, 3, 8, samples(|rgb| rgb.to_vec()))
}

/// The quarters in their order, as numbers.
fn number([red, green, blue]: [u8; 3]) -> u8 {
    u8::try_from(QUARTERS.iter().position(|quarter| *quarter == [red, green, blue]).unwrap()).unwrap()
}

async fn assert_quarters(tiff: &Tiff, what: &str) {
    for (big_endian, big) in [(false, false), (false, true)] {
        let seen = pixels(Tiff { big_endian, big, ..tiff.clone() }.write()).await;
        assert_eq!(seen.dimensions(), (64, 43), "{what}");
        assert_eq!(seen_quarters(&seen), UPRIGHT, "{what}, BigTIFF: {big}");
    }
}

/// Grey quarters of these shades.
async fn assert_greys(tiff: &Tiff, greys: [u8; 4], what: &str) {
    let seen = pixels(tiff.write()).await;
    for (at, grey) in [(16, 10), (48, 10), (16, 32), (48, 32)].into_iter().zip(greys) {
        assert!(
            is_about(&seen, at, [grey; 3]),
            "{what}: {:?} where {grey} should be",
            seen.get_pixel(at.0, at.1)
        );
    }
}

/// Numbers of this many bits, each row filled up to a byte.
fn packed_bits(bits: u32, number: impl Fn(u8) -> u32) -> Vec<u8> {
    let mut packed = Vec::new();
    for row in colours().rows() {
        let (mut held, mut count) = (0_u64, 0);
        for pixel in row {
            held = held << bits | u64::from(number(self::number(pixel.0)));
            count += bits;
            while count >= 8 {
                count -= 8;
                packed.push(u8::try_from(held >> count & 0xff).unwrap());
            }
        }
        if count > 0 {
            packed.push(u8::try_from(held << (8 - count) & 0xff).unwrap());
        }
    }
    packed
}

#[tokio::test]
async fn every_depth_of_grey_is_read() {
    for bits in [1_u16, 2, 3, 4, 6, 8, 10, 12, 14] {
        let most = (1 << bits) - 1;
        let shades = [0, most / 3, most * 2 / 3, most];
        let data = packed_bits(bits.into(), |number| shades[usize::from(number)]);
        let greys = shades.map(|shade| u8::try_from(shade * 255 / most).unwrap());
        assert_greys(&Tiff::new(SIZE, 1, 1, bits, data.clone()), greys, &format!("{bits} bits")).await;
        let inverted = greys.map(|grey| 255 - grey);
        assert_greys(&Tiff::new(SIZE, 0, 1, bits, data), inverted, &format!("{bits} bits, white is zero"))
            .await;
    }
}

/// The numbers of the quarters, in bytes of either order.
fn numbers(big_endian: bool, of: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    samples(|rgb| {
        let mut bytes = of(number(rgb).into());
        if big_endian {
            bytes.reverse();
        }
        bytes
    })
}

#[tokio::test]
async fn whole_numbers_of_every_width_and_sign_are_read_in_both_byte_orders() {
    const SHADES: [u8; 4] = [0, 80, 160, 255];
    for big_endian in [false, true] {
        let tiff = |bits: u16, format: u16, of: &dyn Fn(usize) -> Vec<u8>| Tiff {
            big_endian,
            ..Tiff::new(SIZE, 1, 1, bits, numbers(big_endian, of)).with(339, &[format])
        };
        let deep = |at: usize| u32::from(SHADES[at]) * 257;
        let cases: [(&str, Tiff); 9] = [
            ("u16", tiff(16, 1, &|at| u16::try_from(deep(at)).unwrap().to_le_bytes().to_vec())),
            ("u32", tiff(32, 1, &|at| (deep(at) * 65_537).to_le_bytes().to_vec())),
            ("u32 of 16 bits", tiff(32, 1, &|at| deep(at).to_le_bytes().to_vec())),
            ("u24", tiff(24, 1, &|at| (deep(at) << 8).to_le_bytes()[..3].to_vec())),
            ("u64", tiff(64, 1, &|at| (u64::from(deep(at)) << 48).to_le_bytes().to_vec())),
            ("i32 of 8 bits", tiff(32, 2, &|at| i32::from(SHADES[at]).to_le_bytes().to_vec())),
            ("i16 of 8 bits", tiff(16, 2, &|at| i16::from(SHADES[at]).to_le_bytes().to_vec())),
            ("i16", tiff(16, 2, &|at| (i16::from(SHADES[at]) * 128).to_le_bytes().to_vec())),
            ("i64", tiff(64, 2, &|at| i64::from(deep(at)).to_le_bytes().to_vec())),
        ];
        for (name, tiff) in cases {
            assert_greys(&tiff, SHADES, &format!("{name}, big-endian: {big_endian}")).await;
        }
    }
}

#[tokio::test]
async fn floating_point_numbers_of_every_width_are_read_up_to_1_or_255() {
    for big_endian in [false, true] {
        for white in [1.0, 255.0] {
            let shade = |at: usize| [0.0, 0.25, 0.5, 1.0][at] * white;
            let tiffs = [
                (16, numbers(big_endian, |at| half::f16::from_f64(shade(at)).to_le_bytes().to_vec())),
                (
                    32,
                    numbers(big_endian, |at| half::f16::from_f64(shade(at)).to_f32().to_le_bytes().to_vec()),
                ),
                (64, numbers(big_endian, |at| shade(at).to_le_bytes().to_vec())),
            ];
            for (bits, data) in tiffs {
                let tiff = Tiff { big_endian, ..Tiff::new(SIZE, 1, 1, bits, data).with(339, &[3]) };
                assert_greys(&tiff, [0, 64, 128, 255], &format!("{bits} bits up to {white}")).await;
            }
        }
    }
}

#[tokio::test]
async fn white_of_floating_point_numbers_is_that_of_the_colours() {
    // Alpha of 255 beside colours up to 1, and infinite samples that mean nothing.
    let with_alpha = |alpha: f32| {
        let pixel = move |at: usize| [[0.0, 0.25, 0.5, 1.0][at], alpha].map(f32::to_le_bytes).concat();
        numbers(false, pixel)
    };
    let tiff = |samples: u16, data: Vec<u8>| Tiff::new(SIZE, 1, samples, 32, data).with(339, &[3]);
    for alpha in [1.0, 255.0, f32::INFINITY] {
        let opaque = tiff(2, with_alpha(alpha)).with(338, &[2]);
        assert_greys(&opaque, [0, 64, 128, 255], &format!("alpha of {alpha}")).await;
    }
    let data = with_alpha(255.0);
    let planes: Vec<Vec<u8>> = (0..2)
        .map(|plane| data.chunks(8).flat_map(|pixel| pixel[plane * 4..][..4].to_vec()).collect())
        .collect();
    let planar = Tiff { chunks: planes, ..tiff(2, Vec::new()) }.with(338, &[2]).with(284, &[2]);
    assert_greys(&planar, [0, 64, 128, 255], "alpha in a plane of its own").await;
    // A filter that sharpens has made a few pixels brighter than white.
    let sharp = numbers(false, |at| [0.0_f32, 0.25, 0.5, 1.09][at].to_le_bytes().to_vec());
    assert_greys(&tiff(1, sharp), [0, 64, 128, 255], "an overshoot").await;
    // What fills up a tile is no part of the picture.
    let filled: Vec<u8> =
        (0..64 * 128).flat_map(|at: u32| if at % 128 < 96 { 0.5_f32 } else { 9.0 }.to_le_bytes()).collect();
    let tiled = Tiff { tile: Some((128, 64)), ..tiff(1, filled) };
    assert_greys(&tiled, [128; 4], "numbers beyond the edge").await;
}

#[tokio::test]
async fn indices_lab_and_chroma_of_other_numbers_are_undecodable() {
    let map = vec![0; 3 * 256];
    for (what, photometric, samples) in [("palette", 3, 1), ("CIE Lab", 8, 3), ("chroma", 6, 3)] {
        for (bits, format) in [(8, 2), (16, 3), (32, 3), (32, 1), (24, 1)] {
            let data = vec![0; SIZE.0 as usize * SIZE.1 as usize * usize::from(samples * bits / 8)];
            let tiff = Tiff::new(SIZE, photometric, samples, bits, data).with(339, &[format]);
            let answer = render(tiff.with(320, &map).with(530, &[1, 1]).write()).await;
            assert!(
                matches!(answer, Err(RenderThumbnail::Undecodable(_))),
                "{what} of {bits} bits, format {format}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn palettes_of_every_depth_are_read() {
    for bits in [2_u16, 4, 8] {
        for factor in [257, 1] {
            let colour = |part: usize| {
                (0..1_usize << bits).map(move |index| {
                    QUARTERS.get(index).map_or(0, |quarter| u16::from(quarter[part]) * factor)
                })
            };
            let map: Vec<u16> = (0..3).flat_map(colour).collect();
            let tiff = Tiff::new(SIZE, 3, 1, bits, packed_bits(bits.into(), u32::from)).with(320, &map);
            assert_quarters(&tiff, &format!("a palette of {bits} bits, times {factor}")).await;
        }
    }
}

#[tokio::test]
async fn colours_of_every_depth_are_read() {
    assert_quarters(&rgb(), "8 bits").await;
    let deep =
        samples(|rgb| rgb.into_iter().flat_map(|sample| (u16::from(sample) * 257).to_le_bytes()).collect());
    assert_quarters(&Tiff::new(SIZE, 2, 3, 16, deep), "16 bits").await;
    let floats =
        samples(|rgb| rgb.into_iter().flat_map(|sample| (f32::from(sample) / 255.0).to_le_bytes()).collect());
    assert_quarters(&Tiff::new(SIZE, 2, 3, 32, floats).with(339, &[3, 3, 3]), "floating-point numbers").await;
}

#[tokio::test]
async fn inks_and_cie_lab_are_read() {
    let inks = samples(|rgb| rgb.into_iter().map(|sample| 255 - sample).chain([0]).collect());
    assert_quarters(&Tiff::new(SIZE, 5, 4, 8, inks.clone()), "CMYK").await;
    let other = Tiff::new(SIZE, 5, 4, 8, inks).with(332, &[2]);
    assert!(
        matches!(render(other.write()).await, Err(RenderThumbnail::Undecodable(_))),
        "other inks than CMYK"
    );
    // L*, a* and b* of the quarters for the white of D50, as a colour management system gives them.
    let lab = [[48, 74, 57], [71, -69, 66], [27, 64, -101], [93, -14, 82]];
    for (photometric, offset) in [(8, 0), (9, 128)] {
        let data = samples(|rgb| {
            let [lightness, a, b] = lab[usize::from(number(rgb))];
            let byte = |value: i32| u8::try_from((value + offset) & 0xff).unwrap();
            vec![u8::try_from(lightness * 255 / 100).unwrap(), byte(a), byte(b)]
        });
        let seen = pixels(Tiff::new(SIZE, photometric, 3, 8, data).write()).await;
        for (at, quarter) in [(16, 10), (48, 10), (16, 32), (48, 32)].into_iter().zip(QUARTERS) {
            let pixel = seen.get_pixel(at.0, at.1).0;
            let difference = pixel.iter().zip(quarter).map(|(seen, wanted)| seen.abs_diff(wanted)).max();
            assert!(difference.unwrap() <= 24, "{pixel:?} where {quarter:?} should be");
        }
    }
}

/// Luminance and chroma, rounded.
fn ycbcr(rgb: [u8; 3]) -> [u8; 3] {
    let [red, green, blue] = rgb.map(i32::from);
    let byte = |thousandths: i32| u8::try_from(((thousandths + 500) / 1000).clamp(0, 255)).unwrap();
    [
        byte(299 * red + 587 * green + 114 * blue),
        byte(128_000 - 169 * red - 331 * green + 500 * blue),
        byte(128_000 + 500 * red - 419 * green - 81 * blue),
    ]
}

#[tokio::test]
async fn chroma_is_read_for_every_subsampling() {
    let picture = colours();
    for (across, down) in [(1_u32, 1_u32), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4), (1, 2)] {
        let mut data = Vec::new();
        for (y, x) in (0..SIZE.1)
            .step_by(down as usize)
            .flat_map(|y| (0..SIZE.0).step_by(across as usize).map(move |x| (y, x)))
        {
            let luminances = (y..y + down).flat_map(|y| (x..x + across).map(move |x| (x, y)));
            data.extend(luminances.map(|(x, y)| ycbcr(picture.get_pixel(x, y).0)[0]));
            data.extend(&ycbcr(picture.get_pixel(x, y).0)[1..]);
        }
        let factors = [across, down].map(|factor| u16::try_from(factor).unwrap());
        let tiff = Tiff::new(SIZE, 6, 3, 8, data).with(530, &factors);
        assert_quarters(&tiff, &format!("chroma for {across} × {down}")).await;
    }
}

#[tokio::test]
async fn luminance_of_video_is_widened() {
    let narrow = |rgb: [u8; 3]| {
        let [luminance, blue, red] = ycbcr(rgb).map(u32::from);
        let chroma = |value: u32| u8::try_from(16 + value * 224 / 255).unwrap();
        vec![u8::try_from(16 + luminance * 219 / 255).unwrap(), chroma(blue), chroma(red)]
    };
    let reference = [16, 235, 128, 240, 128, 240].map(|value| value * 1000).to_vec();
    let tiff = Tiff::new(SIZE, 6, 3, 8, samples(narrow)).with(530, &[1, 1]);
    assert_quarters(&tiff.field(532, Values::Fractions(reference)), "the range of video").await;
}

#[tokio::test]
async fn alpha_is_read_as_its_field_says() {
    // The left half is see-through by half.
    let opacity = |number: u8| if number.is_multiple_of(2) { 128 } else { 255 };
    let grey = |associated: bool| {
        samples(move |rgb| {
            let alpha = opacity(number(rgb));
            vec![if associated && alpha == 128 { 100 } else { 200 }, alpha]
        })
    };
    for (what, data, extra) in [
        ("unassociated", grey(false), Some(2)),
        ("associated", grey(true), Some(1)),
        ("without a field", grey(false), None),
        ("Corel's", grey(false), Some(999)),
    ] {
        let tiff = Tiff::new(SIZE, 1, 2, 8, data);
        let tiff = if let Some(extra) = extra { tiff.with(338, &[extra]) } else { tiff };
        let seen = pixels(tiff.write()).await;
        let [grey, _, _, alpha] = seen.get_pixel(16, 20).0;
        assert!(alpha.abs_diff(128) <= 2 && grey.abs_diff(200) <= 3, "{what}: {:?}", seen.get_pixel(16, 20));
        assert!(is_about(&seen, (48, 20), [200; 3]), "{what}: {:?}", seen.get_pixel(48, 20));
    }
    let unspecified = Tiff::new(SIZE, 2, 4, 8, samples(|[r, g, b]| vec![r, g, b, 7])).with(338, &[0]);
    assert_quarters(&unspecified, "a sample that is no alpha").await;
    let more = Tiff::new(SIZE, 2, 5, 8, samples(|[r, g, b]| vec![r, g, b, 255, 9])).with(338, &[2, 0]);
    assert_quarters(&more, "alpha and another sample").await;
}

/// The samples, one plane after the other.
fn planes(data: &[u8], samples: usize) -> Vec<Vec<u8>> {
    (0..samples).map(|plane| data.iter().copied().skip(plane).step_by(samples).collect()).collect()
}

/// Tiles of the samples of a plane or of all planes.
fn tiles(data: &[u8], samples: usize, tile: (u32, u32)) -> Vec<Vec<u8>> {
    let mut tiles = Vec::new();
    for top in (0..SIZE.1).step_by(tile.1 as usize) {
        for left in (0..SIZE.0).step_by(tile.0 as usize) {
            let mut bytes = Vec::new();
            for (y, x) in (top..top + tile.1).flat_map(|y| (left..left + tile.0).map(move |x| (y, x))) {
                let at = (y * SIZE.0 + x) as usize * samples;
                let inside = x < SIZE.0 && y < SIZE.1;
                bytes.extend(if inside { data[at..at + samples].to_vec() } else { vec![0; samples] });
            }
            tiles.push(bytes);
        }
    }
    tiles
}

#[tokio::test]
async fn strips_tiles_and_planes_are_put_together() {
    let data = samples(|rgb| rgb.to_vec());
    let strips: Vec<Vec<u8>> = data.chunks(7 * SIZE.0 as usize * 3).map(<[u8]>::to_vec).collect();
    assert_quarters(&Tiff { chunks: strips, rows_per_strip: 7, ..rgb() }, "strips").await;
    let planar = rgb().with(284, &[2]);
    assert_quarters(&Tiff { chunks: planes(&data, 3), ..planar.clone() }, "planes").await;
    for tile in [(16, 16), (32, 16), (64, 48), (128, 128)] {
        let chunks = tiles(&data, 3, tile);
        assert_quarters(&Tiff { chunks, tile: Some(tile), ..rgb() }, "tiles").await;
        let chunks = planes(&data, 3).iter().flat_map(|plane| tiles(plane, 1, tile)).collect();
        assert_quarters(&Tiff { chunks, tile: Some(tile), ..planar.clone() }, "tiles of planes").await;
    }
}

#[tokio::test]
async fn what_is_not_decoded_is_undecodable() {
    for compression in [32_809, 34_676, 34_712, 34_887, 65_000] {
        let answer = render(rgb().with(259, &[compression]).write()).await;
        assert!(
            matches!(answer, Err(RenderThumbnail::Undecodable(_))),
            "compression {compression}: {answer:?}"
        );
    }
    for photometric in [4, 10, 32_803, 32_844, 32_845] {
        let answer = render(rgb().with(262, &[photometric]).write()).await;
        assert!(matches!(answer, Err(RenderThumbnail::Undecodable(_))), "colours {photometric}: {answer:?}");
    }
}
