//! The rows of a picture.

use crate::picture::Picture;

/// The rows of a picture from the top, each made when it is asked for: see [`Picture::rows`].
pub struct Rows<'a> {
    picture: &'a Picture,
    /// The row of each component.
    lines: Vec<Vec<u8>>,
    row: Vec<u8>,
    next: u32,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(picture: &'a Picture) -> Self {
        let width = picture.width() as usize;
        Self {
            picture,
            lines: vec![vec![0; width]; picture.channels().len()],
            row: vec![0; width * 3],
            next: 0,
        }
    }

    /// How many bytes rows of this width take.
    pub(crate) const fn bytes(width: u32, components: usize) -> u64 {
        width as u64 * (components as u64 + 3)
    }

    /// The next row, three bytes a pixel; `None` after the last.
    pub fn next_row(&mut self) -> Option<&[u8]> {
        if self.next == self.picture.row_count() {
            return None;
        }
        for (channel, line) in self.picture.channels().iter().zip(&mut self.lines) {
            channel.stretch(self.next as usize, line);
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
            [first, second, third, fourth] => {
                let samples = first.iter().zip(second).zip(third).zip(fourth);
                for (pixel, (((&a, &b), &c), &d)) in pixels.iter_mut().zip(samples) {
                    *pixel = self.picture.colour().mix_inks([a, b, c, d]);
                }
            }
            _ => {}
        }
        if !self.picture.is_whole() {
            self.picture.colour().convert(&mut self.row);
        }
        Some(&self.row)
    }
}
