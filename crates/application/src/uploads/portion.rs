//! How much of a piece is taken at a time, and the memory for it.

use std::sync::Arc;

use super::ResumableError;
use super::context::Context;
use super::piece::Piece;
use super::writing::{Writing, written};
use fm_domain::body::ByteSize;
use fm_domain::uploads::Upload;
use fm_streaming::BufferPermit;
use fm_streaming::hashing::CONCURRENT_PARTS;

/// By how much smaller parts are where memory is short.
const SMALL: u64 = 8;

/// How many parts are held at a time: one that comes, and those that are written and hashed meanwhile.
const HELD: u64 = CONCURRENT_PARTS as u64 + 1;

/// Memory for the parts that are held at a time.
pub(super) struct Held {
    permit: Arc<BufferPermit>,
    /// How large each may be.
    most: u64,
}

/// Where parts are written and hashed while the next ones come, the first and the last ones are small: nothing is done
/// before the first one is there, nor is the answer ready before the last one is done.
fn stride(came: u64, left: u64, most: u64) -> u64 {
    let least = most.div_ceil(4);
    let ramp = least.saturating_add(came).min(most);
    let wanted = ramp.min((left / 2).max(least));
    if left < wanted + least / 2 { left } else { wanted }
}

impl Piece<'_> {
    /// How many bytes the next part shall have that are not there yet.
    pub(super) async fn wanted(&mut self) -> Result<usize, ResumableError> {
        let limits = self.context.parts.part_limits();
        let aside = self.upload.aside().bytes();
        let room = match self.upload.length {
            Some(length) => length.bytes(),
            None => self.context.most(&self.upload).await?,
        }
        .saturating_sub(self.upload.offset.bytes());
        let preferred = limits.preferred.bytes().max(limits.least.bytes());
        let left = self.left.unwrap_or(u64::MAX).min(room);
        let wanted = if self.overlaps() {
            let most = self.hold(left, preferred).await;
            stride(self.unsaved.bytes, left, most)
        } else if self.left.is_some() && left.saturating_add(aside) < 2 * preferred {
            // Rather one part that is somewhat larger than one and a rest that has to be put aside.
            left
        } else {
            left.min(preferred.saturating_sub(aside))
        };
        Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
    }

    /// Whether a part is written while the next one comes: where parts have numbers the next one's would depend on
    /// what becomes of this one.
    pub(super) fn overlaps(&self) -> bool {
        self.context.parts.part_limits().least.bytes() <= 1
    }

    /// Memory for the next bytes.
    pub(super) async fn permit(&self, wanted: usize) -> Arc<BufferPermit> {
        if let Some(held) = &self.held {
            return Arc::clone(&held.permit);
        }
        let part = self.upload.aside().bytes() + wanted as u64;
        Arc::new(self.context.budget.acquire(ByteSize::new(part)).await)
    }

    /// Gives the memory back between two parts, if somebody waits for some.
    pub(super) async fn share(&mut self, writing: &mut Option<Writing>) -> Result<(), ResumableError> {
        if self.held.is_some() && self.context.budget.is_contended() {
            written(writing.take()).await?;
            self.hasher.digests().await?;
            self.held = None;
        }
        Ok(())
    }

    /// Memory for all of them at once, taken together and kept: asking for more while holding some could wait for ever.
    /// Where there is too little for large parts they are small ones. How large each may be.
    async fn hold(&mut self, left: u64, preferred: u64) -> u64 {
        if self.held.is_none() {
            let budget = &self.context.budget;
            let (large, small) = (left.min(HELD * preferred), left.min(HELD * preferred / SMALL));
            let (permit, wanted) = match budget.try_acquire(ByteSize::new(large)) {
                Some(permit) => (permit, large),
                None => (budget.acquire(ByteSize::new(small)).await, small),
            };
            // The whole budget may be less.
            let held = permit.bytes().min(wanted);
            // All that comes fits, if it is known how much that is.
            let is_all = held == left && (self.left.is_some() || self.upload.length.is_some());
            let most = if is_all { preferred } else { (held / HELD).max(1) };
            self.held = Some(Held { permit: Arc::new(permit), most });
        }
        self.held.as_ref().map_or(preferred, |held| held.most)
    }
}

impl Context {
    /// How long an upload may become whose length is not known: by its cap, and by the quota.
    async fn most(&self, upload: &Upload) -> Result<u64, ResumableError> {
        let Some(quota) = self.quota else { return Ok(self.max.bytes()) };
        let account = self.db.read().await?.users().find(upload.owner).await?;
        let storage = account.map(|account| account.storage).unwrap_or_default();
        let taken = storage.used.bytes().saturating_add(storage.reserved.bytes());
        let others = taken.saturating_sub(upload.reserved.bytes());
        let room = quota.bytes().saturating_sub(others);
        if room <= upload.offset.bytes() {
            return Err(ResumableError::QuotaExceeded);
        }
        Ok(room.min(self.max.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_come_to_the_whole_and_fit_into_what_is_held(left in 0_u64..5_000_000, most in 4_u64..100_000) {
            let (mut came, mut parts) = (0, Vec::new());
            while came < left {
                let part = stride(came, left - came, most);
                prop_assert!((1..=most).contains(&part), "{part} of at most {most}");
                came += part;
                parts.push(part);
            }
            prop_assert_eq!(came, left);
            let small = most.div_ceil(4) + most.div_ceil(8);
            prop_assert!(parts.first().is_none_or(|first| *first <= small));
            prop_assert!(parts.last().is_none_or(|last| *last <= small));
        }
    }

    #[test]
    fn the_parts_of_a_piece_grow_and_shrink() {
        let (mut left, mut parts) = (4_000, Vec::new());
        while left > 0 {
            let part = stride(4_000 - left, left, 800);
            parts.push(part);
            left -= part;
        }
        assert_eq!(parts, [200, 400, 800, 800, 800, 500, 250, 250]);
    }
}
