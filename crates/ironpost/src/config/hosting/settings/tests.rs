use super::*;
use crate::config::hosting::args::{HostingArgs, NodeArgs};
use std::path::Path;

fn settled(text: &str, surroundings: &Surroundings) -> Result<HostingSettings, String> {
    let file = ConfigFile::parsed(text)?;
    let settled = HostingArgs::default().over(NodeArgs::default(), file, surroundings);
    settled.map_err(|failure| match failure {
        crate::failure::Failure::Usage(error) => error.to_string(),
        other => format!("{other:?}"),
    })
}

fn alone(text: &str) -> Result<HostingSettings, String> {
    settled(text, &Surroundings::default())
}

#[test]
fn without_a_word_it_is_known_what_is_missing() {
    let settings = alone("").unwrap();
    assert_eq!(settings.zone().unwrap_err(), HostingFault::NoZone);
    assert_eq!(settings.roles, Role::ALL);
    assert_eq!(settings.listen.https, [Listen::Every(443)]);
    assert_eq!(settings.listen.metrics, []);
    let missing = settings.missing();
    let agreed = HostingFault::TermsNotAgreed { directory: LETS_ENCRYPT.to_owned() };
    assert_eq!(missing, [HostingFault::NoZone, HostingFault::NoAddresses, agreed]);
}

#[test]
fn three_lines_are_enough() {
    let settings = alone(
        "[serve]\nzone = 'sts.example.net'\naddresses = '192.0.2.1'\n[acme]\nagree_to_terms = true\n",
    );
    let settings = settings.unwrap();
    assert_eq!(settings.missing(), []);
    let zone = settings.zone().unwrap();
    assert_eq!(zone.ns.len(), 1);
    let (name, addresses) = zone.name_servers.first().unwrap();
    assert_eq!((name.as_str(), addresses.len()), ("ns1.sts.example.net", 1));
    assert_eq!(zone.contact.as_str(), "hostmaster.sts.example.net");
}

#[test]
fn state_is_where_it_belongs() {
    let own = Surroundings { own_state: Some("/srv/a/state".into()), ..Surroundings::default() };
    let root = Surroundings { is_root: true, ..own.clone() };
    let service = Surroundings { state_directory: Some("/srv/state".into()), ..own.clone() };
    let table = [
        (own, "", "/srv/a/state/ironpost"),
        (root, "", "/var/lib/ironpost"),
        (service.clone(), "", "/srv/state"),
        (service, "[serve]\nstate = '/srv/other'\n", "/srv/other"),
        (Surroundings::default(), "", "/var/lib/ironpost"),
    ];
    for (surroundings, text, expected) in table {
        let settings = settled(text, &surroundings).unwrap();
        assert_eq!(settings.state, Path::new(expected));
        assert_eq!(settings.sealing_key, Path::new(expected).join("sealing.key"));
        assert!(settings.sealing_key_is_ours);
        let expected = Path::new(expected).join("ironpost.db").into();
        assert_eq!(settings.database, expected);
    }
}

#[test]
fn a_credential_of_the_service_manager_outranks_the_key_in_the_state_folder() {
    let folder = tempfile::tempdir().unwrap();
    let surroundings =
        Surroundings { credentials: Some(folder.path().into()), ..Surroundings::default() };
    assert!(settled("", &surroundings).unwrap().sealing_key_is_ours);
    let key = folder.path().join("sealing.key");
    std::fs::write(&key, "").unwrap();
    let settings = settled("", &surroundings).unwrap();
    assert_eq!((settings.sealing_key, settings.sealing_key_is_ours), (key, false));
}

#[test]
fn what_does_not_go_together_is_named() {
    let zone = "[serve]\nzone = 'sts.test'\n";
    let email = "[alerts.email]\nserver = 'mx.test'\nfrom = 'a@b.test'\n";
    let table = [
        (format!("{zone}ns = []\n"), "ns in [serve] is empty"),
        (
            format!("{zone}ns = ['ns1.sts.test', 'ns2.sts.test']\n"),
            "ns1.sts.test is a name server inside the zone",
        ),
        (
            format!("{zone}ns = 'ns.test'\n[serve.name_servers]\n'ns.test' = '192.0.2.1'\n"),
            "ns.test in [serve.name_servers] lies outside the zone",
        ),
        (
            format!("{zone}[serve.name_servers]\n'ns9.sts.test' = '192.0.2.1'\n"),
            "ns9.sts.test in [serve.name_servers] is not in ns",
        ),
        (format!("{zone}http = ':443'\n"), "https and http would listen on the same port"),
        (format!("{zone}dns = [':53', '[::1]:53']\n"), "dns and dns would listen on the same port"),
        ("[acme]\neab_kid = 'a'\n".to_owned(), "[acme]: eab_kid and eab_key_file"),
        (format!("{email}to = []\n"), "to names nobody"),
        (format!("{email}to = 'c@d.test'\nuser = 'a'\n"), "user and password_file"),
        (
            format!("{email}to = 'c@d.test'\nuser = 'a'\npassword_file = 'b'\nsecurity = 'none'\n"),
            "a password would go over the network unprotected",
        ),
        ("[senders.'A']\n".to_owned(), "[senders]: the sender A has neither"),
    ];
    for (text, expected) in table {
        let error = alone(&text).unwrap_err();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}
