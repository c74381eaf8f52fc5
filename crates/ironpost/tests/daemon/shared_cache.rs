//! Two resolvers that share what they fetch.

use crate::admin::Admin;
use crate::alerts::Alerts;
use crate::daemon::{Daemon, Home};
use crate::lab::{RunningLab, secure, sound};
use crate::redis_server::RedisServer;
use serde_json::json;

#[test]
fn the_second_fetches_nothing_unless_the_cache_is_away() {
    let lab = RunningLab::start(4);
    let mut server = RedisServer::start();
    let [one, other] = [(); 2].map(|()| Mta::start(&lab, &server));
    let ask = |mta: &Mta, number| {
        assert_eq!(mta.daemon.lookup("ironpost", &sound(number)), secure(number));
    };
    let mut admins = [&one, &other].map(|mta| Admin::connect(&mta.home));
    for admin in &mut admins {
        admin.wait(&[("shared", json!("sound"))]);
    }
    ask(&one, 1);
    ask(&other, 1);
    assert_eq!(lab.fetches(), 1);
    assert_eq!(admins[1].status()["fetches"], 0);

    server.kill();
    for (mta, admin) in [&one, &other].into_iter().zip(&mut admins) {
        mta.alerts.wait("shared-away", "open");
        assert!(mta.daemon.log().contains("the shared cache"), "{}", mta.daemon.log());
        assert_ne!(admin.status()["shared"], "sound");
        assert_eq!(mta.home.resolver(["status"]).code, 1);
        // What was known, and what was not.
        ask(mta, 1);
        ask(mta, 2);
    }
    assert_eq!(lab.fetches(), 3);

    server.start_again();
    for (mta, admin) in [&one, &other].into_iter().zip(&mut admins) {
        mta.alerts.wait("shared-away", "over");
        admin.wait(&[("shared", json!("sound")), ("alerts", json!([]))]);
    }
    ask(&one, 3);
    ask(&other, 3);
    assert_eq!(lab.fetches(), 4);
    assert_eq!([one, other].map(|mta| mta.daemon.stop()), [Some(0); 2]);
}

/// A resolver beside an MTA.
struct Mta {
    daemon: Daemon,
    alerts: Alerts,
    home: Home,
}

impl Mta {
    fn start(lab: &RunningLab, server: &RedisServer) -> Self {
        let home = Home::new(lab);
        let alerts = Alerts::of(&home);
        home.configure(&format!("{}{}", server.line(), alerts.line()));
        Self { daemon: home.start(), alerts, home }
    }
}
