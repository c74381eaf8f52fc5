//! Where names lead, as real servers tell it.

use crate::servers::{ABOVE, Cache, Second, Servers, Zone};
use crate::{OTHER, TOKEN, domain, looker, name};
use ironpost_hosting::delegation::{self, Look, Looker, NotClaimable, claim};
use ironpost_proto::delegation::Target::{self, Challenge, PolicyHost, Record, ReportRecord};
use ironpost_proto::lifecycle::Sight::{self, Elsewhere, Ours, Unknown};
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::record::PolicyId;

const CUSTOMERS: &str = r#"
_mta-sts.ours CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
mta-sts.ours CNAME HOST-AAAAAAAAAAAAAAAA.sts.host.test.
_smtp._tls.ours CNAME rpt-aaaaaaaaaaaaaaaa.sts.host.test.
_acme-challenge.mta-sts.ours CNAME acme-aaaaaaaaaaaaaaaa.sts.host.test.
_mta-sts.chain CNAME relay
relay CNAME relay2
relay2 CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
_mta-sts.oldtoken CNAME sts-7777777777777777.sts.host.test.
mta-sts.swapped CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
_mta-sts.nolabel CNAME www.sts.host.test.
_mta-sts.deeper CNAME sts-aaaaaaaaaaaaaaaa.x.sts.host.test.
_mta-sts.lookalike CNAME sts-aaaaaaaaaaaaaaaa.evilsts.host.test.
_mta-sts.foreign CNAME mta-sts.provider.test.
_mta-sts.text TXT "v=STSv1; id=17;"
_mta-sts.nodata A 192.0.2.1
_mta-sts.doubled.customer.test.doubled CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
_mta-sts.dot CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test
_mta-sts.loop CNAME loop2
loop2 CNAME _mta-sts.loop
mta-sts.bare A 192.0.2.1
mta-sts.bare AAAA 2001:db8::1
mta-sts.proven A 192.0.2.1
mta-sts.proven TXT "ironpost-token=aaaaaaaaaaaaaaaa"
mta-sts.aliased A 192.0.2.1
_mta-sts.aliased CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
mta-sts.behind CNAME web
web A 192.0.2.1
_mta-sts.behind CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.
mta-sts.unproven CNAME web
mta-sts.otherproof A 192.0.2.1
mta-sts.otherproof TXT "ironpost-token=7777777777777777"
mta-sts.mixed A 192.0.2.1
mta-sts.mixed A 192.0.2.99
mta-sts.mixed TXT "ironpost-token=aaaaaaaaaaaaaaaa"
mta-sts.away A 192.0.2.99
"#;

async fn look(looker: &Looker, at: &str, way: Way, servers: delegation::Servers) -> Look {
    let domain = domain(at);
    looker.look(&looker.expected(&domain, TOKEN, way), servers).await
}

