//! Everything that the use cases need from outside, and all of them together.

use std::sync::Arc;
use std::time::Duration;

use super::{auth, blob, file, job, ops, upload};
use crate::blob::{BlobStore, ListBlobs, PartUpload, SignDownload, SignParts};
use crate::body::{BufferBudget, ByteSize};
use crate::clock::Clock;
use crate::ids::IdSource;
use crate::mac::MacSigner;
use crate::session::{SessionStore, TokenSigner};
use crate::store::Database;
use crate::thumbnail::Thumbnailer;
use crate::upload::Transport;
use crate::user::PasswordHasher;

/// One adapter for every port.
#[derive(Clone)]
pub struct Ports {
    /// Users, files, blobs, keys and jobs.
    pub db: Arc<dyn Database>,
    /// Sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Bytes.
    pub blobs: Arc<dyn BlobStore>,
    /// Bytes in parts, over many requests, where the store can do that.
    pub parts: Option<Arc<dyn PartUpload>>,
    /// What lists them, where they can be listed.
    pub lister: Option<Arc<dyn ListBlobs>>,
    /// Signed URLs to them.
    pub links: Arc<dyn SignDownload>,
    /// Signed requests by which clients send parts themselves, where the store can do that.
    pub part_links: Option<Arc<dyn SignParts>>,
    /// Thumbnails.
    pub thumbnailer: Arc<dyn Thumbnailer>,
    /// Password hashes.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Access tokens.
    pub tokens: Arc<dyn TokenSigner>,
    /// MACs of links, cursors and refresh tokens.
    pub macs: Arc<dyn MacSigner>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Arc<dyn IdSource>,
}

/// What an operator may choose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an access token lives.
    pub access_token_ttl: Duration,
    /// How long a session lives without being refreshed.
    pub refresh_token_ttl: Duration,
    /// How long the signed URLs in a file's body live.
    pub signed_url_ttl: Duration,
    /// The largest file.
    pub max_upload: ByteSize,
    /// The largest file of an upload that takes many requests.
    pub max_resumable: ByteSize,
    /// How long such an upload lives without a sign of life.
    pub upload_ttl: Duration,
    /// The memory that such uploads share with all others.
    pub upload_buffer: BufferBudget,
    /// Whether resumable uploads are offered, where the store can do that.
    pub resumable_uploads: bool,
    /// Whether direct uploads are offered, where the store can do that.
    pub direct_uploads: bool,
    /// How much one user may keep; `None`: any amount.
    pub quota: Option<ByteSize>,
    /// Whether anyone may register.
    pub registration_open: bool,
    /// Whether we serve signed URLs ourselves, because the store can't.
    pub serves_blobs: bool,
}

/// Every use case, ready to run.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct UseCases {
    pub authenticate: auth::Authenticate,
    pub register: auth::Register,
    pub log_in: auth::LogIn,
    pub refresh: auth::Refresh,
    pub log_out: auth::LogOut,
    pub show_account: auth::ShowAccount,
    pub rename_account: auth::RenameAccount,
    pub remove_account: auth::RemoveAccount,
    pub change_password: auth::ChangePassword,
    pub list_sessions: auth::ListSessions,
    pub revoke_session: auth::RevokeSession,
    pub revoke_other_sessions: auth::RevokeOtherSessions,
    pub upload_file: file::UploadFile,
    pub replace_content: file::ReplaceContent,
    pub resumable: Option<ResumableUploads>,
    pub direct: Option<DirectUploads>,
    pub list_files: file::ListFiles,
    pub show_file: file::ShowFile,
    pub rename_file: file::RenameFile,
    pub remove_file: file::RemoveFile,
    pub link_content: file::LinkContent,
    pub link_thumbnail: file::LinkThumbnail,
    pub remake_thumbnail: file::RemakeThumbnail,
    pub sign_url: file::SignUrl,
    pub verify_link: blob::VerifyLink,
    pub read_blob: blob::ReadBlob,
    pub head_blob: blob::HeadBlob,
    pub check_readiness: ops::CheckReadiness,
    pub capabilities: ops::ShowCapabilities,
    pub run_next_job: job::RunNextJob,
    pub schedule_sweep: job::ScheduleSweep,
    pub sweep: job::Sweep,
    pub preview_sweep: job::PreviewSweep,
    pub list_jobs: job::ListJobs,
    pub retry_job: job::RetryJob,
    pub discard_job: job::DiscardJob,
    pub verify_blobs: ops::VerifyBlobs,
    pub sweep_orphans: ops::SweepOrphans,
}

