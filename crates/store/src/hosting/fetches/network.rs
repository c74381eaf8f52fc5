//! Where fetches come from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Where a fetch comes from, as exactly as it is kept: a /24 or a /48, which is what one operator
/// is commonly given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// An IPv4 network of 24 bits.
    V4([u8; 3]),
    /// An IPv6 network of 48 bits.
    V6([u8; 6]),
    /// Networks for which there was no room.
    Others,
}

/// A text that names no [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a network of the log of fetches")]
pub struct NetworkError;

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [network @ .., _] = address.octets();
                Self::V4(network)
            }
            IpAddr::V6(address) => {
                let mut network = [0; 6];
                network.iter_mut().zip(address.octets()).for_each(|(to, from)| *to = from);
                Self::V6(network)
            }
        }
    }
}

impl fmt::Display for Network {
    /// `192.0.2.0/24`, `2001:db8:1::/48` or `others`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(network) => {
                let mut octets = [0; 4];
                octets.iter_mut().zip(network).for_each(|(to, from)| *to = *from);
                write!(f, "{}/24", Ipv4Addr::from(octets))
            }
            Self::V6(network) => {
                let mut octets = [0; 16];
                octets.iter_mut().zip(network).for_each(|(to, from)| *to = *from);
                write!(f, "{}/48", Ipv6Addr::from(octets))
            }
            Self::Others => f.write_str(OTHERS),
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if text == OTHERS {
            return Ok(Self::Others);
        }
        let (address, _) = text.split_once('/').ok_or(NetworkError)?;
        let network = Self::of(address.parse().map_err(|_| NetworkError)?);
        (network.to_string() == text).then_some(network).ok_or(NetworkError)
    }
}

const OTHERS: &str = "others";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_back() {
        let table = [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
            ("::1", "::/48"),
        ];
        for (address, network) in table {
            let of = Network::of(address.parse().unwrap());
            assert_eq!(of.to_string(), network);
            assert_eq!(network.parse(), Ok(of));
        }
        assert_eq!("others".parse(), Ok(Network::Others));
        for text in ["", "192.0.2.1/24", "192.0.2.0/25", "192.0.2.0", "other", "2001:db8::/32"] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError), "{text}");
        }
    }
}
