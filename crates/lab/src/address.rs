//! Who lives where in 127.53.0.0/16.

use std::net::Ipv4Addr;

/// The recursive resolver, which is also the first name server of every zone.
pub(crate) const RESOLVER: Ipv4Addr = Ipv4Addr::new(127, 53, 0, 53);

/// The second name server of every zone.
pub(crate) const SECOND_SERVER: Ipv4Addr = Ipv4Addr::new(127, 53, 0, 54);

/// Kept for an installation that hosts policies: its policy host and the name server of
/// [`crate::hosted::ZONE`]. The lab itself does not listen there.
pub(crate) const INSTALLATION: Ipv4Addr = Ipv4Addr::new(127, 53, 0, 80);

/// Where a lab keeps its ports, without anybody listening.
pub(crate) const HOLDER: Ipv4Addr = Ipv4Addr::new(127, 53, 255, 1);

/// The policy hosts and MX hosts that the bulk sound domains share.
pub(crate) const BULK_POLICY_HOSTS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 53, 250, 1),
    Ipv4Addr::new(127, 53, 250, 2),
    Ipv4Addr::new(127, 53, 250, 3),
    Ipv4Addr::new(127, 53, 250, 4),
];

/// See [`BULK_POLICY_HOSTS`].
pub(crate) const BULK_MX_HOSTS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 53, 251, 1),
    Ipv4Addr::new(127, 53, 251, 2),
    Ipv4Addr::new(127, 53, 251, 3),
    Ipv4Addr::new(127, 53, 251, 4),
];

/// The network that a client must be allowed to connect to.
pub(crate) const NETWORK: &str = "127.53.0.0/16";

/// Scenario number N owns 127.53.N.0/24; the rest of the network is kept for the lab itself.
pub(crate) const MAX_SCENARIOS: u8 = 249;

/// The `host`th address of scenario `number`, both counted from 1.
pub(crate) fn of_scenario(number: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 53, number, host)
}
