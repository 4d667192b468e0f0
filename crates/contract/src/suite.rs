//! The table of rules, and the macro that makes it, the tests and the checks out of one list.

use std::fmt;

use futures_util::future::LocalBoxFuture;

/// One rule of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The name of its function, which is its number and its sentence.
    pub name: &'static str,
    /// The port that owes it.
    pub port: &'static str,
}

impl Rule {
    /// Its number: `UOW-03`.
    #[must_use]
    pub fn id(&self) -> String {
        let mut words = self.name.splitn(3, '_');
        let group = words.next().unwrap_or_default().to_uppercase();
        format!("{group}-{}", words.next().unwrap_or_default())
    }

    /// Its sentence: `a refusal does not poison the unit`.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.name.splitn(3, '_').nth(2).unwrap_or_default().replace('_', " ")
    }
}

/// Its number and its sentence.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id(), self.sentence())
    }
}

/// All rules of one macro.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// The macro that runs them: `blob_store`.
    pub name: &'static str,
    /// The trait that it takes: `BlobStoreHarness`.
    pub harness: &'static str,
    /// The rules.
    pub rules: &'static [Rule],
}

/// A rule bound to a harness, ready to be run: for those who want to see which rules an adapter breaks.
#[derive(Clone, Copy)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// Runs it on a fresh fixture; panics when it is broken.
    pub run: fn() -> LocalBoxFuture<'static, ()>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("rule", &self.rule).finish_non_exhaustive()
    }
}

/// Makes out of one list: the module with one function per rule, its table and its checks, and the exported macro
/// with one test per rule and runtime.
///
/// `$d` is a dollar sign: the only way for a macro to write a macro with variables of its own.
macro_rules! suite {
    (
        ($d:tt)
        $(#[$doc:meta])*
        $suite:ident($harness:ident, $port:literal): $fresh:expr $(, with $also:ident)?;
        $($group:ident { $($rule:ident,)+ })+
    ) => {
        $(#[$doc])*
        pub mod $suite {
            use crate::harness::$harness;
            use crate::suite::{Check, Rule, Suite};

            /// The suite's table.
            pub const SUITE: Suite = Suite {
                name: stringify!($suite),
                harness: stringify!($harness),
                rules: &[$($(Rule { name: stringify!($rule), port: $port },)+)+],
            };

            /// Every rule, bound to a harness.
            #[must_use]
            pub fn checks<H: $harness>() -> Vec<Check> {
                let own = [$($(Check {
                    rule: Rule { name: stringify!($rule), port: $port },
                    run: || Box::pin($rule::<H>()),
                },)+)+];
                own.into_iter()$(.chain(super::$also::checks::<H>()))?.collect()
            }

            $($(
                #[doc = concat!("The rule `", stringify!($rule), "`, on a fresh fixture.")]
                ///
                /// # Panics
                /// When it is broken.
                pub async fn $rule<H: $harness>() {
                    let harness: H = $fresh;
                    super::$group::$rule(&harness).await;
                }
            )+)+
        }

        $(#[$doc])*
        ///
        /// Takes the type of a harness; every rule becomes two tests, one on each kind of runtime.
        #[macro_export]
        macro_rules! $suite {
            ($d harness:ty) => {
                type ContractHarness = $d harness;

                mod on_current_thread {
                    $($(
                        #[test]
                        fn $rule() {
                            $crate::runtime::on_current_thread($crate::$suite::$rule::<super::ContractHarness>);
                        }
                    )+)+
                }

                mod on_multi_thread {
                    $($(
                        #[test]
                        fn $rule() {
                            $crate::runtime::on_multi_thread($crate::$suite::$rule::<super::ContractHarness>);
                        }
                    )+)+
                }

                $(
                    mod $also {
                        $crate::$also!(super::ContractHarness);
                    }
                )?
            };
        }
    };
}

pub(crate) use suite;
