//! What is decoded at 1/8 is what the general decoder makes of it.

use super::{difference, general, own, pixels, size};
use crate::Eighth;
use crate::testing::{Order, Writer, colour, grey, segment};

/// Sizes with and without blocks that are not whole, and MCUs that are not.
const SIZES: [(u16, u16); 6] = [(64, 64), (1, 1), (65, 33), (127, 250), (8, 300), (311, 9)];

/// Sampling factors of the first component. All add up to at most ten blocks an MCU.
const FACTORS: [(u8, u8); 9] = [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2), (2, 4), (3, 1)];

const JFIF: &[u8] = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// Fails unless the averages are those of the general decoder: exactly, but for the rounding, and for those that the
/// general decoder mixes with their neighbours where a sample stands for two pixels in a row or column.
pub(super) fn assert_same_averages(eighth: &Eighth, file: &[u8], what: &str) {
    let (general_size, expected) =
        general(file, false).unwrap_or_else(|| panic!("the general decoder refuses {what}"));
    assert_eq!(size(eighth), general_size, "{what}");
    let (width, height) = (general_size.width as usize, general_size.height as usize);
    let count = expected.len() / (width * height);
    for component in 0..count {
        let rows: Vec<Vec<u8>> = (0..height)
            .map(|y| {
                let mut row = vec![0; width];
                eighth.stretch(component, y, &mut row);
                row
            })
            .collect();
        let spread = eighth.spread(component);
        let reach = |spread: u32| if count > 1 && spread == 2 { 2 } else { 0 };
        let (across, down) = (reach(spread.width), reach(spread.height));
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let seen = expected[(y * width + x) * count + component];
            let near = rows[y.saturating_sub(down)..(y + down + 1).min(height)]
                .iter()
                .flat_map(|row| &row[x.saturating_sub(across)..(x + across + 1).min(width)]);
            let (low, high) = near.fold((255, 0), |(low, high), &one| (one.min(low), one.max(high)));
            assert!(
                (low.saturating_sub(1)..=high.saturating_add(1)).contains(&seen),
                "{what}: component {component} at {x}, {y}: {seen}, and {low} to {high} around it"
            );
        }
    }
}

fn check(writer: &Writer, what: &str) {
    let file = writer.write();
    let eighth = own(&file).unwrap().unwrap_or_else(|| panic!("left to the general decoder: {what}"));
    assert_same_averages(&eighth, &file, what);
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
    let quantizers = file.windows(2).position(|window| window == [0xff, 0xdb]).unwrap();
    let table: Vec<u8> = file[quantizers + 5..quantizers + 69].iter().flat_map(|&one| [1, one]).collect();
    file.splice(quantizers..quantizers + 69, segment(0xdb, &[&[0x10], &table[..]].concat()));
    let frame = file.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    file[frame + 1] = 0xc1;
    let eighth = own(&file).unwrap().unwrap();
    assert_same_averages(&eighth, &file, "an extended frame");
}

#[test]
fn colours_are_what_the_general_decoder_takes_them_for() {
    let adobe = |transform| segment(0xee, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat());
    let ids = [[1, 2, 3], *b"RGB", [0, 1, 2], [5, 6, 7]];
    let hints =
        [Vec::new(), segment(0xe0, JFIF), adobe(0), adobe(1), [adobe(0), segment(0xe0, JFIF)].concat()];
    for id in ids {
        for segments in &hints {
            let components = id.map(|id| (id, 1, 1)).to_vec();
            let file = Writer { components, segments: segments.clone(), ..colour(130, 90, 1, 1) }.write();
            let (size, expected) = general(&file, true).unwrap();
            let (own_size, seen) = pixels(&own(&file).unwrap().unwrap());
            assert_eq!(own_size, size);
            // An average rounded up instead of down makes up to 1 + 1.772 of difference.
            assert!(
                difference(&seen, &expected) <= 3,
                "{id:?} {segments:?}: {}",
                difference(&seen, &expected)
            );
        }
    }
}

#[test]
fn colours_that_the_general_decoder_refuses_are_left_to_it() {
    let wide = [[1, 34, 35], *b"rgb"]
        .map(|ids| Writer { components: ids.map(|id| (id, 1, 1)).to_vec(), ..colour(130, 90, 1, 1) });
    let adobe = |transform| Writer {
        components: vec![(5, 1, 1), (6, 1, 1), (7, 1, 1)],
        segments: segment(0xee, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat()),
        ..colour(130, 90, 1, 1)
    };
    for file in wide.into_iter().chain([adobe(2), adobe(3)]).map(|writer| writer.write()) {
        assert!(own(&file).unwrap().is_none());
        assert!(general(&file, true).is_none());
    }
}
