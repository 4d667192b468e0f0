//! Huffman codes, and the data made of them.

use std::sync::LazyLock;

/// How many codes there are of each length, and their symbols: a few short ones, and many that are long.
pub(super) fn codes(class: u8, is_progressive: bool) -> ([u8; 16], Vec<u8>) {
    if class == 0 {
        return (
            [0, 1, 2, 2, 2, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0],
            vec![3, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11],
        );
    }
    let mut symbols = vec![0, 1, 2, 0x11, 3, 0xf0];
    let all = (0..16).flat_map(|run| (1..=10).map(move |size| run << 4 | size));
    symbols.extend(all.filter(|symbol| ![1, 2, 0x11, 3].contains(symbol)));
    let mut counts = [0, 1, 1, 1, 1, 1, 1, 0, 32, 0, 40, 0, 40, 0, 0, 44];
    if is_progressive {
        // Ends of several blocks.
        symbols.extend((1..15).map(|size| size << 4));
        counts[15] += 14;
    }
    (counts, symbols)
}

/// Codes and their lengths, by class and symbol; of no length for symbols without a code.
static CODES: LazyLock<[[(u32, u32); 256]; 2]> = LazyLock::new(|| {
    [0, 1].map(|class| {
        // Those of sequential pictures are the same, as far as they go.
        let (counts, symbols) = codes(class, true);
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

/// Entropy-coded data.
pub(super) struct Data<'a> {
    pub(super) file: &'a mut Vec<u8>,
    pending: u32,
    count: u32,
    /// In how many blocks a band has ended that has not been said yet, and the corrections in these blocks.
    ended: u32,
    corrections: Vec<u32>,
}

impl<'a> Data<'a> {
    /// Data at the end of the file.
    pub(super) fn new(file: &'a mut Vec<u8>) -> Self {
        Self { file, pending: 0, count: 0, ended: 0, corrections: Vec::new() }
    }

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

    /// Ends before a marker: fills the last byte up.
    pub(super) fn end(&mut self) {
        self.end_blocks();
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

    /// The part of a block that a scan of this band and these bits has (B.2.3).
    pub(super) fn block(
        &mut self,
        block: &[i32; 64],
        prediction: &mut i32,
        (first, last): (u8, u8),
        (high, low): (u8, u8),
    ) {
        match (first, last, high) {
            (0, _, 0) => {
                self.value(0, 0, (block[0] >> low) - *prediction);
                *prediction = block[0] >> low;
            }
            (0, ..) => self.push((block[0] >> low & 1).cast_unsigned(), 1),
            (_, _, 0) => self.band(&block[first.into()..=last.into()], low),
            _ => self.refined_band(&block[first.into()..=last.into()], low),
        }
        if first == 0 && last > 0 {
            self.band(&block[1..=last.into()], 0);
            self.end_blocks();
        }
    }

    /// AC coefficients without some of their low bits.
    fn band(&mut self, band: &[i32], low: u8) {
        let mut run = 0;
        for coefficient in band.iter().map(|coefficient| coefficient / (1 << low)) {
            if coefficient == 0 {
                run += 1;
                continue;
            }
            self.end_blocks();
            while run > 15 {
                self.symbol(1, 0xf0);
                run -= 16;
            }
            self.value(1, run, coefficient);
            run = 0;
        }
        if run > 0 {
            self.end_block();
        }
    }

    /// One of those bits (G.1.2.3).
    fn refined_band(&mut self, band: &[i32], low: u8) {
        let sizes: Vec<u32> = band.iter().map(|coefficient| coefficient.unsigned_abs() >> low).collect();
        let last_new = sizes.iter().rposition(|&size| size == 1);
        let (mut run, mut corrections) = (0, Vec::new());
        for (at, (&size, &coefficient)) in sizes.iter().zip(band).enumerate() {
            if size == 0 {
                run += 1;
                continue;
            }
            while run > 15 && last_new.is_some_and(|last| at <= last) {
                self.end_blocks();
                self.symbol(1, 0xf0);
                self.correct(&mut corrections);
                run -= 16;
            }
            if size > 1 {
                corrections.push(size & 1);
                continue;
            }
            self.end_blocks();
            self.symbol(1, run << 4 | 1);
            self.push(u32::from(coefficient > 0), 1);
            self.correct(&mut corrections);
            run = 0;
        }
        if run > 0 || !corrections.is_empty() {
            self.corrections.append(&mut corrections);
            self.end_block();
        }
    }

    fn correct(&mut self, corrections: &mut Vec<u32>) {
        corrections.drain(..).for_each(|bit| self.push(bit, 1));
    }

    /// Ends the band in a block: with others, as long as there is nothing else to say.
    fn end_block(&mut self) {
        self.ended += 1;
        if self.ended == 0x7fff {
            self.end_blocks();
        }
    }

    /// Says in how many blocks the band has ended.
    fn end_blocks(&mut self) {
        if let Some(size) = self.ended.checked_ilog2() {
            self.symbol(1, u8::try_from(size << 4).unwrap());
            self.push(self.ended - (1 << size), size);
            self.ended = 0;
            let mut corrections = std::mem::take(&mut self.corrections);
            self.correct(&mut corrections);
        }
    }
}
