//! Files that end early, and data that are not what they should be: the picture is what libjpeg makes of them.

use super::{decode, marker, markers, pixels, rows};
use crate::testing::{Order, Writer, colour, grey, progressive, sequential};
use crate::{DecodeError, Scale};

/// What is grey where nothing is known.
const UNKNOWN: [u8; 3] = [128; 3];

/// The pixels of a picture at 1/8, each the average of a block.
fn blocks(file: &[u8]) -> Vec<[u8; 3]> {
    pixels(&decode(file, Scale::Eighth).unwrap()).1.as_chunks().0.to_vec()
}

/// Fails unless the blocks are those of the whole picture, but for some of them.
fn assert_same_but(seen: &[[u8; 3]], whole: &[[u8; 3]], differ: std::ops::Range<usize>, what: &str) {
    assert_eq!(seen.len(), whole.len());
    for (at, (seen, whole)) in seen.iter().zip(whole).enumerate().filter(|(at, _)| !differ.contains(at)) {
        assert_eq!(seen, whole, "{what}: block {at}");
    }
}

/// Pictures of ten rows of blocks without a colour that is taken for unknown.
fn dark() -> Vec<Writer> {
    let dark =
        |writer| Writer { sample: |_, x, y| u8::try_from(10 + (x * 3 + y * 5) % 100).unwrap(), ..writer };
    vec![
        dark(grey(80, 80)),
        dark(colour(80, 80, 1, 1)),
        dark(colour(80, 80, 2, 2)),
        Writer { restart_interval: 4, ..dark(colour(80, 80, 1, 1)) },
        Writer { order: Order::Progressive, ..dark(grey(80, 80)) },
    ]
}

/// Where the data of the first scan begin and end.
fn data(file: &[u8]) -> std::ops::Range<usize> {
    let scans = markers(file, 0xda);
    let begin = scans[0] + 2 + usize::from(u16::from_be_bytes([file[scans[0] + 2], file[scans[0] + 3]]));
    begin..scans.get(1).map_or(file.len() - 2, |&next| next)
}

#[test]
fn a_picture_that_ends_early_has_the_rows_that_are_whole() {
    for (number, writer) in dark().iter().enumerate() {
        let file = writer.write();
        for scale in Scale::ALL {
            let whole = rows(&decode(&file, scale).unwrap());
            let mut counts = Vec::new();
            // The first byte may be 0xFF, and is then nothing without the next.
            for length in data(&file).skip(2).step_by(3) {
                let picture = decode(&file[..length], scale).unwrap();
                assert_eq!((picture.width(), picture.height()), (scale.of(80), scale.of(80)));
                let seen = rows(&picture);
                let row = picture.width() as usize * 3;
                counts.push(seen.len() / row);
                // The first row of MCUs may be cut, and the last row is smoothed with one that is not there.
                let mcu = scale.side() as usize * usize::from(writer.components[0].2);
                // The detail of a progressive picture comes later.
                let is_final = writer.order != Order::Progressive || scale == Scale::Eighth;
                if counts[counts.len() - 1] > mcu && is_final {
                    let sure = seen.len() - row;
                    assert!(seen[..sure] == whole[..sure], "picture {number}, {length}, {scale:?}");
                }
            }
            assert!(counts.is_sorted(), "picture {number}: {counts:?}");
            let (first, last) = (counts[0], counts[counts.len() - 1]);
            let mcu = scale.side() as usize * usize::from(writer.components[0].2);
            assert_eq!(first, mcu, "picture {number}, {scale:?}");
            assert!(last + mcu >= picture_height(scale), "picture {number}, {scale:?}: {last}");
        }
    }
}

fn picture_height(scale: Scale) -> usize {
    scale.of(80) as usize
}

#[test]
fn a_picture_whose_data_end_at_a_marker_is_grey_beyond() {
    for (number, writer) in dark().iter().enumerate().filter(|(_, writer)| writer.components[0].1 == 1) {
        let file = writer.write();
        let whole = blocks(&file);
        let mut before = 0;
        for length in data(&file).skip(2) {
            let seen = blocks(&[&file[..length], &[0xff, 0xd9]].concat());
            let same = seen.iter().zip(&whole).take_while(|(seen, whole)| seen == whole).count();
            // What is made of the end of the data may be right by chance.
            assert!(same + 1 >= before, "picture {number}, {length}: {same} blocks after {before}");
            // The block at which it ends may be anything.
            for (at, block) in seen.iter().enumerate().skip(same + 1) {
                assert_eq!(*block, UNKNOWN, "picture {number}, {length}: block {at}");
            }
            before = same;
        }
        assert!(before + 1 >= whole.len(), "picture {number}: {before} blocks");
    }
}

