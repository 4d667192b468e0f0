//! Signers of access tokens and of MACs with one fault. The honest one is a fake: it keeps every rule, and is
//! not safe to use.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fm_contract::{MacSignerHarness, TokenSignerHarness};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::mac::{Mac, MacSigner, Purpose};
use fm_domain::sessions::{AccessClaims, AccessToken, InvalidToken, TokenSigner};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::mutants::{mutants, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    IgnoresExpiry,
    IgnoresNotBefore,
    IgnoresSignatures,
    ForgetsOldSecrets,
    TakesAnyAlgorithm,
    HasOneKeyForAll,
    TrimsTokens,
    ComparesHalfASignature,
    ComparesHalfAMac,
    SignsTheFirstBlockAlone,
    IgnoresTheIssuer,
    IgnoresTheAudience,
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts
        .iter()
        .fold(Sha256::new(), |hash, part| hash.chain_update(part.len().to_be_bytes()).chain_update(part))
        .finalize()
        .into()
}

/// A fake signer: the first secret signs, all are accepted.
#[derive(Clone)]
struct Signer {
    secrets: Vec<&'static [u8]>,
    issuer: &'static str,
    audience: &'static str,
    fault: Fault,
}

impl Signer {
    fn before(fault: Fault) -> Self {
        Self { secrets: vec![b"old"], issuer: "us", audience: "us", fault }
    }

    fn after(fault: Fault) -> Self {
        let secrets =
            if fault == Fault::ForgetsOldSecrets { vec![&b"new"[..]] } else { vec![&b"new"[..], b"old"] };
        Self { secrets, ..Self::before(fault) }
    }

    fn stranger(fault: Fault) -> Self {
        Self { secrets: vec![b"strange"], ..Self::before(fault) }
    }

    fn mac(&self, secret: &[u8], purpose: Purpose, message: &[u8]) -> Mac {
        let name = if self.fault == Fault::HasOneKeyForAll { "" } else { purpose.name() };
        let block =
            if self.fault == Fault::SignsTheFirstBlockAlone { message.len().min(64) } else { message.len() };
        Mac::new(sha256(&[secret, name.as_bytes(), &message[..block]]))
    }
}

impl MacSigner for Signer {
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac {
        self.mac(self.secrets[0], purpose, message)
    }

    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool {
        self.fault == Fault::IgnoresSignatures
            || self.secrets.iter().any(|secret| {
                let right = self.mac(secret, purpose, message);
                let half = right.to_text()[..20] == mac.to_text()[..20];
                right == *mac || (half && self.fault == Fault::ComparesHalfAMac)
            })
    }
}

const HEADER: &str = r#"{"alg":"FAKE"}"#;

impl Signer {
    fn signature(secret: &[u8], signed: &str) -> String {
        URL_SAFE_NO_PAD.encode(sha256(&[secret, signed.as_bytes()]))
    }

    /// The value of a field of flat JSON.
    fn field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
        let rest = json.split_once(&format!("\"{name}\":"))?.1;
        Some(rest.split([',', '}']).next()?.trim_matches('"'))
    }

    fn read(&self, token: &str) -> Option<AccessClaims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let algorithm = String::from_utf8(URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let unsigned = self.fault == Fault::TakesAnyAlgorithm && algorithm != HEADER;
        let genuine = self.secrets.iter().any(|secret| {
            let right = Self::signature(secret, signed);
            let half = signature.len() == right.len() && signature.starts_with(&right[..right.len() / 2]);
            right == signature || (half && self.fault == Fault::ComparesHalfASignature)
        });
        if !genuine && !unsigned && self.fault != Fault::IgnoresSignatures {
            return None;
        }
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let (issuer, audience) = (Self::field(&json, "iss")?, Self::field(&json, "aud")?);
        if issuer != self.issuer && self.fault != Fault::IgnoresTheIssuer
            || audience != self.audience && self.fault != Fault::IgnoresTheAudience
        {
            return None;
        }
        let seconds = |name| Some(Timestamp::from_unix_seconds(Self::field(&json, name)?.parse().ok()?));
        Some(AccessClaims {
            user: UserId::parse(Self::field(&json, "sub")?)?,
            session: SessionId::parse(Self::field(&json, "sid")?)?,
            token: Uuid::parse_str(Self::field(&json, "jti")?).ok()?,
            issued_at: seconds("iat")?,
            expires_at: seconds("exp")?,
        })
    }
}