#[tokio::test]
async fn every_way_to_lead_a_name_is_told_from_the_others() {
    let customer = Zone { name: "customer.test", records: CUSTOMERS, second: Second::Keeps("") };
    let bogus = Zone {
        name: "bogus.test",
        records: "_mta-sts CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.\n",
        second: Second::Keeps(""),
    };
    let [root, net] = ABOVE;
    let servers = Servers::start(&[root, net, customer, bogus], Cache::Nothing).await;
    let looker = looker(&servers).await;
    let table: [(&str, Target, Sight, &str); 28] = [
        ("ours.customer.test", Record, Ours, ""),
        ("ours.customer.test", PolicyHost, Ours, ""),
        ("ours.customer.test", ReportRecord, Ours, ""),
        ("ours.customer.test", Challenge, Ours, ""),
        ("chain.customer.test", Record, Ours, ""),
        (
            "oldtoken.customer.test",
            Record,
            Elsewhere,
            "the token 7777777777777777, another hosting's: change it, so that it leads to \
             sts-aaaaaaaaaaaaaaaa.sts.host.test.",
        ),
        (
            "swapped.customer.test",
            PolicyHost,
            Elsewhere,
            "this is where _mta-sts.swapped.customer.test is to lead",
        ),
        ("nolabel.customer.test", Record, Elsewhere, "stands for no domain"),
        ("deeper.customer.test", Record, Elsewhere, "stands for no domain"),
        ("lookalike.customer.test", Record, Elsewhere, "leads to sts-aaaaaaaaaaaaaaaa.evilsts"),
        ("foreign.customer.test", Record, Elsewhere, "leads to mta-sts.provider.test.: change it"),
        ("text.customer.test", Record, Elsewhere, "a TXT record stands here"),
        ("nodata.customer.test", Record, Elsewhere, "has no CNAME record"),
        ("nothing.customer.test", Record, Elsewhere, "the name does not exist yet"),
        ("nothing.customer.test", PolicyHost, Elsewhere, "the name does not exist yet"),
        (
            "doubled.customer.test",
            Record,
            Elsewhere,
            "stands at _mta-sts.doubled.customer.test.doubled.customer.test",
        ),
        ("dot.customer.test", Record, Elsewhere, "the dot at the end is missing"),
        ("loop.customer.test", Record, Unknown, "the aliases loop"),
        ("bare.customer.test", PolicyHost, Elsewhere, "ironpost-token=aaaaaaaaaaaaaaaa"),
        ("proven.customer.test", PolicyHost, Ours, ""),
        ("aliased.customer.test", PolicyHost, Ours, ""),
        ("behind.customer.test", PolicyHost, Ours, ""),
        ("unproven.customer.test", PolicyHost, Elsewhere, "leads to web.customer.test."),
        ("otherproof.customer.test", PolicyHost, Elsewhere, "nothing shows that the domain"),
        ("mixed.customer.test", PolicyHost, Elsewhere, "192.0.2.99 is not ours"),
        ("away.customer.test", PolicyHost, Elsewhere, "its addresses are not ours"),
        ("broken.test", Record, Unknown, "SERVFAIL"),
        ("bogus.test", Record, Unknown, "SERVFAIL"),
    ];
    for (at, target, sight, words) in table {
        let look = look(&looker, at, Way::Cname, delegation::Servers::Never).await;
        let view = look.view(target).unwrap();
        let faults: Vec<_> = view.faults.iter().map(ToString::to_string).collect();
        assert_eq!(view.sight, sight, "{at} {target:?}: {faults:?}");
        match words {
            "" => assert_eq!(faults, [""; 0], "{at} {target:?}"),
            words => assert!(faults.concat().contains(words), "{at} {target:?}: {faults:?}"),
        }
    }
    tokens_of_former_hostings(&looker).await;
    a_pasted_record_is_judged_by_itself(&looker).await;
}

async fn tokens_of_former_hostings(looker: &Looker) {
    let old = |held| Err(NotClaimable::OldToken { name: name(held), token: OTHER });
    let unknown = |open| Err(NotClaimable::Unknown { name: name(open) });
    let table = [
        ("oldtoken.customer.test", old("_mta-sts.oldtoken.customer.test")),
        ("otherproof.customer.test", old("mta-sts.otherproof.customer.test")),
        ("ours.customer.test", Ok(())),
        ("nothing.customer.test", Ok(())),
        ("broken.test", unknown("_mta-sts.broken.test")),
        ("loop.customer.test", unknown("_mta-sts.loop.customer.test")),
    ];
    for (at, expected) in table {
        let look = look(looker, at, Way::Cname, delegation::Servers::Never).await;
        assert_eq!(claim(&look, &looker.zone, &[OTHER]), expected, "{at}");
        assert_eq!(claim(&look, &looker.zone, &[]), Ok(()), "{at}: of another domain's token");
    }
}

async fn a_pasted_record_is_judged_by_itself(looker: &Looker) {
    let pasted = look(looker, "text.customer.test", Way::Pasted, delegation::Servers::Never).await;
    assert_eq!(pasted.id.as_ref().map(PolicyId::as_str), Some("17"));
    assert_eq!(pasted.view(Record).unwrap().faults, []);
    let missing =
        look(looker, "chain.customer.test", Way::Pasted, delegation::Servers::Never).await;
    assert_eq!(missing.id, None);
}

#[tokio::test]
async fn servers_that_disagree_are_named() {
    let record = "_mta-sts CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.\n";
    let split = Zone { name: "split.test", records: record, second: Second::Keeps("") };
    let [root, net] = ABOVE;
    let servers = Servers::start(&[root, net, split], Cache::Nothing).await;
    let looker = looker(&servers).await;
    let look = look(&looker, "split.test", Way::Cname, delegation::Servers::Always).await;
    let view = look.view(Record).unwrap();
    let words = view.faults.first().unwrap().to_string();
    assert_eq!(view.sight, Ours);
    assert!(
        words.ends_with("disagree: ns2.net.test does not have the record, ns1.net.test has it"),
        "{words}"
    );
    let quick = super::looks::look(&looker, "split.test", Way::Cname, delegation::Servers::InDoubt);
    assert_eq!(quick.await.view(Record).unwrap().servers, [], "no doubt, no question");
}
