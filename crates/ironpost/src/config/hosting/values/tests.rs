use super::*;

#[test]
fn addresses_to_listen_on() {
    let at = |text: &str| Some(Listen::At(text.parse().unwrap()));
    let table = [
        (":443", Some(Listen::Every(443))),
        ("192.0.2.1:443", at("192.0.2.1:443")),
        ("inet:[2001:db8::1]:443", at("[2001:db8::1]:443")),
        ("443", None),
        (":", None),
        (":+443", None),
        (":65536", None),
        ("localhost:443", None),
        ("unix:/run/a", None),
    ];
    for (text, expected) in table {
        assert_eq!(text.parse::<Listen>().ok(), expected, "{text}");
    }
}

#[test]
fn one_port_is_listened_on_once() {
    let table = [
        (":443", "192.0.2.1:443", true, "every address is one of them"),
        (":443", ":80", false, "another port"),
        ("192.0.2.1:443", "192.0.2.2:443", false, "another address"),
        ("192.0.2.1:443", "192.0.2.1:443", true, "twice"),
        ("0.0.0.0:443", "192.0.2.1:443", true, "every address of IPv4"),
        ("0.0.0.0:443", "[2001:db8::1]:443", false, "the other family"),
        ("[::]:443", "192.0.2.1:443", true, "both families"),
        (":0", ":0", false, "the system chooses"),
    ];
    for (one, another, expected, reason) in table {
        let (one, another): (Listen, Listen) = (one.parse().unwrap(), another.parse().unwrap());
        assert_eq!(
            (one.overlaps(another), another.overlaps(one)),
            (expected, expected),
            "{reason}"
        );
    }
}

#[test]
fn names_and_addresses_from_a_file_cannot_carry_anything_else() {
    assert!("sts.example.net".parse::<ZoneName>().is_ok());
    assert!("net".parse::<ZoneName>().is_err(), "a zone of one label is no one's to host in");
    for bad in ["", "0.0.0.0", "::", "224.0.0.1", "example.com", "192.0.2.1/24"] {
        assert!(bad.parse::<Reachable>().is_err(), "{bad}");
    }
    for bad in ["", "a", "@a.test", "a@", "a b@a.test", "a\r\nb@a.test", "\"a\"@a.test"] {
        assert!(bad.parse::<MailAddress>().is_err(), "{bad:?}");
    }
    for bad in ["", "http://a.test", "https://", "https:///a", "https://u:p@a.test", "https://a b"]
    {
        assert!(bad.parse::<HttpsUrl>().is_err(), "{bad}");
    }
    for bad in ["", "a b", "a,b", "a\n"] {
        assert!(bad.parse::<NodeName>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_mailbox_is_a_name() {
    let name = |text: &str| text.parse::<MailAddress>().unwrap().as_name().unwrap();
    assert_eq!(name("mailto:hostmaster@Example.net").as_str(), "hostmaster.example.net");
    assert_eq!(name("a.b@example.net").labels().len(), 3);
}

#[test]
fn an_address_with_a_password_never_prints() {
    let value: DatabaseValue = "postgres://u:hunter2@192.0.2.1/ironpost".parse().unwrap();
    assert_eq!(format!("{value:?}"), "DatabaseValue(..)");
    let error = "mysql://u:hunter2@192.0.2.1".parse::<DatabaseValue>();
    assert!(error.is_err_and(|error| !error.to_string().contains("hunter2")));
}
