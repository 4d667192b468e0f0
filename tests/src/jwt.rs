//! Access tokens made by hand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

/// What a forged token claims to be signed with.
#[derive(Debug, Clone, Copy)]
pub enum Forged<'a> {
    /// `alg: none`, no signature.
    None,
    /// `alg: HS256` under this key.
    Hs256(&'a [u8]),
}

/// A token with the header's and claims' members of `genuine` overwritten by `changes`.
pub fn forge(genuine: &str, changes: &Value, how: Forged<'_>) -> String {
    let mut parts = genuine.split('.');
    let mut header = decode(parts.next().expect("a header"));
    let mut claims = decode(parts.next().expect("claims"));
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    header["alg"] = match how {
        Forged::None => json!("none"),
        Forged::Hs256(_) => json!("HS256"),
    };
    let message = format!("{}.{}", encode(&header), encode(&claims));
    let signature = match how {
        Forged::None => String::new(),
        Forged::Hs256(key) => {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("any key");
            mac.update(message.as_bytes());
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        }
    };
    format!("{message}.{signature}")
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
