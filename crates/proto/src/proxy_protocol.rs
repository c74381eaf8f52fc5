//! The PROXY protocol, version 2 (proxy-protocol.txt of HAProxy, §2.2): what a proxy says, before
//! anything else, about the connection that it passes on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The proxy speaks for itself, to see whether we are alive.
    Local,
    /// A client behind the proxy, of a kind that has no address here: a Unix socket, or unknown.
    Unknown,
    /// A client behind the proxy.
    Client {
        /// Its address.
        source: SocketAddr,
        /// Where it connected to.
        destination: SocketAddr,
    },
}

/// The first sixteen octets: all that says how many follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    command: Command,
    family: Family,
    rest: usize,
}

/// Not a header of version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It does not begin with the signature.
    #[error("there is no PROXY protocol header of version 2")]
    Signature,
    /// Another version than 2.
    #[error("PROXY protocol version {0} is not known")]
    Version(u8),
    /// Neither LOCAL nor PROXY.
    #[error("PROXY protocol command {0} is not known")]
    Command(u8),
    /// A family or a transport that nobody has specified.
    #[error("PROXY protocol address family {0:#04x} is not known")]
    Family(u8),
    /// More than [`MAX_REST`] octets announced.
    #[error("the PROXY protocol header announces {0} octets")]
    TooLong(usize),
    /// Fewer octets than the addresses take.
    #[error("the PROXY protocol header ends within its addresses")]
    Short,
}

impl Start {
    /// Reads the first sixteen octets.
    pub fn parse(octets: &[u8; START]) -> Result<Self, HeaderError> {
        let [signature @ .., version_and_command, family, high, low] = octets;
        if *signature != SIGNATURE {
            return Err(HeaderError::Signature);
        }
        if version_and_command >> 4 != VERSION {
            return Err(HeaderError::Version(version_and_command >> 4));
        }
        let command = match version_and_command & 0xf {
            0 => Command::Local,
            1 => Command::Proxy,
            other => return Err(HeaderError::Command(other)),
        };
        let parsed = match (command, family >> 4, family & 0xf) {
            // "... discard the protocol block including the family which is ignored."
            (Command::Local, _, _)
            | (Command::Proxy, 0..=3, 0)
            | (Command::Proxy, 0 | 3, 1 | 2) => Family::WithoutAddress,
            (Command::Proxy, 1, 1 | 2) => Family::V4,
            (Command::Proxy, 2, 1 | 2) => Family::V6,
            // "Other values must be rejected as invalid by receivers."
            (Command::Proxy, _, _) => return Err(HeaderError::Family(*family)),
        };
        let rest = usize::from(u16::from_be_bytes([*high, *low]));
        if rest > MAX_REST {
            return Err(HeaderError::TooLong(rest));
        }
        Ok(Self { command, family: parsed, rest })
    }

    /// How many octets follow: addresses and additions.
    pub fn rest(&self) -> usize {
        self.rest
    }

    /// Reads what follows. Additions (TLVs) are passed over.
    pub fn finish(&self, rest: &[u8]) -> Result<Header, HeaderError> {
        match (self.command, self.family) {
            // "The receiver must accept this connection as valid and must use the real connection
            // endpoints."
            (Command::Local, _) => Ok(Header::Local),
            (Command::Proxy, Family::WithoutAddress) => Ok(Header::Unknown),
            (Command::Proxy, Family::V4) => {
                client::<4>(rest, |octets| Ipv4Addr::from(octets).into())
            }
            (Command::Proxy, Family::V6) => {
                client::<16>(rest, |octets| Ipv6Addr::from(octets).into())
            }
        }
    }
}

impl Header {
    /// The header as a proxy writes it, for a TCP connection and without additions.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (command, family, addresses) = match self {
            Self::Local => (0, 0x00, Vec::new()),
            Self::Unknown => (1, 0x00, Vec::new()),
            Self::Client { source, destination } => match (source.ip(), destination.ip()) {
                (IpAddr::V4(from), IpAddr::V4(to)) => {
                    (1, 0x11, [from.octets(), to.octets()].concat())
                }
                (from, to) => (1, 0x21, [as_v6(from).octets(), as_v6(to).octets()].concat()),
            },
        };
        let ports = match self {
            Self::Local | Self::Unknown => Vec::new(),
            Self::Client { source, destination } => {
                [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat()
            }
        };
        // At most 36.
        let rest = u16::try_from(addresses.len() + ports.len()).unwrap_or(u16::MAX).to_be_bytes();
        [&SIGNATURE[..], &[VERSION << 4 | command, family], &rest, &addresses, &ports].concat()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Local,
    Proxy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    WithoutAddress,
    V4,
    V6,
}

