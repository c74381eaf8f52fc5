//! `ironpost domain add`.

use super::carrying_out::refusal;
use super::checking;
use super::desk::{self, DeskArgs};
use super::{records, reports};
use crate::commands::policy::max_age::MaxAgeArg;
use crate::commands::policy::mode::ModeArg;
use crate::config::hosting::settings::HostingSettings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style};
use crate::outside::SystemClock;
use clap::{Args, ValueEnum};
use ironpost_checker::publish::{self, default_max_age};
use ironpost_hosting::delegation::{NothingElsewhere, found_elsewhere, hostable};
use ironpost_hosting::operations::Prepared;
use ironpost_hosting::operations::add::{Add, Elsewhere, First, NotAdded, Undecided, Wish};
use ironpost_net::clock::Clock;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, Checks, Way};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use ironpost_proto::tls_rpt::record::ReportUri;
use std::fmt::Write;

/// Host the policy of a domain from now on
///
/// Reads the domain's MX records, proposes a policy in mode testing, and prints the records to put
/// into its DNS, once. As soon as they are seen there, the rest goes by itself: certificate, a fetch
/// of our own, publication.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AddArgs {
    /// The policy domain: what stands after the @ of its mail addresses
    domain: String,

    /// A host that takes mail, or *.name for every host one label below; may be repeated
    /// [default: those of the MX records]
    #[arg(
        long,
        value_name = "HOST",
        value_delimiter = ',',
        value_parser = publish::mx_pattern,
        help_heading = "Policy"
    )]
    mx: Vec<MxPattern>,

    /// What senders do with a host that fails
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        default_value_t = ModeArg::Testing,
        help_heading = "Policy"
    )]
    mode: ModeArg,

    /// How long senders keep the policy: seconds, or like 14d or 2w [default: a day in testing,
    /// two weeks in enforce]
    #[arg(long, value_name = "TIME", help_heading = "Policy")]
    max_age: Option<MaxAgeArg>,

    /// Serve a TLS-RPT record too: where reports go, like mailto:tls@example.com; may be repeated
    #[arg(long, value_name = "URI", help_heading = "Policy")]
    rua: Vec<ReportUri>,

    /// Take over the policy that the domain publishes now, under its id, without a gap
    #[arg(long, conflicts_with_all = ["mx", "mode", "max_age", "replace"], help_heading = "Policy")]
    import: bool,

    /// Publish a new policy in place of the one that the domain publishes now. That one is taken over
    /// first, so that every date counts how long senders hold it
    #[arg(long, help_heading = "Policy")]
    replace: bool,

    /// How the TXT record of each version comes into DNS
    #[arg(
        long,
        value_enum,
        value_name = "WAY",
        default_value_t = WayArg::Cname,
        help_heading = "Records"
    )]
    records: WayArg,

    #[command(flatten)]
    change: super::carrying_out::ChangeArgs,

    #[command(flatten)]
    desk: DeskArgs,
}

/// How a record comes into DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WayArg {
    /// By a CNAME, set once
    Cname,
    /// Pasted by hand at each change
    Paste,
    /// Written into the domain's DNS by Ironpost (`[dns_update]` in the configuration)
    Update,
}

