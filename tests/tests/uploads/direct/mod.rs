//! `/v1/direct-uploads`: the bytes go straight to the store.

mod ends;
mod limits;
mod parts;
mod promises;

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::direct::Direct;

/// What a part of an upload of usual size has.
const PART: usize = 8 * 1024 * 1024;

/// Sends all of `content` and completes the upload with it; the file.
async fn finished(upload: &Direct, content: &Bytes) -> File {
    let sent = upload.send_all(content).await;
    upload.complete(&sent).await.expect(201).parse()
}
