//! Mail to domains of every kind, and an attacker who takes STARTTLS away.

use crate::attacks::Attack;
use crate::domains::{BESIEGED, Domain, Fate, STEADY};
use crate::internet::Internet;
use crate::mail_hosts;
use crate::sender::{Attempt, Sender};

#[test]
fn mail_goes_where_dns_and_policies_let_it() {
    let internet = Internet::shared();
    let subject = "steady";
    for sender in &internet.senders {
        let all: Vec<_> = STEADY.iter().map(|domain| recipient(sender, domain)).collect();
        sender.send(&internet.namespace, subject, &all);
    }
    let mut complaints = Vec::new();
    for sender in &internet.senders {
        for domain in STEADY {
            let recipient = recipient(sender, domain);
            let attempt = sender.attempt(&recipient, 1);
            let fate = domain.fate.with(sender.release());
            let fault = fault(fate, &attempt).or_else(|| {
                let Fate::Arrives(tls, host) = fate else {
                    let arrived = internet.arrivals.messages(&recipient);
                    return (!arrived.is_empty()).then(|| format!("{arrived:?} arrived"));
                };
                let arrived = internet.arrivals.wait(&recipient, subject).received;
                let by = format!(" by {}.unsigned.example ", service(host));
                let over = if tls == "Plain" { " with ESMTP " } else { " with ESMTPS " };
                let is_so = arrived.contains(&by) && arrived.contains(over);
                (!is_so).then(|| format!("{arrived} is not{by}{over}"))
            });
            complaints.extend(
                fault.map(|fault| {
                    format!("{recipient} ({}): {fault}\n  {attempt:#?}", domain.reason)
                }),
            );
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What is not as it should be about an attempt.
fn fault(fate: Fate, attempt: &Attempt) -> Option<String> {
    let is_so = match fate {
        Fate::Arrives(tls, host) => {
            let relay = format!("relay={host}[");
            attempt.is_sent() && attempt.tls() == tls && attempt.outcome.contains(&relay)
        }
        Fate::Stays(words) => attempt.outcome.contains(words),
        Fate::Depends(..) => false,
    };
    (!is_so).then(|| format!("expected {fate:?}"))
}

/// The service that a host is, under whatever name.
fn service(host: &str) -> &str {
    match host.split('.').next().unwrap() {
        "unusable" => "sound",
        "forged-mx" => "narrow",
        label => label,
    }
}

#[test]
fn without_starttls_mail_waits_until_the_attack_ends() {
    let internet = Internet::shared();
    let (mx, attacker) = (mail_hosts::address("besieged"), mail_hosts::address("no-starttls"));
    let attack = Attack::redirect(&internet.namespace, "stripping", mx, attacker);
    for sender in &internet.senders {
        sender.send(&internet.namespace, "besieged", &[recipient(sender, &BESIEGED)]);
    }
    for sender in &internet.senders {
        let attempt = sender.attempt(&recipient(sender, &BESIEGED), 1);
        let words = "TLS is required, but was not offered by host besieged-mx.unsigned.example";
        assert!(attempt.outcome.contains(words), "{attempt:#?}");
        assert!(attempt.outcome.contains("status=deferred"), "{attempt:#?}");
        assert_eq!(internet.arrivals.messages(&recipient(sender, &BESIEGED)), []);
    }
    drop(attack);
    for sender in &internet.senders {
        let attempt = sender.attempt(&recipient(sender, &BESIEGED), 1);
        sender.retry(&internet.namespace, &attempt);
    }
    for sender in &internet.senders {
        let recipient = recipient(sender, &BESIEGED);
        let attempt = sender.attempt(&recipient, 2);
        assert_eq!(fault(BESIEGED.fate, &attempt), None, "{attempt:#?}");
        let arrived = internet.arrivals.wait(&recipient, "besieged").received;
        assert!(
            arrived.contains(" by besieged.unsigned.example (Postfix) with ESMTPS "),
            "{arrived}"
        );
    }
}

/// A recipient in the domain whom nobody else writes to.
pub(crate) fn recipient(sender: &Sender, domain: &Domain) -> String {
    format!("{:?}@{}", sender.release(), domain.name).to_lowercase()
}
