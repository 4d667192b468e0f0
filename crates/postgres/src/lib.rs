//! Users, files, blobs, jobs and sessions in PostgreSQL.
