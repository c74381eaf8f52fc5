//! Signed questions and answers over one TCP connection.

use super::Rfc2136;
use crate::dns_update::UpdateError;
use crate::dns_update::plan::Change;
use domain::base::Message;
use domain::base::iana::{Rcode, TsigRcode};
use domain::base::message_builder::AdditionalBuilder;
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{ClientTransaction, Key, ValidationError};
use ironpost_net::dns::answer::DnsError;
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// Where a name server is: an address or a host name, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An address.
    Ip(SocketAddr),
    /// A name to look up, and the port.
    Name(DnsName, u16),
}

/// Why a name server did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// RFC 8945 §5.2.1: BADKEY. Knot says so too of a key that it knows and does not let.
    #[error(
        "it does not know the key {key}, or does not let it change the zone: check its name, \
         its algorithm and what it may"
    )]
    UnknownKey {
        /// The key's name and algorithm.
        key: String,
    },
    /// RFC 8945 §5.2.2: BADSIG.
    #[error("the secret of the key {key} is not the one that it has")]
    WrongSecret {
        /// The key's name and algorithm.
        key: String,
    },
    /// RFC 8945 §5.2.3: BADTIME.
    #[error(
        "its clock and ours are {apart} seconds apart, more than the 300 allowed: set the clocks"
    )]
    WrongTime {
        /// How far apart they are.
        apart: u64,
    },
    /// An answer whose signature is not the key's, or that has none.
    #[error("its answer is not signed as it must be ({reason}), so it may be anybody's")]
    Unsigned {
        /// What is wrong with it.
        reason: String,
    },
    /// NOTAUTH, NOTZONE, or an answer of a server that only passes on what others say.
    #[error("it is not a server of the zone {zone}: give the zone's primary server")]
    NotAuthoritative {
        /// The zone.
        zone: DnsName,
    },
    /// REFUSED to a question.
    #[error("it refuses: let the key read the zone {zone}")]
    Refused {
        /// The zone.
        zone: DnsName,
    },
    /// REFUSED to a change: a key may be for some names and types alone.
    #[error("it refuses: let the key change {records}")]
    NotAllowed {
        /// The types and names that were to be changed.
        records: String,
    },
    /// A prerequisite does not hold (RFC 2136 §3.2.5).
    #[error(
        "what stands in the zone is not what was seen, or is of another type ({rcode}): \
         nothing was written; look again"
    )]
    Changed {
        /// What it answered.
        rcode: String,
    },
    /// NOTIMP: not every server takes updates.
    #[error("it takes no updates (NOTIMP): give the zone's primary server")]
    NoUpdates,
    /// Another answer than NOERROR.
    #[error("it answered {rcode}")]
    Other {
        /// What it answered.
        rcode: String,
    },
    /// Something that is no answer.
    #[error("its answer is no answer to what was asked")]
    Malformed,
}

/// A connection to a server.
pub(super) struct Conversation {
    stream: TcpStream,
    address: SocketAddr,
    key: Key,
    now: Time48,
    end: Instant,
}

