//! `[serve]` into the zone that is answered for.

use super::HostingFault;
use super::sections::{Addresses, ServeSection};
use super::values::{HostName, MailAddress, Reachable, Ttl, ZoneName};
use ironpost_hosting::authdns::Zone;
use ironpost_proto::domain::{DnsName, Domain};
use std::net::IpAddr;

/// The zone, if one is named; which CAs may certify its names is known later.
pub(super) fn of(serve: &ServeSection) -> Result<Option<Zone>, HostingFault> {
    let Some(ZoneName(apex)) = &serve.zone else { return Ok(None) };
    let addresses = addresses(serve.addresses.as_deref().unwrap_or_default());
    let ns = match &serve.ns {
        None => vec![apex.prefixed(FIRST_SERVER)],
        Some(names) if names.is_empty() => {
            return Err(HostingFault::NoNameServers { zone: apex.as_str().to_owned() });
        }
        Some(names) => names.iter().map(|HostName(name)| name.clone()).collect(),
    };
    let name_servers = name_servers(apex, &ns, serve, &addresses)?;
    let contact = serve.contact.as_ref().and_then(MailAddress::as_name);
    Ok(Some(Zone {
        apex: apex.clone(),
        ns,
        name_servers,
        contact: contact.unwrap_or_else(|| apex.prefixed(HOSTMASTER)),
        ipv4: addresses
            .iter()
            .filter_map(|ip| if let IpAddr::V4(v4) = ip { Some(*v4) } else { None })
            .collect(),
        ipv6: addresses
            .iter()
            .filter_map(|ip| if let IpAddr::V6(v6) = ip { Some(*v6) } else { None })
            .collect(),
        caa: Vec::new(),
        ttl: serve.ttl.map_or(DEFAULT_TTL, |Ttl(seconds)| seconds),
    }))
}

/// The name servers inside the zone, with their addresses. One alone that has none is this host.
fn name_servers(
    apex: &Domain,
    ns: &[DnsName],
    serve: &ServeSection,
    own: &[IpAddr],
) -> Result<Vec<(DnsName, Vec<IpAddr>)>, HostingFault> {
    let named = |HostName(name): &HostName| name.as_str().to_owned();
    for host @ HostName(name) in serve.name_servers.keys() {
        if !is_inside(name, apex) {
            return Err(HostingFault::GlueOutside { name: named(host) });
        }
        if !ns.contains(name) {
            return Err(HostingFault::NotANameServer { name: named(host) });
        }
    }
    let inside: Vec<_> = ns.iter().filter(|name| is_inside(name, apex)).collect();
    let alone = inside.len() == 1;
    let found = inside.into_iter().map(|name| {
        let said = serve.name_servers.get(&HostName(name.clone()));
        let said = said.map(|Addresses(list)| addresses(list)).filter(|list| !list.is_empty());
        let addresses = said.or_else(|| alone.then(|| own.to_vec()));
        let addresses =
            addresses.ok_or_else(|| HostingFault::NoGlue { name: name.as_str().to_owned() })?;
        Ok((name.clone(), addresses))
    });
    found.collect()
}

fn is_inside(name: &DnsName, apex: &Domain) -> bool {
    name.to_domain().is_some_and(|name| name.is_within(apex))
}

fn addresses(list: &[Reachable]) -> Vec<IpAddr> {
    list.iter().map(|Reachable(address)| *address).collect()
}

/// The name server of a zone that names none.
const FIRST_SERVER: &str = "ns1";
/// RFC 2142 §7.
const HOSTMASTER: &str = "hostmaster";
/// Five minutes: short enough for a change to be seen soon, long enough to be kept. Own choice.
const DEFAULT_TTL: u32 = 300;
