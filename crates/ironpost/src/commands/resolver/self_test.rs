//! `ironpost resolver --self-test`, and the same at the start of the daemon.

use super::ResolverStart;
use crate::config::resolver::{Plan, Surroundings};
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style, wrapped};
use crate::outside::{Network, SystemClock};
use ironpost_net::clock::Clock;
use ironpost_resolver::self_test::{self, Finding, Grade, Names};
use std::fmt::Write;

/// Prints every finding.
pub(super) async fn run(args: ResolverStart, console: &Console) -> Result<Exit, Failure> {
    let file = args.outside.file()?;
    let network = args.outside.over(file.network)?;
    let surroundings = Surroundings::of_this_process()?;
    let plan = Plan::new(args.start, args.socket.admin_socket, file.resolver, &surroundings);
    let network = Network::open(network, Descriptors::raise()).await?;
    let findings = findings(&network, &plan.self_test).await;
    console.print(&text(&findings, console.stdout_style(), console.width()))?;
    Ok(exit(&findings))
}

/// Tries everything and logs what was found.
pub(super) async fn log(network: Network, names: Names) {
    for Finding { what, grade, detail } in findings(&network, &names).await {
        match grade {
            Grade::Sound => tracing::info!("self-test: {what}: {detail}"),
            Grade::Weak => tracing::warn!("self-test: {what}: {detail}"),
            Grade::Broken => tracing::error!("self-test: {what}: {detail}"),
            Grade::NotTested => tracing::warn!("self-test: {what}: not tested: {detail}"),
        }
    }
}

async fn findings(network: &Network, names: &Names) -> Vec<Finding> {
    self_test::run(&network.resolver, &network.roots, names, SystemClock.now()).await
}

fn text(findings: &[Finding], style: Style, width: usize) -> String {
    let mut out = String::new();
    for Finding { what, grade, detail } in findings {
        let word = match grade {
            Grade::Sound => style.good("sound"),
            Grade::Weak => style.warning("weak"),
            Grade::Broken => style.error("broken"),
            Grade::NotTested => style.warning("not tested"),
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{}: {word}", style.strong(what));
        out.push_str(&wrapped(detail, 2, width));
    }
    out
}

/// As of a check: something wrong, something that could not be tried, nothing.
fn exit(findings: &[Finding]) -> Exit {
    let exits = findings.iter().map(|finding| match finding.grade {
        Grade::Sound => Exit::Clean,
        Grade::Weak | Grade::Broken => Exit::Findings,
        Grade::NotTested => Exit::CouldNotTest,
    });
    exits.fold(Exit::Clean, Exit::worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(grade: Grade) -> Finding {
        Finding { what: "clock", grade, detail: "it is 1970".to_owned() }
    }

    #[test]
    fn what_is_wrong_outranks_what_was_not_tried() {
        let of = |grades: &[Grade]| exit(&grades.iter().map(|g| finding(*g)).collect::<Vec<_>>());
        assert_eq!(of(&[]), Exit::Clean);
        assert_eq!(of(&[Grade::Sound, Grade::NotTested]), Exit::CouldNotTest);
        assert_eq!(of(&[Grade::Weak, Grade::NotTested]), Exit::Findings);
    }

    #[test]
    fn a_finding_has_its_word_and_its_reason() {
        let shown = text(&[finding(Grade::Broken)], Style::new(false), 80);
        assert_eq!(shown, "clock: broken\n  it is 1970\n");
    }
}
