//! MAC: message authentication.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fm_domain::mac::{Mac, Purpose};

use crate::harness::MacSignerHarness;

pub(crate) async fn mac_01_a_mac_fits_its_message_and_purpose_alone<H: MacSignerHarness>(harness: &H) {
    let signer = harness.signer();
    for purpose in Purpose::ALL {
        let mac = signer.sign(purpose, b"message");
        assert!(signer.verify(purpose, b"message", &mac), "its own message");
        assert!(!signer.verify(purpose, b"messagf", &mac), "another message");
        assert!(!signer.verify(purpose, b"message\0", &mac), "a longer message");
        assert!(!signer.verify(purpose, b"", &mac), "no message");
        assert!(!signer.verify(purpose, b"message", &Mac::new([0; 32])), "no MAC");
        for other in Purpose::ALL.into_iter().filter(|other| *other != purpose) {
            assert!(!signer.verify(other, b"message", &mac), "{purpose:?} passed off as {other:?}");
        }
    }
}

pub(crate) async fn mac_02_equal_messages_have_equal_macs<H: MacSignerHarness>(harness: &H) {
    let signer = harness.signer();
    for message in [&b""[..], b"message", &[0xFF; 1000]] {
        let (first, second) = (signer.sign(Purpose::Link, message), signer.sign(Purpose::Link, message));
        assert!(first == second, "a MAC of {} bytes changes", message.len());
        assert!(signer.verify(Purpose::Link, message, &first));
    }
}

pub(crate) async fn mac_03_macs_outlive_a_rotation_of_the_secret<H: MacSignerHarness>(harness: &H) {
    let (before, after) = (harness.signer(), harness.rotated());
    for purpose in Purpose::ALL {
        let (old, new) = (before.sign(purpose, b"message"), after.sign(purpose, b"message"));
        assert!(after.verify(purpose, b"message", &old), "an old MAC after the rotation");
        assert!(after.verify(purpose, b"message", &new), "a new MAC");
        assert!(old != new, "the rotation changed nothing");
        assert!(!before.verify(purpose, b"message", &new), "the new secret is known to the old signer");
    }
}

pub(crate) async fn mac_04_a_strangers_mac_is_refused<H: MacSignerHarness>(harness: &H) {
    let (signer, rotated, stranger) = (harness.signer(), harness.rotated(), harness.stranger());
    for purpose in Purpose::ALL {
        let mac = stranger.sign(purpose, b"message");
        assert!(stranger.verify(purpose, b"message", &mac), "the stranger takes its own");
        assert!(!signer.verify(purpose, b"message", &mac));
        assert!(!rotated.verify(purpose, b"message", &mac));
    }
}

pub(crate) async fn mac_05_every_byte_of_a_mac_and_of_a_long_message_counts<H: MacSignerHarness>(
    harness: &H,
) {
    let signer = harness.signer();
    let message: Vec<u8> = (0..=u8::MAX).cycle().take(1_000).collect();
    let mac = signer.sign(Purpose::Link, &message);
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(mac.to_text()).unwrap().try_into().unwrap();
    for place in 0..bytes.len() {
        let mut bytes = bytes;
        bytes[place] ^= 1;
        assert!(!signer.verify(Purpose::Link, &message, &Mac::new(bytes)), "byte {place} of the MAC");
    }
    for place in [0, 63, 64, 127, 128, 255, 256, 999] {
        let mut other = message.clone();
        other[place] ^= 1;
        assert!(!signer.verify(Purpose::Link, &other, &mac), "byte {place} of the message");
        assert!(!signer.verify(Purpose::Link, &message[..place], &mac), "its first {place} bytes");
    }
}
