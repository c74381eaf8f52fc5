//! The Redis cache of postfix-mta-sts-resolver: a sorted set for each domain, named as the domain.
//! Of its members the one with the highest score counts, and the score is the time stamp. A member
//! is sixteen octets that tell members apart, then `[id, policy]` in JSON.

use super::{Contents, ImportError, Source, imported};
use crate::import::Fault;
use crate::shared::Address;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::foreign::Row;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, cmd, pipe};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::time::Duration;

/// Reads every sorted set of the database at `address`.
pub(in crate::import) async fn read(
    address: &Address,
    now: Timestamp,
) -> Result<Contents, ImportError> {
    let server = address.server().ok_or_else(|| failed("name one of its servers: redis://…"))?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let client = Client::open(server.clone()).map_err(|error| refused(&error))?;
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    let mut connection = connection.await.map_err(|error| refused(&error))?;
    let keys = keys(&mut connection).await.map_err(|error| refused(&error))?;
    let mut contents = Contents::new(Source::MtaStsResolver);
    for page in keys.iter().collect::<Vec<_>>().chunks(PAGE) {
        let newest = newest(page, &mut connection).await.map_err(|error| refused(&error))?;
        for (key, members) in page.iter().zip(newest) {
            let name = String::from_utf8_lossy(key);
            let Some((member, seconds)) = members.first() else { continue };
            let entry = row(&name, member, *seconds).and_then(|row| imported(&row));
            contents.push(&name, entry, now);
        }
    }
    Ok(contents)
}

/// The names of all sorted sets, each once though a scan may show it twice.
async fn keys(connection: &mut MultiplexedConnection) -> RedisResult<BTreeSet<Vec<u8>>> {
    let (mut keys, mut cursor) = (BTreeSet::new(), 0_u64);
    loop {
        let mut scan = cmd("SCAN");
        scan.arg(cursor).arg("COUNT").arg(PAGE).arg("TYPE").arg("zset");
        let (next, found): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        keys.extend(found);
        if next == 0 {
            return Ok(keys);
        }
        cursor = next;
    }
}

/// The newest member of each set and its score.
async fn newest(
    keys: &[&Vec<u8>],
    connection: &mut MultiplexedConnection,
) -> RedisResult<Vec<Vec<(Vec<u8>, f64)>>> {
    let mut commands = pipe();
    for key in keys {
        commands.cmd("ZREVRANGE").arg(*key).arg(0).arg(0).arg("WITHSCORES");
    }
    commands.query_async(connection).await
}

fn row(name: &str, member: &[u8], seconds: f64) -> Result<Row, Fault> {
    let json = member.get(SEED..).unwrap_or_default();
    let (id, policy): (String, Map<String, Value>) = serde_json::from_slice(json)
        .map_err(|error| Fault::Entry(Visible::from(&*error.to_string())))?;
    // A float on the way, a whole number of seconds at its source; what is none becomes zero.
    #[expect(clippy::cast_possible_truncation, reason = "out of range it is cut to the range")]
    let seconds = seconds as i64;
    let policy = Value::Object(policy).to_string();
    Ok(Row { domain: name.to_owned(), seconds, id, policy })
}

fn refused(error: &RedisError) -> ImportError {
    failed(&error.to_string())
}

fn failed(detail: &str) -> ImportError {
    ImportError::Redis { detail: Visible::from(detail) }
}

/// `uuid4().bytes`.
const SEED: usize = 16;
/// Names that are asked for at once.
const PAGE: usize = 500;
/// For each answer.
const PATIENCE: Duration = Duration::from_secs(10);
