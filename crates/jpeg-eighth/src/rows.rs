//! The rows of a picture.

use crate::eighth::Eighth;

/// The rows of a picture from the top, each made when it is asked for: see [`Eighth::rows`].
pub struct Rows<'a> {
    picture: &'a Eighth,
    /// The row of each component.
    lines: Vec<Vec<u8>>,
    row: Vec<u8>,
    next: u32,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(picture: &'a Eighth) -> Self {
        let width = picture.width() as usize;
        Self { picture, lines: vec![vec![0; width]; picture.components()], row: vec![0; width * 3], next: 0 }
    }

    /// The next row, three bytes a pixel; `None` after the last.
    pub fn next_row(&mut self) -> Option<&[u8]> {
        if self.next == self.picture.height() {
            return None;
        }
        for (component, line) in self.lines.iter_mut().enumerate() {
            self.picture.stretch(component, self.next as usize, line);
        }
        self.next += 1;
        let pixels = self.row.as_chunks_mut::<3>().0;
        match self.lines.as_slice() {
            [grey] => pixels.iter_mut().zip(grey).for_each(|(pixel, &grey)| *pixel = [grey; 3]),
            [first, second, third] => {
                let samples = first.iter().zip(second).zip(third);
                for (pixel, ((&a, &b), &c)) in pixels.iter_mut().zip(samples) {
                    *pixel = [a, b, c];
                }
            }
            _ => {}
        }
        Some(&self.row)
    }
}
