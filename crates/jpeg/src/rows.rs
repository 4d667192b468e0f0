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
        let components = picture.channels().len();
        let row = Vec::with_capacity(width * Self::samples(components));
        Self { picture, lines: vec![vec![0; width]; components], row, next: 0 }
    }

    /// How many bytes rows of this width take.
    pub(crate) const fn bytes(width: u32, components: usize) -> u64 {
        width as u64 * (components + Self::samples(components)) as u64
    }

    /// How many samples a pixel has at most.
    const fn samples(components: usize) -> usize {
        if components > 3 { components } else { 3 }
    }

    /// Reads the lines of the next row; false after the last.
    fn read_lines(&mut self) -> bool {
        if self.next == self.picture.row_count() {
            return false;
        }
        for (channel, line) in self.picture.channels().iter().zip(&mut self.lines) {
            channel.stretch(self.next as usize, line);
        }
        self.next += 1;
        true
    }

    /// The next row as the file has it: a byte for each component of a pixel, whatever colours they are; `None` after the
    /// last.
    pub fn next_samples(&mut self) -> Option<&[u8]> {
        if !self.read_lines() {
            return None;
        }
        let components = self.lines.len();
        self.row.resize(self.picture.width() as usize * components, 0);
        for (at, line) in self.lines.iter().enumerate() {
            let samples = self.row.iter_mut().skip(at).step_by(components);
            samples.zip(line).for_each(|(place, &sample)| *place = sample);
        }
        Some(&self.row)
    }

    /// The next row, three bytes a pixel; `None` after the last.
    pub fn next_row(&mut self) -> Option<&[u8]> {
        if !self.read_lines() {
            return None;
        }
        self.row.resize(self.picture.width() as usize * 3, 0);
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
