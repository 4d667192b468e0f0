//! No frame makes libwebp write beside the pixels: what the fuzz target checks, on frames that are changed in the same ways at
//! every run.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

mod property;

use fastrand::Rng;
use fm_webp::DecodeError;
use fm_webp::testing::{frame_of, grey, lossy};

/// How often each frame is changed in each way.
const ROUNDS: usize = 500;

/// Noise, which needs every kind of code; slopes, which need few; grey, which needs none.
fn samples() -> Vec<Vec<u8>> {
    let mut random = Rng::with_seed(1);
    let mut frame = |width: u32, height: u32, noise: u8| {
        let pixels: Vec<u8> = (0..width * height * 3)
            .map(|at| u8::try_from(at / height % 200).unwrap().saturating_add(random.u8(..=noise)))
            .collect();
        frame_of(&lossy(&pixels, width, height).unwrap()).unwrap().to_vec()
    };
    vec![frame(70, 50, 255), frame(33, 90, 20), frame(160, 17, 0), frame(1, 1, 0), grey(100, 60)]
}

/// How the checked frames were answered.
#[derive(Debug, Default)]
struct Answers {
    decoded: usize,
    unsupported: usize,
    broken: usize,
    /// Without a side.
    empty: usize,
}

impl Answers {
    fn check(&mut self, frame: &[u8]) {
        match property::check(frame) {
            Ok(()) => self.decoded += 1,
            Err(DecodeError::Unsupported) => self.unsupported += 1,
            Err(DecodeError::Broken) => self.broken += 1,
            Err(DecodeError::Size) => self.empty += 1,
            Err(DecodeError::OutOfMemory) => unreachable!("{} bytes are out of memory", frame.len()),
        }
    }
}

/// Checks every sample after each of many changes.
fn changed(change: impl Fn(&mut Vec<u8>, &mut Rng)) -> Answers {
    let (mut answers, mut random) = (Answers::default(), Rng::with_seed(2));
    for sample in samples() {
        for _ in 0..ROUNDS {
            let mut frame = sample.clone();
            change(&mut frame, &mut random);
            answers.check(&frame);
        }
    }
    answers
}

#[test]
fn frames_as_they_were_written_are_decoded() {
    for sample in samples() {
        assert_eq!(property::check(&sample), Ok(()));
    }
}

#[test]
fn frames_with_flipped_bits_keep_to_the_pixels() {
    let answers = changed(|frame, random| {
        for _ in 0..=random.usize(..8) {
            let at = random.usize(..frame.len());
            frame[at] ^= 1 << random.u8(..8);
        }
    });
    assert!(answers.decoded > 200 && answers.unsupported > 50, "{answers:?}");
}

#[test]
fn frames_that_are_cut_off_keep_to_the_pixels_wherever_they_end() {
    let mut answers = Answers::default();
    for sample in samples() {
        for length in 0..=sample.len() {
            answers.check(&sample[..length]);
        }
    }
    // The whole ones, at least; none that ends within its header.
    assert!(answers.decoded >= 5 && answers.broken > 1000, "{answers:?}");
    assert_eq!((answers.unsupported, answers.empty), (5 * 10, 0));
}

#[test]
fn frames_spliced_of_two_keep_to_the_pixels() {
    let others = samples();
    let answers = changed(|frame, random| {
        let other = &others[random.usize(..others.len())];
        let (from, to) = (random.usize(..other.len()), random.usize(..other.len()));
        let (begin, end) = (random.usize(10..=frame.len()), random.usize(10..=frame.len()));
        frame.splice(begin.min(end)..begin.max(end), other[from.min(to)..from.max(to)].iter().copied());
    });
    assert!(answers.decoded > 50 && answers.broken > 50, "{answers:?}");
}

#[test]
fn frames_that_claim_another_size_keep_to_the_pixels() {
    let answers = changed(|frame, random| {
        // Up to 511 each way.
        for (at, mask) in [(6, 0xff), (7, 0b1), (8, 0xff), (9, 0b1)] {
            if random.bool() {
                frame[at] = random.u8(..) & mask;
            }
        }
    });
    assert!(answers.decoded > 50 && answers.broken > 200, "{answers:?}");
}

#[test]
fn frames_that_claim_other_lengths_of_their_parts_keep_to_the_pixels() {
    let answers = changed(|frame, random| {
        frame[0] = (frame[0] & 0b1_1111) | (random.u8(..8) << 5);
        frame[1] = random.u8(..);
        frame[2] = random.u8(..4);
    });
    assert!(answers.broken > 200, "{answers:?}");
}

#[test]
fn the_widest_and_the_tallest_picture_keep_to_the_pixels() {
    for (width, height) in [(16_383, 60), (60, 16_383), (16_383, 1), (1, 16_383)] {
        assert_eq!(property::check(&grey(width, height)), Ok(()), "{width} × {height}");
    }
}