impl TokenSigner for Signer {
    fn sign(&self, claims: &AccessClaims) -> PortResult<AccessToken> {
        let (issued, expires) = (claims.issued_at.unix_seconds(), claims.expires_at.unix_seconds());
        let payload = format!(
            r#"{{"sub":"{}","sid":"{}","jti":"{}","iat":{issued},"nbf":{issued},"exp":{expires},"iss":"{}","aud":"{}"}}"#,
            claims.user, claims.session, claims.token, self.issuer, self.audience
        );
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(payload));
        Ok(AccessToken::new(format!("{signed}.{}", Self::signature(self.secrets[0], &signed))))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let token = if self.fault == Fault::TrimsTokens { token.trim() } else { token };
        let claims = self.read(token).ok_or(InvalidToken)?;
        let expired = now >= claims.expires_at && self.fault != Fault::IgnoresExpiry;
        let early = now < claims.issued_at && self.fault != Fault::IgnoresNotBefore;
        if expired || early { Err(InvalidToken) } else { Ok(claims) }
    }
}

macro_rules! broken_tokens {
    ($name:ident, $fault:expr) => {
        broken_signer!($name, $fault, TokenSignerHarness, TokenSigner {
            fn elsewhere(&self) -> [Arc<dyn TokenSigner>; 2] {
                let ours = Signer::before($fault);
                [
                    Arc::new(Signer { issuer: "others", ..ours.clone() }),
                    Arc::new(Signer { audience: "others", ..ours }),
                ]
            }
        });
    };
}

macro_rules! broken_macs {
    ($name:ident, $fault:expr) => {
        broken_signer!($name, $fault, MacSignerHarness, MacSigner {});
    };
}

macro_rules! broken_signer {
    ($name:ident, $fault:expr, $harness:ident, $port:ident { $($more:tt)* }) => {
        struct $name;

        #[async_trait]
        impl $harness for $name {
            async fn fresh() -> Self {
                Self
            }

            fn signer(&self) -> Arc<dyn $port> {
                Arc::new(Signer::before($fault))
            }

            fn rotated(&self) -> Arc<dyn $port> {
                Arc::new(Signer::after($fault))
            }

            fn stranger(&self) -> Arc<dyn $port> {
                Arc::new(Signer::stranger($fault))
            }

            $($more)*
        }
    };
}

mutants! {
    a_token_signer_without_a_fault_breaks_no_rule: broken_tokens(Fault::None) => token_signer, [];
    a_token_signer_that_ignores_the_expiry: broken_tokens(Fault::IgnoresExpiry) => token_signer, ["TOK-03"];
    a_token_signer_that_takes_tokens_early: broken_tokens(Fault::IgnoresNotBefore) => token_signer,
        ["TOK-03"];
    a_token_signer_that_ignores_signatures: broken_tokens(Fault::IgnoresSignatures) => token_signer,
        ["TOK-02", "TOK-04", "TOK-05", "TOK-06", "TOK-07"];
    a_token_signer_that_forgets_old_secrets: broken_tokens(Fault::ForgetsOldSecrets) => token_signer,
        ["TOK-04"];
    a_token_signer_that_takes_any_algorithm: broken_tokens(Fault::TakesAnyAlgorithm) => token_signer,
        ["TOK-06"];

    a_token_signer_that_ignores_the_issuer: broken_tokens(Fault::IgnoresTheIssuer) => token_signer, ["TOK-08"];
    a_token_signer_that_ignores_the_audience: broken_tokens(Fault::IgnoresTheAudience) => token_signer, ["TOK-08"];
    a_token_signer_that_trims_tokens: broken_tokens(Fault::TrimsTokens) => token_signer, ["TOK-07"];
    a_token_signer_that_compares_half_a_signature: broken_tokens(Fault::ComparesHalfASignature) =>
        token_signer, ["TOK-07"];

    a_mac_signer_that_compares_half_a_mac: broken_macs(Fault::ComparesHalfAMac) => mac_signer, ["MAC-05"];
    a_mac_signer_that_signs_the_first_block_alone: broken_macs(Fault::SignsTheFirstBlockAlone) => mac_signer,
        ["MAC-05"];
    a_mac_signer_without_a_fault_breaks_no_rule: broken_macs(Fault::None) => mac_signer, [];
    a_mac_signer_with_one_key_for_all: broken_macs(Fault::HasOneKeyForAll) => mac_signer, ["MAC-01"];
    a_mac_signer_that_forgets_old_secrets: broken_macs(Fault::ForgetsOldSecrets) => mac_signer, ["MAC-03"];
    a_mac_signer_that_believes_everything: broken_macs(Fault::IgnoresSignatures) => mac_signer,
        ["MAC-01", "MAC-03", "MAC-04", "MAC-05"];
}

passes_decorated! {
    a_decorated_token_signer_breaks_no_rule: broken_tokens(Fault::None) => token_signer
}
