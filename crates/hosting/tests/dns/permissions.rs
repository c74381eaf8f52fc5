//! BIND's `update-policy`: a key that may change some names and types, and no others.

use crate::name;
use crate::servers::{Cache, Primary, SECRET, Second, WRITER};
use crate::writer::{Writer, ZONE, policy, record, serving};
use ironpost_hosting::delegation::Type;
use ironpost_hosting::dns_update::{Kind, Rejected, UpdateError};

/// As docs/serve.md has it, for one domain.
const POLICY: Primary = Primary::Bind(Some("grant writer name _mta-sts.a.customer.test. TXT;"));

#[tokio::test]
async fn a_key_that_may_change_one_record_suffices_for_it() {
    let servers = serving(POLICY, ZONE, Second::Follows, Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;
    let at = "_mta-sts.a.customer.test";
    assert_eq!(writer.write(&[policy("a.customer.test", "1")]).await, Kind::Add);
    writer.written.push("v=STSv1; id=2;".into());
    assert_eq!(writer.write(&[policy("a.customer.test", "2")]).await, Kind::Replace);
    assert_eq!(writer.texts(at).await, ["v=STSv1; id=2;"]);
    let plan = writer.plan_without(&[], &[name(at)]).await.unwrap();
    writer.apply(&plan).await.unwrap();
    assert_eq!(writer.texts(at).await, [""; 0]);
}

#[tokio::test]
async fn what_a_key_may_not_change_is_named_and_nothing_is_changed() {
    let servers = serving(POLICY, ZONE, Second::Follows, Cache::Nothing).await;
    let mut writer = Writer::new(&servers, WRITER, SECRET).await;
    let alias = || {
        let target = "sts-aaaaaaaaaaaaaaaa.sts.host.test";
        record("_mta-sts.a.customer.test", Type::Cname, target)
    };
    let table = [
        (vec![policy("b.customer.test", "1")], "TXT at _mta-sts.b.customer.test"),
        (vec![alias()], "CNAME at _mta-sts.a.customer.test"),
        (
            vec![policy("a.customer.test", "1"), policy("b.customer.test", "1")],
            "TXT at _mta-sts.a.customer.test, TXT at _mta-sts.b.customer.test",
        ),
    ];
    for (wanted, names) in table {
        let plan = writer.plan(&wanted).await.unwrap();
        let refused = writer.apply(&plan).await.unwrap_err();
        let is_refusal =
            matches!(refused, UpdateError::Rejected { reason: Rejected::NotAllowed { .. }, .. });
        assert!(is_refusal && refused.to_string().ends_with(names), "{refused}");
        for wanted in wanted {
            assert_eq!(writer.texts(wanted.owner.as_str()).await, [""; 0]);
        }
    }

    // Of two changes of one message the one that is allowed is not made either, nor is it later.
    assert_eq!(writer.write(&[policy("a.customer.test", "1")]).await, Kind::Add);
    assert_eq!(writer.texts("_mta-sts.a.customer.test").await, ["v=STSv1; id=1;"]);
}
