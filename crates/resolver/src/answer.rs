//! Answers and how they are worded. Every word comes from a type, none from policy text: nothing
//! that a policy says can add an attribute.

pub mod packed;

use ironpost_proto::delivery::Demand;
use ironpost_proto::tls_rpt::result_type::ResultType;
use packed::PolicyView;

/// What the MTA at hand understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Postfix before 3.4: no `servername`.
    Postfix30,
    /// Postfix 3.4 to 3.9.
    Postfix34,
    /// Postfix from 3.10: attributes for TLS reports.
    Postfix310,
    /// The whole of it as a JSON object.
    Json,
}

/// The kind of an answer; the text beside it is the value, or the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// A value.
    Found,
    /// No demand.
    NotFound,
    /// Try again later.
    Temp,
    /// The question makes no sense.
    Perm,
}

/// What is demanded for one next-hop.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The policy domain as an A-label.
    pub domain: &'a str,
    /// What is demanded.
    pub demand: Demand,
    /// The policy that applies or that is tested, where there is one.
    pub policy: Option<PolicyView<'a>>,
    /// Why the policy could not be had or renewed, for TLS reports; no policy of mode none.
    pub failure: Option<ResultType>,
}

impl Dialect {
    /// The dialect that a map name stands for; `None` for a name that is not known.
    pub fn of_map(name: &[u8]) -> Option<Self> {
        let _ = name;
        todo!()
    }
}

/// Words `answer` for Postfix or as JSON: appends the value or the reason to `text`.
pub fn word(answer: &Answer<'_>, dialect: Dialect, text: &mut String) -> Status {
    let _ = (answer, dialect, text);
    todo!()
}
