//! What this signer of access tokens promises beyond the contract.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fm_credentials::{JwtSecrets, JwtSigner, OsIds, SecretBytes, SecretTooShort, TokenAudience};
use fm_domain::clock::Timestamp;
use fm_domain::ids::{IdSource as _, SessionId, UserId};
use fm_domain::sessions::{AccessClaims, InvalidToken, TokenSigner as _};
use fm_fuzzing::{changed, changed_lines};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use uuid::Uuid;

const CLAIMS: &str = include_str!("../../corpus/claims.txt");

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

fn secret(byte: u8) -> SecretBytes {
    SecretBytes::new(vec![byte; 32]).unwrap()
}

fn signer() -> JwtSigner {
    JwtSigner::new(&JwtSecrets::only(secret(1)), TokenAudience::default())
}

fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::new(OsIds.uuid()),
        session: SessionId::new(OsIds.uuid()),
        token: OsIds.uuid(),
        issued_at: NOW,
        expires_at: Timestamp::from_unix_seconds(1_800_000_900),
    }
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

/// A token with this header around genuine claims, signed with the genuine secret.
fn with_header(header: &str, algorithm: Algorithm) -> String {
    let genuine = signer().sign(&claims()).unwrap();
    let payload = genuine.expose().split('.').nth(1).unwrap();
    let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
    let signature = sign(message.as_bytes(), &EncodingKey::from_secret(&[1; 32]), algorithm).unwrap();
    format!("{message}.{signature}")
}

