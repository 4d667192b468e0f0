//! The macros that decorate a port.

/// The decorator of a port: its type and its constructor.
macro_rules! decorator {
    ($(#[$doc:meta])* $observed:ident of $port:ident) => {
        $(#[$doc])*
        pub struct $observed {
            inner: std::sync::Arc<dyn $port>,
            observer: std::sync::Arc<dyn $crate::PortObserver>,
        }

        impl $observed {
            /// `inner`, whose calls are reported to `observer`.
            #[must_use]
            pub fn new(
                inner: std::sync::Arc<dyn $port>,
                observer: &std::sync::Arc<dyn $crate::PortObserver>,
            ) -> Self {
                Self { inner, observer: std::sync::Arc::clone(observer) }
            }
        }
    };
}
pub(crate) use decorator;

/// Implements a port by an adapter within. `self` is the receiver, `by` gives the adapter, `at` the level of the spans, and
/// each method says how its operation is called. What is no call that waits for anything follows in braces.
macro_rules! decorate {
    (
        impl $port:ident for $observed:ident, $this:ident: $receiver:ty, by $adapter:expr, at $level:ident;
        $($method:ident($($argument:ident: $type:ty),* $(,)?) -> $answer:ty = $operation:literal;)+
        $({ $($rest:tt)+ })?
    ) => {
        #[async_trait::async_trait]
        impl $port for $observed {
            $(
                async fn $method($this: $receiver $(, $argument: $type)*) -> $answer {
                    let span = $crate::observe::port_span!($level, $operation);
                    let call = $adapter.$method($($argument),*);
                    $crate::observe::observe($this.observer.as_ref(), $operation, span, call).await
                }
            )+
            $($($rest)+)?
        }
    };
}
pub(crate) use decorate;

/// Implements a port by an adapter within, as [`decorate`] does of the same lines, but without spans and reports.
macro_rules! forward {
    (
        impl $port:ident for $decorator:ident, $this:ident: $receiver:ty, by $adapter:expr, at $level:ident;
        $($method:ident($($argument:ident: $type:ty),* $(,)?) -> $answer:ty = $operation:literal;)+
        $({ $($rest:tt)+ })?
    ) => {
        #[async_trait::async_trait]
        impl $port for $decorator {
            $(
                async fn $method($this: $receiver $(, $argument: $type)*) -> $answer {
                    $adapter.$method($($argument),*).await
                }
            )+
            $($($rest)+)?
        }
    };
}
pub(crate) use forward;

/// Hands out the repos of the unit within, but for those that follow in braces.
macro_rules! forward_repos {
    (impl Repos for $unit:ident; $($repo:ident: $port:ident),+; { $($rest:tt)+ }) => {
        impl Repos for $unit {
            $(
                fn $repo(&mut self) -> &mut dyn $port {
                    self.inner.$repo()
                }
            )+
            $($rest)+
        }
    };
}
pub(crate) use forward_repos;
