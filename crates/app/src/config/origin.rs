//! Origins as browsers send them (RFC 6454).

/// The origin in the form in which browsers send it: lower case, without a slash at its end and without the port that its
/// scheme implies.
pub(super) fn plain_origin(text: &str) -> Result<String, &'static str> {
    const PROBLEM: &str = "must be http:// or https:// and a host, without a path";
    let text = text.trim_end_matches('/').to_ascii_lowercase();
    if text == "null" {
        return Err("must be an origin, and null is what every sandboxed page sends");
    }
    let (scheme, authority) = text.split_once("://").ok_or(PROBLEM)?;
    if !matches!(scheme, "http" | "https") {
        return Err(PROBLEM);
    }
    if authority.contains('*') {
        return Err("must be one origin, and a host with * is a pattern");
    }
    if !authority.is_ascii() {
        return Err("must have its host in ASCII (xn--…), as browsers send it");
    }
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[after_brackets..].split_once(':') {
        Some((name, port)) => (&authority[..after_brackets + name.len()], Some(port)),
        None => (authority, None),
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    let is_bracketed_alone = after_brackets == 0 || host.len() == after_brackets;
    if host.is_empty() || !is_bracketed_alone || !host.bytes().all(is_plain) {
        return Err(PROBLEM);
    }
    let Some(port) = port else { return Ok(format!("{scheme}://{host}")) };
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse::<u16>().ok().filter(|_| is_number);
    let port = port.ok_or("must have a port from 0 to 65535, or none")?;
    let implied = if scheme == "https" { 443 } else { 80 };
    Ok(if port == implied { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") })
}

#[cfg(test)]
mod tests;
