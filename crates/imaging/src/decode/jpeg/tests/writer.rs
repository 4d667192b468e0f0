//! Writes JPEG files of every kind, out of coefficients.

use std::sync::LazyLock;

/// The order that a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// One scan of all components.
    Interleaved,
    /// A scan for each component.
    Apart,
    /// The DC coefficients of all components, then the AC coefficients of each.
    Progressive,
    /// The same, but that the lowest two bits of the DC coefficients come at the end, the last of each component apart.
    Refined,
}

/// What DC coefficients are multiplied by.
pub(super) const QUANTIZER: i32 = 16;

/// A picture to be written.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Identifiers and sampling factors.
    pub(super) components: Vec<(u8, u8, u8)>,
    pub(super) order: Order,
    /// MCUs between restarts, 0 for none.
    pub(super) restart_interval: u16,
    /// How probable it is that an AC coefficient is not zero, in 256ths.
    pub(super) noise: u8,
    /// The averages: of a component, at so many 1024ths of the width and height.
    pub(super) sample: fn(usize, u32, u32) -> u8,
    /// Segments with their markers, before the frame.
    pub(super) segments: Vec<u8>,
}

/// One component; brightness falls from the left to the right.
pub(super) fn grey(width: u16, height: u16) -> Writer {
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
pub(super) fn colour(width: u16, height: u16, across: u8, down: u8) -> Writer {
    Writer { components: vec![(1, across, down), (2, 1, 1), (3, 1, 1)], ..grey(width, height) }
}

/// A segment with its marker.
pub(super) fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

/// How many codes there are of each length, and their symbols: a few short ones, and many that are long.
fn codes(class: u8) -> ([u8; 16], Vec<u8>) {
    if class == 0 {
        return (
            [0, 1, 2, 2, 2, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0],
            vec![3, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11],
        );
    }
    let mut symbols = vec![0, 1, 2, 0x11, 3, 0xf0];
    let all = (0..16).flat_map(|run| (1..=10).map(move |size| run << 4 | size));
    symbols.extend(all.filter(|symbol| ![1, 2, 0x11, 3].contains(symbol)));
    ([0, 1, 1, 1, 1, 1, 1, 0, 32, 0, 40, 0, 40, 0, 0, 44], symbols)
}

/// Codes and their lengths, by class and symbol; of no length for symbols without a code.
static CODES: LazyLock<[[(u32, u32); 256]; 2]> = LazyLock::new(|| {
    [0, 1].map(|class| {
        let (counts, symbols) = codes(class);
        let mut symbols = symbols.into_iter();
        let (mut by_symbol, mut code) = ([(0, 0); 256], 0);
        for (length, count) in (1..).zip(counts) {
            code <<= 1;
            for symbol in symbols.by_ref().take(count.into()) {
                by_symbol[usize::from(symbol)] = (code, length);
                code += 1;
            }
        }
        by_symbol
    })
});

impl Writer {
    /// The whole file.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8];
        file.extend(&self.segments);
        let mut quantizers = [1; 65];
        (quantizers[0], quantizers[1]) = (0, u8::try_from(QUANTIZER).unwrap());
        file.extend(segment(0xdb, &quantizers));
        for class in 0..2 {
            let (counts, symbols) = codes(class);
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
        file.extend(segment(
            if matches!(self.order, Order::Progressive | Order::Refined) { 0xc2 } else { 0xc0 },
            &frame,
        ));

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
                each.clone().for_each(|one| scan(one, (1, 63), (0, 0)));
                scan(&all, (0, 0), (2, 1));
                each.for_each(|one| scan(one, (0, 0), (1, 0)));
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
        let mut data = Data { file, pending: 0, count: 0 };
        let mut predictions = vec![0; parts.len()];
        for mcu in 0..u32::from(mcus.0) * u32::from(mcus.1) {
            let interval = u32::from(self.restart_interval);
            if interval > 0 && mcu > 0 && mcu % interval == 0 {
                data.pad();
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
        data.pad();
    }
}

/// Entropy-coded data.
struct Data<'a> {
    file: &'a mut Vec<u8>,
    pending: u32,
    count: u32,
}

impl Data<'_> {
    fn push(&mut self, bits: u32, count: u32) {
        for at in (0..count).rev() {
            self.pending = self.pending << 1 | bits >> at & 1;
            self.count += 1;
            if self.count == 8 {
                let byte = u8::try_from(self.pending).unwrap();
                self.file.push(byte);
                if byte == 0xff {
                    self.file.push(0);
                }
                (self.pending, self.count) = (0, 0);
            }
        }
    }

    fn pad(&mut self) {
        while self.count > 0 {
            self.push(1, 1);
        }
    }

    fn symbol(&mut self, class: usize, symbol: u8) {
        let (code, length) = CODES[class][usize::from(symbol)];
        assert!(length > 0, "no code for {symbol:#x}");
        self.push(code, length);
    }

    /// A code, and the value that its symbol gives the size of.
    fn value(&mut self, class: usize, run: u8, value: i32) {
        let size = i32::BITS - value.unsigned_abs().leading_zeros();
        self.symbol(class, run << 4 | u8::try_from(size).unwrap());
        let bits = if value < 0 { value - 1 } else { value };
        self.push(bits.cast_unsigned() & ((1 << size) - 1), size);
    }

    fn block(
        &mut self,
        block: &[i32; 64],
        prediction: &mut i32,
        (first, last): (u8, u8),
        (high, low): (u8, u8),
    ) {
        if first == 0 && high > 0 {
            self.push((block[0] >> low & 1).cast_unsigned(), 1);
        } else if first == 0 {
            self.value(0, 0, (block[0] >> low) - *prediction);
            *prediction = block[0] >> low;
        }
        if last == 0 {
            return;
        }
        let mut run = 0;
        for &coefficient in &block[1..] {
            if coefficient == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.symbol(1, 0xf0);
                run -= 16;
            }
            self.value(1, run, coefficient);
            run = 0;
        }
        if run > 0 {
            self.symbol(1, 0);
        }
    }
}
