//! What somebody on the path does, in the words of nft(8).

use crate::namespace::Namespace;

/// An attack; it ends with the value.
pub(crate) struct Attack<'a> {
    namespace: &'a Namespace,
    table: String,
}

impl<'a> Attack<'a> {
    /// Puts another machine in the place of a mail server.
    pub(crate) fn redirect(
        namespace: &'a Namespace,
        name: &str,
        from: std::net::Ipv4Addr,
        to: std::net::Ipv4Addr,
    ) -> Self {
        let rule = format!("ip daddr {from} tcp dport 25 dnat to {to}");
        Self::begin(namespace, name, "ip", "type nat hook output priority -100", &[&rule])
    }

    /// Lets nothing through that any of `what` describes, and says so to the one who sent it.
    pub(crate) fn block(namespace: &'a Namespace, name: &str, what: &[&str]) -> Self {
        let rules: Vec<String> = what.iter().map(|what| format!("{what} reject")).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        Self::begin(namespace, name, "inet", "type filter hook output priority 0", &rules)
    }

    fn begin(
        namespace: &'a Namespace,
        name: &str,
        family: &str,
        hook: &str,
        rules: &[&str],
    ) -> Self {
        let table = format!("{family} {name}");
        namespace.run("nft", &[&format!("add table {table}")]);
        namespace.run("nft", &[&format!("add chain {table} out {{ {hook}; }}")]);
        for rule in rules {
            namespace.run("nft", &[&format!("add rule {table} out {rule}")]);
        }
        Self { namespace, table }
    }
}

impl Drop for Attack<'_> {
    fn drop(&mut self) {
        self.namespace.run("nft", &[&format!("delete table {}", self.table)]);
    }
}

/// The start of every question for an `_mta-sts` name to the resolver at `server`: 8 octets of UDP
/// header, 12 of DNS header, then the first label with its length before it.
pub(crate) fn questions_for_policies(server: std::net::Ipv4Addr) -> String {
    format!("ip daddr {server} udp dport 53 @th,160,72 0x085f6d74612d737473")
}
