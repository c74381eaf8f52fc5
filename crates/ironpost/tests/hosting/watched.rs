//! What the commands tell of trouble, and of who fetched what.

use crate::node::NodeHome;
use crate::refused::new_home;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::alerts::Raised;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::fetches::{Batch, FetchRow, Hour};
use ironpost_store::hosting::organisations;
use serde_json::Value;
use std::time::Duration;

struct Watched {
    home: NodeHome,
    database: Database,
    hosted: Hosted,
    now: Timestamp,
}

impl Watched {
    /// One domain, about which nothing is known yet.
    async fn new() -> Self {
        let home = new_home();
        let add = ["domain", "add", "a.example", "--mx", "mx.a.example"];
        assert_eq!(home.ironpost(add).code, 0);
        let address = DatabaseAddress::Sqlite(home.path("state/ironpost.db"));
        let database = Database::open(&address, Migration::Refuse).await.unwrap();
        let organisation = database.organisation(organisations::FIRST, false).await.unwrap();
        let name = "a.example".parse().unwrap();
        let hosted = database.domain(organisation.unwrap(), &name).await.unwrap().unwrap();
        let millis = jiff::Timestamp::now().as_millisecond();
        let now = Timestamp::from_millis(u64::try_from(millis).unwrap());
        Self { home, database, hosted, now }
    }

    fn say<const N: usize>(&self, line: [&str; N]) -> String {
        let run = self.home.ironpost(line);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
        run.stdout
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_stands_where_an_administrator_looks() {
    let there = Watched::new().await;
    let clean = there.say(["domain", "list"]);
    assert!(!clean.contains("wrong"), "{clean}");
    let raised = Raised {
        kind: "mx",
        subject: "a.example",
        domain: Some((there.hosted.organisation, there.hosted.id)),
        facts: "",
        message: "no MX matches the policy",
    };
    there.database.raise_alert(&raised, there.now).await.unwrap();
    let list = there.say(["domain", "list"]);
    assert!(list.trim_end().ends_with("mx mx.a.example  wrong: mx"), "{list}");
    let listed: Value =
        serde_json::from_str(&there.say(["domain", "list", "--format", "jsonl"])).unwrap();
    assert_eq!(listed["alerts"], serde_json::json!(["mx"]));
    let show = there.say(["domain", "show", "a.example"]);
    assert!(
        show.contains("\nSomething is wrong\n  mx: no MX matches the policy (since 2"),
        "{show}"
    );
    let doctor = there.home.ironpost(["doctor"]);
    assert_eq!(doctor.code, 1);
    let broken = "trouble: broken: a.example: no MX matches the policy\n";
    assert!(doctor.stdout.contains(broken), "{doctor:?}");

    // All is well, though not for long enough to say so.
    there.database.quiet_alert("mx", "a.example", there.now).await.unwrap();
    assert!(!there.say(["domain", "list"]).contains("wrong"));
    assert!(!there.say(["domain", "show", "a.example"]).contains("wrong"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fetched_what_can_be_asked() {
    let there = Watched::new().await;
    let nobody = there.say(["domain", "fetches", "a.example"]);
    assert!(nobody.starts_with("a.example  nobody has fetched its policy since 2"), "{nobody}");
    let node = there.database.join("one", "policy", there.now).await.unwrap();
    let row = |version, network: &str, sender: &str, hours, fetches| FetchRow {
        domain: there.hosted.id,
        version,
        hour: Hour::of(there.now.before(Duration::from_hours(hours))),
        network: network.parse().unwrap(),
        sender: sender.to_owned(),
        fetches,
    };
    let rows = vec![
        row(1, "192.0.2.0/24", "Google", 1, 7),
        row(1, "2001:db8:1::/48", "other (curl)", 50, 1),
    ];
    there.database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    let fetches = there.say(["domain", "fetches", "a.example"]);
    let latest: Vec<&str> = fetches.lines().filter(|line| line.contains("  version 1  ")).collect();
    assert_eq!(latest.len(), 2, "{fetches}");
    assert!(latest[0].ends_with("Google        192.0.2.0/24     7 times"), "{fetches}");
    assert!(latest[1].ends_with("other (curl)  2001:db8:1::/48  once"), "{fetches}");
    let lately = there.say(["domain", "fetches", "a.example", "--days", "1", "--format", "jsonl"]);
    let line: Value = serde_json::from_str(&lately).unwrap();
    assert_eq!((&line["sender"], &line["fetches"]), (&"Google".into(), &7.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_reports_go_may_change() {
    let there = Watched::new().await;
    let to = ["domain", "reports", "a.example", "--rua", "mailto:tls@a.example", "--dry-run"];
    let would = there.say(to);
    let record = "a.example has the record v=TLSRPTv1; rua=mailto:tls@a.example;\n";
    assert!(
        would.starts_with(&format!("Nothing is changed. Without --dry-run:\n{record}")),
        "{would}"
    );
    let records = there.say(["domain", "records", "a.example"]);
    assert!(!records.contains("_smtp._tls"), "nothing was changed: {records}");

    let done = there.say(["domain", "reports", "a.example", "--rua", "mailto:tls@a.example"]);
    assert_eq!(format!("Nothing is changed. Without --dry-run:\n{done}"), would);
    assert!(done.contains("\nPut this into its DNS:\n\n  _smtp._tls.a.example."), "{done}");
    let records = there.say(["domain", "records", "a.example"]);
    assert!(records.contains("_smtp._tls.a.example."), "{records}");
    let history = there.say(["domain", "history", "a.example"]);
    assert!(history.contains("where its reports go is changed, by "), "{history}");
    let none = there.say(["domain", "reports", "a.example", "--none"]);
    assert!(none.contains("\nThis may go from its DNS:\n\n  _smtp._tls.a.example."), "{none}");
    let wrong = ["domain", "reports", "a.example", "--rua", "http://a.example/"];
    assert_eq!(there.home.ironpost(wrong).code, 2);
}
