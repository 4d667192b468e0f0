//! Connections that are not given back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fm_domain::blobs::BlobReader;
use futures_util::{StreamExt as _, stream};

use super::State;

/// How many connections a store has.
pub(super) const CONNECTIONS: usize = 32;

/// A connection that is given back at the end of its stream alone.
struct Connection {
    state: Arc<State>,
    is_done: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.is_done {
            self.state.lost.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The reader, which gives its connection back at its end alone.
pub(super) fn until_its_end(reader: BlobReader, state: &Arc<State>) -> BlobReader {
    let connection = Connection { state: Arc::clone(state), is_done: false };
    let bytes = stream::unfold((reader.bytes, connection), |(mut bytes, mut connection)| async move {
        let next = bytes.next().await;
        connection.is_done = next.is_none();
        next.map(|next| (next, (bytes, connection)))
    });
    BlobReader { bytes: bytes.boxed(), ..reader }
}
