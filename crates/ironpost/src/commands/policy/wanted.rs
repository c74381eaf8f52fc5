//! What a policy is to say: options that `new` and `export` share.

use super::max_age::MaxAgeArg;
use super::mode::ModeArg;
use crate::commands::network;
use crate::config::{NetworkArgs, Settings};
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use clap::Args;
use ironpost_checker::check::CheckOptions;
use ironpost_checker::publish::{self, Wanted};
use ironpost_net::dns::answer::{Mx, Outcome};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_proto::tls_rpt::record::ReportUri;
use jiff::Timestamp;
use std::num::NonZeroU16;

/// Which hosts take the mail.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct Hosts {
    /// A host that takes mail, or *.name for every host one label below; may be repeated
    #[arg(long, value_name = "HOST", value_delimiter = ',', value_parser = publish::mx_pattern)]
    mx: Vec<MxPattern>,

    /// Take the hosts from this domain's MX records
    #[arg(long, value_name = "DOMAIN", conflicts_with = "mx")]
    from_dns: Option<Domain>,
}

/// What a policy is to say beside its hosts.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct WantedArgs {
    /// The domain whose mail is protected [default: that of --from-dns]
    #[arg(long, value_name = "DOMAIN")]
    pub(super) domain: Option<Domain>,

    /// What senders do with a host that fails
    #[arg(long, value_enum, value_name = "MODE", default_value_t = ModeArg::Testing)]
    mode: ModeArg,

    /// How long senders keep the policy: seconds, or like 14d or 2w [default: a day in testing,
    /// two weeks in enforce]
    #[arg(long, value_name = "TIME")]
    max_age: Option<MaxAgeArg>,

    /// The id that announces the policy, 1 to 32 letters and digits [default: the time]
    #[arg(long, value_name = "ID")]
    id: Option<PolicyId>,

    /// Where TLS reports go, like mailto:tls@example.com; may be repeated
    #[arg(long, value_name = "URI")]
    rua: Vec<ReportUri>,
}

impl WantedArgs {
    /// The id asked for, or one made of the time.
    pub(super) fn id_or(&self, now: Timestamp) -> Result<PolicyId, Failure> {
        match &self.id {
            Some(id) => Ok(id.clone()),
            None => publish::id_at(now).map_err(Failure::usage),
        }
    }

    /// What is wanted, the hosts looked up where that was asked for.
    pub(super) fn wanted(
        self,
        hosts: Hosts,
        network: NetworkArgs,
        now: Timestamp,
    ) -> Result<Wanted, Failure> {
        let id = self.id_or(now)?;
        // RFC 8461 §3.2: only a policy in mode none may do without hosts.
        if hosts.from_dns.is_none() && hosts.mx.is_empty() && self.mode != ModeArg::None {
            return Err(Failure::message(
                "which hosts take the mail? Name them with --mx HOST, or take them from the MX \
                 records with --from-dns DOMAIN",
            ));
        }
        let mx = match &hosts.from_dns {
            Some(domain) => look_up(domain, network.settle()?)?,
            None => hosts.mx,
        };
        Ok(Wanted {
            domain: self.domain.or(hosts.from_dns),
            mode: self.mode.into(),
            max_age: self.max_age.map(|MaxAgeArg(age)| age),
            mx,
            id,
            rua: self.rua,
        })
    }
}

/// The hosts that the MX records of `domain` name, by preference.
fn look_up(domain: &Domain, settings: Settings) -> Result<Vec<MxPattern>, Failure> {
    let answer = block_on_or_signal(async {
        let (one, options) = (NonZeroU16::MIN, CheckOptions::default());
        let checker = network::checker(settings, one, Descriptors::raise(), options).await?;
        checker.mx(domain).await.map_err(|error| {
            let what = format!("the MX records of {domain}");
            Failure::CouldNotTest(anyhow::Error::new(error).context(what))
        })
    })?;
    match answer.outcome {
        Outcome::NxDomain => Err(Failure::message(format!(
            "{domain} does not exist in DNS; name the hosts with --mx HOST"
        ))),
        Outcome::NoData => patterns(domain, &[]),
        Outcome::Found(mut records) => {
            records.sort();
            patterns(domain, &records)
        }
    }
}

fn patterns(domain: &Domain, records: &[Mx]) -> Result<Vec<MxPattern>, Failure> {
    publish::patterns_from_mx(domain, records.iter().map(|mx| &mx.exchange))
        .map_err(|error| Failure::Usage(anyhow::Error::new(error).context(domain.to_string())))
}
