use super::*;

fn status() -> StatusReport {
    StatusReport {
        version: "0".to_owned(),
        started: String::new(),
        enforce: 7,
        testing: 1,
        none: 0,
        without_policy: 12,
        routes: 3,
        lookups: 0,
        from_memory: 0,
        fetches: 0,
        failed_fetches: 0,
        connections: 0,
        loading: true,
        unwritten: 2,
        store: "the disk is full".to_owned(),
        shared: "none".to_owned(),
        dnssec: String::new(),
        alerts: Vec::new(),
    }
}

#[test]
fn what_is_counted_is_told() {
    let metrics = Metrics::new();
    metrics.lookup(Source::Memory, Status::Found);
    metrics.lookup(Source::Memory, Status::Found);
    metrics.lookup(Source::Outside, Status::Temp);
    metrics.fetch(Ok(()));
    metrics.fetch(Err(ResultType::StsWebpkiInvalid));
    metrics.recheck(Recheck::Absent);
    metrics.refresh();
    metrics.discovery(Duration::from_millis(20));
    metrics.alerts(Kind::RecordGone, 4);
    let open = metrics.connected(Protocol::Socketmap);
    drop(metrics.connected(Protocol::Socketmap));
    let totals =
        Totals { lookups: 3, from_memory: 2, fetches: 1, failed_fetches: 1, connections: 1 };
    assert_eq!(metrics.totals(), totals);
    let text = metrics.render(&status(), Format::OpenMetrics);
    for line in [
        r#"ironpost_resolver_lookups_total{source="memory",status="found"} 2"#,
        r#"ironpost_resolver_lookups_total{source="outside",status="temp"} 1"#,
        r#"ironpost_resolver_lookups_total{source="outside",status="perm"} 0"#,
        "ironpost_resolver_fetches_total 1",
        r#"ironpost_resolver_fetches_failed_total{result="sts-webpki-invalid"} 1"#,
        r#"ironpost_resolver_fetches_failed_total{result="sts-policy-invalid"} 0"#,
        r#"ironpost_resolver_rechecks_total{record="absent"} 1"#,
        "ironpost_resolver_refreshes_total 1",
        r#"ironpost_resolver_discovery_duration_seconds_bucket{le="0.025"} 1"#,
        r#"ironpost_resolver_discovery_duration_seconds_bucket{le="0.01"} 0"#,
        r#"ironpost_resolver_alerts_open{kind="record-gone"} 4"#,
        r#"ironpost_resolver_connections_open{protocol="socketmap"} 1"#,
        r#"ironpost_resolver_connections_total{protocol="socketmap"} 2"#,
        r#"ironpost_resolver_policies{mode="enforce"} 7"#,
        "ironpost_resolver_domains_without_policy 12",
        "ironpost_resolver_store_unwritten 2",
        "ironpost_resolver_store_loading 1",
        "ironpost_resolver_store_failing 1",
        "ironpost_resolver_shared_away 0",
        concat!(r#"ironpost_resolver_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
    drop(open);
    assert_eq!(metrics.totals().connections, 0);
}

#[test]
fn the_classic_format_types_every_sample() {
    let metrics = Metrics::new();
    metrics.discovery(Duration::from_millis(20));
    let text = metrics.render(&status(), Format::Text);
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
    let mut family = "";
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            family = typed.split(' ').next().unwrap();
        } else if !line.starts_with('#') {
            let sample = line.split(['{', ' ']).next().unwrap();
            let plain = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| sample.strip_suffix(suffix))
                .unwrap_or(sample);
            assert_eq!(plain, family, "{line}");
        }
    }
    assert!(text.contains("# TYPE ironpost_resolver_lookups_total counter\n"), "{text}");
    assert!(text.contains("# TYPE ironpost_resolver_build_info gauge\n"), "{text}");
}