fn header_of(token: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

#[test]
fn a_token_says_what_it_was_told_and_ends_two_seconds_after_its_expiry() {
    let claims = claims();
    let token = signer().sign(&claims).unwrap();
    assert_eq!(signer().verify(token.expose(), NOW), Ok(claims.clone()));
    assert_eq!(signer().verify(token.expose(), seconds(901)), Ok(claims));
    assert_eq!(signer().verify(token.expose(), seconds(902)), Err(InvalidToken));
}

#[test]
fn a_token_is_not_valid_long_before_it_was_issued() {
    let token = signer().sign(&claims()).unwrap();
    assert!(signer().verify(token.expose(), seconds(-2)).is_ok());
    assert_eq!(signer().verify(token.expose(), seconds(-3)), Err(InvalidToken));
}

#[test]
fn another_header_is_refused_even_under_the_right_secret() {
    let genuine = header_of(signer().sign(&claims()).unwrap().expose());
    assert!(signer().verify(&with_header(&genuine, Algorithm::HS256), NOW).is_ok());
    let headers = [
        r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(),
        r#"{"alg":"HS256","kid":"0000000000000000","typ":"JWT"}"#.to_owned(),
        genuine.replace("HS256", "none"),
        genuine.replace("HS256", "HS512"),
    ];
    for header in headers {
        let algorithm = if header.contains("HS512") { Algorithm::HS512 } else { Algorithm::HS256 };
        assert_eq!(signer().verify(&with_header(&header, algorithm), NOW), Err(InvalidToken), "{header}");
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let token = signer().sign(&claims()).unwrap();
    let message = token.expose().rsplit_once('.').unwrap().0;
    for forged in
        [message.to_owned(), format!("{message}."), format!("{message}.AAAA"), format!("{message}.%")]
    {
        assert_eq!(signer().verify(&forged, NOW), Err(InvalidToken));
    }
}

#[test]
fn any_changed_character_is_refused() {
    let token = signer().sign(&claims()).unwrap();
    for at in 0..token.expose().len() {
        let mut forged = token.expose().to_owned();
        let other = if forged.as_bytes()[at] == b'A' { "B" } else { "A" };
        forged.replace_range(at..=at, other);
        assert_eq!(signer().verify(&forged, NOW), Err(InvalidToken), "character {at}");
    }
}

#[test]
fn text_that_is_no_token_is_refused() {
    for text in ["", ".", "..", "...", "é.é.é", &"a".repeat(100_000)] {
        assert_eq!(signer().verify(text, NOW), Err(InvalidToken));
    }
    let padded = format!("{}{}", signer().sign(&claims()).unwrap().expose(), "A".repeat(4096));
    assert_eq!(signer().verify(&padded, NOW), Err(InvalidToken));
}

#[test]
fn a_token_for_another_audience_or_by_another_issuer_is_refused() {
    let secrets = JwtSecrets::only(secret(1));
    for names in [("file-manager", "others"), ("others", "file-manager-api")] {
        let other = JwtSigner::new(&secrets, TokenAudience::new(names.0, names.1).unwrap());
        let token = other.sign(&claims()).unwrap();
        assert!(other.verify(token.expose(), NOW).is_ok());
        assert_eq!(signer().verify(token.expose(), NOW), Err(InvalidToken));
    }
}

#[test]
fn the_longest_names_full_of_quotes_still_make_a_token_that_is_accepted() {
    let names = TokenAudience::new("\u{1}".repeat(64), "\"".repeat(64)).unwrap();
    let signer = JwtSigner::new(&JwtSecrets::only(secret(1)), names);
    let token = signer.sign(&claims()).unwrap();
    assert!(signer.verify(token.expose(), NOW).is_ok());
    assert!(TokenAudience::new("a".repeat(65), "b").is_err());
}

#[test]
fn an_old_secret_is_accepted_until_it_leaves_the_list() {
    let token = signer().sign(&claims()).unwrap();
    let rotated = JwtSecrets { current: secret(2), previous: vec![secret(3), secret(1)] };
    let rotated = JwtSigner::new(&rotated, TokenAudience::default());
    assert!(rotated.verify(token.expose(), NOW).is_ok());
    let later = JwtSigner::new(&JwtSecrets::only(secret(2)), TokenAudience::default());
    assert_eq!(later.verify(token.expose(), NOW), Err(InvalidToken));
    assert!(later.verify(rotated.sign(&claims()).unwrap().expose(), NOW).is_ok());
}

#[test]
fn a_secret_has_at_least_32_bytes_and_is_never_shown() {
    assert_eq!(SecretBytes::new(vec![7; 31]).unwrap_err(), SecretTooShort);
    let secrets = JwtSecrets::only(SecretBytes::new(b"correct horse battery staple 123".to_vec()).unwrap());
    let shown = format!("{secrets:?} {:?}", JwtSigner::new(&secrets, TokenAudience::default()));
    assert!(!shown.contains("horse") && !shown.contains("99, 111"), "{shown}");
}

/// A token with this payload, signed with the genuine secret.
fn with_payload(payload: &[u8]) -> String {
    let genuine = signer().sign(&claims()).unwrap();
    let header = genuine.expose().split('.').next().unwrap();
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = sign(message.as_bytes(), &EncodingKey::from_secret(&[1; 32]), Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// A token that is the same in every run.
fn a_token() -> String {
    let id = |number: u128| Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0000 + number);
    let claims =
        AccessClaims { user: UserId::new(id(1)), session: SessionId::new(id(2)), token: id(3), ..claims() };
    signer().sign(&claims).unwrap().expose().to_owned()
}

proptest! {
    #[test]
    fn what_is_signed_is_read_back(
        user in any::<u128>(), session in any::<u128>(), token in any::<u128>(),
        issued in -1_000_000_000_i64..4_000_000_000, life in 1_i64..1_000_000,
    ) {
        let claims = AccessClaims {
            user: UserId::new(Uuid::from_u128(user)),
            session: SessionId::new(Uuid::from_u128(session)),
            token: Uuid::from_u128(token),
            issued_at: Timestamp::from_unix_seconds(issued),
            expires_at: Timestamp::from_unix_seconds(issued + life),
        };
        let signed = signer().sign(&claims).unwrap();
        let verify = |at| signer().verify(signed.expose(), Timestamp::from_unix_seconds(at));
        prop_assert_eq!(verify(issued), Ok(claims));
        prop_assert_eq!(verify(issued - 3), Err(InvalidToken));
        prop_assert_eq!(verify(issued + life + 2), Err(InvalidToken));
    }

    #[test]
    fn a_changed_token_is_refused(token in changed(vec![a_token().into_bytes()])) {
        let token = String::from_utf8_lossy(&token);
        prop_assert_eq!(signer().verify(&token, NOW).is_ok(), token == a_token());
    }

    #[test]
    fn claims_of_any_kind_are_believed_within_their_time_alone(payload in changed_lines(CLAIMS)) {
        if let Ok(claims) = signer().verify(&with_payload(&payload), NOW) {
            let last = Timestamp::from_unix_seconds(claims.expires_at.unix_seconds().saturating_add(2));
            prop_assert!(NOW < last);
            let read: serde_json::Value = serde_json::from_slice(&payload).unwrap();
            prop_assert_eq!((&read["iss"], &read["aud"]), (&"file-manager".into(), &"file-manager-api".into()));
            prop_assert!(read["nbf"].as_i64().unwrap() <= NOW.unix_seconds() + 2);
        }
    }
}
