//! BMP: headers of all ages, kinds of pixels, runs, data that end too early.

use image::RgbImage;

use super::{Case, Likeness, drawing};

/// Odd, so that rows have padding, and as narrow as a thumbnail, so that no row is mixed with another.
const SIZE: (u32, u32) = (61, 48);

/// The parts of a file.
struct Bmp {
    /// Bytes of the header of the bitmap.
    header: u32,
    bits: u16,
    compression: u32,
    top_down: bool,
    masks: Vec<u32>,
    palette: Vec<[u8; 3]>,
    /// What the header says about the palette.
    colours: u32,
    data: Vec<u8>,
}

impl Bmp {
    fn new(bits: u16, data: Vec<u8>) -> Self {
        Self {
            header: 40,
            bits,
            compression: 0,
            top_down: false,
            masks: Vec::new(),
            palette: if bits <= 8 { palette(1 << bits) } else { Vec::new() },
            colours: 0,
            data,
        }
    }

    fn write(&self) -> Vec<u8> {
        let (width, height) = SIZE;
        let mut info = self.header.to_le_bytes().to_vec();
        if self.header == 12 {
            info.extend(
                [u16::try_from(width).unwrap(), u16::try_from(height).unwrap(), 1, self.bits]
                    .map(u16::to_le_bytes)
                    .concat(),
            );
        } else {
            let height = i32::try_from(height).unwrap() * if self.top_down { -1 } else { 1 };
            info.extend(width.to_le_bytes());
            info.extend(height.to_le_bytes());
            info.extend([1, self.bits].map(u16::to_le_bytes).concat());
            let length = u32::try_from(self.data.len()).unwrap();
            info.extend(
                [self.compression, length, 2835, 2835, self.colours, 0].map(u32::to_le_bytes).concat(),
            );
            info.extend(self.masks.iter().flat_map(|mask| mask.to_le_bytes()));
            let end = usize::try_from(self.header).unwrap();
            if info.len() < end {
                info.resize(end, 0);
            }
            if self.header < 40 {
                info.truncate(end);
            }
        }
        for [red, green, blue] in &self.palette {
            info.extend([blue, green, red]);
            if self.header != 12 {
                info.push(0);
            }
        }
        let offset = u32::try_from(14 + info.len()).unwrap();
        let mut file = b"BM".to_vec();
        file.extend((offset + u32::try_from(self.data.len()).unwrap()).to_le_bytes());
        file.extend([0; 4]);
        file.extend(offset.to_le_bytes());
        [file, info, self.data.clone()].concat()
    }
}

fn palette(count: u32) -> Vec<[u8; 3]> {
    let shade = |index: u32| u8::try_from(index * 255 / (count - 1).max(1)).unwrap();
    (0..count).map(|index| [shade(index), 255 - shade(index), shade(index) / 2]).collect()
}

/// Rows from the bottom, or from the top, each padded to four bytes.
fn data(bits: u16, top_down: bool) -> Vec<u8> {
    let picture: RgbImage = drawing(SIZE.0, SIZE.1);
    let mut rows: Vec<Vec<u8>> = picture
        .rows()
        .map(|row| {
            let mut bytes = Vec::new();
            let (mut held, mut count) = (0_u32, 0);
            for (x, pixel) in row.enumerate() {
                let [red, green, blue] = pixel.0;
                match bits {
                    16 => {
                        let five = |sample: u8| u16::from(sample >> 3);
                        bytes.extend((five(red) << 10 | five(green) << 5 | five(blue)).to_le_bytes());
                    }
                    24 => bytes.extend([blue, green, red]),
                    32 => bytes.extend([blue, green, red, u8::try_from(x * 255 / 61).unwrap()]),
                    _ => {
                        held = held << bits | u32::from(red >> (8 - bits));
                        count += bits;
                        if count == 8 {
                            bytes.push(u8::try_from(held & 0xff).unwrap());
                            count = 0;
                        }
                    }
                }
            }
            if count > 0 {
                bytes.push(u8::try_from((held << (8 - count)) & 0xff).unwrap());
            }
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        })
        .collect();
    if !top_down {
        rows.reverse();
    }
    rows.concat()
}

