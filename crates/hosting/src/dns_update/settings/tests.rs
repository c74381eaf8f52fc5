//! What sections say, and what is wrong with them.

use super::*;

fn open(text: &str) -> Result<Updater, String> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("secret"), " AAECAwQFBgcICQoLDA0ODw==\n").unwrap();
    std::fs::write(directory.path().join("empty"), "\n").unwrap();
    std::fs::write(directory.path().join("words"), "not base64").unwrap();
    std::fs::write(directory.path().join("large"), "x".repeat(MAX_SECRET + 1)).unwrap();
    let settings: Settings = toml::from_str(text).unwrap();
    let open = settings.relative_to(directory.path()).open();
    open.map_err(|error| error.to_string())
}

#[test]
fn what_is_wrong_with_a_section_is_named() {
    const UPDATE: &str = "provider = 'rfc2136'\nserver = '192.0.2.1'\nkey = 'k'\n";
    let update = |rest: &str| format!("{UPDATE}{rest}");
    let table = [
        ("provider = 'nobody'".to_owned(), "there is no provider nobody; there are rfc2136, "),
        ("provider = 'cloudflare'".to_owned(), "cloudflare needs token_file or token_env"),
        (
            "provider = 'cloudflare'\ntoken = 'x'".to_owned(),
            "cloudflare has no use for token; it takes token_file, token_env",
        ),
        (
            "provider = 'cloudflare'\ntoken_file = 'a'\ntoken_env = 'A'".to_owned(),
            "one secret comes from one place",
        ),
        ("provider = 'cloudflare'\ntoken_file = 'away'".to_owned(), "away with the token"),
        (
            "provider = 'cloudflare'\ntoken_env = 'IRONPOST_TEST_NO_SUCH'".to_owned(),
            "the environment has no IRONPOST_TEST_NO_SUCH",
        ),
        ("provider = 'cloudflare'\ntoken_file = 'empty'".to_owned(), "the token is empty"),
        ("provider = 'cloudflare'\ntoken_file = 'large'".to_owned(), "longer than 16384"),
        ("provider = 'simply'\nsecret_file = 'secret'".to_owned(), "simply needs account"),
        (update("secret_file = 'words'"), "the secret is not base64"),
        (update("secret_file = 'secret'\nalgorithm = 'hmac-md5'"), "algorithm = \"hmac-md5\""),
        (update("secret_file = 'secret'\nzone = 'a b'"), "zone = \"a b\""),
        (
            "provider = 'rfc2136'\nserver = 'a b'\nkey = 'k'\nsecret_file = 'secret'".to_owned(),
            "server = \"a b\"",
        ),
    ];
    for (text, words) in table {
        let error = open(&text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn a_sound_section_opens_and_shows_no_secret() {
    let text = "provider = 'rfc2136'\nserver = 'ns1.example.com:5353'\nkey = 'k'\n\
                zone = 'example.com'\nsecret_file = 'secret'";
    let updater = open(text).unwrap();
    assert_eq!(updater.zone.as_ref().map(DnsName::as_str), Some("example.com"));
    let shown = format!("{updater:?}");
    assert!(shown.contains("ns1.example.com") && !shown.contains("AAEC"), "{shown}");
}

#[test]
fn every_provider_can_be_set_up() {
    for provider in PROVIDERS {
        // These read what they are given: a key, a service account, a place.
        let endpoint = if provider.name == "ovh" { "ovh-eu" } else { "http://127.0.0.1:9" };
        if ["transip", "google"].contains(&provider.name) {
            continue;
        }
        let mut text = format!("provider = '{}'\n", provider.name);
        for key in provider.plain {
            let value = match *key {
                "endpoint" => endpoint,
                "server" => "192.0.2.1",
                _ => "something",
            };
            text.extend([*key, " = '", value, "'\n"]);
        }
        for name in provider.secrets {
            text.extend([*name, "_file = 'secret'\n"]);
        }
        assert!(open(&text).is_ok(), "{text}{:?}", open(&text).err());
    }
}

#[test]
fn addresses_of_servers_are_read() {
    let table = [
        ("192.0.2.1", Some("192.0.2.1:53")),
        ("192.0.2.1:5353", Some("192.0.2.1:5353")),
        ("2001:db8::1", Some("[2001:db8::1]:53")),
        ("[2001:db8::1]", Some("[2001:db8::1]:53")),
        ("[2001:db8::1]:5353", Some("[2001:db8::1]:5353")),
        ("ns1.example.com", Some("ns1.example.com:53")),
        ("ns1.example.com:5353", Some("ns1.example.com:5353")),
        ("ns1.example.com:99999", None),
        ("", None),
        ("a b", None),
    ];
    for (text, expected) in table {
        let found = text.parse::<Address>().ok().map(|address| address.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }
}
