#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use std::io::Write as _;

use super::unpacked;

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &kind, data, &[0; 4]].concat()
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(*b"IHDR", &[0; 13]), &chunks.concat()].concat()
}

fn iccp(profile: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(profile).unwrap();
    chunk(*b"iCCP", &[b"name\0\0".as_slice(), &packed.finish().unwrap()].concat())
}

#[test]
fn the_profile_before_the_pixels_is_unpacked() {
    let (gamma, end) = (chunk(*b"gAMA", &[0; 4]), chunk(*b"IDAT", b"pixels"));
    let file = png(&[gamma.clone(), iccp(b"profile"), end.clone()]);
    assert_eq!(unpacked(&file, 100), Some(b"profile".to_vec()));
    assert_eq!(unpacked(&png(&[gamma, end.clone(), iccp(b"profile")]), 100), None);
    assert_eq!(unpacked(&png(&[]), 100), None);
    for length in 0..file.len() - end.len() - 4 {
        assert_eq!(unpacked(&file[..length], 100), None, "{length}");
    }
}

#[test]
fn what_is_not_packed_as_it_should_be_is_none() {
    for data in [&b""[..], b"name", b"name\0", b"name\0\0profile", b"name\0\x01\x78\x9c"] {
        assert_eq!(unpacked(&png(&[chunk(*b"iCCP", data)]), 100), None, "{data:?}");
    }
}

#[test]
fn a_profile_is_unpacked_up_to_its_bound() {
    let file = png(&[iccp(&[7; 1000])]);
    assert_eq!(unpacked(&file, 1000), Some(vec![7; 1000]));
    assert_eq!(unpacked(&file, 999), None);
    // 64 MiB, packed a thousandfold.
    let bomb = png(&[iccp(&vec![0; 64 << 20])]);
    let allocated = allocation_counter::measure(|| assert_eq!(unpacked(&bomb, 100_000), None));
    assert!(allocated.bytes_max < 512 * 1024, "{} bytes", allocated.bytes_max);
}
