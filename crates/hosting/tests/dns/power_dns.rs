//! A server on loopback that speaks as much of the PowerDNS interface as changes need.

use crate::http::{Request, answer_with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The server; it ends with the value.
pub(crate) struct PowerDns {
    pub(crate) address: SocketAddr,
    pub(crate) zone: Arc<Mutex<Zone>>,
    task: JoinHandle<()>,
}

/// The zone `customer.test`.
#[derive(Default)]
pub(crate) struct Zone {
    /// By name and type.
    rrsets: BTreeMap<(String, String), Vec<String>>,
    /// An answer to every question, in place of a true one.
    pub(crate) excuse: Option<(u16, String)>,
    /// An answer to every change, in place of making it.
    pub(crate) refusal: Option<(u16, String)>,
    /// The changes so far.
    pub(crate) changes: Vec<String>,
}

pub(crate) const TOKEN: &str = "s3cret-of-the-interface";

impl PowerDns {
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

    pub(crate) fn has(&self, name: &str, rtype: &str, content: &[&str]) {
        self.zone.lock().unwrap().set((name, rtype), content);
    }

    pub(crate) fn content(&self, name: &str, rtype: &str) -> Vec<String> {
        let zone = self.zone.lock().unwrap();
        zone.rrsets.get(&(name.to_owned(), rtype.to_owned())).cloned().unwrap_or_default()
    }
}

impl Drop for PowerDns {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Zone {
    fn set(&mut self, (name, rtype): (&str, &str), content: &[&str]) {
        let content = content.iter().map(|one| (*one).to_owned()).collect();
        self.rrsets.insert((name.to_owned(), rtype.to_owned()), content);
    }

    fn tell(&self) -> (u16, String) {
        if let Some(excuse) = &self.excuse {
            return excuse.clone();
        }
        let rrsets: Vec<Value> = self
            .rrsets
            .iter()
            .map(|((name, rtype), content)| {
                let records: Vec<Value> =
                    content.iter().map(|one| json!({"content": one, "disabled": false})).collect();
                json!({"name": name, "type": rtype, "ttl": 60, "records": records})
            })
            .collect();
        (200, json!({"rrsets": rrsets}).to_string())
    }

    fn change(&mut self, body: &[u8]) -> (u16, String) {
        if let Some(refusal) = &self.refusal {
            return refusal.clone();
        }
        let body: Value = serde_json::from_slice(body).unwrap();
        for rrset in body["rrsets"].as_array().unwrap() {
            let key = (text(&rrset["name"]), text(&rrset["type"]));
            let records = rrset["records"].as_array().cloned().unwrap_or_default();
            let content: Vec<_> = records.iter().map(|one| text(&one["content"])).collect();
            self.changes.push(format!("{} {} {}", key.0, key.1, content.join(" | ")));
            match text(&rrset["changetype"]).as_str() {
                "REPLACE" => self.rrsets.insert(key, content),
                "DELETE" => self.rrsets.remove(&key),
                other => panic!("{other} is no change"),
            };
        }
        (204, String::new())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn serve(stream: TcpStream, zone: Arc<Mutex<Zone>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = Request::read(&mut stream).await?;
    let path = "/api/v1/servers/localhost/zones/customer.test.";
    let (status, answer) = match request.method.as_str() {
        _ if request.header("x-api-key") != Some(TOKEN) => (401, String::new()),
        "GET" if request.path.starts_with(path) => zone.lock().unwrap().tell(),
        "PATCH" if request.path == path => zone.lock().unwrap().change(&request.body),
        _ => (404, String::new()),
    };
    answer_with(&mut stream, status, &answer).await
}
