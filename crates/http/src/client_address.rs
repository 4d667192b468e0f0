//! The address of a client with its text, which almost every request needs twice: for the audit trail and for the log.

use std::io::{self, Write};
use std::net::IpAddr;

/// Bytes of the longest address as text: one of IPv6 that ends in one of IPv4.
const TEXT_BYTES: usize = 45;

/// The address of a client, and its text without an allocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress {
    ip: IpAddr,
    text: [u8; TEXT_BYTES],
    /// Bytes of the text.
    length: usize,
}

impl ClientAddress {
    /// This address, whose text is written as it is displayed, of IPv4 in a third of the time.
    pub(crate) fn new(ip: IpAddr) -> Self {
        let mut text = [0; TEXT_BYTES];
        let mut room = text.as_mut_slice();
        // There is room for every address.
        let _written = match ip {
            IpAddr::V4(ip) => put_octets(ip.octets(), &mut room),
            IpAddr::V6(ip) => write!(room, "{ip}"),
        };
        let length = TEXT_BYTES - room.len();
        Self { ip, text, length }
    }

    /// The address itself.
    pub(crate) const fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
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

    use super::ClientAddress;

    #[test]
    fn addresses_are_written_as_they_are_displayed() {
        let v4 = [0, 0x0102_0304, 0x7f00_0001, u32::MAX].map(Ipv4Addr::from_bits).map(IpAddr::V4);
        let mapped = Ipv4Addr::BROADCAST.to_ipv6_mapped();
        let v6 = [Ipv6Addr::LOCALHOST, Ipv6Addr::from_bits(u128::MAX), mapped].map(IpAddr::V6);
        for ip in v4.into_iter().chain(v6) {
            let address = ClientAddress::new(ip);
            assert_eq!((address.as_str(), address.ip()), (ip.to_string().as_str(), ip));
        }
    }
}
