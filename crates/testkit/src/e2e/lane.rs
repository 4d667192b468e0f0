//! The lanes: which adapters the program runs on.

/// A set of adapters that the whole contract is checked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// `serve --ephemeral`: everything in memory.
    Ephemeral,
    /// The default: SQLite and a folder.
    Embedded,
    /// PostgreSQL and an S3 server.
    PostgresS3,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ephemeral, Self::Embedded, Self::PostgresS3];

    /// Whether the program itself answers signed URLs. Where it does not, the S3 server does, and what the contract
    /// says about them beyond the bytes, ranges, type and disposition is out of the program's reach.
    pub const fn serves_links_itself(self) -> bool {
        !matches!(self, Self::PostgresS3)
    }

    /// Whether what it keeps survives the process.
    pub const fn is_durable(self) -> bool {
        !matches!(self, Self::Ephemeral)
    }

    /// Its name in messages and databases.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ephemeral => "ephemeral",
            Self::Embedded => "embedded",
            Self::PostgresS3 => "postgres_s3",
        }
    }

    /// Its place in [`Lane::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Ephemeral => 0,
            Self::Embedded => 1,
            Self::PostgresS3 => 2,
        }
    }
}
