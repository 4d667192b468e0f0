//! How the adapter starts, against a real server.

use fm_domain::blobs::{BlobStore as _, Bucket};
use fm_domain::error::PortError;
use fm_s3::{S3BlobStore, S3Settings};
use fm_s3_testing::S3Server;
use tempfile::TempDir;

use crate::support::{ACCESS, SECRET, body, chain, hint, key, read, settings};

pub(crate) fn server() -> (S3Server, TempDir) {
    let folder = TempDir::new().unwrap();
    (S3Server::start(folder.path(), ACCESS, SECRET).unwrap(), folder)
}

#[tokio::test]
async fn missing_buckets_fail_the_ping_until_they_are_made() {
    let (server, _folder) = server();
    let store = S3BlobStore::new(&settings(&server.endpoint())).unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, PortError::Unexpected(_)));
    assert!(chain(&error).contains("bucket files: S3 HeadBucket failed"), "{}", chain(&error));
    for _ in 0..2 {
        store.ensure_buckets().await.unwrap();
    }
    store.ping().await.unwrap();
    store.put(&key(), body(5), &hint(Some(5))).await.unwrap();
}

#[tokio::test]
async fn wrong_keys_are_said_to_be_wrong_and_never_shown() {
    let (server, _folder) = server();
    let right = settings(&server.endpoint());
    let wrong_secret = S3Settings { secret_access_key: "another-secret".to_owned(), ..right.clone() };
    let wrong_id = S3Settings { access_key_id: "another-id".to_owned(), ..right };
    for settings in [wrong_secret, wrong_id] {
        let store = S3BlobStore::new(&settings).unwrap();
        for error in [store.ensure_buckets().await.unwrap_err(), store.ping().await.unwrap_err()] {
            let text = format!("{} {error:?}", chain(&error));
            assert!(text.contains("S3 HeadBucket") && text.contains("check the access key"), "{text}");
            assert!(!text.contains("another-") && !text.contains(SECRET), "{text}");
        }
    }
}

#[tokio::test]
async fn what_another_node_wrote_is_read_whole() {
    let (server, _folder) = server();
    let store = S3BlobStore::new(&settings(&server.endpoint())).unwrap();
    store.ensure_buckets().await.unwrap();
    let (key, length) = (key(), 2 * S3BlobStore::PART_SIZE + 17);
    store.put(&key, body(length), &hint(Some(length))).await.unwrap();
    let other = S3BlobStore::new(&settings(&server.endpoint())).unwrap();
    assert_eq!(read(other.get(&key, None).await.unwrap()).await.unwrap(), vec![7; length]);
    other.delete(&key).await.unwrap();
    assert_eq!(store.head(&key).await.unwrap(), None);
    assert_eq!(server.files_kept().unwrap(), 0);
}

#[test]
fn settings_show_no_key() {
    let settings = settings("http://localhost:1");
    let text = format!("{settings:?} {:?}", S3BlobStore::new(&settings).unwrap());
    assert!(!text.contains(SECRET) && !text.contains(ACCESS), "{text}");
    assert_eq!(settings.bucket(Bucket::Thumbnails), "thumbnails");
}
