//! Password hashes, access tokens and MACs.
