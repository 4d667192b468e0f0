//! What the caller saves between two appends.

use fm_domain::uploads::WriteState;

/// What the caller saves.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) id: String,
    pub(super) next: u32,
    /// Number, size and tag.
    pub(super) parts: Vec<(u32, usize, u64)>,
    /// Number and size.
    pub(super) pending: Vec<(u32, usize)>,
}

impl State {
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.iter().map(|(_, size)| size).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|(_, size, _)| size).sum::<usize>() + self.pending_bytes()
    }

    pub(super) fn write(&self) -> WriteState {
        let parts: Vec<_> =
            self.parts.iter().map(|(number, size, tag)| format!("{number}:{size}:{tag}")).collect();
        let pending: Vec<_> = self.pending.iter().map(|(number, size)| format!("{number}:{size}")).collect();
        let text = format!("{};{};{};{}", self.id, self.next, parts.join(","), pending.join(","));
        WriteState::new(text.into())
    }

    pub(super) fn read(state: &WriteState) -> Option<Self> {
        let text = std::str::from_utf8(state.as_bytes()).ok()?;
        let mut fields = text.trim_end().split(';');
        let (id, next) = (fields.next()?.to_owned(), fields.next()?.parse().ok()?);
        let mut items = || fields.next().map(|items| items.split(',').filter(|item| !item.is_empty()));
        let parts = items()?.map(|item| {
            let mut numbers = item.split(':');
            Some((
                numbers.next()?.parse().ok()?,
                numbers.next()?.parse().ok()?,
                numbers.next()?.parse().ok()?,
            ))
        });
        let parts = parts.collect::<Option<_>>()?;
        let pending = items()?.map(|item| {
            let (number, size) = item.split_once(':')?;
            Some((number.parse().ok()?, size.parse().ok()?))
        });
        Some(Self { id, next, parts, pending: pending.collect::<Option<_>>()? })
    }
}