#[test]
fn every_end_of_every_kind_is_decoded_once_there_are_data() {
    for file in sequential().into_iter().chain(progressive()) {
        let begin = data(&file).start;
        for scale in Scale::ALL {
            for length in 0..=begin {
                let answer = decode(&file[..length], scale).map(|_| ());
                assert_eq!(answer, Err(DecodeError::Broken), "{length}");
            }
            // The first byte may be 0xFF, and is then nothing without the next.
            for length in (begin + 2..file.len()).step_by(11) {
                assert!(decode(&file[..length], scale).is_ok(), "{length}, {scale:?}");
            }
        }
    }
}

#[test]
fn a_scan_without_data_shows_nothing() {
    for end in [&[][..], &[0xff], &[0xff, 0xd9], &[0xff, 0xff, 0xd9]] {
        let file = grey(64, 64).write();
        let file = [&file[..marker(&file, 0xda) + 10], end].concat();
        assert_eq!(decode(&file, Scale::Eighth).map(|_| ()), Err(DecodeError::Broken), "{end:?}");
    }
}

#[test]
fn the_end_marker_may_be_missing() {
    for file in sequential().into_iter().chain(progressive()) {
        let whole = blocks(&file);
        for end in [&[][..], &[0xff], &[0xff, 0xd9, 1, 2, 3], &[0xff, 0xff, 0xff, 0xd9], &[0xff, 0xd8, 0xff]]
        {
            let file = [&file[..file.len() - 2], end].concat();
            assert_eq!(blocks(&file), whole, "{end:?}");
        }
    }
}

#[test]
fn colours_of_which_no_scan_is_left_are_grey() {
    let writer = Writer { order: Order::Apart, noise: 0, sample: |_, _, _| 200, ..colour(64, 64, 1, 1) };
    let file = writer.write();
    let second = markers(&file, 0xda)[1];
    assert_eq!(blocks(&file[..second]), [[200; 3]; 64]);
    // Nor is a picture shorter of which one component alone ends early.
    assert_eq!(blocks(&file[..second - 10]).len(), 64);
}

#[test]
fn what_a_progressive_picture_lacks_at_its_end_is_detail() {
    let file = Writer { order: Order::Refined, ..grey(80, 80) }.write();
    let whole = blocks(&file);
    // After the first scan, the two lowest bits of the DC coefficients are missing: eight levels of 256 and less.
    for &scan in &markers(&file, 0xda)[1..] {
        for scale in Scale::ALL {
            assert!(decode(&file[..scan], scale).is_ok());
        }
        for (seen, whole) in blocks(&file[..scan]).iter().zip(&whole) {
            assert!((0..=8).contains(&(i16::from(whole[0]) - i16::from(seen[0]))), "{seen:?} of {whole:?}");
        }
    }
}

/// A grey picture of 8 × 8 blocks with a restart after every four, and its blocks.
fn restarting() -> (Vec<u8>, Vec<[u8; 3]>) {
    let file = Writer { restart_interval: 4, ..grey(64, 64) }.write();
    let whole = blocks(&file);
    (file, whole)
}

#[test]
fn a_missing_restart_loses_the_blocks_after_it_alone() {
    let (file, whole) = restarting();
    for turn in 0..8 {
        let mut file = file.clone();
        let at = marker(&file, 0xd0 + turn);
        file.drain(at..at + 2);
        let lost = 4 * (usize::from(turn) + 1);
        let seen = blocks(&file);
        assert_same_but(&seen, &whole, lost..lost + 4, &format!("without RST{turn}"));
        assert_eq!(seen[lost + 1..lost + 4], [UNKNOWN; 3], "without RST{turn}");
    }
}

#[test]
fn a_repeated_restart_loses_the_blocks_after_it_alone() {
    let (file, whole) = restarting();
    for turn in 0..8 {
        let mut file = file.clone();
        let at = marker(&file, 0xd0 + turn);
        file.splice(at..at, [0xff, 0xd0 + turn]);
        let lost = 4 * (usize::from(turn) + 1);
        assert_same_but(&blocks(&file), &whole, lost..lost + 4, &format!("RST{turn} twice"));
    }
}

