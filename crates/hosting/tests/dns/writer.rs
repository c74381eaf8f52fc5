//! Someone who writes into `customer.test` by dynamic update.

use crate::servers::{ABOVE, Cache, Key, Primary, Second, Servers, Zone};
use crate::{TOKEN, domain, name, resolver};
use ironpost_hosting::delegation::{RecordToPublish, Type};
use ironpost_hosting::dns_update::{Kind, Ours, Plan, Settings, UpdateError, Updater};
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::net::SocketAddr;
use std::time::SystemTime;

/// Someone who writes into `customer.test`.
pub(crate) struct Writer {
    pub(crate) updater: Updater,
    pub(crate) resolver: Resolver,
    pub(crate) primary: SocketAddr,
    pub(crate) zone: Domain,
    pub(crate) written: Vec<String>,
}

impl Writer {
    pub(crate) async fn new(servers: &Servers, key: Key, secret: &str) -> Self {
        let updater = updater(servers.primary, key, secret);
        let resolver = resolver(servers.resolver).await;
        let (primary, zone) = (servers.primary, domain("sts.host.test"));
        Self { updater, resolver, primary, zone, written: Vec::new() }
    }

    pub(crate) async fn plan(&self, wanted: &[RecordToPublish]) -> Result<Plan, UpdateError> {
        self.plan_without(wanted, &[]).await
    }

    pub(crate) async fn plan_without(
        &self,
        wanted: &[RecordToPublish],
        emptied: &[DnsName],
    ) -> Result<Plan, UpdateError> {
        let ours = Ours { token: TOKEN, zone: &self.zone, written: &self.written };
        self.updater.plan(&self.resolver, wanted, emptied, ours, now()).await
    }

    pub(crate) async fn apply(&self, plan: &Plan) -> Result<(), UpdateError> {
        self.updater.apply(&self.resolver, plan, now()).await
    }

    /// Remembers, plans and applies.
    pub(crate) async fn write(&mut self, wanted: &[RecordToPublish]) -> Kind {
        self.written.extend(wanted.iter().map(|wanted| wanted.value.clone()));
        let plan = self.plan(wanted).await.unwrap();
        let kind = plan.changes[0].kind();
        self.apply(&plan).await.unwrap();
        kind
    }

    pub(crate) async fn texts(&self, at: &str) -> Vec<String> {
        let answer = self.resolver.txt_at(self.primary, &name(at)).await.unwrap();
        let mut texts: Vec<_> =
            answer.records().iter().map(|text| String::from_utf8(text.clone()).unwrap()).collect();
        texts.sort();
        texts
    }
}

pub(crate) fn updater(server: SocketAddr, key: Key, secret: &str) -> Updater {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, secret).unwrap();
    let settings = format!(
        "provider = \"rfc2136\"\nserver = \"{server}\"\nkey = \"{}\"\nalgorithm = \"{}\"\n\
         secret_file = \"{}\"",
        key.0,
        key.1,
        file.display(),
    );
    toml::from_str::<Settings>(&settings).unwrap().open().unwrap()
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since.as_millis().try_into().unwrap())
}

pub(crate) fn record(owner: &str, rtype: Type, value: &str) -> RecordToPublish {
    RecordToPublish { owner: name(owner), rtype, value: value.into(), ttl: 60, why: "a test" }
}

pub(crate) fn policy(at: &str, id: &str) -> RecordToPublish {
    record(&format!("_mta-sts.{at}"), Type::Txt, &format!("v=STSv1; id={id};"))
}

pub(crate) async fn serving(
    primary: Primary,
    records: &'static str,
    second: Second,
    cache: Cache,
) -> Servers {
    let [root, net] = ABOVE;
    let customer = Zone { name: "customer.test", records, second };
    Servers::start_with(primary, &[root, net, customer], cache).await
}

pub(crate) const ZONE: &str = r#"
_mta-sts.foreign TXT "v=STSv1; id=theirs;"
_mta-sts.beside TXT "some-verification=1"
_mta-sts.handed CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
_mta-sts.stranger CNAME sts-7777777777777777.sts.host.test.
_mta-sts.split TXT "v=STSv1; " "id=split;"
mta-sts.mail MX 10 mx.customer.test.
_mta-sts.crowded TXT "v=STSv1; id=theirs;"
"#;
