//! Files that were made to break whatever opens them.

use std::time::Duration;

use super::agreement::assert_same_averages;
use super::{general, limits, own};
use crate::testing::{Order, Random, Writer, colour, grey, progressive, sequential};
use crate::{DecodeError, Eighth, decode};

/// Changes, removes or adds a few bytes, never the last two: the end of a picture that is whole is not missed.
fn mutate(file: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(file.len() - 2);
        match random.below(6) {
            0 => drop(file.remove(at)),
            1 => file.insert(at, random.byte()),
            2 => file[at] = [0, 0xff, 0x7f, 0x80][random.below(4)],
            3 => file[at] ^= 1 << random.below(8),
            4 => {
                let to = (at + random.below(8)).min(file.len() - 2);
                drop(file.drain(at..to));
            }
            _ => file[at] = random.byte(),
        }
    }
}

/// Calls `check` with what our decoder makes of each of many mutations, and returns how many it left.
fn mutations(pictures: &[Vec<u8>], mut check: impl FnMut(&Eighth, &[u8], &str)) -> usize {
    let mut left = 0;
    for (number, picture) in pictures.iter().enumerate() {
        let mut random = Random(u32::try_from(number).unwrap());
        for round in 0..1500 {
            let mut file = picture.clone();
            mutate(&mut file, &mut random);
            match own(&file) {
                Ok(Some(eighth)) => check(&eighth, &file, &format!("picture {number}, round {round}")),
                Ok(None) => left += 1,
                Err(refusal) => assert_eq!(refusal, DecodeError::TooLarge),
            }
        }
    }
    left
}

#[test]
fn a_mutated_picture_is_what_the_general_decoder_makes_of_it_or_is_left_to_it() {
    let mut decoded = 0;
    let left = mutations(&sequential(), |eighth, file, what| {
        assert_same_averages(eighth, file, what);
        decoded += 1;
    });
    // Enough of both that the test means something.
    assert!(decoded > 500 && left > 500, "{decoded} decoded, {left} left");
}

#[test]
fn a_mutated_progressive_picture_is_the_same_wherever_the_general_decoder_takes_it() {
    let (mut same, mut refused) = (0, 0);
    let left = mutations(&progressive(), |eighth, file, what| {
        // AC coefficients, which our decoder does not look at, may be broken.
        if general(file, false).is_some() {
            assert_same_averages(eighth, file, what);
            same += 1;
        } else {
            refused += 1;
        }
    });
    assert!(same > 500 && left > 500, "{same} the same, {refused} refused, {left} left");
}

#[test]
fn a_truncated_picture_is_left_to_the_general_decoder_wherever_it_ends() {
    for picture in sequential().into_iter().chain(progressive()) {
        for length in 0..picture.len() - 2 {
            assert!(own(&picture[..length]).unwrap().is_none(), "{length} of {}", picture.len());
        }
    }
}

#[test]
fn the_end_of_a_picture_that_is_whole_is_not_missed() {
    for picture in sequential() {
        let whole = own(&picture).unwrap().unwrap();
        for end in [&[][..], &[0xff], &[0xff, 0xd9, 1, 2, 3], &[0xff, 0xff, 0xff, 0xd9]] {
            let file = [&picture[..picture.len() - 2], end].concat();
            assert_eq!(super::pixels(&own(&file).unwrap().unwrap()), super::pixels(&whole), "{end:?}");
        }
    }
}

#[test]
fn a_progressive_picture_without_its_end_is_left_to_the_general_decoder() {
    for picture in progressive() {
        assert!(own(&picture[..picture.len() - 2]).unwrap().is_none());
    }
}

#[test]
fn scans_out_of_turn_are_left_to_the_general_decoder() {
    let file = Writer { order: Order::Refined, ..grey(60, 40) }.write();
    let scans: Vec<usize> =
        file.windows(2).enumerate().filter(|(_, window)| window == &[0xff, 0xda]).map(|(at, _)| at).collect();
    // The first, the one of the AC coefficients, and two refinements.
    let &[first, _, second, third] = scans.as_slice() else { panic!("{scans:?}") };
    let end = file.len() - 2;
    let orders = [
        [&file[..first], &file[second..]].concat(),
        [&file[..second], &file[third..]].concat(),
        [&file[..third], &file[end..]].concat(),
        [&file[..end], &file[third..]].concat(),
        [&file[..end], &file[first..]].concat(),
    ];
    for (number, order) in orders.into_iter().enumerate() {
        assert!(own(&order).unwrap().is_none(), "{number}");
    }
}

#[test]
fn a_picture_whose_height_comes_later_is_left_to_the_general_decoder() {
    let mut file = grey(60, 40).write();
    let frame = file.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    file[frame + 5..frame + 7].fill(0);
    assert!(own(&file).unwrap().is_none());
    // Not even where there is nothing to be decoded.
    let scan = file.windows(2).position(|window| window == [0xff, 0xda]).unwrap();
    file.splice(scan + 10.., [0xff, 0xd9]);
    assert!(own(&file).unwrap().is_none());
}

#[test]
fn kinds_that_are_not_decoded_here_are_left_to_the_general_decoder() {
    let file = colour(60, 40, 1, 1).write();
    let frame = file.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    for kind in [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf] {
        let mut other = file.clone();
        other[frame + 1] = kind;
        assert!(own(&other).unwrap().is_none(), "{kind:#x}");
    }
    let mut twelve_bits = file;
    twelve_bits[frame + 4] = 12;
    assert!(own(&twelve_bits).unwrap().is_none());
    let cmyk = Writer { components: (1..5).map(|id| (id, 1, 1)).collect(), ..grey(60, 40) };
    let too_many_blocks = Writer { components: vec![(1, 3, 3), (2, 1, 1), (3, 1, 1)], ..grey(60, 40) };
    for writer in [cmyk, too_many_blocks] {
        assert!(own(&writer.write()).unwrap().is_none());
    }
}

#[test]
fn divisors_of_zero_are_left_to_the_general_decoder() {
    let file = grey(60, 40).write();
    let table = file.windows(2).position(|window| window == [0xff, 0xdb]).unwrap() + 5;
    for place in [0, 1, 63] {
        let mut other = file.clone();
        other[table + place] = 0;
        assert!(own(&other).unwrap().is_none(), "{place}");
    }
}

#[test]
fn restarts_out_of_turn_are_left_to_the_general_decoder() {
    let file = Writer { restart_interval: 2, ..grey(64, 64) }.write();
    let second = file.windows(2).position(|window| window == [0xff, 0xd1]).unwrap();
    for marker in [0xd0, 0xd2, 0xd9] {
        let mut other = file.clone();
        other[second + 1] = marker;
        assert!(own(&other).unwrap().is_none(), "{marker:#x}");
    }
}

#[test]
fn memory_and_time_are_bounded() {
    // It says that it has 65,535 × 65,535 pixels, and its end follows at once.
    let mut file = grey(60, 40).write();
    let scan = file.windows(2).position(|window| window == [0xff, 0xda]).unwrap();
    file.splice(scan + 10.., [0xff, 0xd9]);
    let frame = file.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    file[frame + 5..frame + 9].fill(0xff);
    assert!(matches!(own(&file), Err(DecodeError::TooLarge)));
    let within = |time| decode(&file, limits(u64::MAX, time));
    assert!(matches!(within(Duration::ZERO), Err(DecodeError::TimedOut)));
    // That most of it is missing is seen long before all of it has been looked for.
    assert!(matches!(within(Duration::from_secs(2)), Err(DecodeError::Unsupported)));
}
