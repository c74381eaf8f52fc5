//! A server on loopback that speaks as much of Amazon Route 53's interface (2013-04-01) as changes of
//! one name need.

use crate::http::{Request, answer_with};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The server; it ends with the value.
pub(crate) struct Route53 {
    pub(crate) address: SocketAddr,
    pub(crate) zone: Arc<Mutex<Zone>>,
    task: JoinHandle<()>,
}

/// What stands at `_mta-sts.customer.test`.
#[derive(Default)]
pub(crate) struct Zone {
    /// By type.
    rrsets: BTreeMap<String, Vec<String>>,
    /// An answer to everything, in place of a true one.
    pub(crate) excuse: Option<(u16, String)>,
    /// The `Authorization` of every request so far.
    pub(crate) authorizations: Vec<String>,
}

impl Route53 {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let zone = Arc::new(Mutex::new(Zone::default()));
        let served = Arc::clone(&zone);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that leaves early is no fault of the server's.
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self { address, zone, task }
    }

    pub(crate) fn has(&self, rtype: &str, content: &[&str]) {
        let content = content.iter().map(|one| (*one).to_owned()).collect();
        self.zone.lock().unwrap().rrsets.insert(rtype.to_owned(), content);
    }

    pub(crate) fn content(&self, rtype: &str) -> Vec<String> {
        self.zone.lock().unwrap().rrsets.get(rtype).cloned().unwrap_or_default()
    }
}

impl Drop for Route53 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Zone {
    fn answer(&mut self, request: &Request) -> (u16, String) {
        self.authorizations.push(request.header("authorization").unwrap_or_default().to_owned());
        if let Some(excuse) = &self.excuse {
            return excuse.clone();
        }
        let of_zone = request.path.strip_prefix("/2013-04-01/hostedzone/Z1/rrset");
        match (request.method.as_str(), of_zone) {
            ("GET", None) if request.path == "/2013-04-01/hostedzonesbyname" => {
                (200, ZONES.to_owned())
            }
            ("GET", Some(query)) => (200, self.list(query.rsplit("type=").next().unwrap())),
            ("POST", Some("")) => self.change(str::from_utf8(&request.body).unwrap()),
            _ => (404, String::new()),
        }
    }

    /// From a type on, in their order.
    fn list(&self, from: &str) -> String {
        let sets = self.rrsets.range(from.to_owned()..).map(|(rtype, content)| {
            let records = content.iter().map(|value| {
                format!(
                    "<ResourceRecord><Value>{}</Value></ResourceRecord>",
                    value.replace('"', QUOTE)
                )
            });
            format!(
                "<ResourceRecordSet><Name>_mta-sts.customer.test.</Name><Type>{rtype}</Type>\
                 <TTL>60</TTL><ResourceRecords>{}</ResourceRecords></ResourceRecordSet>",
                records.collect::<String>()
            )
        });
        format!(
            "<ListResourceRecordSetsResponse><ResourceRecordSets>{}</ResourceRecordSets>\
             <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
             </ListResourceRecordSetsResponse>",
            sets.collect::<String>()
        )
    }

    fn change(&mut self, body: &str) -> (u16, String) {
        let [name, rtype, action] =
            ["Name", "Type", "Action"].map(|tag| values(body, tag).remove(0));
        assert_eq!(name, "_mta-sts.customer.test.");
        let content = values(body, "Value");
        match action.as_str() {
            "UPSERT" => self.rrsets.insert(rtype, content),
            // It has to be named as it stands.
            "DELETE" if self.rrsets.get(&rtype) == Some(&content) => self.rrsets.remove(&rtype),
            other => panic!("{other} is no change"),
        };
        (200, "<ChangeResourceRecordSetsResponse/>".to_owned())
    }
}

/// What stands between tags of a name.
fn values(text: &str, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let parts = text.split(&open).skip(1).map(|part| part.split(&close).next().unwrap());
    parts.map(|value| value.replace(QUOTE, "\"")).collect()
}

async fn serve(stream: TcpStream, zone: Arc<Mutex<Zone>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = Request::read(&mut stream).await?;
    let (status, answer) = zone.lock().unwrap().answer(&request);
    answer_with(&mut stream, status, &answer).await
}

const QUOTE: &str = "&quot;";
const ZONES: &str = "<ListHostedZonesByNameResponse><HostedZones>\
    <HostedZone><Id>/hostedzone/Z2</Id><Name>test.</Name><CallerReference>b</CallerReference>\
    <Config><PrivateZone>false</PrivateZone></Config></HostedZone>\
    <HostedZone><Id>/hostedzone/Z1</Id><Name>customer.test.</Name>\
    <CallerReference>a</CallerReference><Config><PrivateZone>false</PrivateZone></Config>\
    </HostedZone></HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
    </ListHostedZonesByNameResponse>";
