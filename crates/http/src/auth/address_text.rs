//! Addresses as text. Almost every request needs that of its client twice: for the audit trail and for the log.

use std::io::{self, Write};
use std::net::IpAddr;

/// Bytes of the longest address as text: one of IPv6 that ends in one of IPv4.
pub(crate) const ADDRESS_BYTES: usize = 45;

/// Writes an address as it is displayed, of IPv4 in a third of the time.
pub(crate) fn address_text(address: IpAddr, text: &mut [u8; ADDRESS_BYTES]) -> &str {
    let mut room = text.as_mut_slice();
    // There is room for every address.
    let _written = match address {
        IpAddr::V4(address) => put_octets(address.octets(), &mut room),
        IpAddr::V6(address) => write!(room, "{address}"),
    };
    let length = ADDRESS_BYTES - room.len();
    std::str::from_utf8(&text[..length]).unwrap_or_default()
}

fn put_octets([first, rest @ ..]: [u8; 4], text: &mut impl Write) -> io::Result<()> {
    let mut digits = itoa::Buffer::new();
    text.write_all(digits.format(first).as_bytes())?;
    for octet in rest {
        text.write_all(b".")?;
        text.write_all(digits.format(octet).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::{ADDRESS_BYTES, address_text};

    #[test]
    fn addresses_are_written_as_they_are_displayed() {
        let v4 = [0, 0x0102_0304, 0x7f00_0001, u32::MAX].map(Ipv4Addr::from_bits).map(IpAddr::V4);
        let mapped = Ipv4Addr::BROADCAST.to_ipv6_mapped();
        let v6 = [Ipv6Addr::LOCALHOST, Ipv6Addr::from_bits(u128::MAX), mapped].map(IpAddr::V6);
        for address in v4.into_iter().chain(v6) {
            assert_eq!(address_text(address, &mut [0; ADDRESS_BYTES]), address.to_string());
        }
    }
}