/// Runs the command.
pub(super) async fn run(args: AddArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.desk.settle()?;
    let zone = settings.zone().map_err(Failure::usage)?;
    let name = hostable(&args.domain, &zone.apex).map_err(Failure::usage)?;
    if !name.as_str().eq_ignore_ascii_case(args.domain.trim_end_matches('.')) {
        console.note(&format!("{} is {name} in DNS", args.domain));
    }
    let said = args.change.said()?;
    publish::are_targets(&args.rua).map_err(Failure::usage)?;
    // What is hosted here is not told to be published elsewhere.
    let (desk, folder) = args.desk.imagine(&settings).await?;
    desk.may_add(&name).await.map_err(not_added)?;
    let (first, note) = first(&args, &name, &settings, console).await?;
    let checks = Box::pin(checked(&name, &first, &settings, console)).await?;
    let rua = reports::joined(&args.rua);
    let way = match args.records {
        WayArg::Cname => Way::Cname,
        WayArg::Paste => Way::Pasted,
        WayArg::Update => Way::Updated,
    };
    if way == Way::Updated && settings.updaters.is_empty() {
        return Err(Failure::message(
            "--records update takes a way into the domain's DNS: [dns_update.NAME] in the \
             configuration",
        ));
    }
    let add = Add { name, way, rua, first, checks };
    if args.change.dry_run() {
        let prepared = desk.prepare_add(&add, &said).await.map_err(not_added)?;
        if let Some(note) = &note {
            console.note(note);
        }
        console.print(&text(&prepared, &settings, true, console.stdout_style())?)?;
        return Ok(Exit::Clean);
    }
    drop((desk, folder));
    let desk = args.desk.make(&settings).await?;
    let prepared = desk.prepare_add(&add, &said).await.map_err(not_added)?;
    let shown = text(&prepared, &settings, false, console.stdout_style())?;
    // The records are printed only once the token in them is this domain's.
    desk.add(prepared).await.map_err(not_added)?;
    if let Some(note) = &note {
        console.note(note);
    }
    console.print(&shown)?;
    Ok(Exit::Clean)
}

fn not_added(error: NotAdded) -> Failure {
    match error {
        NotAdded::Operation(error) => refusal(error, SystemClock.now()),
        NotAdded::Hosted(_) | NotAdded::Taken(_) => Failure::usage(error),
    }
}

/// The first policy: proposed from MX records, taken over from elsewhere, or put in its place. And what
/// there is to note of it once the domain is hosted.
async fn first(
    args: &AddArgs,
    name: &Domain,
    settings: &HostingSettings,
    console: &Console,
) -> Result<(First, Option<String>), Failure> {
    let wish = match (args.import, args.replace) {
        (true, _) => Wish::TakenOver,
        (false, true) => Wish::Replaced,
        (false, false) => Wish::None,
    };
    let source = desk::source(settings).await?;
    let found = found_elsewhere(&source, name).await;
    let unknown = match &found {
        Err(error @ NothingElsewhere::Unanswered { .. }) => {
            Some(format!("whether {name} publishes a policy already is not known: {error}"))
        }
        Err(NothingElsewhere::NoPolicy(_) | NothingElsewhere::Neither(_)) | Ok(_) => None,
    };
    let elsewhere = Elsewhere::settle(name, found, wish).map_err(|undecided| match undecided {
        Undecided::Nothing(_) => Failure::could_not_test(undecided),
        Undecided::Published { .. } | Undecided::Unfetched(_) | Undecided::Withdrawn(_) => {
            Failure::usage(undecided)
        }
    })?;
    match elsewhere {
        Some(elsewhere) if args.import => {
            let under = elsewhere.id.as_ref().map_or_else(
                || "announced by no valid record, so it takes a new id".to_owned(),
                |id| format!("with the id {id}"),
            );
            let note = format!("the policy that {name} publishes now, {under}, is taken over");
            Ok((First::Adopted(elsewhere), Some(note)))
        }
        Some(elsewhere) => {
            let note = format!(
                "the policy that {name} publishes now is served until its names lead here, and \
                 replaced then"
            );
            let new = proposed(args, name, settings, console).await?;
            Ok((First::Replacing(elsewhere, new), Some(note)))
        }
        None => Ok((First::New(proposed(args, name, settings, console).await?), unknown)),
    }
}

