//! Blobs in any S3, Supabase Storage first.
