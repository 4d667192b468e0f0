//! Each operation on uploads, called once.

use fm_domain::access::{Access, Right};
use fm_domain::blobs::{PartTag, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::ids::{BlobId, FileId, UploadId, UserId};
use fm_domain::testing::an_upload;
use fm_domain::uploads::{Transport, Upload};
use fm_resilience::fault::Operation;
use uuid::Uuid;

use crate::faults::rig::{Got, got, now};

fn upload() -> Upload {
    Upload {
        id: UploadId::new(Uuid::now_v7()),
        owner: UserId::new(Uuid::now_v7()),
        transport: Transport::Direct,
        blob: BlobId::new(Uuid::now_v7()),
        created_at: now(),
        expires_at: now(),
        ..an_upload()
    }
}

pub(crate) async fn call_uploads(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let (upload, file) = (upload(), FileId::new(Uuid::now_v7()));
    let part = WrittenPart { number: 1, size: ByteSize::new(5), tag: PartTag::new("tag".to_owned()) };
    let uploads = unit.uploads();
    match operation {
        Operation::UploadRepoInsert => got(uploads.insert(&upload).await),
        Operation::UploadRepoFindForUpdate => {
            got(uploads.find_for_update(&Access::on_behalf_of(upload.owner, Right::Read), upload.id).await)
        }
        Operation::UploadRepoFindByKey => got(uploads
            .find_by_key(&Access::on_behalf_of(upload.owner, Right::Read), &"key".parse().unwrap())
            .await),
        Operation::UploadRepoCountOpen => got(uploads.count_open(upload.owner).await),
        Operation::UploadRepoUpdate => got(uploads.update(&upload, upload.epoch).await),
        Operation::UploadRepoAddPart => got(uploads.add_part(upload.id, &part).await),
        Operation::UploadRepoParts => got(uploads.parts(upload.id).await),
        Operation::UploadRepoRemove => got(uploads.remove(upload.id).await),
        Operation::UploadRepoRemoveOfFile => got(uploads.remove_of_file(file).await),
        Operation::UploadRepoExpired => got(uploads.expired(now(), 10).await),
        Operation::UploadRepoPurgeEnded => got(uploads.purge_ended(now(), 10).await),
        _ => panic!("{operation} is not called"),
    }
}
