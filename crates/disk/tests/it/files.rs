//! What this store promises beyond the contract: where bytes are, and what becomes of them when things break.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::time::Duration;

use bytes::Bytes;
use fm_contract::runtime::Limits;
use fm_disk::{BUFFER_BYTES, DiskBlobStore, DiskSettings};
use fm_domain::blobs::{BlobStore as _, ByteRange, GetBlob, PutBlob};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortError;
use fm_streaming::BufferBudget;
use futures_util::{StreamExt as _, stream};

use crate::bodies::{body, file_of, hint, key, pattern, permissions_bind, read};
use crate::fixture::Fixture;

#[tokio::test]
async fn a_blob_is_a_private_file_named_by_its_id_in_the_folder_of_its_last_byte() {
    let fixture = Fixture::fresh().await;
    let key = key();
    fixture.store.put(&key, body(pattern(1000), 100, None), &hint(None)).await.unwrap();
    assert_eq!(fixture.files(), [file_of(&fixture, &key)]);
    let file = fs::metadata(file_of(&fixture, &key)).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let folder = fs::metadata(file_of(&fixture, &key).parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn chunks_of_any_size_around_a_buffer_make_the_same_blob() {
    let fixture = Fixture::fresh().await;
    for length in [0, 1, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES + 17] {
        for chunk in [1021, BUFFER_BYTES - 1, BUFFER_BYTES, 2 * BUFFER_BYTES + 5] {
            for hinted in [Some(length as u64), None, Some(3)] {
                let key = key();
                let bytes = pattern(length);
                let stored =
                    fixture.store.put(&key, body(bytes.clone(), chunk, None), &hint(hinted)).await.unwrap();
                assert_eq!(stored.size, ByteSize::new(length as u64));
                let got = read(fixture.store.get(&key, None).await.unwrap()).await.unwrap();
                assert!(got == bytes, "{length} bytes in chunks of {chunk}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_fails_leaves_no_file_and_gives_its_memory_back() {
    let fixture = Fixture::fresh().await;
    let free = fixture.budget.available();
    for length in [0, 10, 5 * BUFFER_BYTES] {
        let failing = body(pattern(length), 60_000, Some(BodyError::Aborted));
        let error = fixture.store.put(&key(), failing, &hint(None)).await.unwrap_err();
        assert!(matches!(error, PutBlob::Body(BodyError::Aborted)), "{error:?}");
        assert!(fixture.files().is_empty(), "{:?}", fixture.files());
    }
    assert_eq!(fixture.budget.available(), free);
}

#[tokio::test]
async fn an_upload_that_is_given_up_takes_its_file_with_it() {
    let fixture = Fixture::fresh().await;
    let free = fixture.budget.available();
    let key = key();
    let endless = body(pattern(4 * BUFFER_BYTES), BUFFER_BYTES, None).chain(stream::pending()).boxed();
    let given_up =
        tokio::time::timeout(Duration::from_millis(300), fixture.store.put(&key, endless, &hint(None))).await;
    assert!(given_up.is_err());
    let gone = async {
        while !fixture.files().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let gone = tokio::time::timeout(Limits::GENEROUS.wait, gone).await;
    assert!(gone.is_ok(), "{:?}", fixture.files());
    assert_eq!(fixture.budget.available(), free);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test waits for its task")]
async fn an_upload_that_was_deleted_meanwhile_can_not_come_back() {
    let fixture = Fixture::fresh().await;
    let key = key();
    let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
    let rest = stream::once(async move {
        wait.await.unwrap();
        Ok(Bytes::from_static(b"the end"))
    });
    let slow = body(pattern(3 * BUFFER_BYTES), BUFFER_BYTES, None).chain(rest).boxed();
    let store = fixture.store.clone();
    let upload = tokio::spawn(async move { store.put(&key, slow, &hint(None)).await });
    while fixture.files().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fixture.store.delete(&key).await.unwrap();
    go_on.send(()).unwrap();
    assert!(matches!(upload.await.unwrap(), Err(PutBlob::Store(_))));
    assert!(fixture.files().is_empty());
}

#[tokio::test]
async fn what_a_dead_process_left_unfinished_goes_by_its_key_or_by_its_age() {
    let fixture = Fixture::fresh().await;
    let whole = key();
    fixture.store.put(&whole, body(pattern(10), 10, None), &hint(None)).await.unwrap();
    let leave = || {
        let file = file_of(&fixture, &whole);
        let (folder, name) = (file.parent().unwrap(), file.file_name().unwrap().to_str().unwrap());
        let left = folder.join(format!(".{name}.part"));
        fs::write(&left, "half a").unwrap();
        let at = Timestamp::from_unix_seconds(fs::metadata(&left).unwrap().mtime());
        (left, at)
    };
    let (left, written_at) = leave();
    assert_eq!(fixture.store.remove_unfinished(written_at.minus(Duration::from_mins(1))).await.unwrap(), 0);
    assert!(left.exists());
    assert_eq!(fixture.store.remove_unfinished(written_at.plus(Duration::from_mins(1))).await.unwrap(), 1);
    assert_eq!(fixture.files(), [file_of(&fixture, &whole)]);
    leave();
    fixture.store.delete(&whole).await.unwrap();
    assert!(fixture.files().is_empty());
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_is_an_error_and_not_an_end() {
    let fixture = Fixture::fresh().await;
    let key = key();
    let length = 20 * BUFFER_BYTES;
    fixture.store.put(&key, body(pattern(length), BUFFER_BYTES, None), &hint(None)).await.unwrap();
    let reader = fixture.store.get(&key, None).await.unwrap();
    fs::File::options().write(true).open(file_of(&fixture, &key)).unwrap().set_len(5_000_000).unwrap();
    assert!(matches!(read(reader).await, Err(BodyError::Source(_))));
}

#[tokio::test]
async fn a_blob_that_is_removed_while_it_is_read_is_read_whole() {
    let fixture = Fixture::fresh().await;
    let key = key();
    let bytes = pattern(9 * BUFFER_BYTES + 1);
    fixture.store.put(&key, body(bytes.clone(), BUFFER_BYTES, None), &hint(None)).await.unwrap();
    let reader = fixture.store.get(&key, Some(ByteRange::From { first: 70_000 })).await.unwrap();
    fixture.store.delete(&key).await.unwrap();
    assert!(read(reader).await.unwrap() == bytes[70_000..]);
    assert!(matches!(fixture.store.get(&key, None).await, Err(GetBlob::NotFound)));
}

#[tokio::test]
async fn a_link_in_the_place_of_a_blob_is_not_followed() {
    let fixture = Fixture::fresh().await;
    let key = key();
    fixture.store.put(&key, body(pattern(10), 10, None), &hint(None)).await.unwrap();
    let secret = fixture.root().join("secret");
    fs::write(&secret, "secret").unwrap();
    fs::remove_file(file_of(&fixture, &key)).unwrap();
    symlink(&secret, file_of(&fixture, &key)).unwrap();
    assert!(matches!(fixture.store.get(&key, None).await, Err(GetBlob::Store(_))));
    assert!(fixture.store.head(&key).await.is_err());
}

#[tokio::test]
async fn a_folder_that_someone_removed_is_made_again() {
    let fixture = Fixture::fresh().await;
    let key = key();
    fixture.store.put(&key, body(pattern(10), 10, None), &hint(None)).await.unwrap();
    fs::remove_dir_all(file_of(&fixture, &key).parent().unwrap()).unwrap();
    fixture.store.delete(&key).await.unwrap();
    fixture.store.put(&key, body(pattern(10), 10, None), &hint(None)).await.unwrap();
    assert_eq!(fixture.files().len(), 1);
}

#[tokio::test]
async fn a_store_without_its_folder_or_its_permissions_says_so() {
    let fixture = Fixture::fresh().await;
    fixture.store.ping().await.unwrap();
    assert!(fixture.files().is_empty());
    if permissions_bind(&fixture.root()) {
        fs::set_permissions(fixture.root(), fs::Permissions::from_mode(0o500)).unwrap();
        assert!(matches!(fixture.store.ping().await, Err(PortError::Unavailable(_))));
        fs::set_permissions(fixture.root(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    fs::remove_dir_all(fixture.root()).unwrap();
    assert!(matches!(fixture.store.ping().await, Err(PortError::Unavailable(_))));
    let put = fixture.store.put(&key(), body(pattern(10), 10, None), &hint(None)).await;
    assert!(matches!(put, Err(PutBlob::Store(PortError::Unavailable(_)))), "{put:?}");
}

#[tokio::test]
async fn a_root_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("taken");
    fs::write(&root, "").unwrap();
    let budget = BufferBudget::new(ByteSize::new(1024));
    assert!(DiskBlobStore::open(DiskSettings { root, budget }).await.is_err());
}

#[tokio::test]
async fn a_budget_smaller_than_a_buffer_still_lets_uploads_through_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let budget = BufferBudget::new(ByteSize::new(1024));
    let settings = DiskSettings { root: folder.path().to_owned(), budget };
    let store = DiskBlobStore::open(settings).await.unwrap();
    let uploads =
        (0..4).map(|_| {
            let store = store.clone();
            async move {
                store.put(&key(), body(pattern(3 * BUFFER_BYTES), 9000, None), &hint(None)).await.unwrap()
            }
        });
    let stored = futures_util::future::join_all(uploads).await;
    assert!(stored.iter().all(|blob| blob.size == ByteSize::new(3 * BUFFER_BYTES as u64)));
}

#[tokio::test]
async fn many_readers_that_wait_for_their_clients_hold_little() {
    let fixture = Fixture::fresh().await;
    let (key, bytes) = (key(), pattern(1 << 20));
    fixture.store.put(&key, body(bytes.clone(), BUFFER_BYTES, None), &hint(None)).await.unwrap();
    let (mut readers, mut held) = (Vec::new(), 0);
    for _ in 0..500 {
        let mut reader = fixture.store.get(&key, None).await.unwrap();
        held += reader.bytes.next().await.unwrap().unwrap().len();
        readers.push(reader);
    }
    assert!(held < 80 << 20, "{held} bytes, of 125 MiB");
    drop(readers);
    assert!(read(fixture.store.get(&key, None).await.unwrap()).await.unwrap() == bytes);
}
