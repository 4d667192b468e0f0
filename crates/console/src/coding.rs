//! Content codings (RFC 9110, section 8.4.1).

#[cfg(test)]
mod tests;

/// How the bytes of an answer are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    Identity,
    /// `gzip`
    Gzip,
    /// `br`
    Brotli,
}

impl Coding {
    /// The value of `Content-Encoding`; `None` where the field is left out.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// The coding that the lists of `Accept-Encoding` weigh highest; the smallest one among equals. Where all are refused it is
    /// the identity, which RFC 9110 (section 12.5.3) allows: who can read a refusal can read the file too.
    #[must_use]
    pub fn accepted<'a>(lists: impl IntoIterator<Item = &'a str>) -> Self {
        let weights: Vec<(&str, u16)> =
            lists.into_iter().flat_map(|list| list.split(',')).filter_map(weight).collect();
        let of = |names: &[&str]| {
            let named =
                weights.iter().find(|(name, _)| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)));
            let any = || weights.iter().find(|(name, _)| *name == "*");
            named.or_else(any).map_or(0, |(_, weight)| *weight)
        };
        // Of equals the last one is taken.
        let candidates = [(Self::Gzip, of(&["gzip", "x-gzip"])), (Self::Brotli, of(&["br"]))];
        // Named, its weight counts like theirs; else it is acceptable, and the last choice.
        let identity = weights.iter().find(|(name, _)| name.eq_ignore_ascii_case("identity"));
        let least = identity.map_or(1, |(_, weight)| (*weight).max(1));
        let best =
            candidates.into_iter().filter(|(_, weight)| *weight >= least).max_by_key(|(_, weight)| *weight);
        best.map_or(Self::Identity, |(coding, _)| coding)
    }
}

/// A coding and its weight in thousandths; `None` for what is none.
fn weight(item: &str) -> Option<(&str, u16)> {
    let (name, parameter) = item.split_once(';').unwrap_or((item, ""));
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let Some((key, value)) = parameter.split_once('=') else { return Some((name, 1000)) };
    if !key.trim().eq_ignore_ascii_case("q") {
        return Some((name, 1000));
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let thousandths: u16 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    match whole {
        "1" => Some((name, 1000)),
        "0" => Some((name, thousandths)),
        _ => None,
    }
}
