//! What every file is held to, by the tests beside this file and by the fuzz target.

use fm_jpeg::{DecodeError, Jpeg, Limits, Scale};

/// What the coefficients, samples and rows of a file may take.
const MAX_ALLOC: u64 = 1024 * 1024;

/// What [`Limits::max_alloc`] says may come on top of it.
const OVERHEAD: u64 = 64 * 1024;

/// Decodes the file at every scale, reads all of its picture, and fails if that panics, takes more memory than it may, or
/// gives a picture of another size than its header declares, or without a row. Returns what is said at 1/8.
pub(crate) fn check(file: &[u8]) -> Result<(), DecodeError> {
    let answers = Scale::ALL.map(|scale| {
        let mut answer = Ok(());
        let allocated = allocation_counter::measure(|| answer = read(file, scale));
        let peak = allocated.bytes_max;
        assert!(peak <= MAX_ALLOC + OVERHEAD, "{peak} bytes for a file of {}: {answer:?}", file.len());
        answer
    });
    answers[0]
}

fn read(file: &[u8], scale: Scale) -> Result<(), DecodeError> {
    let jpeg = Jpeg::read(file)?;
    let picture = jpeg.decode(scale, Limits { max_alloc: MAX_ALLOC, deadline: None })?;
    let size = (picture.width(), picture.height());
    assert_eq!(size, (scale.of(jpeg.width()), scale.of(jpeg.height())));
    let (mut rows, mut count) = (picture.rows(), 0);
    while let Some(row) = rows.next_row() {
        let (pixels, rest) = row.as_chunks::<3>();
        assert_eq!((pixels.len(), rest), (picture.width() as usize, &[][..]));
        for &pixel in pixels {
            picture.to_rgb(&mut pixel.clone());
        }
        count += 1;
    }
    assert!((1..=picture.height()).contains(&count), "{count} rows of {}", picture.height());
    Ok(())
}
