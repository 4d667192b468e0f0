//! What is decoded is what another decoder makes of it.

use super::{decode, difference, general, marker, size};
use crate::size::Size;
use crate::testing::{Order, Writer, colour, grey, segment};
use crate::{Picture, Scale};

/// Sizes with and without blocks that are not whole, and MCUs that are not.
const SIZES: [(u16, u16); 6] = [(64, 64), (1, 1), (65, 33), (127, 250), (8, 300), (311, 9)];

/// Sampling factors of the first component. All add up to at most ten blocks an MCU.
const FACTORS: [(u8, u8); 9] = [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2), (2, 4), (3, 1)];

/// Where the averages are not those of the general decoder: exactly, but for the rounding, and for those that the general
/// decoder mixes with their neighbours where a sample stands for two pixels in a row or column.
pub(super) fn disagreement(eighth: &Picture, general: (Size, &[u8])) -> Option<String> {
    let (general_size, expected) = general;
    assert_eq!(size(eighth), general_size);
    let (width, height) = (general_size.width as usize, general_size.height as usize);
    let count = expected.len() / (width * height);
    for component in 0..count {
        let rows: Vec<Vec<u8>> = (0..height)
            .map(|y| {
                let mut row = vec![0; width];
                eighth.channels()[component].stretch(y, &mut row);
                row
            })
            .collect();
        let spread = eighth.channels()[component].spread;
        let reach = |spread: u32| if count > 1 && spread == 2 { 2 } else { 0 };
        let (across, down) = (reach(spread.width), reach(spread.height));
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let seen = expected[(y * width + x) * count + component];
            let near = rows[y.saturating_sub(down)..(y + down + 1).min(height)]
                .iter()
                .flat_map(|row| &row[x.saturating_sub(across)..(x + across + 1).min(width)]);
            let (low, high) = near.fold((255, 0), |(low, high), &one| (one.min(low), one.max(high)));
            if !(low.saturating_sub(1)..=high.saturating_add(1)).contains(&seen) {
                let place = format!("component {component} at {x}, {y}");
                return Some(format!("{place}: {seen}, and {low} to {high} around it"));
            }
        }
    }
    None
}

fn assert_same_averages(eighth: &Picture, file: &[u8], what: &str) {
    let (size, expected) =
        general(file, Scale::Eighth, false).unwrap_or_else(|| panic!("the general decoder refuses {what}"));
    assert_eq!(disagreement(eighth, (size, &expected)), None, "{what}");
}

fn check(writer: &Writer, what: &str) {
    let file = writer.write();
    let eighth = decode(&file, Scale::Eighth).unwrap_or_else(|error| panic!("{error}: {what}"));
    assert_same_averages(&eighth, &file, what);
    for scale in [Scale::Quarter, Scale::Half, Scale::Whole] {
        let width = scale.of(writer.width.into());
        // The other decoder chooses 1/8 for a single pixel, however large it is to be, and smooths rows of two samples.
        if width > 4 && writer.height > 1 {
            assert_same_pixels(scale, &file, what);
        }
    }
}

/// Fails unless the samples at this scale are those of the general decoder, but for the rounding of its integers.
fn assert_same_pixels(scale: Scale, file: &[u8], what: &str) {
    let (general_size, expected) = general(file, scale, false).unwrap();
    let picture = decode(file, scale).unwrap();
    assert_eq!(size(&picture), general_size, "{what}, {scale:?}");
    let mut seen = Vec::new();
    let mut rows = picture.rows();
    while let Some(row) = rows.next_row() {
        match picture.channels().len() {
            1 => seen.extend(row.iter().step_by(3)),
            _ => seen.extend_from_slice(row),
        }
    }
    let difference = difference(&seen, &expected);
    assert!(difference <= 3, "{what}, {scale:?}: {difference}");
}

#[test]
fn grey_pictures_agree_at_every_size() {
    for (width, height) in SIZES {
        check(&grey(width, height), &format!("grey, {width} x {height}"));
        // Alone in its scan, a component has blocks of one, whatever its factors say.
        check(&Writer { components: vec![(7, 2, 2)], ..grey(width, height) }, "grey with factors");
    }
}

#[test]
fn every_sampling_agrees_at_every_size() {
    for (width, height) in SIZES {
        for (across, down) in FACTORS {
            check(&colour(width, height, across, down), &format!("{across} x {down}, {width} x {height}"));
        }
    }
}

#[test]
fn colours_finer_than_brightness_agree() {
    let components = vec![(1, 1, 2), (2, 2, 1), (3, 2, 2)];
    check(&Writer { components, ..colour(150, 90, 1, 1) }, "factors without an order");
}

#[test]
fn components_in_scans_of_their_own_agree() {
    for (width, height) in SIZES {
        for (across, down) in FACTORS {
            let writer = Writer { order: Order::Apart, ..colour(width, height, across, down) };
            check(&writer, &format!("apart, {across} x {down}, {width} x {height}"));
        }
    }
}

#[test]
fn progressive_pictures_agree_at_every_size() {
    for order in [Order::Progressive, Order::Refined] {
        for (width, height) in SIZES {
            check(&Writer { order, ..grey(width, height) }, &format!("{order:?}, grey, {width} x {height}"));
            for (across, down) in FACTORS {
                let writer = Writer { order, ..colour(width, height, across, down) };
                check(&writer, &format!("{order:?}, {across} x {down}, {width} x {height}"));
            }
        }
    }
}

#[test]
fn restarts_agree_wherever_they_are() {
    for order in [Order::Interleaved, Order::Apart, Order::Progressive, Order::Refined] {
        for restart_interval in [1, 2, 7, 19, 1000] {
            for (across, down) in [(1, 1), (2, 2)] {
                let writer = Writer { order, restart_interval, ..colour(311, 150, across, down) };
                check(&writer, &format!("{order:?}, a restart every {restart_interval}"));
            }
        }
    }
}

#[test]
fn blocks_without_ac_coefficients_and_full_of_them_agree() {
    for noise in [0, 1, 12, 255] {
        check(&Writer { noise, ..colour(200, 120, 2, 2) }, &format!("noise {noise}"));
    }
}

#[test]
fn an_extended_frame_and_quantizers_of_sixteen_bits_agree() {
    let mut file = colour(100, 80, 2, 1).write();
    let quantizers = marker(&file, 0xdb);
    let table: Vec<u8> = file[quantizers + 5..quantizers + 69].iter().flat_map(|&one| [1, one]).collect();
    file.splice(quantizers..quantizers + 69, segment(0xdb, &[&[0x10], &table[..]].concat()));
    let frame = marker(&file, 0xc0);
    file[frame + 1] = 0xc1;
    let eighth = decode(&file, Scale::Eighth).unwrap();
    assert_same_averages(&eighth, &file, "an extended frame");
}
