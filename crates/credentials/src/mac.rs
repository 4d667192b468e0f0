//! MACs with one key per purpose.

use std::fmt;

use fm_domain::mac::{Mac, MacSigner, Purpose};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::JwtSecrets;

/// Makes and checks HMAC-SHA-256 with keys derived from the secrets: HKDF-SHA-256, the purpose's name in `info`.
///
/// The newest secret signs, every accepted one is believed, so that a rotation breaks no link, cursor or refresh
/// token. Keys are prepared once: a MAC costs two to four blocks of SHA-256.
pub struct HkdfMacSigner {
    current: Keys,
    previous: Vec<Keys>,
}

struct Keys {
    refresh_token: Hmac<Sha256>,
    cursor: Hmac<Sha256>,
    link: Hmac<Sha256>,
    part: Hmac<Sha256>,
}

impl Keys {
    fn derived_from(secret: &crate::SecretBytes) -> Self {
        let key = |purpose: Purpose| {
            // A key of one whole block of SHA-256 is used as it is (RFC 2104, section 2).
            let key = secret.derive::<64>(&[b"mac/", purpose.name().as_bytes()]);
            Hmac::new(&(*key).into())
        };
        Self {
            refresh_token: key(Purpose::RefreshToken),
            cursor: key(Purpose::Cursor),
            link: key(Purpose::Link),
            part: key(Purpose::Part),
        }
    }

    fn mac(&self, purpose: Purpose, message: &[u8]) -> Mac {
        let key = match purpose {
            Purpose::RefreshToken => &self.refresh_token,
            Purpose::Cursor => &self.cursor,
            Purpose::Link => &self.link,
            Purpose::Part => &self.part,
        };
        let mut mac = key.clone();
        mac.update(message);
        Mac::new(mac.finalize().into_bytes().into())
    }
}

impl HkdfMacSigner {
    /// Derives the keys of every purpose from every accepted secret.
    #[must_use]
    pub fn new(secrets: &JwtSecrets) -> Self {
        Self {
            current: Keys::derived_from(&secrets.current),
            previous: secrets.previous.iter().map(Keys::derived_from).collect(),
        }
    }
}

impl fmt::Debug for HkdfMacSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HkdfMacSigner(…)")
    }
}

impl MacSigner for HkdfMacSigner {
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac {
        self.current.mac(purpose, message)
    }

    /// Which of the accepted keys fits may show in the time it takes; what the MAC should have been does not.
    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool {
        std::iter::once(&self.current).chain(&self.previous).any(|keys| keys.mac(purpose, message) == *mac)
    }
}
