//! The zone of the installation, as the outside sees it.

use super::report::Finding;
use crate::commands::installation;
use crate::config::hosting::settings::HostingSettings;
use crate::outside::Network;
use futures_util::future::join_all;
use ironpost_hosting::authdns::Zone;
use ironpost_hosting::delegation::Looker;
use ironpost_net::dns::answer::{DnsError, Outcome};
use ironpost_proto::domain::DnsName;
use std::net::{IpAddr, SocketAddr};

/// The delegation, and each name server.
pub(super) async fn examine(settings: &HostingSettings, outside: &Network) -> Vec<Finding> {
    let Ok(zone) = settings.zone() else {
        return vec![Finding::not_tested(ZONE, "no zone is named")];
    };
    let looker = installation::looker(settings, zone, outside);
    let servers = join_all(zone.ns.iter().map(|server| one(&looker, zone, server)));
    let (delegation, servers) = tokio::join!(delegation(&looker, zone), servers);
    std::iter::once(delegation).chain(servers).collect()
}

/// What the outside is told of who answers for the zone.
async fn delegation(looker: &Looker, zone: &Zone) -> Finding {
    let apex = DnsName::from(&zone.apex);
    let wanted = records(zone);
    match looker.resolver.ns(&apex).await.map(|answer| answer.outcome) {
        Ok(Outcome::Found(seen)) => {
            let is_in = |name: &&DnsName, list: &[DnsName]| list.contains(name);
            let missing: Vec<_> = zone.ns.iter().filter(|name| !is_in(name, &seen)).collect();
            let foreign: Vec<_> = seen.iter().filter(|name| !is_in(name, &zone.ns)).collect();
            let shown = names(&seen);
            match (missing.is_empty(), foreign.is_empty()) {
                (true, true) => Finding::sound(ZONE, format!("{apex} is delegated to {shown}")),
                (false, true) => Finding::weak(
                    ZONE,
                    format!("{apex} is delegated to {shown} alone"),
                    format!("add to the zone above: {wanted}"),
                ),
                (_, false) => Finding::broken(
                    ZONE,
                    format!("{apex} is delegated to {shown}, of which some are not in ns"),
                    format!("have in the zone above, and no other: {wanted}"),
                ),
            }
        }
        Ok(Outcome::NoData | Outcome::NxDomain) => Finding::broken(
            ZONE,
            format!("{apex} is not delegated"),
            format!("put into the zone above: {wanted}"),
        ),
        // A delegation to servers that do not answer looks like this.
        Err(error @ (DnsError::ServFail { .. } | DnsError::Timeout { .. })) => Finding::broken(
            ZONE,
            format!("{apex} cannot be looked up from the outside: {error}"),
            format!(
                "if `ironpost serve` runs, its port 53 cannot be reached over UDP and TCP, or the \
                 zone above has something else than: {wanted}"
            ),
        ),
        Err(error) => Finding::not_tested(ZONE, format!("{apex} cannot be looked up: {error}")),
    }
}

/// The records that the zone above has to have.
fn records(zone: &Zone) -> String {
    let apex = &zone.apex;
    let servers = zone.ns.iter().map(|name| format!("{apex}. NS {name}."));
    let glue = zone.name_servers.iter().flat_map(|(name, addresses)| {
        addresses.iter().map(move |address| {
            let kind = if address.is_ipv4() { "A" } else { "AAAA" };
            format!("{name}. {kind} {address}")
        })
    });
    servers.chain(glue).collect::<Vec<_>>().join("; ")
}

/// One name server, asked directly at each of its addresses.
async fn one(looker: &Looker, zone: &Zone, server: &DnsName) -> Finding {
    let own = zone.name_servers.iter().find(|(name, _)| name == server);
    let addresses = match own {
        Some((_, addresses)) => addresses.clone(),
        None => addresses(looker, server).await,
    };
    if addresses.is_empty() {
        let way_out = "give it an address record, or take it out of ns";
        return Finding::broken(SERVER, format!("{server} has no address"), way_out);
    }
    let asked = addresses.iter().map(|address| ask(looker, zone, *address));
    let answers = join_all(asked).await;
    let silent: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    let at = addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    match silent.first() {
        None => Finding::sound(SERVER, format!("{server} ({at}) answers for {}", zone.apex)),
        Some(why) => Finding::broken(
            SERVER,
            format!("{server} does not answer for {}: {why}", zone.apex),
            "start `ironpost serve` with dns among its roles there, and let port 53 through over \
             UDP and TCP; a host behind a translated address may not reach itself from within",
        ),
    }
}

async fn ask(looker: &Looker, zone: &Zone, address: IpAddr) -> Result<(), String> {
    if let Err(forbidden) = looker.guard.check(address) {
        return Err(format!("{address} was not asked: {forbidden}"));
    }
    let server = SocketAddr::new(address, looker.port);
    let asked = looker.resolver.txt_at(server, &DnsName::from(&zone.apex)).await;
    asked.map(drop).map_err(|error| format!("{server}: {error}"))
}

async fn addresses(looker: &Looker, server: &DnsName) -> Vec<IpAddr> {
    let (v4, v6) = tokio::join!(looker.resolver.ipv4(server), looker.resolver.ipv6(server));
    let found = [v4, v6].into_iter().filter_map(Result::ok);
    found.flat_map(|answer| answer.records().to_vec()).collect()
}

fn names(list: &[DnsName]) -> String {
    list.iter().map(DnsName::as_str).collect::<Vec<_>>().join(", ")
}

const ZONE: &str = "zone";
const SERVER: &str = "name server";
