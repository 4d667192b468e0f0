//! How the operations of the ports are listed.

/// Makes the enum with a name for each variant.
macro_rules! operations {
    ($($port:literal { $($operation:ident = $method:literal,)+ })+) => {
        /// An operation of a port that faults can be planned for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[doc = concat!("`", $port, "::", $method, "`")] $operation,)+)+
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$($(Self::$operation,)+)+];

            /// The trait that it belongs to: `BlobStore`.
            #[must_use]
            pub const fn port(self) -> &'static str {
                match self {
                    $($(Self::$operation)|+ => $port,)+
                }
            }

            /// Its name: `BlobStore::put`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$operation => concat!($port, "::", $method),)+)+
                }
            }
        }
    };
}

pub(super) use operations;
