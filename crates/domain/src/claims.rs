//! Claims that a client carries for us: typed, as JSON in base64url, under a MAC. Links and cursors are made of them.
//!
//! ```text
//! text = base64url(JSON of the claims) "." base64url(MAC)
//! ```
//!
//! A refresh token is none: its fields are plain text, because its session has to be looked up before its MAC can be
//! checked with the salt that is kept there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{PortError, PortResult};
use crate::mac::{Mac, MacSigner, Purpose};

/// Claims of one purpose. Their JSON is what was given out before: fields can be added where they have a default.
pub trait Claims: Serialize + DeserializeOwned {
    /// What the MAC is for: claims of another purpose do not open.
    const PURPOSE: Purpose;
}

/// What the claims are bound to: the MAC covers it, the text does not hold it. Its length does not vary within a
/// purpose, so that nothing of it can be taken for claims.
#[derive(Debug, Clone, Copy)]
pub enum Binding<'a> {
    /// The MAC is of these bytes and the claims in base64url behind them.
    Prefix(&'a [u8]),
    /// The MAC is of the claims in JSON and these bytes behind them.
    Suffix(&'a [u8]),
}

impl Binding<'_> {
    fn message(self, encoded: &str, json: &[u8]) -> Vec<u8> {
        match self {
            Self::Prefix(bound) => [bound, encoded.as_bytes()].concat(),
            Self::Suffix(bound) => [json, bound].concat(),
        }
    }
}

/// The claims as a text that a client can hand back.
///
/// # Errors
///
/// [`PortError::Unexpected`] for claims that JSON can't express.
pub fn seal<C: Claims>(claims: &C, binding: Binding<'_>, macs: &dyn MacSigner) -> PortResult<String> {
    let json = serde_json::to_vec(claims).map_err(|error| PortError::Unexpected(error.into()))?;
    let encoded = URL_SAFE_NO_PAD.encode(&json);
    let mac = macs.sign(C::PURPOSE, &binding.message(&encoded, &json));
    Ok(format!("{encoded}.{}", mac.to_text()))
}

/// The claims of a text that was sealed with the same binding; `None` for every other text.
pub fn open<C: Claims>(text: &str, binding: Binding<'_>, macs: &dyn MacSigner) -> Option<C> {
    let (encoded, mac) = text.split_once('.')?;
    let mac = Mac::parse(mac)?;
    let json = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let is_genuine = macs.verify(C::PURPOSE, &binding.message(encoded, &json), &mac);
    if is_genuine { serde_json::from_slice(&json).ok() } else { None }
}

#[cfg(test)]
mod tests;
