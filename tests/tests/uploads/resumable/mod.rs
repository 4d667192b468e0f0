//! `/v1/uploads`: tus 1.0.0.

mod cuts;
mod ends;
mod limits;
mod owners;
mod pieces;
mod turns;

/// What a part of an S3 upload has at least; what other stores write at once is less.
const PART: usize = 5 * 1024 * 1024;

/// Field of a piece whose client waits until it is asked for the body, which is when the piece has the upload.
const AWAITED: &str = "Expect: 100-continue\r\n";
