//! Blobs of parts that are received: which files there are, and how processes keep out of each other's way.

use std::fs;

use bytes::Bytes;
use fm_disk::DiskBlobStore;
use fm_domain::blobs::{
    BlobStore as _, CompleteParts, DirectStore as _, PartReceiver as _, PartTag, PartWrite, WritePart,
    WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::files::MediaType;

use crate::bodies::{file_of, key, pattern, read};
use crate::fixture::Fixture;
use crate::resumable::{files_of, neighbour};

async fn begun(store: &DiskBlobStore) -> PartWrite {
    let key = key();
    PartWrite { key, id: store.begin(&key, &MediaType::octet_stream()).await.unwrap() }
}

/// Writes a part; what is named of it at the end.
async fn send(
    store: &DiskBlobStore,
    write: &PartWrite,
    (number, offset): (u32, u64),
    fence: u64,
    bytes: Bytes,
) -> Result<WrittenPart, WritePart> {
    let size = ByteSize::new(bytes.len() as u64);
    store.write(write, ByteSize::new(offset), fence, bytes.into()).await?;
    Ok(WrittenPart { number, size, tag: PartTag::new(String::new()) })
}

#[tokio::test]
async fn parts_come_in_any_order_to_a_file_that_becomes_the_blob() {
    let fixture = Fixture::fresh().await;
    let write = begun(&fixture.store).await;
    let late = send(&fixture.store, &write, (2, 600), 1, pattern(1000).slice(600..)).await.unwrap();
    let early = send(&fixture.store, &write, (1, 0), 1, pattern(600)).await.unwrap();
    let (upload, fence) = files_of(&fixture, &write.key);
    let mut files = fixture.files();
    files.sort();
    assert_eq!(files, [fence, upload]);
    fixture.store.sync(&write).await.unwrap();
    let again = neighbour(&fixture).await.begin(&write.key, &MediaType::octet_stream()).await.unwrap();
    assert_eq!(again, write.id);
    fixture.store.complete(&write, 1, &[early, late], ByteSize::new(1000)).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &write.key)]);
    assert!(read(fixture.store.get(&write.key, None).await.unwrap()).await.unwrap() == pattern(1000));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_blocks_are_reserved_for_parts_since_they_come_in_any_order() {
    use crate::resumable::taken;

    // The rest of the last block, and where the blocks are.
    const SLACK: u64 = 64 * 1024;
    let fixture = Fixture::fresh().await;
    let bytes = pattern(16 << 20);
    let write = begun(&fixture.store).await;
    let (upload, _fence) = files_of(&fixture, &write.key);
    let (mut came, mut parts) = (0, Vec::new());
    let lengths = [1, 300_000, 700_000, 1 << 20, 5 << 20, 12 << 20, 14 << 20, 16 << 20, 16 << 20, 17];
    for (length, number) in lengths.into_iter().zip(1..) {
        parts.push(send(&fixture.store, &write, (number, came), 1, bytes.slice(..length)).await.unwrap());
        came += length as u64;
        assert_eq!(fs::metadata(&upload).unwrap().len(), came, "only the received bytes can be read");
        let more = taken(&upload).saturating_sub(came);
        assert!(more <= SLACK, "{more} bytes ahead of {came}");
    }
    fixture.store.complete(&write, 1, &parts, ByteSize::new(came)).await.unwrap();
    let more = taken(&file_of(&fixture, &write.key)).saturating_sub(came);
    assert!(more <= SLACK, "{more} bytes too many");
}

#[tokio::test]
async fn a_process_that_was_shut_out_by_another_neither_receives_parts_nor_completes() {
    let fixture = Fixture::fresh().await;
    let (old, new) = (&fixture.store, &neighbour(&fixture).await);
    let write = begun(old).await;
    let part = send(old, &write, (1, 0), 1, pattern(1000)).await.unwrap();
    send(new, &write, (1, 0), 2, Bytes::from(vec![7; 1000])).await.unwrap();
    let late = send(old, &write, (1, 0), 1, pattern(1000)).await;
    assert!(matches!(late, Err(WritePart::Gone)), "{late:?}");
    let (parts, size) = ([part], ByteSize::new(1000));
    assert!(matches!(old.complete(&write, 1, &parts, size).await, Err(CompleteParts::Gone)));
    assert!(matches!(
        new.complete(&write, 2, &parts, ByteSize::new(999)).await,
        Err(CompleteParts::Mismatch)
    ));
    new.complete(&write, 2, &parts, size).await.unwrap();
    assert!(read(old.get(&write.key, None).await.unwrap()).await.unwrap() == vec![7; 1000]);
}
