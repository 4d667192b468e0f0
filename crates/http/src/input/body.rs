//! The readers of JSON bodies, one table each.

/// Declares the values that a route reads out of a JSON body of type `for`, and their reader.
///
/// Each line is a field: its name on the wire, the type that it is read as, and how it is read, a method of
/// [`Fields`](super::Fields) with its arguments. The table and the type of the body have the same fields, or it does not
/// compile.
macro_rules! json_body {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident for $wire:ident {
            $($field:ident: $value:ty => $presence:ident($($read:expr)?),)+
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $($field: $value,)+
        }

        impl $crate::input::FromFields for $name {
            type Body = $wire;

            fn read(fields: &mut $crate::input::Fields) -> Option<Self> {
                // Every field is read before the first that is missing ends it, so that every fault is noted.
                $(let $field = fields.$presence(stringify!($field) $(, $read)?);)+
                Some(Self { $($field: $field?,)+ })
            }
        }

        const _: fn($wire) = |$wire { $($field: _,)+ }| ();
    };
}

pub(crate) use json_body;

#[cfg(test)]
mod tests;
