#![expect(clippy::unwrap_used, reason = "a test may")]

use actix_web::http::header::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_domain::uploads::ChecksumAlgorithm;
use fm_fuzzing::changed_lines;
use proptest::prelude::*;

use super::*;
use crate::problem::Code;

/// Numbers of bytes, and what is none.
const NUMBERS: &str =
    "0\n1\n5242880\n18446744073709551615\n18446744073709551616\n007\n-1\n+1\n1 \n 1\n1e3\n0x10\n٣";

/// Checksums of each algorithm, and what is none.
const CHECKSUMS: &str = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=
sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
CRC32 AAAAAA==
crc32  AAAAAA==
md5 1B2M2Y8AsgTpgAmY7PhCfg==
sha1
sha1 !";

fn headers(fields: &[(&HeaderName, &[u8])]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append((*name).clone(), HeaderValue::from_bytes(value).ok()?);
    }
    Some(headers)
}

#[test]
fn a_new_upload_tells_its_length_now_or_later() {
    let length = |fields: &[(&HeaderName, &[u8])]| {
        new_length(&headers(fields).unwrap()).map_err(|problem| problem.code())
    };
    assert_eq!(length(&[(&UPLOAD_LENGTH, b"7")]), Ok(Some(ByteSize::new(7))));
    assert_eq!(length(&[(&UPLOAD_DEFER_LENGTH, b"1")]), Ok(None));
    let refused: [&[(&HeaderName, &[u8])]; 4] = [
        &[],
        &[(&UPLOAD_LENGTH, b"7"), (&UPLOAD_DEFER_LENGTH, b"1")],
        &[(&UPLOAD_LENGTH, b"7"), (&UPLOAD_LENGTH, b"7")],
        &[(&UPLOAD_DEFER_LENGTH, b"0")],
    ];
    for fields in refused {
        assert_eq!(length(fields), Err(Code::MalformedRequest), "{fields:?}");
    }
}

proptest! {
    #[test]
    fn any_number_of_bytes_is_read_back(number in any::<u64>()) {
        let headers = headers(&[(&UPLOAD_OFFSET, number.to_string().as_bytes())]).unwrap();
        prop_assert_eq!(offset(&headers).unwrap().bytes(), number);
    }

    #[test]
    fn a_changed_number_is_refused_or_is_its_digits(text in changed_lines(NUMBERS)) {
        let Some(headers) = headers(&[(&UPLOAD_OFFSET, &text), (&UPLOAD_LENGTH, &text)]) else { return Ok(()) };
        let (offset, length) = (offset(&headers), declared_length(&headers));
        match offset {
            Ok(offset) => {
                let digits = std::str::from_utf8(&text).unwrap().trim_start_matches('0');
                let again = offset.bytes().to_string();
                prop_assert_eq!(again.trim_start_matches('0'), digits);
                prop_assert_eq!(length.unwrap(), Some(offset));
            }
            Err(problem) => prop_assert_eq!(problem.code(), Code::MalformedRequest),
        }
    }

    #[test]
    fn any_checksum_of_the_right_length_is_read(kind in 0_usize..3, value in any::<[u8; 32]>()) {
        let algorithm = ChecksumAlgorithm::ALL[kind];
        for (length, right) in [(4, ChecksumAlgorithm::Crc32), (20, ChecksumAlgorithm::Sha1), (32, ChecksumAlgorithm::Sha256)] {
            let text = format!("{} {}", algorithm.as_str(), STANDARD.encode(&value[..length]));
            let headers = headers(&[(&UPLOAD_CHECKSUM, text.as_bytes())]).unwrap();
            prop_assert_eq!(checksum(&headers).is_ok(), algorithm == right, "{}", text);
        }
    }

    #[test]
    fn a_changed_checksum_is_read_as_what_it_says(text in changed_lines(CHECKSUMS)) {
        let Some(headers) = headers(&[(&UPLOAD_CHECKSUM, &text)]) else { return Ok(()) };
        match checksum(&headers) {
            Ok(read) => {
                let text = std::str::from_utf8(&text).unwrap().trim();
                let (name, value) = text.split_once(' ').unwrap();
                let expected = format!("{} {}", name.to_lowercase(), value.trim());
                let again = expected.parse::<Checksum>().ok();
                prop_assert!(again.is_some());
                prop_assert_eq!(read, again);
            }
            Err(problem) => prop_assert_eq!(problem.code(), Code::MalformedRequest),
        }
    }
}
