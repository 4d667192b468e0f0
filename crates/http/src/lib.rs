//! The HTTP API on actix-web; it sees the domain alone.