/// Two addresses, then two ports.
fn client<const N: usize>(
    rest: &[u8],
    address: fn([u8; N]) -> IpAddr,
) -> Result<Header, HeaderError> {
    let (source, rest) = rest.split_first_chunk::<N>().ok_or(HeaderError::Short)?;
    let (destination, rest) = rest.split_first_chunk::<N>().ok_or(HeaderError::Short)?;
    let (source_port, rest) = rest.split_first_chunk::<2>().ok_or(HeaderError::Short)?;
    let destination_port = rest.first_chunk::<2>().ok_or(HeaderError::Short)?;
    Ok(Header::Client {
        source: SocketAddr::new(address(*source), u16::from_be_bytes(*source_port)),
        destination: SocketAddr::new(address(*destination), u16::from_be_bytes(*destination_port)),
    })
}

fn as_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// Octets of [`Start`].
pub const START: usize = 16;
/// Octets that may follow it. Own limit: the specification asks receivers for 520 (536 with the
/// start); proxies that add what they know of TLS send up to a few hundred more.
pub const MAX_REST: usize = 4096;
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const VERSION: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(octets: &[u8]) -> Result<Header, HeaderError> {
        let (start, rest) = octets.split_first_chunk().unwrap();
        let start = Start::parse(start)?;
        start.finish(&rest[..start.rest()])
    }

    fn with(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    #[test]
    fn headers_of_the_specification() {
        let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 0x01, 0xbb];
        let client = Header::Client {
            source: "192.0.2.1:12345".parse().unwrap(),
            destination: "198.51.100.2:443".parse().unwrap(),
        };
        let with_tlv = [&v4[..], &[0x04, 0x00, 0x01, 0xff]].concat();
        for (octets, header, reason) in [
            (with(0x21, 0x11, &v4), Ok(client), "TCP over IPv4"),
            (with(0x21, 0x11, &with_tlv), Ok(client), "an addition is passed over"),
            (with(0x21, 0x12, &v4), Ok(client), "the transport changes no address"),
            (with(0x20, 0x11, &v4), Ok(Header::Local), "LOCAL says nothing of a client"),
            (with(0x20, 0x00, &[]), Ok(Header::Local), "a health check"),
            (with(0x20, 0xff, &v4), Ok(Header::Local), "LOCAL, and a family of nobody"),
            (with(0x21, 0x00, &[]), Ok(Header::Unknown), "UNSPEC"),
            (with(0x21, 0x31, &[0; 216]), Ok(Header::Unknown), "a Unix socket"),
            (with(0x21, 0x11, &v4[..11]), Err(HeaderError::Short), "a port is cut short"),
            (with(0x21, 0x21, &v4), Err(HeaderError::Short), "too short for IPv6"),
            (with(0x11, 0x11, &v4), Err(HeaderError::Version(1)), "version 1 is text"),
            (with(0x22, 0x11, &v4), Err(HeaderError::Command(2)), "no such command"),
            (with(0x21, 0x13, &v4), Err(HeaderError::Family(0x13)), "no such transport"),
            (with(0x21, 0x41, &v4), Err(HeaderError::Family(0x41)), "no such family"),
            (
                with(0x21, 0x11, &[0; MAX_REST + 1]),
                Err(HeaderError::TooLong(MAX_REST + 1)),
                "nobody sends that much",
            ),
            (b"PROXY TCP4 192.0.2.1 ".to_vec(), Err(HeaderError::Signature), "version 1"),
            (
                b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03_____".to_vec(),
                Err(HeaderError::Signature),
                "TLS",
            ),
        ] {
            assert_eq!(read(&octets), header, "{reason}");
        }
    }

    fn address(v6: bool) -> impl Strategy<Value = SocketAddr> {
        (any::<u128>(), any::<u16>()).prop_map(move |(bits, port)| {
            let v4 = Ipv4Addr::from(u32::try_from(bits >> 96).unwrap());
            let ip = if v6 { Ipv6Addr::from(bits).into() } else { IpAddr::from(v4) };
            SocketAddr::new(ip, port)
        })
    }

    fn header() -> impl Strategy<Value = Header> {
        let client = |v6| {
            (address(v6), address(v6))
                .prop_map(|(source, destination)| Header::Client { source, destination })
        };
        prop_oneof![Just(Header::Local), Just(Header::Unknown), client(false), client(true)]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(header in header()) {
            prop_assert_eq!(read(&header.to_bytes()), Ok(header));
        }
    }
}