impl Conversation {
    /// Connects.
    pub(super) async fn begin(
        to: &Rfc2136,
        resolver: &Resolver,
        now: Timestamp,
    ) -> Result<Self, UpdateError> {
        let end = Instant::now() + PATIENCE;
        let address = to.server.resolve(resolver).await?;
        let unreachable = |detail: String| UpdateError::Unreachable { server: address, detail };
        let connecting = timeout_at(end, TcpStream::connect(address)).await;
        let stream = connecting
            .map_err(|_| unreachable(SILENT.to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        let now = Time48::from_u64((now.as_millis() / 1000) & TIME_BITS);
        Ok(Self { stream, address, key: to.key.clone(), now, end })
    }

    /// Signs a message, sends it, and brings the answer, whose signature holds.
    pub(super) async fn ask(
        &mut self,
        mut message: AdditionalBuilder<Vec<u8>>,
    ) -> Result<Message<Vec<u8>>, UpdateError> {
        let transaction = ClientTransaction::request(self.key.clone(), &mut message, self.now)
            .map_err(|_| UpdateError::TooLong)?;
        let asked = message.into_message();
        let exchange = timeout_at(self.end, exchange(&mut self.stream, asked.as_slice())).await;
        let octets = match exchange {
            Ok(Ok(octets)) => octets,
            Ok(Err(error)) => return Err(self.unreachable(error.to_string())),
            Err(_) => return Err(self.unreachable(SILENT.to_owned())),
        };
        self.accept(&transaction, &asked, octets).map_err(|reason| self.rejected(reason))
    }

    /// The same as an error of this server's.
    pub(super) fn rejected(&self, reason: Rejected) -> UpdateError {
        UpdateError::Rejected { server: self.address, reason }
    }

    fn unreachable(&self, detail: String) -> UpdateError {
        UpdateError::Unreachable { server: self.address, detail }
    }

    fn accept(
        &self,
        transaction: &ClientTransaction<Key>,
        asked: &Message<Vec<u8>>,
        octets: Vec<u8>,
    ) -> Result<Message<Vec<u8>>, Rejected> {
        let mut answer = Message::from_octets(octets).map_err(|_| Rejected::Malformed)?;
        let (sent, came) = (asked.header(), answer.header());
        if !came.qr() || came.id() != sent.id() || came.opcode() != sent.opcode() {
            return Err(Rejected::Malformed);
        }
        let time = server_time(&answer);
        match transaction.answer(&mut answer, self.now) {
            Ok(()) => Ok(answer),
            // Whoever does not sign its errors may still say why it cannot: nothing was done. That
            // there is no such name is no error.
            Err(ValidationError::ServerUnsigned)
                if ![Rcode::NOERROR, Rcode::NXDOMAIN].contains(&came.rcode()) =>
            {
                Ok(answer)
            }
            Err(error) => Err(time.map_or_else(|| self.unsigned(error), |time| self.apart(time))),
        }
    }

    fn apart(&self, server: Time48) -> Rejected {
        Rejected::WrongTime { apart: seconds(self.now).abs_diff(seconds(server)) }
    }

    fn unsigned(&self, error: ValidationError) -> Rejected {
        let key = format!("{} ({})", self.key.name(), self.key.algorithm());
        match error {
            ValidationError::ServerBadKey => Rejected::UnknownKey { key },
            ValidationError::ServerBadSig => Rejected::WrongSecret { key },
            ValidationError::ServerBadTime { server, .. } => self.apart(server),
            ValidationError::BadAlg
            | ValidationError::BadOther
            | ValidationError::BadSig
            | ValidationError::BadTrunc
            | ValidationError::BadKey
            | ValidationError::BadTime
            | ValidationError::FormErr
            | ValidationError::ServerUnsigned
            | ValidationError::TooManyUnsigned => Rejected::Unsigned { reason: error.to_string() },
        }
    }
}

impl Rejected {
    /// What the RCODE of an answer to an UPDATE means (RFC 2136 §3).
    pub(super) fn of_update(rcode: Rcode, zone: &DnsName, changes: &[&Change]) -> Self {
        match rcode {
            Rcode::YXDOMAIN | Rcode::YXRRSET | Rcode::NXRRSET | Rcode::NXDOMAIN => {
                Self::Changed { rcode: rcode.to_string() }
            }
            Rcode::REFUSED => Self::NotAllowed { records: touched(changes) },
            rcode => Self::of_query(rcode, zone),
        }
    }

    /// What the RCODE of another answer means.
    pub(super) fn of_query(rcode: Rcode, zone: &DnsName) -> Self {
        match rcode {
            Rcode::NOTAUTH | Rcode::NOTZONE => Self::NotAuthoritative { zone: zone.clone() },
            Rcode::REFUSED => Self::Refused { zone: zone.clone() },
            Rcode::NOTIMP => Self::NoUpdates,
            rcode => Self::Other { rcode: rcode.to_string() },
        }
    }
}

impl Address {
    async fn resolve(&self, resolver: &Resolver) -> Result<SocketAddr, UpdateError> {
        let (name, port) = match self {
            Self::Ip(address) => return Ok(*address),
            Self::Name(name, port) => (name, *port),
        };
        let resolver = resolver.unvalidated();
        let mut error = None;
        for found in [resolver.ipv6(name).await, resolver.ipv4(name).await] {
            match found.map(|answer| answer.records().first().copied()) {
                Ok(Some(address)) => return Ok(SocketAddr::new(address, port)),
                Ok(None) => {}
                Err(failure) => error = Some(failure),
            }
        }
        Err(no_address(name, error))
    }
}

/// The types and names that changes touch, in words.
fn touched(changes: &[&Change]) -> String {
    let touched: BTreeSet<String> = changes
        .iter()
        .flat_map(|change| {
            let removed = change.remove.iter().map(|found| found.rtype);
            let types = removed.chain(change.add.iter().map(|wanted| wanted.rtype));
            types.map(|rtype| format!("{rtype} at {}", change.before.owner))
        })
        .collect();
    touched.into_iter().collect::<Vec<_>>().join(", ")
}

fn no_address(name: &DnsName, error: Option<DnsError>) -> UpdateError {
    match error {
        Some(error) => UpdateError::Unanswered { name: name.clone(), error },
        None => UpdateError::NoAddress { name: name.clone() },
    }
}

impl FromStr for Address {
    type Err = &'static str;

    /// Reads `192.0.2.1`, `[2001:db8::1]:5353`, `ns1.example.com` or `ns1.example.com:5353`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str =
            "an address or a host name is expected, with a port after a colon or not";
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self::Ip(address));
        }
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = inner.parse::<IpAddr>() {
            return Ok(Self::Ip(SocketAddr::new(address, DNS)));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().map_err(|_| WRONG)?),
            None => (text, DNS),
        };
        let domain = name.parse::<ironpost_proto::domain::Domain>().map_err(|_| WRONG)?;
        Ok(Self::Name(DnsName::from(&domain), port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => write!(f, "{address}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// RFC 1035 §4.2.2: each message after its length.
async fn exchange(stream: &mut TcpStream, asked: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(asked.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let framed = [&length.to_be_bytes(), asked].concat();
    stream.write_all(&framed).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// The time that a server gives with BADTIME. Not every server signs that as RFC 8945 §5.2.3 has it,
/// and nothing comes of it but words.
fn server_time(answer: &Message<Vec<u8>>) -> Option<Time48> {
    let last = answer.additional().ok()?.flatten().last()?;
    let tsig = last.to_record::<Tsig<_, _>>().ok()??;
    (tsig.data().error() == TsigRcode::BADTIME).then(|| tsig.data().other_time())?
}

fn seconds(time: Time48) -> u64 {
    let octets = time.into_octets();
    octets.iter().fold(0, |seconds, octet| seconds << 8 | u64::from(*octet))
}

const DNS: u16 = 53;
/// For everything that is asked in one conversation. Own limit.
const PATIENCE: Duration = Duration::from_secs(15);
const SILENT: &str = "nothing came back in 15 seconds";
/// RFC 8945 §4.2: the time has 48 bits.
const TIME_BITS: u64 = (1 << 48) - 1;