/// Resumable uploads, where they are offered.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct ResumableUploads {
    pub create: upload::CreateResumable,
    pub append: upload::AppendToUpload,
    pub show: upload::ShowUpload,
    pub cancel: upload::CancelUpload,
}

impl ResumableUploads {
    fn new(ports: &Ports, settings: &Settings) -> Option<Self> {
        let parts = ports.parts.as_ref().filter(|_| settings.resumable_uploads)?;
        Some(Self {
            create: upload::CreateResumable::new(ports, parts, settings),
            append: upload::AppendToUpload::new(ports, parts, settings),
            show: upload::ShowUpload::new(ports, parts, settings),
            cancel: upload::CancelUpload::new(ports, parts, settings, Transport::Resumable),
        })
    }
}

/// Direct uploads, where they are offered.
pub struct DirectUploads {
    /// Creates them.
    pub create: upload::CreateDirect,
    /// Completes them.
    pub complete: upload::CompleteDirect,
    /// Cancels them.
    pub cancel: upload::CancelUpload,
    /// Takes their parts, where those are sent to ourselves.
    pub receive_part: Option<upload::ReceivePart>,
}

impl DirectUploads {
    fn new(ports: &Ports, settings: &Settings) -> Option<Self> {
        let parts = ports.parts.as_ref().filter(|_| settings.direct_uploads)?;
        let links = ports.part_links.as_ref()?;
        let ours = settings.serves_blobs;
        Some(Self {
            create: upload::CreateDirect::new(ports, parts, links, settings),
            complete: upload::CompleteDirect::new(ports, parts, settings),
            cancel: upload::CancelUpload::new(ports, parts, settings, Transport::Direct),
            receive_part: ours.then(|| upload::ReceivePart::new(ports, parts, settings)),
        })
    }
}

impl UseCases {
    /// All use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            authenticate: auth::Authenticate::new(ports),
            register: auth::Register::new(ports, settings),
            log_in: auth::LogIn::new(ports, settings),
            refresh: auth::Refresh::new(ports, settings),
            log_out: auth::LogOut::new(ports),
            show_account: auth::ShowAccount::new(ports, settings),
            rename_account: auth::RenameAccount::new(ports),
            remove_account: auth::RemoveAccount::new(ports),
            change_password: auth::ChangePassword::new(ports),
            list_sessions: auth::ListSessions::new(ports),
            revoke_session: auth::RevokeSession::new(ports),
            revoke_other_sessions: auth::RevokeOtherSessions::new(ports),
            upload_file: file::UploadFile::new(ports, settings),
            replace_content: file::ReplaceContent::new(ports, settings),
            resumable: ResumableUploads::new(ports, settings),
            direct: DirectUploads::new(ports, settings),
            list_files: file::ListFiles::new(ports, settings),
            show_file: file::ShowFile::new(ports, settings),
            rename_file: file::RenameFile::new(ports, settings),
            remove_file: file::RemoveFile::new(ports),
            link_content: file::LinkContent::new(ports, settings),
            link_thumbnail: file::LinkThumbnail::new(ports, settings),
            remake_thumbnail: file::RemakeThumbnail::new(ports, settings),
            sign_url: file::SignUrl::new(ports),
            verify_link: blob::VerifyLink::new(ports, settings),
            read_blob: blob::ReadBlob::new(ports),
            head_blob: blob::HeadBlob::new(ports),
            check_readiness: ops::CheckReadiness::new(ports),
            capabilities: ops::ShowCapabilities::new(ports, settings),
            run_next_job: job::RunNextJob::new(ports),
            schedule_sweep: job::ScheduleSweep::new(ports),
            sweep: job::Sweep::new(ports),
            preview_sweep: job::PreviewSweep::new(ports),
            list_jobs: job::ListJobs::new(ports),
            retry_job: job::RetryJob::new(ports),
            discard_job: job::DiscardJob::new(ports),
            verify_blobs: ops::VerifyBlobs::new(ports),
            sweep_orphans: ops::SweepOrphans::new(ports),
        }
    }
}

#[cfg(test)]
mod tests;