#[test]
fn a_restart_of_another_number_far_away_counts_as_the_one_that_is_due() {
    let (file, whole) = restarting();
    for turn in 0..8 {
        for away in 3..=5 {
            let mut file = file.clone();
            let at = marker(&file, 0xd0 + turn);
            file[at + 1] = 0xd0 + (turn + away) % 8;
            assert_eq!(blocks(&file), whole, "RST{turn}, {away} away");
        }
    }
}

#[test]
fn a_restart_of_a_number_nearby_loses_what_seems_to_be_missing() {
    let (file, whole) = restarting();
    let at = marker(&file, 0xd1);
    for (code, lost) in [(0xd2, 8..16), (0xd3, 8..20), (0xd0, 8..12), (0xd7, 8..12)] {
        let mut file = file.clone();
        file[at + 1] = code;
        assert_same_but(&blocks(&file), &whole, lost, &format!("{code:#x} in place of RST1"));
    }
}

#[test]
fn a_marker_that_does_not_exist_is_skipped_in_search_of_a_restart() {
    let (mut file, whole) = restarting();
    let at = marker(&file, 0xd2);
    file.splice(at..at, [0xff, 0x01, 0x55, 0xff, 0xbf]);
    assert_eq!(blocks(&file), whole);
}

#[test]
fn restarts_that_are_promised_and_never_come_lose_all_after_the_first() {
    let (mut file, whole) = restarting();
    while let Some(at) = (0..8).find_map(|turn| markers(&file, 0xd0 + turn).pop()) {
        file.drain(at..at + 2);
    }
    let seen = blocks(&file);
    assert_eq!(seen[..4], whole[..4]);
    assert_eq!(seen[5..], [UNKNOWN; 59]);
}

#[test]
fn restarts_that_are_not_promised_end_the_data() {
    let (mut file, whole) = restarting();
    let at = marker(&file, 0xdd);
    file.drain(at..at + 6);
    let seen = blocks(&file);
    assert_eq!(seen[..4], whole[..4]);
    assert_eq!(seen[5..], [UNKNOWN; 59]);
}

#[test]
fn damage_ends_at_the_next_restart() {
    let (file, whole) = restarting();
    let (begin, end) = (marker(&file, 0xd2) + 2, marker(&file, 0xd3));
    for at in begin..end {
        for damage in [0x00, 0x5a, 0x7f] {
            let mut file = file.clone();
            file[at] = damage;
            assert_same_but(&blocks(&file), &whole, 12..16, &format!("{damage:#x} at {}", at - begin));
        }
    }
}

#[test]
fn scans_out_of_turn_are_taken_as_they_come() {
    let file = Writer { order: Order::Refined, ..grey(60, 40) }.write();
    let scans = markers(&file, 0xda);
    // The first, the one of the AC coefficients, two refinements, and one of the AC coefficients.
    let &[first, ac, second, third, last] = scans.as_slice() else { panic!("{scans:?}") };
    let end = file.len() - 2;
    let whole = blocks(&file);
    // Bits are set, whenever that is said and how often.
    for order in [
        [&file[..second], &file[third..last], &file[second..third], &file[last..]].concat(),
        [&file[..end], &file[third..last]].concat(),
        [&file[..ac], &file[second..last], &file[ac..second], &file[last..]].concat(),
    ] {
        assert_eq!(blocks(&order), whole);
        assert_eq!(
            pixels(&decode(&order, Scale::Whole).unwrap()),
            pixels(&decode(&file, Scale::Whole).unwrap())
        );
    }
    // Without the first, there are the refined bits alone.
    let low = blocks(&[&file[..first], &file[second..]].concat());
    assert!(low.iter().all(|&[grey, ..]| (128..128 + 8).contains(&grey)), "{low:?}");
}

#[test]
fn a_scan_that_is_broken_ends_the_picture() {
    let file = Writer { order: Order::Progressive, ..grey(80, 80) }.write();
    let (whole, second) = (blocks(&file), markers(&file, 0xda)[1]);
    let broken: [&[u8]; 5] = [
        // A component, a table and a band that do not exist; a frame and a beginning in the middle.
        &[0xff, 0xda, 0, 8, 1, 9, 0, 1, 63, 0],
        &[0xff, 0xda, 0, 8, 1, 1, 3, 1, 63, 0],
        &[0xff, 0xda, 0, 8, 1, 1, 0, 1, 64, 0],
        &[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0],
        &[0xff, 0xd8],
    ];
    for broken in broken {
        let file = [&file[..second], broken, &file[second..]].concat();
        assert_eq!(blocks(&file), whole, "{broken:?}");
        assert!(decode(&file, Scale::Whole).is_ok(), "{broken:?}");
    }
}
