//! `/etc/resolv.conf`, see resolv.conf(5).

use super::resolver::SetupError;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::Path;

/// The system's name servers.
pub(super) fn system_servers() -> Result<Vec<SocketAddr>, SetupError> {
    let path = Path::new("/etc/resolv.conf");
    let text = std::fs::read(path).map_err(|error| SetupError::NoResolver {
        detail: format!("{}: {error}", path.display()),
    })?;
    let servers = name_servers(&String::from_utf8_lossy(&text), interface_index);
    if servers.is_empty() {
        let detail = format!("{} names no server", path.display());
        return Err(SetupError::NoResolver { detail });
    }
    Ok(servers)
}

/// The servers that `text` names; lines that mean nothing to us are passed over, as libc does.
/// `index` finds the number of a network interface, for scoped IPv6 addresses.
fn name_servers(text: &str, index: impl Fn(&str) -> Option<u32>) -> Vec<SocketAddr> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            (words.next()? == "nameserver").then(|| words.next()).flatten()
        })
        .filter_map(|address| name_server(address, &index))
        .take(LIMIT)
        .collect()
}

fn name_server(text: &str, index: impl Fn(&str) -> Option<u32>) -> Option<SocketAddr> {
    let Some((address, scope)) = text.split_once('%') else {
        return Some(SocketAddr::new(text.parse::<IpAddr>().ok()?, PORT));
    };
    let address: Ipv6Addr = address.parse().ok()?;
    // RFC 4007 §11.2: a zone is a number or the name of an interface.
    let scope = scope.parse().ok().or_else(|| index(scope))?;
    Some(SocketAddrV6::new(address, PORT, 0, scope).into())
}

fn interface_index(name: &str) -> Option<u32> {
    if name.is_empty() || name.starts_with('.') || name.contains('/') {
        return None;
    }
    let text = std::fs::read_to_string(Path::new("/sys/class/net").join(name).join("ifindex"));
    text.ok()?.trim().parse().ok()
}

const PORT: u16 = 53;
const LIMIT: usize = 3; // MAXNS of resolv.conf(5): the system asks no more than these

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_and_junk_is_passed_over() {
        let text = "# comment\n; comment\nsearch example.com\noptions timeout:1 attempts:3\n\
            nameserver\nnameserver 192.0.2.1 # first\nNAMESERVER 192.0.2.9\n\
            nameserver not-an-address\n\tnameserver\t2001:db8::1\r\nnameserver fe80::1%lan0\n\
            nameserver 192.0.2.4\n\0\u{fffd}";
        let index = |name: &str| (name == "lan0").then_some(7);
        let servers = name_servers(text, index);
        let expected: [SocketAddr; 3] = [
            "192.0.2.1:53".parse().unwrap(),
            "[2001:db8::1]:53".parse().unwrap(),
            "[fe80::1%7]:53".parse().unwrap(),
        ];
        assert_eq!(servers, expected);
    }

    #[test]
    fn scopes_are_numbers_or_interfaces() {
        let none = |_: &str| None;
        assert_eq!(name_server("fe80::1%3", none), "[fe80::1%3]:53".parse().ok());
        assert_eq!(name_server("fe80::1%nosuch", none), None);
        assert_eq!(name_server("192.0.2.1%3", none), None);
        assert_eq!(interface_index("../../etc"), None);
    }
}
