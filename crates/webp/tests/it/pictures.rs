//! What pictures look like when they are decoded.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use fm_webp::testing::{frame_of, grey, lossy};
use fm_webp::{CHANNELS, DecodeError, KeyFrame};

/// Top left, top right, bottom left, bottom right.
const QUARTERS: [[u8; 3]; 4] = [[230, 20, 20], [20, 200, 20], [20, 20, 220], [240, 240, 40]];

/// A file of a picture with a colour in each quarter.
fn quarters(width: u32, height: u32) -> Vec<u8> {
    let colour = |x, y| QUARTERS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)];
    let pixels: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| colour(x, y))).collect();
    lossy(&pixels, width, height).unwrap()
}

fn decoded(frame: &KeyFrame<'_>, width: u32, height: u32) -> Vec<[u8; CHANNELS]> {
    let mut pixels = vec![0; width as usize * height as usize * CHANNELS];
    frame.decode(width, height, &mut pixels).unwrap();
    pixels.as_chunks().0.to_vec()
}

fn is_about(seen: [u8; 3], wanted: [u8; 3]) -> bool {
    seen.iter().zip(wanted).all(|(&seen, wanted)| seen.abs_diff(wanted) <= 12)
}

#[test]
fn a_picture_has_its_colours_at_every_size() {
    let file = quarters(320, 200);
    let frame = KeyFrame::read(frame_of(&file).unwrap()).unwrap();
    assert_eq!((frame.width(), frame.height()), (320, 200));
    for (width, height) in
        [(320, 200), (319, 200), (320, 199), (160, 100), (128, 80), (101, 37), (8, 300 / 2)]
    {
        let pixels = decoded(&frame, width, height);
        for (number, wanted) in QUARTERS.into_iter().enumerate() {
            let (column, row) = (if number % 2 == 0 { 1 } else { 3 }, if number < 2 { 1 } else { 3 });
            let seen = pixels[(height * row / 4 * width + width * column / 4) as usize];
            assert!(is_about(seen, wanted), "{seen:?} instead of {wanted:?} at {width} × {height}");
        }
    }
}

#[test]
fn a_pixel_of_a_small_picture_is_the_mean_of_those_that_it_stands_for() {
    let file = quarters(64, 64);
    let frame = KeyFrame::read(frame_of(&file).unwrap()).unwrap();
    let mean = [0, 1, 2].map(|part| {
        let sum: u32 = QUARTERS.iter().map(|colour| u32::from(colour[part])).sum();
        u8::try_from(sum / 4).unwrap()
    });
    let seen = decoded(&frame, 1, 1)[0];
    assert!(is_about(seen, mean), "{seen:?} instead of {mean:?}");
}

#[test]
fn a_frame_of_zeros_is_grey_all_over() {
    let data = grey(100, 60);
    let frame = KeyFrame::read(&data).unwrap();
    for (width, height) in [(100, 60), (50, 30)] {
        let pixels = decoded(&frame, width, height);
        assert!(pixels.iter().all(|&pixel| is_about(pixel, [130; 3])), "{:?}", pixels[0]);
    }
}

#[test]
fn half_a_frame_is_broken() {
    let file = quarters(320, 200);
    let data = frame_of(&file).unwrap();
    let half = KeyFrame::read(&data[..data.len() / 2]).unwrap();
    assert_eq!(half.decode(64, 40, &mut [0; 64 * 40 * CHANNELS]), Err(DecodeError::Broken));
}

/// Decoding may run on several threads at one time: what libwebp prepares once is prepared under a lock.
#[test]
fn threads_decode_side_by_side() {
    let file = quarters(320, 200);
    let frame = KeyFrame::read(frame_of(&file).unwrap()).unwrap();
    let expected = decoded(&frame, 64, 40);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| decoded(&frame, 64, 40))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}