/// A new policy.
async fn proposed(
    args: &AddArgs,
    name: &Domain,
    settings: &HostingSettings,
    console: &Console,
) -> Result<Policy, Failure> {
    let mx = if args.mx.is_empty() {
        checking::patterns(name, settings, console).await?
    } else {
        args.mx.clone()
    };
    checking::fit(&mx)?;
    let mode: Mode = args.mode.into();
    let max_age = args.max_age.as_ref().map(|MaxAgeArg(age)| *age);
    let max_age = max_age.unwrap_or_else(|| default_max_age(mode));
    Ok(Policy { mode, max_age, mx, extensions: Vec::new() })
}

/// What is to be known of the MX hosts before this is published. What is live elsewhere is taken over
/// whatever they are like.
async fn checked(
    name: &Domain,
    first: &First,
    settings: &HostingSettings,
    console: &Console,
) -> Result<Checks, Failure> {
    match first {
        First::New(policy) | First::Replacing(_, policy) => {
            checking::checks(name, Some(policy), settings, console).await
        }
        First::Adopted(elsewhere) => {
            if let Ok(mx) = checking::mx(name, settings).await {
                let policy = &elsewhere.policy;
                for host in mx.hosts.iter().filter(|host| !policy.covers(host)) {
                    console.note(&format!(
                        "no mx pattern of the policy matches the MX host {host}: `domain publish {name} \
                         --mx …` mends that once it is taken over"
                    ));
                }
            }
            Ok(Checks::default())
        }
    }
}

fn text(
    prepared: &Prepared,
    settings: &HostingSettings,
    dry: bool,
    style: Style,
) -> Result<String, Failure> {
    let hosted = &prepared.hosted;
    let name = &hosted.name;
    let mut out = if dry {
        format!(
            "Nothing is changed. Without --dry-run, {name} would be hosted with this policy:\n\n"
        )
    } else {
        format!("{} is hosted here from now on, with this policy:\n\n", style.strong(name.as_str()))
    };
    let policy = prepared.changes.iter().rev().find_map(|change| match change {
        Change::Add { policy, .. } | Change::Adopt { policy, .. } => Some(policy),
        Change::Enter(_)
        | Change::Show(_)
        | Change::Everywhere(_)
        | Change::Replace(_)
        | Change::Announce(_)
        | Change::Migrate(_)
        | Change::Cease => None,
    });
    // Writing to a `String` cannot fail, here and below.
    for line in policy.map(ToString::to_string).unwrap_or_default().lines() {
        let _ = writeln!(out, "  {}", style.literal(line));
    }
    if let (true, Some(rua)) = (dry, &hosted.rua) {
        let _ = writeln!(out, "\nand this TLS-RPT record:\n\n  v=TLSRPTv1; rua={rua};");
    }
    if dry {
        return Ok(out);
    }
    let _ = writeln!(out, "\nPut these records into the DNS of {name}, once:\n");
    out.push_str(&records::table(&records::wanted(hosted, settings)?, style));
    match hosted.life.way {
        Way::Cname => {}
        Way::Pasted => {
            let _ = write!(
                out,
                "\nThe TXT record at _mta-sts.{name} comes later, once the policy is served: \
                 `domain show` prints it.\n"
            );
        }
        Way::Updated => {
            let _ = write!(
                out,
                "\nThe TXT record at _mta-sts.{name} is written by Ironpost, once the policy is \
                 served.\n"
            );
        }
    }
    let _ = write!(
        out,
        "\nAs soon as they are seen there, `ironpost serve` orders the certificate, fetches the \
         policy itself,\nand publishes it. How far it is:\n\n  {}\n",
        style.literal(&format!("ironpost domain show {name}")),
    );
    if policy.is_some_and(|policy| policy.mode == Mode::Testing) {
        let _ = write!(
            out,
            "\nOnce mode testing has been published for a day and reports are clean:\n\n  {}\n",
            style.literal(&format!("ironpost domain publish {name} --mode enforce")),
        );
    }
    Ok(out)
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain add example.com --dry-run
  ironpost domain add example.com
  ironpost domain add example.com --mx mx1.example.com --rua mailto:tls@example.com
  ironpost domain add example.com --import";
