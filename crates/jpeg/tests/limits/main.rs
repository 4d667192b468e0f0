//! No file makes the decoder panic or take more memory than it may: what the fuzz target checks, on pictures that are
//! changed in the same ways at every run.
#![expect(clippy::expect_used, reason = "a test that can't be set up fails")]

mod property;

use fm_jpeg::DecodeError;
use fm_jpeg::testing::{Random, Writer, colour, progressive, sequential};

/// How often each picture is changed in each way.
const ROUNDS: usize = 2000;

fn samples() -> Vec<Vec<u8>> {
    [sequential(), progressive()].concat()
}

/// How the checked files were answered.
#[derive(Debug, Default)]
struct Answers {
    decoded: usize,
    unsupported: usize,
    broken: usize,
    too_large: usize,
    /// None: there is no deadline.
    timed_out: usize,
}

impl Answers {
    fn check(&mut self, file: &[u8]) {
        match property::check(file) {
            Ok(()) => self.decoded += 1,
            Err(DecodeError::Unsupported) => self.unsupported += 1,
            Err(DecodeError::Broken) => self.broken += 1,
            Err(DecodeError::TooLarge) => self.too_large += 1,
            Err(DecodeError::TimedOut) => self.timed_out += 1,
        }
    }
}

/// Checks every sample after each of many changes.
fn changed(change: impl Fn(&mut Vec<u8>, &mut Random)) -> Answers {
    let (mut answers, mut random) = (Answers::default(), Random(1));
    for sample in samples() {
        for _ in 0..ROUNDS {
            let mut file = sample.clone();
            change(&mut file, &mut random);
            answers.check(&file);
        }
    }
    assert_eq!(answers.timed_out, 0);
    answers
}

#[test]
fn pictures_with_flipped_bits_keep_to_the_limits() {
    let answers = changed(|file, random| {
        for _ in 0..=random.below(8) {
            let at = random.below(file.len());
            file[at] ^= 1 << random.below(8);
        }
    });
    assert!(answers.decoded > 500 && answers.unsupported > 100 && answers.broken > 500, "{answers:?}");
}

#[test]
fn truncated_pictures_keep_to_the_limits_wherever_they_end() {
    let mut answers = Answers::default();
    for sample in samples() {
        for length in 0..=sample.len() {
            answers.check(&sample[..length]);
        }
    }
    // All that have some data, and none that ends before.
    let headers = |sample: &Vec<u8>| {
        let scan =
            sample.windows(2).position(|window| window == [0xff, 0xda]).expect("every sample has a scan");
        scan + 2 + usize::from(u16::from_be_bytes([sample[scan + 2], sample[scan + 3]]))
    };
    let ends = samples().iter().map(|sample| headers(sample) + 1).sum::<usize>();
    assert!(answers.broken >= ends && answers.broken <= ends + samples().len(), "{answers:?} and {ends}");
    assert_eq!(answers.unsupported + answers.too_large, 0, "{answers:?}");
}

#[test]
fn pictures_spliced_of_two_keep_to_the_limits() {
    let others = samples();
    let answers = changed(|file, random| {
        let other = &others[random.below(others.len())];
        let (from, to) = (random.below(other.len()), random.below(other.len()));
        let (begin, end) = (random.below(file.len()), random.below(file.len()));
        file.splice(begin.min(end)..begin.max(end), other[from.min(to)..from.max(to)].iter().copied());
    });
    assert!(answers.decoded > 100 && answers.broken > 500, "{answers:?}");
}

#[test]
fn pictures_that_claim_another_size_keep_to_the_limits() {
    let answers = changed(|file, random| {
        let is_frame = |window: &[u8]| matches!(window, [0xff, 0xc0 | 0xc2]);
        let frame = file.windows(2).position(is_frame).expect("every sample has a frame");
        for byte in &mut file[frame + 5..frame + 9] {
            if random.below(2) == 0 {
                *byte = random.byte();
            }
        }
    });
    assert!(answers.decoded > 500 && answers.too_large > 500, "{answers:?}");
}

#[test]
fn the_widest_picture_keeps_to_the_limits() {
    let widest = Writer { noise: 0, ..colour(u16::MAX, 8, 1, 1) };
    assert_eq!(property::check(&widest.write()), Ok(()));
}
