//! The checksum of one chunk (tus, extension checksum).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Digest as _;

/// The algorithm of a checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// SHA-1 (FIPS 180-4): against accidents, not against forgers.
    Sha1,
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// CRC-32 (ISO 3309), most significant byte first.
    Crc32,
}

impl ChecksumAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Crc32];

    /// As tus names it: `sha1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Crc32 => "crc32",
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Crc32 => 4,
        }
    }
}

/// The checksum that the bytes of a chunk must have.
#[derive(Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: ChecksumAlgorithm,
    value: Vec<u8>,
}

/// The text is no checksum that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChecksum {
    /// The algorithm is unknown.
    #[error("the algorithm of the checksum is none of sha1, sha256, crc32")]
    UnknownAlgorithm,
    /// It is not an algorithm, a space and the checksum in base64.
    #[error("the checksum is not an algorithm, a space and base64 of the right length")]
    Malformed,
}

/// `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`
impl FromStr for Checksum {
    type Err = InvalidChecksum;

    fn from_str(text: &str) -> Result<Self, InvalidChecksum> {
        let (name, value) = text.trim().split_once(' ').ok_or(InvalidChecksum::Malformed)?;
        let algorithm = ChecksumAlgorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
            .ok_or(InvalidChecksum::UnknownAlgorithm)?;
        let value = STANDARD.decode(value.trim()).map_err(|_not_base64| InvalidChecksum::Malformed)?;
        if value.len() == algorithm.length() {
            Ok(Self { algorithm, value })
        } else {
            Err(InvalidChecksum::Malformed)
        }
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({} {})", self.algorithm.as_str(), hex::encode(&self.value))
    }
}

/// Computes the checksum of a chunk.
pub struct ChecksumHasher {
    expected: Vec<u8>,
    hasher: Hasher,
}

enum Hasher {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Crc32(crc32fast::Hasher),
}

impl ChecksumHasher {
    /// Hashes to be compared with `checksum`.
    #[must_use]
    pub fn expecting(checksum: &Checksum) -> Self {
        let hasher = match checksum.algorithm {
            ChecksumAlgorithm::Sha1 => Hasher::Sha1(sha1::Sha1::new()),
            ChecksumAlgorithm::Sha256 => Hasher::Sha256(sha2::Sha256::new()),
            ChecksumAlgorithm::Crc32 => Hasher::Crc32(crc32fast::Hasher::new()),
        };
        Self { expected: checksum.value.clone(), hasher }
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.hasher {
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Crc32(hasher) => hasher.update(bytes),
        }
    }

    /// Whether the bytes are what they should be.
    #[must_use]
    pub fn matches(self) -> bool {
        let found = match self.hasher {
            Hasher::Sha1(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Crc32(hasher) => hasher.finalize().to_be_bytes().to_vec(),
        };
        found == self.expected
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn matches(checksum: &str, bytes: &[u8]) -> bool {
        let mut hasher = ChecksumHasher::expecting(&checksum.parse().unwrap());
        for byte in bytes {
            hasher.update(&[*byte]);
        }
        hasher.matches()
    }

    #[test]
    fn known_checksums_match_their_bytes_and_no_others() {
        for checksum in [
            "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
            "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
            "CRC32 DUoRhQ==",
        ] {
            assert!(matches(checksum, b"hello world"), "{checksum}");
            assert!(!matches(checksum, b"hello worlD"), "{checksum}");
        }
    }

    #[test]
    fn what_can_not_be_checked_is_refused() {
        assert_eq!(
            "md5 XrY7u+Ae7tCTyyK7j1rNww==".parse::<Checksum>(),
            Err(InvalidChecksum::UnknownAlgorithm)
        );
        for text in ["", "sha1", "sha1 ", "sha1 !!!!", "sha1 DUoRhQ==", "crc32 Kq5sNclPz7QV2+lfQIuc6R7oRu0="]
        {
            assert_eq!(text.parse::<Checksum>(), Err(InvalidChecksum::Malformed), "{text}");
        }
    }
}
