//! Harnesses of the decorated adapters that store nothing.

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{PasswordHasherHarness, ThumbnailerHarness, TokenSignerHarness};
use fm_domain::accounts::PasswordHasher;
use fm_domain::sessions::TokenSigner;
use fm_domain::thumbnails::Thumbnailer;

use super::super::{Faults, FaultyPasswordHasher, FaultyThumbnailer, FaultyTokenSigner};
use super::Decorated;

#[async_trait]
impl<H: ThumbnailerHarness> ThumbnailerHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn thumbnailer(&self) -> Arc<dyn Thumbnailer> {
        Arc::new(FaultyThumbnailer::new(self.inner.thumbnailer(), &self.faults))
    }
}

#[async_trait]
impl<H: PasswordHasherHarness> PasswordHasherHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn hasher(&self) -> Arc<dyn PasswordHasher> {
        Arc::new(FaultyPasswordHasher::new(self.inner.hasher(), &self.faults))
    }

    fn other(&self) -> Arc<dyn PasswordHasher> {
        Arc::new(FaultyPasswordHasher::new(self.inner.other(), &self.faults))
    }
}

#[async_trait]
impl<H: TokenSignerHarness> TokenSignerHarness for Decorated<H> {
    async fn fresh() -> Self {
        Self::of(H::fresh().await, Faults::new())
    }

    fn signer(&self) -> Arc<dyn TokenSigner> {
        Arc::new(FaultyTokenSigner::new(self.inner.signer(), &self.faults))
    }

    fn rotated(&self) -> Arc<dyn TokenSigner> {
        Arc::new(FaultyTokenSigner::new(self.inner.rotated(), &self.faults))
    }

    fn stranger(&self) -> Arc<dyn TokenSigner> {
        Arc::new(FaultyTokenSigner::new(self.inner.stranger(), &self.faults))
    }

    fn elsewhere(&self) -> [Arc<dyn TokenSigner>; 2] {
        self.inner.elsewhere().map(|signer| Arc::new(FaultyTokenSigner::new(signer, &self.faults)) as _)
    }
}
