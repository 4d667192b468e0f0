//! Pictures with a colour profile.

use std::io::Write as _;

/// The JPEG with a profile in parts of this many bytes, right after its beginning.
pub(super) fn in_jpeg(jpeg: &[u8], profile: &[u8], part_bytes: usize) -> Vec<u8> {
    let parts: Vec<&[u8]> = profile.chunks(part_bytes).collect();
    let count = u8::try_from(parts.len()).unwrap();
    let segments = (1..=count).zip(parts).map(|(number, part)| {
        let body = [b"ICC_PROFILE\0".as_slice(), &[number, count], part].concat();
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [[0xff, 0xe2].as_slice(), &length, &body].concat()
    });
    [&jpeg[..2], &segments.collect::<Vec<_>>().concat(), &jpeg[2..]].concat()
}

/// The PNG with a packed profile right after its header.
pub(super) fn in_png(png: &[u8], profile: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(profile).unwrap();
    let named = [b"iCCPname\0\0".as_slice(), &packed.finish().unwrap()].concat();
    let length = u32::try_from(named.len() - 4).unwrap().to_be_bytes();
    let mut checksum = flate2::Crc::new();
    checksum.update(&named);
    [&png[..33], &length, &named, &checksum.sum().to_be_bytes(), &png[33..]].concat()
}

/// A WebP with a profile before the bitstream of a plain one.
pub(super) fn in_webp(webp: &[u8], size: (u32, u32), profile: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let padding = vec![0; data.len() % 2];
        [kind, &u32::try_from(data.len()).unwrap().to_le_bytes(), data, &padding].concat()
    };
    let mut header = vec![0b10_0000, 0, 0, 0];
    header.extend(&(size.0 - 1).to_le_bytes()[..3]);
    header.extend(&(size.1 - 1).to_le_bytes()[..3]);
    let body = [b"WEBP".as_slice(), &chunk(b"VP8X", &header), &chunk(b"ICCP", profile), &webp[12..]];
    chunk(b"RIFF", &body.concat())
}
