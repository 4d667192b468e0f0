//! A variable of the configuration.

/// A variable of the configuration. Every reader of settings names its own, so that a key of a TOML file that no reader
/// knows is reported as a typing error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name in the environment; in a TOML file the same in lower case.
    pub name: &'static str,
    /// Whether it is a secret: then `<NAME>_FILE` may name a file that holds it.
    pub secret: bool,
}

impl Variable {
    /// A variable whose value may be shown.
    #[must_use]
    pub const fn plain(name: &'static str) -> Self {
        Self { name, secret: false }
    }

    /// The same variable under a name with `prefix` before it.
    #[must_use]
    pub(crate) fn prefixed(self, prefix: &str) -> Self {
        // It lives as long as the names in the program's text: adapters are registered once.
        Self { name: format!("{prefix}{}", self.name).leak(), ..self }
    }

    /// A secret: given as `NAME`, or as `NAME_FILE`, the path of a file that holds it.
    #[must_use]
    pub const fn secret(name: &'static str) -> Self {
        Self { name, secret: true }
    }
}
