//! What takes the processor: thumbnails and password hashes.

use bytes::Bytes;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};

use crate::decorate::{decorate, decorator};

decorator! {
    /// A renderer of thumbnails. A call takes in the wait for a place.
    ObservedThumbnailer of Thumbnailer
}

decorate! {
    impl Thumbnailer for ObservedThumbnailer, self: &Self, by self.inner, at DEBUG;
    render(source: Bytes, spec: RenderSpec, budget: RenderBudget) -> Result<Rendered, RenderThumbnail>
        = "thumbnailer.render";
    {
        fn accepts(&self, content_type: &MediaType) -> bool {
            self.inner.accepts(content_type)
        }

        fn formats(&self) -> Vec<MediaType> {
            self.inner.formats()
        }
    }
}

decorator! {
    /// A hasher of passwords. A call takes in the wait for a place.
    ObservedPasswordHasher of PasswordHasher
}

decorate! {
    impl PasswordHasher for ObservedPasswordHasher, self: &Self, by self.inner, at DEBUG;
    hash(password: &Password) -> PortResult<PasswordHash> = "password_hasher.hash";
    verify(password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck> = "password_hasher.verify";
    {
        fn decoy(&self) -> PasswordHash {
            self.inner.decoy()
        }
    }
}
