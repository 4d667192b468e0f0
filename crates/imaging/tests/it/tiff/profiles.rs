//! Colour profiles, which a tag has.

use super::writer::{Tiff, Values};
use crate::pictures::pixels;
use crate::profiles::{RED, RED_OF_P3, SIZE, display_p3, distance};

const PROFILE: u16 = 34_675;

fn red() -> Tiff {
    Tiff::new(SIZE, 2, 3, 8, RED.repeat((SIZE.0 * SIZE.1) as usize))
}

#[tokio::test]
async fn the_profile_of_a_tiff_is_applied() {
    for (big_endian, big) in [(false, false), (true, false), (false, true), (true, true)] {
        let tiff = Tiff { big_endian, big, ..red().field(PROFILE, Values::Bytes(display_p3())) };
        let seen = pixels(tiff.write()).await;
        assert!(distance(&seen, RED_OF_P3) <= 3, "{big_endian}, {big}: {:?}", seen.get_pixel(30, 20));
    }
}

#[tokio::test]
async fn a_profile_that_is_broken_or_for_other_pixels_changes_nothing() {
    let plain = pixels(red().write()).await;
    for values in [
        Values::Bytes(vec![7; 300]),
        Values::Bytes(vec![7; 3]),
        Values::Bytes(display_p3()[..200].to_vec()),
        Values::Bytes([display_p3(), vec![0; 4 << 20]].concat()),
        Values::Shorts(vec![7; 300]),
    ] {
        assert_eq!(pixels(red().field(PROFILE, values).write()).await, plain);
    }
    // A profile of red, green and blue, with pixels that are inks.
    let inks = Tiff::new(SIZE, 5, 4, 8, [10, 200, 180, 20].repeat((SIZE.0 * SIZE.1) as usize));
    let profiled = inks.clone().field(PROFILE, Values::Bytes(display_p3()));
    assert_eq!(pixels(profiled.write()).await, pixels(inks.write()).await);
}
