//! TOK: access tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fm_domain::clock::Timestamp;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{AccessClaims, InvalidToken, TokenSigner};

use crate::fixture::{at, uuid};
use crate::harness::TokenSignerHarness;

/// Claims that hold from the beginning for 15 minutes.
fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::new(uuid()),
        session: SessionId::new(uuid()),
        token: uuid(),
        issued_at: at(0),
        expires_at: at(900),
    }
}

fn sign(signer: &dyn TokenSigner, claims: &AccessClaims) -> String {
    signer.sign(claims).unwrap().expose().to_owned()
}

/// The JSON of a part of a compact JWT.
fn json(part: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(crate) async fn tok_01_a_signed_token_verifies_to_its_claims<H: TokenSignerHarness>(harness: &H) {
    let signer = harness.signer();
    let claims = claims();
    let token = sign(&*signer, &claims);
    assert_eq!(signer.verify(&token, at(1)), Ok(claims.clone()));

    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "a compact JWT has three parts");
    let payload = json(parts[1]);
    for said in [claims.user.to_string(), claims.session.to_string(), claims.token.to_string()] {
        assert!(payload.contains(&said), "{said} is not in {payload}");
    }
    for name in ["sub", "sid", "jti", "iat", "nbf", "exp", "iss", "aud"] {
        assert!(payload.contains(&format!("\"{name}\":")), "{name} is not in {payload}");
    }
}

pub(crate) async fn tok_02_a_tampered_token_is_refused<H: TokenSignerHarness>(harness: &H) {
    let signer = harness.signer();
    let token = sign(&*signer, &claims());
    let other = sign(&*signer, &claims());
    let (mine, theirs): (Vec<&str>, Vec<&str>) = (token.split('.').collect(), other.split('.').collect());
    let grafted = format!("{}.{}.{}", mine[0], theirs[1], mine[2]);
    let longer_lived =
        json(mine[1]).replace(&at(900).unix_seconds().to_string(), &at(90_000).unix_seconds().to_string());
    let longer_lived = format!("{}.{}.{}", mine[0], URL_SAFE_NO_PAD.encode(longer_lived), mine[2]);
    let cut = &token[..token.len() - 1];
    let mut flipped = token.clone().into_bytes();
    let place = token.rfind('.').unwrap() + 1;
    flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let unsigned = format!("{}.{}.", mine[0], mine[1]);
    for forged in
        [grafted.as_str(), &longer_lived, cut, &flipped, &unsigned, "", "..", "a.b.c", &mine[..2].join(".")]
    {
        assert_eq!(signer.verify(forged, at(1)), Err(InvalidToken), "{forged}");
    }
}

pub(crate) async fn tok_03_a_token_counts_only_within_its_time<H: TokenSignerHarness>(harness: &H) {
    let signer = harness.signer();
    let claims = claims();
    let token = sign(&*signer, &claims);
    let seconds = |second: i64| signer.verify(&token, at(second));
    for inside in [0, 1, 450, 899] {
        assert_eq!(seconds(inside), Ok(claims.clone()), "at second {inside}");
    }
    // Two seconds of leeway at most, and not one millisecond more than the third.
    for outside in [-100_000, -60, -3, 903, 960, 100_000] {
        assert_eq!(seconds(outside), Err(InvalidToken), "at second {outside}");
    }
    assert_eq!(signer.verify(&token, Timestamp::from_unix_seconds(0)), Err(InvalidToken), "in 1970");
}

pub(crate) async fn tok_04_tokens_outlive_a_rotation_of_the_secret<H: TokenSignerHarness>(harness: &H) {
    let (before, after) = (harness.signer(), harness.rotated());
    let claims = claims();
    let (old, new) = (sign(&*before, &claims), sign(&*after, &claims));
    assert_eq!(after.verify(&old, at(1)), Ok(claims.clone()), "an old token after the rotation");
    assert_eq!(after.verify(&new, at(1)), Ok(claims), "a new token");
    assert_eq!(before.verify(&new, at(1)), Err(InvalidToken), "the new secret is known to the old signer");
}

pub(crate) async fn tok_05_a_strangers_token_is_refused<H: TokenSignerHarness>(harness: &H) {
    let (signer, rotated, stranger) = (harness.signer(), harness.rotated(), harness.stranger());
    let token = sign(&*stranger, &claims());
    assert!(stranger.verify(&token, at(1)).is_ok(), "the stranger takes its own");
    assert_eq!(signer.verify(&token, at(1)), Err(InvalidToken));
    assert_eq!(rotated.verify(&token, at(1)), Err(InvalidToken));
}

pub(crate) async fn tok_06_a_token_can_not_choose_its_algorithm<H: TokenSignerHarness>(harness: &H) {
    let signer = harness.signer();
    let token = sign(&*signer, &claims());
    let parts: Vec<&str> = token.split('.').collect();
    let header = json(parts[0]);
    let own = header.split("\"alg\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for algorithm in ["none", "None", "HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"] {
        if algorithm == own {
            continue;
        }
        let header = URL_SAFE_NO_PAD.encode(header.replace(&own, algorithm));
        for signature in ["", parts[2]] {
            let forged = format!("{header}.{}.{signature}", parts[1]);
            assert_eq!(signer.verify(&forged, at(1)), Err(InvalidToken), "{algorithm}");
        }
    }
}

pub(crate) async fn tok_07_every_character_of_the_signature_counts_and_none_comes_around_it<
    H: TokenSignerHarness,
>(
    harness: &H,
) {
    let signer = harness.signer();
    let token = sign(&*signer, &claims());
    let start = token.rfind('.').unwrap() + 1;
    for place in start..token.len() {
        let mut other = token.clone().into_bytes();
        // The highest bit of six, which counts in every place.
        other[place] = match other[place] {
            b'A'..=b'F' => other[place] + 32,
            b'a'..=b'f' => other[place] - 32,
            b'q' => b'Q',
            _ => b'q',
        };
        let other = String::from_utf8(other).unwrap();
        assert_eq!(signer.verify(&other, at(1)), Err(InvalidToken), "another character {place}: {other}");
    }
    for around in [
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}="),
        format!("{token}."),
        format!("{token}\0"),
        format!("Bearer {token}"),
        format!("{token},{token}"),
    ] {
        assert_eq!(signer.verify(&around, at(1)), Err(InvalidToken), "{around:?}");
    }
}

pub(crate) async fn tok_08_a_token_of_another_issuer_or_audience_is_refused<H: TokenSignerHarness>(
    harness: &H,
) {
    let ours = harness.signer();
    let claims = claims();
    let token = sign(&*ours, &claims);
    for (what, theirs) in ["issuer", "audience"].into_iter().zip(harness.elsewhere()) {
        let other = sign(&*theirs, &claims);
        assert_eq!(theirs.verify(&other, at(1)), Ok(claims.clone()), "their own, of another {what}");
        assert_eq!(ours.verify(&other, at(1)), Err(InvalidToken), "a token of another {what}");
        assert_eq!(theirs.verify(&token, at(1)), Err(InvalidToken), "our token at another {what}");
    }
}