/// Runs of eight bits, or of four.
fn runs(bits: u16, jumps: bool) -> Vec<u8> {
    let mut runs = Vec::new();
    for y in 0..120_u8 {
        let shade = if bits == 8 { y * 2 } else { y / 8 * 0x11 };
        // A run, bytes as they are, and a run up to the end.
        runs.extend([60, shade, 0, 4]);
        if bits == 8 {
            runs.extend([9, 200, 9, 200]);
        } else {
            runs.extend([0x1f, 0x1f]);
        }
        if jumps && y % 16 == 7 {
            runs.extend([0, 2, 20, 0, 73, 255 - shade]);
        } else {
            runs.extend([93, 255 - shade]);
        }
        if jumps && y == 60 {
            runs.extend([0, 0, 0, 2, 0, 1]);
        }
        runs.extend([0, 0]);
    }
    runs.extend([0, 1]);
    runs
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: String, bmp: &Bmp| cases.push((name, bmp.write()));
    for bits in [1, 4, 8, 16, 24, 32] {
        for header in [12, 40, 52, 56, 64, 108, 124] {
            if header == 12 && matches!(bits, 16 | 32) {
                continue;
            }
            add(
                format!("{bits} bits, header of {header}"),
                &Bmp { header, ..Bmp::new(bits, data(bits, false)) },
            );
        }
        let upright = Bmp { top_down: true, ..Bmp::new(bits, data(bits, true)) };
        add(format!("{bits} bits, from the top"), &upright);
    }
    add("2 bits".to_owned(), &Bmp::new(2, data(2, false)));
    for bits in [1, 4, 8] {
        let mut few = Bmp::new(bits, data(bits, false));
        few.colours = (1 << bits) / 2;
        few.palette.truncate(few.colours.try_into().unwrap());
        add(format!("{bits} bits, half a palette"), &few);
        let many = Bmp { colours: 1000, ..Bmp::new(bits, data(bits, false)) };
        add(format!("{bits} bits, a palette that is said to be large"), &many);
    }
    let masks = [
        ("5-6-5", 16, vec![0xf800, 0x7e0, 0x1f, 0]),
        ("5-5-5", 16, vec![0x7c00, 0x3e0, 0x1f, 0]),
        ("4-4-4-4", 16, vec![0xf00, 0xf0, 0xf, 0xf000]),
        ("8-8-8", 32, vec![0xff_0000, 0xff00, 0xff, 0]),
        ("8-8-8, red first", 32, vec![0xff, 0xff00, 0xff_0000, 0]),
        ("8-8-8-8", 32, vec![0xff_0000, 0xff00, 0xff, 0xff00_0000]),
        ("10-10-10", 32, vec![0x3ff0_0000, 0xf_fc00, 0x3ff, 0]),
    ];
    for (name, bits, masks) in masks {
        for header in [40, 52, 56, 108, 124] {
            let count = if matches!(header, 40 | 52) { 3 } else { 4 };
            let masks = masks[..count].to_vec();
            let bmp = Bmp { header, compression: 3, masks, ..Bmp::new(bits, data(bits, false)) };
            add(format!("masks {name}, header of {header}"), &bmp);
        }
    }
    for (bits, compression) in [(8, 1), (4, 2)] {
        for jumps in [false, true] {
            let bmp = Bmp { compression, ..Bmp::new(bits, runs(bits, jumps)) };
            add(format!("runs of {bits} bits, jumps: {jumps}"), &bmp);
        }
        let mut open = runs(bits, false);
        open.truncate(open.len() - 2);
        add(
            format!("runs of {bits} bits without an end"),
            &Bmp { compression, ..Bmp::new(bits, open.clone()) },
        );
        open.truncate(open.len() / 2);
        add(format!("half of the runs of {bits} bits"), &Bmp { compression, ..Bmp::new(bits, open) });
    }
    for bits in [1, 8, 24, 32] {
        for percent in [10, 50, 95] {
            for top_down in [false, true] {
                let mut data = data(bits, top_down);
                data.truncate(data.len() * percent / 100);
                let name = if top_down { "from the top" } else { "from the bottom" };
                let bmp = Bmp { top_down, ..Bmp::new(bits, data) };
                add(format!("{bits} bits {name}, cut at {percent} %"), &bmp);
            }
        }
    }
    let case = |(name, file)| Case {
        name: format!("BMP, {name}"),
        content_type: "image/bmp",
        file,
        likeness: Likeness::Same,
    };
    cases.into_iter().map(case).collect()
}
