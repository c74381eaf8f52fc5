//! The resolver starts before the network does.

use crate::daemon::Home;
use crate::lab::{ENFORCE, RunningLab, SECURE};

#[test]
fn it_serves_what_it_knows_and_learns_the_rest_later() {
    let mut lab = RunningLab::start(0);
    let home = Home::new(&lab);
    lab.cut_off();
    let daemon = home.start();
    let mut client = daemon.client();
    // DANE cannot be ruled out (RFC 7672 §2.1.1): the mail waits.
    let answer = client.lookup("ironpost", ENFORCE);
    assert!(answer.starts_with("TEMP "), "{answer}");
    lab.connect_again();
    // An administrator need not wait until the failure is forgotten.
    assert_eq!(home.resolver(["purge", ENFORCE]).code, 0);
    assert_eq!(client.lookup("ironpost", ENFORCE), SECURE);
    assert_eq!(daemon.stop(), Some(0));
}
