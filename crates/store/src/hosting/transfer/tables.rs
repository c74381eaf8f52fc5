//! What is in a hosting database.

/// A table, as far as moving its rows goes.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Type)],
    /// The primary key.
    pub(super) key: &'static [&'static str],
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Text,
    Bytes,
}

impl Table {
    /// True if the database counts its rows.
    pub(super) fn is_counted(&self) -> bool {
        self.name != "feed" && self.key == ["id"]
    }

    pub(super) fn type_of(&self, column: &str) -> Option<Type> {
        self.columns.iter().find(|(name, _)| *name == column).map(|(_, kind)| *kind)
    }
}

macro_rules! tables {
    ($($name:ident ($($column:ident $kind:ident),*) by $($key:ident),+;)*) => {
        &[$(Table {
            name: stringify!($name),
            columns: &[$((stringify!($column), Type::$kind)),*],
            key: &[$(stringify!($key)),+],
        }),*]
    };
}

/// Every table, those first that others refer to. One stays behind: `fetch_batches`, for batches are
/// counted by nodes that run, and a node that starts on the other database counts anew.
#[rustfmt::skip]
pub(super) const TABLES: &[Table] = tables! {
    organisations (id Int, name Text) by id;
    feed (id Int, seq Int) by id;
    domains (id Int, organisation_id Int, name Text, token Text, way Text, state Text, since Int, shown Int, announced Int, migration Text, rua Text, added_at Int, seq Int) by id;
    versions (domain_id Int, number Int, id Text, policy Text, elsewhere Int, shown Int, everywhere Int, announced Int, replaced Int, last_served Int) by domain_id, number;
    events (id Int, domain_id Int, at Int, who Text, why Text, what Text, version Int) by id;
    nodes (id Int, name Text, roles Text, started Int, beat Int, seen Int) by id;
    jobs (id Int, kind Text, domain_id Int, due Int, attempts Int, node_id Int, leased_until Int, again Int, note Text) by id;
    certificates (domain_id Int, chain Bytes, sealed_key Bytes, directory Text, not_before Int, not_after Int, window_start Int, window_end Int, renew_at Int, explanation Text, ask_at Int, unanswered Int) by domain_id;
    challenges (id Int, domain_id Int, kind Text, token Text, answer Bytes, expires Int, seq Int) by id;
    acme_accounts (directory Text, url Text, identities Text, credentials Bytes) by directory;
    acme_orders (domain_id Int, directory Text, sealed_key Bytes, replaces Text, url Text, created_at Int) by domain_id;
    acme_placed (id Int, directory Text, registered Text, renewal Int, placed_at Int) by id;
    acme_blocks (directory Text, until Int, why Text, failures Int) by directory;
    acme_troubles (domain_id Int, since Int, failures Int, again_at Int, why Text) by domain_id;
    fetches (domain_id Int, period Int, period_start Int, version Int, network Text, sender Text, fetched Int) by domain_id, period, period_start, version, network, sender;
    checks (domain_id Int, checked_at Int, verdict Text, summary Text, report Text) by domain_id, checked_at;
    mx_sets (domain_id Int, hosts Text, ttl Int, changed_at Int, seen_at Int, former Text) by domain_id;
    alerts (kind Text, subject Text, organisation_id Int, domain_id Int, episode Int, facts Text, message Text, raised_at Int, quiet_since Int, closed_at Int) by kind, subject;
    alerts_told (channel Text, kind Text, subject Text, episode Int, told Text) by channel, kind, subject;
    alert_channels (channel Text, failures Int, retry_at Int, error Text) by channel;
};

/// What a database holds from its first moment on, and what a node that was there leaves.
pub(super) const FROM_THE_START: &[&str] = &["organisations", "feed", "jobs"];
