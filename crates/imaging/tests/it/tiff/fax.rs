//! CCITT: the same page in every packing that TIFF has for it.

use fax::encoder::Encoder;
use fax::maps::{Mode, black, mode, white};
use fax::{BitWriter as _, Bits, Color, VecWriter};

use super::writer::Tiff;
use crate::pictures::{is_about, pixels};

const SIZE: (u32, u32) = (200, 96);

/// Where a row becomes black, and where it is white again: the edge sways, and one stripe comes and goes.
fn changes(y: u32) -> Vec<u32> {
    let sway = [0, 1, 3, 6, 5, 3, 2][usize::try_from(y % 7).unwrap()];
    if y % 16 < 8 { vec![100 + sway] } else { vec![20, 40, 100 + sway] }
}

fn run(writer: &mut VecWriter, is_black: bool, length: u32) {
    let mut write = |length: u32| {
        let length = u16::try_from(length).unwrap();
        let code = if is_black { black::encode(length) } else { white::encode(length) };
        writer.write(code.unwrap()).unwrap();
    };
    if length >= 64 {
        write(length / 64 * 64);
    }
    write(length % 64);
}

fn one_dimensional(writer: &mut VecWriter, y: u32) {
    let mut at = 0;
    for (number, change) in changes(y).into_iter().chain([SIZE.0]).enumerate() {
        run(writer, number % 2 == 1, change - at);
        at = change;
    }
}

/// The row as vertical codes where it has the edges of the one before.
fn two_dimensional(writer: &mut VecWriter, y: u32) -> bool {
    let (before, now) = (changes(y - 1), changes(y));
    let shifts: Vec<i64> =
        before.iter().zip(&now).map(|(before, now)| i64::from(*now) - i64::from(*before)).collect();
    if before.len() != now.len() || shifts.iter().any(|shift| shift.abs() > 3) {
        return false;
    }
    for shift in shifts.into_iter().chain([0]) {
        writer.write(mode::encode(Mode::Vertical(shift.try_into().unwrap())).unwrap()).unwrap();
    }
    true
}

const fn end_of_line() -> Bits {
    Bits { data: 1, len: 12 }
}

fn runs(bits: usize) -> Vec<u8> {
    let mut page = Vec::new();
    for y in 0..SIZE.1 {
        let mut writer = VecWriter::new();
        one_dimensional(&mut writer, y);
        page.extend(writer.finish());
        page.resize(page.len().next_multiple_of(bits / 8), 0);
    }
    page
}

fn group_3(two: bool, with_end: bool) -> Vec<u8> {
    let mut writer = VecWriter::new();
    for y in 0..SIZE.1 {
        writer.write(end_of_line()).unwrap();
        let mut row = VecWriter::new();
        if two && y % 4 != 0 && two_dimensional(&mut row, y) {
            writer.write(Bits { data: 0, len: 1 }).unwrap();
            assert!(two_dimensional(&mut writer, y));
            continue;
        }
        if two {
            writer.write(Bits { data: 1, len: 1 }).unwrap();
        }
        one_dimensional(&mut writer, y);
    }
    if with_end {
        for _ in 0..6 {
            writer.write(end_of_line()).unwrap();
            if two {
                writer.write(Bits { data: 1, len: 1 }).unwrap();
            }
        }
    }
    writer.finish()
}

fn group_4() -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    for y in 0..SIZE.1 {
        let changes = changes(y);
        let colour = |x: u32| {
            if changes.iter().filter(|change| **change <= x).count() % 2 == 1 {
                Color::Black
            } else {
                Color::White
            }
        };
        encoder.encode_line((0..SIZE.0).map(colour), SIZE.0).unwrap();
    }
    encoder.finish().unwrap().finish()
}

fn page(compression: u16, data: Vec<u8>) -> Tiff {
    Tiff::new(SIZE, 0, 1, 1, data).with(259, &[compression])
}

/// White, a black stripe in every other band of eight rows, and black from the middle on.
async fn assert_page(tiff: &Tiff, what: &str) {
    let seen = pixels(tiff.write()).await;
    assert_eq!(seen.dimensions(), (64, 31), "{what}");
    assert!(is_about(&seen, (2, 15), [255; 3]) && is_about(&seen, (24, 15), [255; 3]), "{what}: white");
    assert!(is_about(&seen, (40, 15), [0; 3]) && is_about(&seen, (60, 15), [0; 3]), "{what}: black");
    assert!(is_about(&seen, (9, 1), [255; 3]), "{what}: {:?} above the stripe", seen.get_pixel(9, 1));
    assert!(is_about(&seen, (9, 4), [0; 3]), "{what}: {:?} in the stripe", seen.get_pixel(9, 4));
}

#[tokio::test]
async fn every_packing_gives_the_same_page() {
    assert_page(&page(2, runs(8)), "runs").await;
    assert_page(&page(32_771, runs(16)), "runs in words").await;
    for with_end in [false, true] {
        assert_page(&page(3, group_3(false, with_end)), "Group 3").await;
        assert_page(
            &page(3, group_3(true, with_end)).field(292, super::writer::Values::Longs(vec![1])),
            "Group 3, 2-D",
        )
        .await;
    }
    assert_page(&page(4, group_4()), "Group 4").await;
    let reversed = group_4().iter().map(|byte| byte.reverse_bits()).collect();
    assert_page(&page(4, reversed).with(266, &[2]), "Group 4, reversed bits").await;
}

#[tokio::test]
async fn a_page_that_ends_early_is_white_from_there_on() {
    let mut tiff = page(4, group_4());
    tiff.size.1 = 192;
    tiff.rows_per_strip = 192;
    let seen = pixels(tiff.write()).await;
    assert!(is_about(&seen, (60, 10), [0; 3]) && is_about(&seen, (60, 50), [255; 3]));
}
