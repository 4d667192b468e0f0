//! The ICC profile, out of its segments.

use super::marker;
use crate::Jpeg;
use crate::testing::{Writer, grey, segment};

fn part(number: u8, of: u8, data: &[u8]) -> Vec<u8> {
    segment(0xe2, &[b"ICC_PROFILE\0".as_slice(), &[number, of], data].concat())
}

fn profile(segments: &[Vec<u8>], max_bytes: usize) -> Option<Vec<u8>> {
    let file = Writer { segments: segments.concat(), ..grey(60, 40) }.write();
    Jpeg::read(&file).unwrap().icc_profile(max_bytes)
}

#[test]
fn parts_are_joined_in_the_order_of_their_numbers() {
    let other = segment(0xe2, b"MPF\0and so on");
    assert_eq!(profile(&[], 100), None);
    assert_eq!(profile(std::slice::from_ref(&other), 100), None);
    assert_eq!(profile(&[part(1, 1, b"all")], 100), Some(b"all".to_vec()));
    let parts = [part(3, 3, b"c"), other, part(1, 3, b"aa"), part(2, 3, b"b")];
    assert_eq!(profile(&parts, 100), Some(b"aabc".to_vec()));
    let many: Vec<_> = (1..=255).map(|number| part(number, 255, &[number])).collect();
    assert_eq!(profile(&many, 255), Some((1..=255).collect()));
}

#[test]
fn a_profile_that_is_not_complete_is_none() {
    assert_eq!(profile(&[part(1, 2, b"a")], 100), None);
    assert_eq!(profile(&[part(2, 2, b"b")], 100), None);
    assert_eq!(profile(&[part(1, 2, b"a"), part(1, 2, b"a"), part(2, 2, b"b")], 100), None);
    assert_eq!(profile(&[part(1, 2, b"a"), part(2, 3, b"b")], 100), None);
    assert_eq!(profile(&[part(0, 1, b"a")], 100), None);
    assert_eq!(profile(&[part(2, 1, b"a"), part(1, 1, b"a")], 100), None);
    assert_eq!(profile(&[segment(0xe2, b"ICC_PROFILE\0\x01")], 100), None);
}

#[test]
fn a_profile_of_too_many_bytes_is_none() {
    let parts = [part(1, 2, &[1; 60]), part(2, 2, &[2; 40])];
    assert_eq!(profile(&parts, 100), Some([[1; 60].as_slice(), &[2; 40]].concat()));
    assert_eq!(profile(&parts, 99), None);
}

#[test]
fn parts_after_the_frame_count_and_after_the_scan_do_not() {
    let file = grey(60, 40).write();
    let at = marker(&file, 0xda);
    let after_frame = [&file[..at], &part(1, 1, b"all"), &file[at..]].concat();
    assert_eq!(Jpeg::read(&after_frame).unwrap().icc_profile(100), Some(b"all".to_vec()));
    let end = file.len() - 2;
    let after_scan = [&file[..end], &part(1, 1, b"all"), &file[end..]].concat();
    assert_eq!(Jpeg::read(&after_scan).unwrap().icc_profile(100), None);
}
