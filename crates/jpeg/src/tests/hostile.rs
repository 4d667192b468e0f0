//! Files that were made to break whatever opens them.

use std::time::Duration;

use super::agreement::disagreement;
use super::{decode, general, limits, marker};
use crate::testing::{Order, Random, Writer, colour, grey, progressive, sequential};
use crate::{DecodeError, Jpeg, Picture, Scale};

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

/// Mutations by the numbers of their picture and round of which the general decoder makes something else: it reads on
/// after codes that are none, where libjpeg, whose rules are ours, takes zeros up to the next restart. `djpeg` of
/// libjpeg-turbo 2.1 gives our samples for all of them, but for chroma in (2, 829), which it scales before it is mixed, and
/// for coefficients in (0, 1156) that exceed the range of samples by more than its table has room for.
const SEQUENTIAL_ELSEWISE: [(usize, usize); 26] = [
    (0, 7),
    (0, 772),
    (0, 1156),
    (0, 1305),
    (1, 107),
    (1, 804),
    (1, 969),
    (1, 1291),
    (2, 129),
    (2, 829),
    (2, 1275),
    (3, 631),
    (3, 937),
    (3, 1370),
    (4, 248),
    (4, 250),
    (4, 989),
    (5, 243),
    (5, 364),
    (5, 758),
    (5, 858),
    (5, 1090),
    (5, 1146),
    (5, 1206),
    (5, 1409),
    (5, 1475),
];

/// The same of progressive pictures.
const PROGRESSIVE_ELSEWISE: [(usize, usize); 1] = [(3, 46)];

/// Calls `check` with what our decoder makes of each of many mutations at 1/8; returns how many it refused.
fn mutations(pictures: &[Vec<u8>], mut check: impl FnMut(&Picture, &[u8], (usize, usize))) -> usize {
    let mut refused = 0;
    for (number, picture) in pictures.iter().enumerate() {
        let mut random = Random(u32::try_from(number).unwrap());
        for round in 0..1500 {
            let mut file = picture.clone();
            mutate(&mut file, &mut random);
            match decode(&file, Scale::Eighth) {
                Ok(eighth) => check(&eighth, &file, (number, round)),
                Err(DecodeError::Broken | DecodeError::Unsupported) => refused += 1,
                Err(refusal) => assert_eq!(refusal, DecodeError::TooLarge),
            }
        }
    }
    refused
}

/// Fails unless mutated pictures are what the general decoder makes of them wherever that takes them, but for these.
fn assert_mutations_agree(pictures: &[Vec<u8>], elsewise: &[(usize, usize)]) {
    let (mut same, mut broken, mut others) = (0, 0, Vec::new());
    let refused = mutations(pictures, |eighth, file, what| {
        match general(file, Scale::Eighth, false).map(|(size, pixels)| disagreement(eighth, (size, &pixels)))
        {
            Some(None) => same += 1,
            Some(Some(disagreement)) => others.push((what, disagreement)),
            None => broken += 1,
        }
    });
    // Enough of each that the test means something.
    assert!(
        same > 500 && broken > 500 && refused > 100,
        "{same} the same, {broken} broken, {refused} refused"
    );
    let seen: Vec<_> = others.iter().map(|(what, _)| *what).collect();
    assert_eq!(seen, elsewise, "{others:#?}");
}

#[test]
fn a_mutated_picture_is_the_same_where_the_general_decoder_takes_it_but_for_those_that_are_known() {
    assert_mutations_agree(&sequential(), &SEQUENTIAL_ELSEWISE);
}

#[test]
fn a_mutated_progressive_picture_is_the_same_where_the_general_decoder_takes_it_but_for_those_that_are_known()
{
    assert_mutations_agree(&progressive(), &PROGRESSIVE_ELSEWISE);
}

#[test]
fn a_picture_that_promises_more_than_it_has_takes_the_time_of_what_it_has() {
    // It says that it has 16,384 × 16,384 pixels, and has a thousand scans with two bytes of data each.
    let mut file = Writer { order: Order::Progressive, ..grey(60, 40) }.write();
    let scan = marker(&file, 0xda);
    let repeated = file[scan..scan + 12].repeat(1000);
    file.splice(scan.., repeated);
    let frame = marker(&file, 0xc2);
    file[frame + 5..frame + 9].copy_from_slice(&[0x40, 0, 0x40, 0]);
    let within = |max_alloc, time| {
        Jpeg::read(&file).unwrap().decode(Scale::Eighth, limits(max_alloc, time)).map(|eighth| eighth.width())
    };
    assert_eq!(within(1024 * 1024, Duration::from_mins(1)), Err(DecodeError::TooLarge));
    assert_eq!(within(u64::MAX, Duration::ZERO), Err(DecodeError::TimedOut));
    assert_eq!(within(u64::MAX, Duration::from_secs(5)), Ok(2048));
}

#[test]
fn the_memory_of_every_scale_is_bounded() {
    let file = colour(400, 300, 2, 2).write();
    let jpeg = Jpeg::read(&file).unwrap();
    // Coefficients of two bytes and samples of one, for 50 × 38 blocks and twice 25 × 19, and rows.
    let blocks = 50 * 38 + 2 * 25 * 19;
    for (scale, side) in Scale::ALL.into_iter().zip([1, 2, 4, 8]) {
        let needed = 3 * blocks * side * side + 6 * u64::from(scale.of(400));
        let within = |max_alloc| jpeg.decode(scale, limits(max_alloc, Duration::from_mins(1)));
        assert!(matches!(within(needed - 1), Err(DecodeError::TooLarge)), "{scale:?}");
        assert!(within(needed).is_ok(), "{scale:?}");
    }
}

#[test]
fn the_widest_and_the_highest_picture_are_decoded() {
    for (width, height) in [(u16::MAX, 1), (1, u16::MAX)] {
        let file = Writer { noise: 0, ..grey(width, height) }.write();
        let picture = decode(&file, Scale::Eighth).unwrap();
        let eighth = |pixels: u16| u32::from(pixels).div_ceil(8);
        assert_eq!((picture.width(), picture.height()), (eighth(width), eighth(height)));
    }
}
