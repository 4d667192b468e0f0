//! GIF: blocks that browsers skip, frames beside their canvas, data that end too early.

use image::RgbImage;
use image::codecs::gif::GifEncoder;

use super::{Case, Likeness, drawing};

const SIZE: (u16, u16) = (160, 120);

/// A palette of 32 colours, and of each pixel the nearest of them.
struct Frame {
    indices: Vec<u8>,
    width: u16,
    height: u16,
}

fn palette() -> Vec<u8> {
    (0..32_u8).flat_map(|index| [(index >> 3) * 80, (index >> 1 & 3) * 80, (index & 1) * 200]).collect()
}

fn frame(width: u16, height: u16) -> Frame {
    let picture: RgbImage = drawing(width.into(), height.into());
    let indices = picture.pixels().map(|pixel| {
        let [red, green, blue] = pixel.0;
        (red / 64).min(3) << 3 | (green / 64).min(3) << 1 | u8::from(blue > 100)
    });
    Frame { indices: indices.collect(), width, height }
}

impl Frame {
    /// LZW that never uses a longer code: it begins anew before that.
    fn packed(&self, order: &[usize]) -> Vec<u8> {
        let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
        let mut code = |code: u32| {
            bits |= code << count;
            count += 6;
            while count >= 8 {
                bytes.push(u8::try_from(bits & 0xff).unwrap());
                bits >>= 8;
                count -= 8;
            }
        };
        let rows: Vec<&[u8]> = self.indices.chunks(self.width.into()).collect();
        for (at, index) in order.iter().flat_map(|&row| rows[row]).enumerate() {
            if at % 24 == 0 {
                code(32);
            }
            code((*index).into());
        }
        code(33);
        code(0);
        let mut blocks = vec![5];
        for block in bytes.chunks(255) {
            blocks.push(u8::try_from(block.len()).unwrap());
            blocks.extend(block);
        }
        blocks.push(0);
        blocks
    }

    fn rows(&self) -> Vec<usize> {
        (0..usize::from(self.height)).collect()
    }

    /// Its descriptor at this place, with these flags beside those of a palette.
    fn block(&self, (left, top): (u16, u16), flags: u8, local: bool) -> Vec<u8> {
        let order = if flags & 0x40 == 0 {
            self.rows()
        } else {
            let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
            passes.iter().flat_map(|&(from, step)| (from..usize::from(self.height)).step_by(step)).collect()
        };
        let mut block =
            descriptor((left, top), (self.width, self.height), if local { flags | 0x84 } else { flags });
        if local {
            block.extend(palette());
        }
        block.extend(self.packed(&order));
        block
    }
}

fn descriptor(place: (u16, u16), size: (u16, u16), flags: u8) -> Vec<u8> {
    let mut descriptor = vec![0x2c];
    descriptor.extend([place.0, place.1, size.0, size.1].into_iter().flat_map(u16::to_le_bytes));
    descriptor.push(flags);
    descriptor
}

fn screen((width, height): (u16, u16), global: bool) -> Vec<u8> {
    let mut screen = b"GIF89a".to_vec();
    screen.extend(width.to_le_bytes());
    screen.extend(height.to_le_bytes());
    screen.extend([if global { 0xf4 } else { 0x70 }, 0, 0]);
    if global {
        screen.extend(palette());
    }
    screen
}

fn control(flags: u8, index: u8) -> Vec<u8> {
    vec![0x21, 0xf9, 4, flags, 10, 0, index, 0]
}

/// A file of these blocks on a screen of the usual size with a palette.
fn file(blocks: &[&[u8]]) -> Vec<u8> {
    [&screen(SIZE, true), blocks.concat().as_slice(), b";"].concat()
}

