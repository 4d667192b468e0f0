//! Users, files, blobs, jobs and sessions in SQLite, the embedded default.
