//! How far a version has spread among those who fetch.

use super::senders::{OTHER, known_name};
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
    /// All senders together; a network that several of them share is one.
    pub all: Reach,
    /// Each known sender and all others together, those who fetch most first.
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
    /// Fetches of all networks, whatever the version: what each weighs. Of a network and a sender that
    /// is not known, 504 at most: one an hour for three weeks.
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
        let mut networks: BTreeMap<(Network, &str), Reach> = BTreeMap::new();
        let mut untold: u64 = 0;
        for row in fetched {
            if row.network == Network::Others {
                untold = untold.saturating_add(row.fetches);
                continue;
            }
            let one = networks.entry((row.network, known_name(&row.sender))).or_default();
            one.fetches = one.fetches.saturating_add(row.fetches);
            // Whoever has a newer one has left this one behind.
            one.reached |= u64::from(row.version >= version);
        }
        let mut by_sender: BTreeMap<&str, Reach> = BTreeMap::new();
        let mut by_network: BTreeMap<Network, Reach> = BTreeMap::new();
        for ((network, sender), one) in networks {
            let weighed = one.weighed(sender);
            by_sender.entry(sender).or_default().add(weighed);
            by_network.entry(network).or_default().add(weighed);
        }
        let mut all = Reach::default();
        for network in by_network.into_values() {
            all.add(network.as_one());
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

    /// Of one sender in one network. Who is not known may be one client that fetches for the sake of
    /// it: it weighs no more than who fetches once an hour.
    fn weighed(self, sender: &str) -> Self {
        let fetches = match sender {
            OTHER => self.fetches.min(MOST_OF_UNKNOWN),
            _ => self.fetches,
        };
        Self { networks: 1, fetches, fetches_of_reached: fetches * self.reached, ..self }
    }

    /// Senders of one network: it is reached when all of them are.
    fn as_one(self) -> Self {
        Self { networks: 1, reached: u64::from(self.reached == self.networks), ..self }
    }

    fn add(&mut self, other: Self) {
        self.networks += other.networks;
        self.reached += other.reached;
        self.fetches = self.fetches.saturating_add(other.fetches);
        self.fetches_of_reached = self.fetches_of_reached.saturating_add(other.fetches_of_reached);
    }
}

/// What an unknown network weighs at most: a fetch an hour for three weeks. Own limit.
const MOST_OF_UNKNOWN: u64 = 3 * 7 * 24;

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
    }

    /// Neither its names nor its fetches make one client out to be many.
    #[test]
    fn a_client_with_many_names_is_one_network() {
        let quiet = (1..=9).map(|n| fetched(1, &format!("198.51.{n}.0/24"), "Google", 21));
        let names = (0..200).map(|n| fetched(2, "192.0.2.0/24", &format!("other (x{n})"), 9_999));
        let rows: Vec<_> = quiet.chain(names).collect();
        let spread = Spread::of(&Life::new(Way::Cname, NOW), 2, NOW, &rows);
        assert_eq!((spread.all.networks, spread.all.reached), (10, 1));
        assert_eq!(spread.all.fetches, 9 * 21 + MOST_OF_UNKNOWN);
        let senders: Vec<_> = spread.senders.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(senders, ["other", "Google"], "and one sender");

        let shared =
            [fetched(1, "192.0.2.0/24", "Google", 1), fetched(2, "192.0.2.0/24", "other", 1)];
        let spread = Spread::of(&Life::new(Way::Cname, NOW), 2, NOW, &shared);
        assert_eq!((spread.all.networks, spread.all.reached), (1, 0), "not all of it is reached");
    }

    #[test]
    fn all_is_only_when_everybody_is_reached() {
        let reach = |networks, reached, fetches, fetches_of_reached| Reach {
            networks,
            reached,
            fetches,
            fetches_of_reached,
        };
        let almost = reach(2, 1, 1_000_000, 999_999);
        assert_eq!(almost.percent(), Some(99));
    }
}
