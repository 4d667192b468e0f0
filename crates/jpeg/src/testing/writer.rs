//! Writes JPEG files of every kind, out of coefficients.

use super::entropy::{Data, codes};

/// The order that a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One scan of all components.
    Interleaved,
    /// A scan for each component.
    Apart,
    /// The DC coefficients of all components, then the AC coefficients of each.
    Progressive,
    /// The same, but that the lowest two bits of the DC coefficients come later, the last of each component apart, and
    /// the lowest bit of the AC coefficients at the end.
    Refined,
}

/// What DC coefficients are multiplied by.
const QUANTIZER: i32 = 16;

/// A picture to be written.
#[derive(Debug, Clone)]
pub struct Writer {
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// Identifiers and sampling factors.
    pub components: Vec<(u8, u8, u8)>,
    /// Of its scans.
    pub order: Order,
    /// MCUs between restarts, 0 for none.
    pub restart_interval: u16,
    /// How probable it is that an AC coefficient is not zero, in 256ths.
    pub noise: u8,
    /// The averages: of a component, at so many 1024ths of the width and height.
    pub sample: fn(usize, u32, u32) -> u8,
    /// Segments with their markers, before the frame.
    pub segments: Vec<u8>,
}

/// One component; brightness falls from the left to the right.
#[must_use]
pub fn grey(width: u16, height: u16) -> Writer {
    Writer {
        width,
        height,
        components: vec![(1, 1, 1)],
        order: Order::Interleaved,
        restart_interval: 0,
        noise: 40,
        sample: |component, x, y| {
            u8::try_from((x * 7 / 3 + y * 3 / 2 + 800 * component_of(component)) % 251).unwrap()
        },
        segments: Vec::new(),
    }
}

fn component_of(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}

/// Three components, the first with these sampling factors and the others with 1 and 1.
#[must_use]
pub fn colour(width: u16, height: u16, across: u8, down: u8) -> Writer {
    Writer { components: vec![(1, across, down), (2, 1, 1), (3, 1, 1)], ..grey(width, height) }
}

/// A segment with its marker.
#[must_use]
pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

impl Writer {
    /// The whole file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8];
        file.extend(&self.segments);
        let mut quantizers = [1; 65];
        (quantizers[0], quantizers[1]) = (0, u8::try_from(QUANTIZER).unwrap());
        file.extend(segment(0xdb, &quantizers));
        let is_progressive = matches!(self.order, Order::Progressive | Order::Refined);
        for class in 0..2 {
            let (counts, symbols) = codes(class, is_progressive);
            file.extend(segment(0xc4, &[&[class << 4], &counts[..], &symbols].concat()));
        }
        if self.restart_interval > 0 {
            file.extend(segment(0xdd, &self.restart_interval.to_be_bytes()));
        }
        let mut frame = vec![8];
        frame.extend(self.height.to_be_bytes());
        frame.extend(self.width.to_be_bytes());
        frame.push(u8::try_from(self.components.len()).unwrap());
        frame.extend(self.components.iter().flat_map(|&(id, across, down)| [id, across << 4 | down, 0]));
        file.extend(segment(if is_progressive { 0xc2 } else { 0xc0 }, &frame));

        let coefficients = self.coefficients();
        let all: Vec<usize> = (0..self.components.len()).collect();
        let mut scan = |parts: &[usize], band, bits| self.scan(&mut file, &coefficients, parts, band, bits);
        let each = all.chunks(1);
        match self.order {
            Order::Interleaved => scan(&all, (0, 63), (0, 0)),
            Order::Apart => each.for_each(|one| scan(one, (0, 63), (0, 0))),
            Order::Progressive => {
                scan(&all, (0, 0), (0, 0));
                each.for_each(|one| scan(one, (1, 63), (0, 0)));
            }
            Order::Refined => {
                scan(&all, (0, 0), (0, 2));
                each.clone().for_each(|one| scan(one, (1, 63), (0, 1)));
                scan(&all, (0, 0), (2, 1));
                each.clone().for_each(|one| scan(one, (0, 0), (1, 0)));
                each.for_each(|one| scan(one, (1, 63), (1, 0)));
            }
        }
        file.extend([0xff, 0xd9]);
        file
    }

    fn largest(&self) -> (u16, u16) {
        let factors = |at: fn(&(u8, u8, u8)) -> u8| self.components.iter().map(at).max().unwrap().into();
        (factors(|component| component.1), factors(|component| component.2))
    }

    fn mcus(&self) -> (u16, u16) {
        let (across, down) = self.largest();
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }

    /// The blocks of each component, row by row, those that fill the last MCUs up too.
    fn coefficients(&self) -> Vec<Vec<[i32; 64]>> {
        let (mcus, mut state) = (self.mcus(), 0x9e37_79b9_u32);
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        let components = self.components.iter().enumerate();
        let blocks = components.map(|(at, &(_, across, down))| {
            let (across, down) = (mcus.0 * u16::from(across), mcus.1 * u16::from(down));
            let places = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
            let block = |(x, y): (u16, u16)| {
                let place = |part: u16, whole: u16| u32::from(part) * 1024 / u32::from(whole);
                let sample = (self.sample)(at, place(x, across), place(y, down));
                let mut block = [0; 64];
                for coefficient in &mut block[1..] {
                    if random() % 256 < self.noise.into() {
                        *coefficient = i32::try_from(random() % 61).unwrap() - 30;
                    }
                }
                block[0] = (i32::from(sample) - 128) * 8 / QUANTIZER;
                block
            };
            places.map(block).collect()
        });
        blocks.collect()
    }

    fn scan(
        &self,
        file: &mut Vec<u8>,
        coefficients: &[Vec<[i32; 64]>],
        parts: &[usize],
        band: (u8, u8),
        bits: (u8, u8),
    ) {
        let mut header = vec![u8::try_from(parts.len()).unwrap()];
        header.extend(parts.iter().flat_map(|&part| [self.components[part].0, 0]));
        header.extend([band.0, band.1, bits.0 << 4 | bits.1]);
        file.extend(segment(0xda, &header));

        let (largest, mut mcus) = (self.largest(), self.mcus());
        if let [alone] = *parts {
            let (_, across, down) = self.components[alone];
            let blocks =
                |pixels: u16, factor: u8, largest| (pixels * u16::from(factor)).div_ceil(largest).div_ceil(8);
            mcus = (blocks(self.width, across, largest.0), blocks(self.height, down, largest.1));
        }
        let mut data = Data::new(file);
        let mut predictions = vec![0; parts.len()];
        for mcu in 0..u32::from(mcus.0) * u32::from(mcus.1) {
            let interval = u32::from(self.restart_interval);
            if interval > 0 && mcu > 0 && mcu % interval == 0 {
                data.end();
                data.file.extend([0xff, 0xd0 + u8::try_from((mcu / interval - 1) % 8).unwrap()]);
                predictions.fill(0);
            }
            let (x, y) = ((mcu % u32::from(mcus.0)) as usize, (mcu / u32::from(mcus.0)) as usize);
            for (&part, prediction) in parts.iter().zip(&mut predictions) {
                let (_, mut across, mut down) = self.components[part];
                let stride = usize::from(self.mcus().0) * usize::from(across);
                if parts.len() == 1 {
                    (across, down) = (1, 1);
                }
                let (across, down) = (usize::from(across), usize::from(down));
                for line in y * down..(y + 1) * down {
                    for column in x * across..(x + 1) * across {
                        data.block(&coefficients[part][line * stride + column], prediction, band, bits);
                    }
                }
            }
        }
        data.end();
    }
}
