//! The contract of every port that this crate serves.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{
    ClockHarness, IdSourceHarness, MacSignerHarness, PasswordHasherHarness, TokenSignerHarness,
};
use fm_credentials::{
    Argon2PasswordHasher, Argon2Settings, HkdfMacSigner, JwtSecrets, JwtSigner, OsIds, SecretBytes,
    SystemClock, TokenAudience,
};
use fm_domain::accounts::PasswordHasher;
use fm_domain::clock::Clock;
use fm_domain::ids::IdSource;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::TokenSigner;

fn secret(byte: u8) -> SecretBytes {
    SecretBytes::new(vec![byte; 32]).unwrap()
}

/// The secrets before a rotation, after it, and those of another deployment.
struct Secrets {
    before: JwtSecrets,
    after: JwtSecrets,
    others: JwtSecrets,
}

impl Secrets {
    fn fresh() -> Self {
        Self {
            before: JwtSecrets::only(secret(1)),
            after: JwtSecrets { current: secret(2), previous: vec![secret(1)] },
            others: JwtSecrets::only(secret(3)),
        }
    }
}

mod passwords {
    use super::*;

    struct Argon2;

    #[async_trait]
    impl PasswordHasherHarness for Argon2 {
        async fn fresh() -> Self {
            Self
        }

        fn hasher(&self) -> Arc<dyn PasswordHasher> {
            Arc::new(Argon2PasswordHasher::new(Argon2Settings::default()).unwrap())
        }

        fn other(&self) -> Arc<dyn PasswordHasher> {
            let settings = Argon2Settings { iterations: 3, ..Argon2Settings::default() };
            Arc::new(Argon2PasswordHasher::new(settings).unwrap())
        }
    }

    fm_contract::password_hasher!(Argon2);
}

mod tokens {
    use super::*;

    struct Jwt(Secrets);

    fn signer(secrets: &JwtSecrets) -> Arc<dyn TokenSigner> {
        Arc::new(JwtSigner::new(secrets, TokenAudience::default()))
    }

    #[async_trait]
    impl TokenSignerHarness for Jwt {
        async fn fresh() -> Self {
            Self(Secrets::fresh())
        }

        fn signer(&self) -> Arc<dyn TokenSigner> {
            signer(&self.0.before)
        }

        fn rotated(&self) -> Arc<dyn TokenSigner> {
            signer(&self.0.after)
        }

        fn stranger(&self) -> Arc<dyn TokenSigner> {
            signer(&self.0.others)
        }

        fn elsewhere(&self) -> [Arc<dyn TokenSigner>; 2] {
            let names = [("another-service", "file-manager-api"), ("file-manager", "another-api")];
            names.map(|(issuer, audience)| -> Arc<dyn TokenSigner> {
                let names = TokenAudience::new(issuer, audience).unwrap();
                Arc::new(JwtSigner::new(&self.0.before, names))
            })
        }
    }

    fm_contract::token_signer!(Jwt);
}

mod macs {
    use super::*;

    struct Hkdf(Secrets);

    #[async_trait]
    impl MacSignerHarness for Hkdf {
        async fn fresh() -> Self {
            Self(Secrets::fresh())
        }

        fn signer(&self) -> Arc<dyn MacSigner> {
            Arc::new(HkdfMacSigner::new(&self.0.before))
        }

        fn rotated(&self) -> Arc<dyn MacSigner> {
            Arc::new(HkdfMacSigner::new(&self.0.after))
        }

        fn stranger(&self) -> Arc<dyn MacSigner> {
            Arc::new(HkdfMacSigner::new(&self.0.others))
        }
    }

    fm_contract::mac_signer!(Hkdf);
}

mod ids {
    use super::*;

    struct Os;

    impl IdSourceHarness for Os {
        fn fresh() -> Self {
            Self
        }

        fn ids(&self) -> Arc<dyn IdSource> {
            Arc::new(OsIds)
        }
    }

    fm_contract::id_source!(Os);
}

mod clock {
    use super::*;

    struct System;

    impl ClockHarness for System {
        fn fresh() -> Self {
            Self
        }

        fn clock(&self) -> Arc<dyn Clock> {
            Arc::new(SystemClock)
        }
    }

    fm_contract::clock!(System);
}
