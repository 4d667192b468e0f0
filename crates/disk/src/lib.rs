//! Blobs in a directory, the embedded default.
