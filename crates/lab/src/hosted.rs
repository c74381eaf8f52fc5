//! Domains that take mail and have no policy: customers for an installation that hosts policies,
//! and the zone that such an installation answers for.

use crate::dns::WireName;

/// The zone that is handed to the installation.
pub(crate) const ZONE: &str = "sts.lab.example";

/// The zone that the customers' domains stand in.
pub(crate) const CUSTOMERS: &str = "customers.example";

/// Each customer takes mail at `mx.<domain>`, and has a second host for when it changes provider.
pub(crate) const CUSTOMERS_ZONE: &str = "\
bakery MX 10 mx.bakery\nmx.bakery A 127.53.251.1\nmx2.bakery A 127.53.251.2\n\
florist MX 10 mx.florist\nmx.florist A 127.53.251.1\nmx2.florist A 127.53.251.2\n\
harbour MX 10 mx.harbour\nmx.harbour A 127.53.251.1\nmx2.harbour A 127.53.251.2\n\
library MX 10 mx.library\nmx.library A 127.53.251.1\nmx2.library A 127.53.251.2\n\
museum MX 10 mx.museum\nmx.museum A 127.53.251.1\nmx2.museum A 127.53.251.2\n";

/// The customers' domains.
pub(crate) fn customers() -> impl Iterator<Item = String> {
    NAMES.iter().map(|name| format!("{name}.{CUSTOMERS}"))
}

/// True for the host name of a customer's MX.
pub(crate) fn is_mx(host: &str) -> bool {
    let Some(below) = host.strip_suffix(CUSTOMERS).and_then(|rest| rest.strip_suffix('.')) else {
        return false;
    };
    below
        .split_once('.')
        .is_some_and(|(label, name)| ["mx", "mx2"].contains(&label) && NAMES.contains(&name))
}

/// True for a name in the zone that is handed over.
pub(crate) fn is_within(name: &WireName) -> bool {
    WireName::parse(ZONE)
        .is_some_and(|zone| name.and_ancestors().any(|above| above == zone.as_slice()))
}

const NAMES: [&str; 5] = ["bakery", "florist", "harbour", "library", "museum"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_has_its_hosts_in_the_zone() {
        for name in NAMES {
            assert!(
                CUSTOMERS_ZONE.contains(&format!("\n{name} MX 10 mx.{name}\n"))
                    || CUSTOMERS_ZONE.starts_with(&format!("{name} MX 10 mx.{name}\n"))
            );
            assert!(is_mx(&format!("mx2.{name}.{CUSTOMERS}")));
        }
        assert!(!is_mx("mx.bakery.bulk.example") && !is_mx("www.bakery.customers.example"));
    }
}
