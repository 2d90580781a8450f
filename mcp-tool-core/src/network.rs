//! Addresses that an operator names: one, or those that share a prefix (RFC 4632).

use std::{fmt, net::IpAddr};

/// Addresses that an operator named: one, or those that share a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// A network as it is written: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
    ///
    /// # Errors
    /// What is wanted, where it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?}: an address or a network is wanted, such as 127.0.0.1 or 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= longest).ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        let network = Network { address, prefix };
        match bits(address) & !mask(longest, prefix) {
            0 => Ok(network),
            _ => Err(format!("{text:?} names an address within a network: leave the bits after /{prefix} 0")),
        }
    }

    /// Whether the address is one of them. A form of IPv4 within IPv6 is no IPv4 address.
    pub fn holds(&self, address: IpAddr) -> bool {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        self.address.is_ipv4() == address.is_ipv4()
            && bits(address) & mask(longest, self.prefix) == bits(self.address)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first `prefix` of `longest` bits.
fn mask(longest: u8, prefix: u8) -> u128 {
    let all = u128::MAX >> (128 - u32::from(longest));
    all & !(all.checked_shr(prefix.into()).unwrap_or(0))
}
