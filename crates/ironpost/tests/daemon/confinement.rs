//! Landlock: what runs on behalf of the resolver can do no more than it.

use crate::alerts::Alerts;
use crate::daemon::Home;
use crate::lab::{ENFORCE, RunningLab, SECURE};
use std::fs;

#[test]
fn nothing_is_written_outside_of_the_state() {
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    let elsewhere = tempfile::tempdir().unwrap();
    let kept = elsewhere.path().join("kept");
    fs::write(&kept, "as it was").unwrap();
    let alerts = Alerts::of(&home);
    let tricks = [
        "echo > {}/made",
        "echo >> {}/kept",
        "rm {}/kept",
        "mkdir {}/folder",
        "mv {}/kept state/kept",
        "ln -s /etc/passwd {}/link",
        "truncate -s 0 {}/kept",
    ];
    let tricks = tricks.map(|trick| trick.replace("{}", elsewhere.path().to_str().unwrap()));
    let script = format!(
        "{}; echo > {}/inside; cat > {}",
        tricks.join("; "),
        home.path("state").display(),
        home.path("alerts").display()
    );
    // Nothing listens there, which is the alert.
    let away = "cache = \"redis+unix:///nonexistent/redis.sock\"\n";
    home.configure(&format!("{away}alert_command = [\"/bin/sh\", \"-c\", \"{script}\"]\n"));
    let daemon = home.start();
    alerts.wait("shared-away", "open");
    assert!(home.path("state/inside").exists(), "its state it may write to");
    // A kernel without Landlock holds nobody back, and the log says so.
    let confined = !daemon.log().contains("not confined");
    let there: Vec<_> = fs::read_dir(elsewhere.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(there.len() == 1, confined, "{there:?}");
    let unchanged = fs::read_to_string(&kept).is_ok_and(|text| text == "as it was");
    assert_eq!(unchanged, confined);

    // Confined or not, the configuration is read again, even if it is another file now.
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE);
    let text = fs::read_to_string(home.path("ironpost.toml")).unwrap();
    let text = text + "[resolver.domains.\"a.example\"]\npolicy = \"encrypt\"\n";
    fs::write(home.path("ironpost.new"), text).unwrap();
    fs::rename(home.path("ironpost.new"), home.path("ironpost.toml")).unwrap();
    daemon.reload();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), "OK encrypt");
    assert_eq!(daemon.stop(), Some(0));
}