pub(super) fn cases() -> Vec<Case> {
    let picture = frame(SIZE.0, SIZE.1);
    let image = picture.block((0, 0), 0, false);
    let small = frame(80, 60);
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, file: Vec<u8>| cases.push((name.to_owned(), file));
    add("plain", file(&[&image]));
    add("87a", [b"GIF87a".as_slice(), &file(&[&image])[6..]].concat());
    add("palette of its own", file(&[&picture.block((0, 0), 0, true)]));
    add(
        "no global palette",
        [&screen(SIZE, false), picture.block((0, 0), 0, true).as_slice(), b";"].concat(),
    );
    add("no palette at all", [&screen(SIZE, false), image.as_slice(), b";"].concat());
    add("interlaced", file(&[&picture.block((0, 0), 0x40, false)]));
    // As narrow as a thumbnail, so that no row is mixed with another.
    for height in [1, 2, 3, 5, 9, 13, 119] {
        let odd = frame(60, height);
        let name = format!("interlaced, {height} rows");
        add(&name, [screen((60, height), true), odd.block((0, 0), 0x40, false), b";".to_vec()].concat());
    }
    for label in [0x00, 0x01, 0xab, 0xce, 0xfe, 0xff] {
        let extension = [&[0x21, label, 11], b"FILEMANAGER".as_slice(), &[3, 1, 0, 0, 0]].concat();
        add(&format!("extension {label:02x}"), file(&[&extension, &image]));
        add(&format!("extension {label:02x} after a control"), file(&[&control(1, 5), &extension, &image]));
    }
    for zeros in [1, 2, 7] {
        add(&format!("{zeros} zeros before the frame"), file(&[&vec![0; zeros], &image]));
        add(&format!("{zeros} zeros after a control"), file(&[&control(1, 3), &vec![0; zeros], &image]));
    }
    add("see-through", file(&[&control(1, 9), &image]));
    for dispose in 0..8 {
        add(
            &format!("disposal {dispose}"),
            file(&[&control(dispose << 2, 0), &image, &small.block((0, 0), 0, false)]),
        );
    }
    add("a long control", file(&[&[0x21, 0xf9, 6, 1, 10, 0, 9, 0, 0, 0], &image]));
    add("a short control", file(&[&[0x21, 0xf9, 2, 1, 10, 0], &image]));
    add("two controls", file(&[&control(1, 9), &control(0, 0), &image]));
    for (name, size) in [("zero width", (0, 120)), ("zero height", (160, 0)), ("no size", (0, 0))] {
        let empty = [descriptor((0, 0), size, 0), picture.packed(&picture.rows())].concat();
        add(&format!("a frame of {name}"), file(&[&empty]));
        let nothing = [descriptor((0, 0), size, 0), vec![5, 1, 0b10_0000, 0]].concat();
        add(&format!("a frame of {name} and a picture"), file(&[&nothing, &image]));
    }
    for (left, top) in [(40, 30), (100, 80), (0, 60), (80, 0), (150, 110), (200, 0), (0, 200), (160, 120)] {
        add(&format!("a frame at {left}, {top}"), file(&[&small.block((left, top), 0, false)]));
    }
    add("a frame larger than the screen", [&screen((80, 60), true), image.as_slice(), b";"].concat());
    add("a screen of no size", [&screen((0, 0), true), image.as_slice(), b";"].concat());
    add("a screen of no width", [&screen((0, 120), true), image.as_slice(), b";"].concat());
    let whole = file(&[&image]);
    add("no trailer", whole[..whole.len() - 1].to_vec());
    add("no end of the data", whole[..whole.len() - 2].to_vec());
    add("bytes after the trailer", [whole.as_slice(), b"trailing bytes"].concat());
    add("another block than any", file(&[&image, b"\x7f\x03abc\0"]));
    for percent in [1, 3, 5, 20, 40, 60, 80, 95] {
        add(&format!("cut at {percent} %"), whole[..whole.len() * percent / 100].to_vec());
        let interlaced = file(&[&picture.block((0, 0), 0x40, false)]);
        add(
            &format!("interlaced, cut at {percent} %"),
            interlaced[..interlaced.len() * percent / 100].to_vec(),
        );
    }
    for percent in [30, 70] {
        let (mut broken, at) = (whole.clone(), whole.len() * percent / 100);
        broken[at..at + 6].fill(0xff);
        add(&format!("wrong codes at {percent} %"), broken);
    }
    for size in [0, 1, 9, 12, 13] {
        let mut wrong = whole.clone();
        let at = whole.len() - image.len() - 1 + 10;
        wrong[at] = size;
        add(&format!("codes of {size} bits"), wrong);
    }
    let mut animation = Vec::new();
    let mut encoder = GifEncoder::new(&mut animation);
    encoder.encode(drawing(160, 120).as_raw(), 160, 120, image::ExtendedColorType::Rgb8).unwrap();
    drop(encoder);
    add("by another program", animation);
    let case = |(name, file)| Case {
        name: format!("GIF, {name}"),
        content_type: "image/gif",
        file,
        likeness: Likeness::Same,
    };
    cases.into_iter().map(case).collect()
}
