#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Binding, Claims, open, seal};
use crate::mac::{MacSigner as _, Purpose};
use crate::testing::PlainMacs;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ticket {
    seat: String,
}

impl Claims for Ticket {
    const PURPOSE: Purpose = Purpose::Link;
}

/// The same claims for another purpose.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Coupon {
    seat: String,
}

impl Claims for Coupon {
    const PURPOSE: Purpose = Purpose::Part;
}

const BINDINGS: [Binding<'static>; 4] = [
    Binding::Prefix(b"hall 1"),
    Binding::Prefix(b"hall 2"),
    Binding::Suffix(b"hall 1"),
    Binding::Suffix(b"hall 2"),
];

fn ticket() -> Ticket {
    Ticket { seat: "a 7".to_owned() }
}

#[test]
fn the_text_is_the_claims_and_a_mac_of_them_and_what_they_are_bound_to() {
    let json = r#"{"seat":"a 7"}"#;
    let encoded = URL_SAFE_NO_PAD.encode(json);
    let text = |message: String| {
        format!("{encoded}.{}", PlainMacs.sign(Purpose::Link, message.as_bytes()).to_text())
    };
    let sealed = |binding| seal(&ticket(), binding, &PlainMacs).unwrap();
    assert_eq!(sealed(Binding::Prefix(b"hall 1")), text(format!("hall 1{encoded}")));
    assert_eq!(sealed(Binding::Suffix(b"hall 1")), text(format!("{json}hall 1")));
}

#[test]
fn claims_open_with_their_own_binding_and_purpose_alone() {
    for (made, sealed_for) in BINDINGS.into_iter().enumerate() {
        let text = seal(&ticket(), sealed_for, &PlainMacs).unwrap();
        for (asked, binding) in BINDINGS.into_iter().enumerate() {
            let opened = open::<Ticket>(&text, binding, &PlainMacs);
            assert_eq!(opened, (made == asked).then(ticket), "{sealed_for:?} as {binding:?}");
        }
        assert_eq!(open::<Coupon>(&text, sealed_for, &PlainMacs), None);
    }
}

#[test]
fn genuine_text_that_holds_other_claims_opens_nothing() {
    let encoded = URL_SAFE_NO_PAD.encode(r#"{"row":7}"#);
    let mac = PlainMacs.sign(Purpose::Link, encoded.as_bytes()).to_text();
    assert_eq!(open::<Ticket>(&format!("{encoded}.{mac}"), Binding::Prefix(b""), &PlainMacs), None);
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_and_no_changed_byte_does(
        seat in any::<String>(), bound in any::<[u8; 8]>(), at in any::<prop::sample::Index>(), other in 0_u8..128,
    ) {
        for binding in [Binding::Prefix(&bound), Binding::Suffix(&bound)] {
            let claims = Ticket { seat: seat.clone() };
            let text = seal(&claims, binding, &PlainMacs).unwrap();
            prop_assert_eq!(open(&text, binding, &PlainMacs), Some(claims));
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != other);
            bytes[at] = other;
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(open::<Ticket>(&changed, binding, &PlainMacs), None);
        }
    }
}
