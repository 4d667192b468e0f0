//! Uploads and their limits.

use std::time::Duration;

use fm_domain::body::ByteSize;

use super::{DAY, Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("MAX_UPLOAD_BYTES"),
    Variable::plain("UPLOAD_BUFFER_BYTES"),
    Variable::plain("PICTURE_HANDOVER_BYTES"),
    Variable::plain("RESUMABLE_UPLOADS"),
    Variable::plain("DIRECT_UPLOADS"),
    Variable::plain("MAX_RESUMABLE_BYTES"),
    Variable::plain("MAX_UNFINISHED_UPLOADS_PER_USER"),
    Variable::plain("UPLOAD_TTL_SECONDS"),
];

/// Uploads and their limits.
#[derive(Debug, Clone)]
pub struct UploadsConfig {
    /// `MAX_UPLOAD_BYTES`: the largest file of one request.
    pub max_upload: ByteSize,
    /// `UPLOAD_BUFFER_BYTES`: the memory that all uploads share.
    pub buffer: ByteSize,
    /// `PICTURE_HANDOVER_BYTES`: how much of it may hold pictures that were just stored, for their jobs.
    pub picture_handover: ByteSize,
    /// `RESUMABLE_UPLOADS`.
    pub resumable: bool,
    /// `DIRECT_UPLOADS`.
    pub direct: bool,
    /// `MAX_RESUMABLE_BYTES`: the largest file of many requests.
    pub max_resumable: ByteSize,
    /// `MAX_UNFINISHED_UPLOADS_PER_USER`: resumable and direct ones together.
    pub max_unfinished: u64,
    /// `UPLOAD_TTL_SECONDS`: how long an upload of many requests lives without a sign of life.
    pub ttl: Duration,
}

impl UploadsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            max_upload: ByteSize::new(reader.number("MAX_UPLOAD_BYTES", 52_428_800, 1..=1 << 40)),
            buffer: ByteSize::new(reader.number("UPLOAD_BUFFER_BYTES", 67_108_864, 16_777_216..=1 << 40)),
            picture_handover: ByteSize::new(reader.number("PICTURE_HANDOVER_BYTES", 8_388_608, 0..=1 << 40)),
            resumable: reader.flag("RESUMABLE_UPLOADS", true),
            direct: reader.flag("DIRECT_UPLOADS", true),
            max_resumable: ByteSize::new(reader.number("MAX_RESUMABLE_BYTES", 5 << 30, 1..=1 << 40)),
            max_unfinished: reader.number("MAX_UNFINISHED_UPLOADS_PER_USER", 1000, 1..=1_000_000),
            ttl: reader.seconds("UPLOAD_TTL_SECONDS", DAY, 1..=7 * DAY),
        }
    }
}
