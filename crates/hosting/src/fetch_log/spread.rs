//! How far a version has spread among those who fetch.

use ironpost_proto::lifecycle::{Life, Version};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::fetches::{Fetched, Network};
use std::collections::BTreeMap;

/// How far a version has spread among those who fetched since some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// The version.
    pub version: u32,
    /// Who fetched before this is not counted.
    pub since: Timestamp,
    /// All senders together.
    pub all: Reach,
    /// Each of them, those who fetch most first.
    pub senders: Vec<(String, Reach)>,
    /// Fetches of networks that could not be told apart; they are in no [`Reach`].
    pub untold: u64,
    /// Older versions, and when each was fetched last, as far as it ever was; newest first.
    pub older: Vec<(u32, Option<Timestamp>)>,
}

/// How many of a sender's networks have fetched a version or a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Networks that fetched any version.
    pub networks: u64,
    /// Those of them that fetched this version or a newer one.
    pub reached: u64,
    /// Fetches of all networks, whatever the version: what each weighs.
    pub fetches: u64,
    /// Fetches, of whatever version, of those that are reached.
    pub fetches_of_reached: u64,
}

impl Spread {
    /// Reads it from the database.
    pub async fn read(
        database: &Database,
        hosted: &Hosted,
        version: u32,
        since: Timestamp,
    ) -> Result<Self, StoreError> {
        let fetched = database.fetches(hosted.id, since).await?;
        Ok(Self::of(&hosted.life, version, since, &fetched))
    }

    /// Works it out of what was fetched.
    pub fn of(life: &Life, version: u32, since: Timestamp, fetched: &[Fetched]) -> Self {
        let mut networks: BTreeMap<(&str, Network), Reach> = BTreeMap::new();
        let mut untold = 0;
        for row in fetched {
            if row.network == Network::Others {
                untold += row.fetches;
                continue;
            }
            let network = networks.entry((&row.sender, row.network)).or_default();
            network.fetches += row.fetches;
            // Whoever has a newer one has left this one behind.
            network.reached |= u64::from(row.version >= version);
        }
        let mut by_sender: BTreeMap<&str, Reach> = BTreeMap::new();
        let mut all = Reach::default();
        for ((sender, _), network) in networks {
            let weighed = Reach {
                networks: 1,
                fetches_of_reached: network.fetches * network.reached,
                ..network
            };
            by_sender.entry(sender).or_default().add(weighed);
            all.add(weighed);
        }
        let mut senders: Vec<_> =
            by_sender.into_iter().map(|(sender, reach)| (sender.to_owned(), reach)).collect();
        senders.sort_by_key(|(_, reach)| std::cmp::Reverse(reach.fetches));
        let older = |of: &&Version| of.number < version && of.shown.is_some();
        let older = life.versions.iter().filter(older).rev();
        let older = older.map(|version| (version.number, version.last_served)).collect();
        Self { version, since, all, senders, untold, older }
    }
}

impl Reach {
    /// The share of the reached by what they weigh, in percent, rounded down: it is 100 only when
    /// everybody is reached. `None` if nobody fetched.
    pub fn percent(&self) -> Option<u8> {
        let percent = self.fetches_of_reached.saturating_mul(100).checked_div(self.fetches)?;
        u8::try_from(percent).ok()
    }

    fn add(&mut self, other: Self) {
        self.networks += other.networks;
        self.reached += other.reached;
        self.fetches += other.fetches;
        self.fetches_of_reached += other.fetches_of_reached;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_proto::lifecycle::Way;

    const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

    fn fetched(version: u32, network: &str, sender: &str, fetches: u64) -> Fetched {
        Fetched {
            version,
            network: network.parse().unwrap(),
            sender: sender.to_owned(),
            fetches,
            last: NOW,
        }
    }

    #[test]
    fn a_version_spreads_by_networks_and_by_weight() {
        let rows = [
            fetched(1, "192.0.2.0/24", "Google", 70),
            fetched(2, "192.0.2.0/24", "Google", 10),
            fetched(1, "192.0.3.0/24", "Google", 5),
            fetched(3, "198.51.100.0/24", "other", 2),
            fetched(1, "198.51.101.0/24", "other", 13),
            fetched(1, "others", "other", 1000),
        ];
        let spread = Spread::of(&Life::new(Way::Cname, NOW), 2, NOW, &rows);
        let reach = |networks, reached, fetches, fetches_of_reached| Reach {
            networks,
            reached,
            fetches,
            fetches_of_reached,
        };
        assert_eq!(spread.all, reach(4, 2, 100, 82));
        assert_eq!(spread.all.percent(), Some(82));
        let senders =
            [("Google".to_owned(), reach(2, 1, 85, 80)), ("other".to_owned(), reach(2, 1, 15, 2))];
        assert_eq!(spread.senders, senders);
        assert_eq!(spread.untold, 1000);
        assert_eq!(Spread::of(&Life::new(Way::Cname, NOW), 2, NOW, &[]).all.percent(), None);
        let almost = reach(2, 1, 1_000_000, 999_999);
        assert_eq!(almost.percent(), Some(99));
    }
}
