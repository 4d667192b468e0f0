use fastrand::Rng;

use super::{bytes, filled, letters, stretch};

#[test]
fn the_bytes_are_as_many_as_asked_for_and_always_the_same() {
    assert_eq!(bytes(4099).len(), 4099);
    assert_eq!(bytes(64), bytes(4099)[..64]);
    assert_ne!(bytes(16)[..8], bytes(16)[8..]);
}

#[test]
fn a_source_goes_on_where_it_was() {
    let mut random = Rng::with_seed(7);
    let (first, second) = (filled(&mut random, 16), filled(&mut random, 16));
    assert_ne!(first, second);
    assert_eq!(filled(&mut Rng::with_seed(7), 16), first);
}

#[test]
fn letters_are_letters_and_always_the_same() {
    let found = letters(1000);
    assert!(found.len() == 1000 && found.iter().all(u8::is_ascii_lowercase));
    assert_eq!(letters(10), found[..10]);
    assert_ne!(found[..500], found[500..]);
}

#[test]
fn stretches_of_the_endless_sequence_fit_together() {
    let whole = stretch(0, 20_000);
    assert_eq!(whole.len(), 20_000);
    for (offset, length) in [(0, 0), (0, 1), (1, 4095), (4095, 2), (4096, 4096), (5000, 12_345), (19_999, 1)]
    {
        let (from, to) = (offset, offset + length);
        assert_eq!(stretch(from as u64, length as u64), whole[from..to], "{length} bytes at {offset}");
    }
    assert_ne!(whole[..4096], whole[4096..8192]);
}
