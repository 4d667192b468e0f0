//! The macro that decorates the methods of a port.

/// Implements a port by an adapter within: each method enters the handle, calls the adapter, once or twice, and leaves
/// the handle with the answer.
///
/// `self` is the receiver, `by` gives the adapter, and each method says which operation it is. What is no call of an adapter
/// that can fail follows in braces.
macro_rules! decorate {
    (
        impl $port:ident for $faulty:ident, $this:ident: $receiver:ty, by $adapter:expr;
        $($method:ident($($argument:ident: $type:ty),* $(,)?) -> $answer:ty = $operation:ident;)+
        $({ $($rest:tt)+ })?
    ) => {
        #[async_trait::async_trait]
        impl $port for $faulty {
            $(
                async fn $method($this: $receiver $(, $argument: $type)*) -> $answer {
                    let passage = $this.enter($crate::fault::Operation::$operation).await?;
                    if passage.repeats() {
                        drop($adapter.$method($(Clone::clone(&$argument)),*).await);
                    }
                    let answer = $adapter.$method($($argument),*).await;
                    passage.leave(answer).await
                }
            )+
            $($($rest)+)?
        }
    };
}

pub(super) use decorate;
