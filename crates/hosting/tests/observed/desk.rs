//! An installation's database, with a domain in it.

use ironpost_proto::delegation::Token;
use ironpost_proto::lifecycle::{Change, State, Way};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::domains::{Author, Hosted, NewDomain};
use ironpost_store::hosting::organisations;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const HOUR: Duration = Duration::from_hours(1);

pub(crate) struct Desk {
    pub(crate) database: Database,
    _directory: TempDir,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::Sqlite(directory.path().join("ironpost.db"));
        let database = Database::open(&address, Migration::Apply).await.unwrap();
        Self { database, _directory: directory }
    }

    /// A domain that was added and published long ago, with this policy.
    pub(crate) async fn domain(&self, name: &str, policy: &str) -> Hosted {
        let organisation = self.database.organisation(organisations::FIRST, true).await.unwrap();
        let mut token = [0; 10];
        for (place, octet) in name.bytes().enumerate() {
            token[place % 10] ^= octet.rotate_left(u32::try_from(place / 10).unwrap());
        }
        let new = NewDomain {
            organisation: organisation.unwrap(),
            name: name.parse().unwrap(),
            token: Token::from_bytes(token),
            way: Way::Cname,
            rua: None,
        };
        let author = Author { who: "test".to_owned(), why: None };
        let long_ago = Timestamp::from_millis(1);
        let policy = policy::parse(policy.as_bytes()).verdict.unwrap();
        let changes = [
            Change::Add { number: 1, id: "1".parse().unwrap(), policy },
            Change::Show(1),
            Change::Everywhere(1),
            Change::Announce(1),
            Change::Enter(State::Enforce),
        ];
        self.database.add_domain_with(&new, &changes, &author, long_ago).await.unwrap()
    }
}

/// The time, to the second: what is looked at has certificates of today.
pub(crate) fn now() -> Timestamp {
    let seconds = jiff::Timestamp::now().as_second();
    Timestamp::from_millis(u64::try_from(seconds).unwrap() * 1000)
}
