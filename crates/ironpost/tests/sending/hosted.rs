//! Mail to a domain whose policy `ironpost serve` hosts, while its owner does what `ironpost domain`
//! says and when: from testing to enforce, to another MX host, and away. Some senders follow, others
//! lose sight of the policy on the way. Nothing is refused but to attackers.

mod installation;
mod life;
mod pebble;
mod world;

use crate::waiting::wait_until;
use life::{HOUR, Life, MINUTE, MOMENT, NEW, NO_STARTTLS, OLD, WRONG_NAME};
use world::{DETOURS, World};

#[test]
fn no_mail_is_refused_while_a_hosted_domain_goes_through_its_life() {
    let world = World::start();
    let mut life = Life::begin(&world);
    life.assert_mail_flows();
    life.delegate();
    life.follower_hears("testing", &[]);
    life.attack(NO_STARTTLS);
    to_enforce(&mut life);
    to_another_host(&mut life);
    away(&mut life);
}

/// A day of testing is enough, and not less.
fn to_enforce(life: &mut Life<'_>) {
    let enforce = "--mode enforce";
    let announced = life.announced();
    life.go_to(announced + HOUR * 24 - MINUTE * 5);
    life.assert_refused("publish", enforce, "mode testing was not announced for a day yet");
    life.go_to(announced + HOUR * 24 + MOMENT);
    life.does("publish", enforce);
    life.follower_hears("enforce", &[OLD]);
    life.lose_a_sender(&DETOURS[0]);
    life.attack(NO_STARTTLS);
    life.attack(WRONG_NAME);
}

/// A wider policy, then the MX records, then a narrower policy: each when everybody has heard of what
/// was before.
fn to_another_host(life: &mut Life<'_>) {
    life.does("migrate", "--to second.unsigned.example");
    life.follower_hears("enforce", &[OLD, NEW]);
    let may_switch = life.date("migrate", "MX records may be switched: ");
    life.go_to(may_switch - HOUR);
    // The one that knows the old policy alone would refuse the new host.
    life.attack(NEW);
    life.forget("enforced", may_switch + MOMENT);
    // Everybody has looked the MX records up again: the old ones are in caches for an hour.
    life.go_to(may_switch + MINUTE * 20);
    life.lose_a_sender(&DETOURS[1]);
    life.switch_mx();

    let known = "senders may still know the old MX records";
    life.assert_refused("migrate", "--narrow", known);
    life.go_to_with_new_mx(may_switch + HOUR + MINUTE * 40);
    let may_narrow = life.date("migrate", "the policy may be narrowed: ");
    life.go_to(may_narrow - MINUTE * 5);
    life.assert_refused("migrate", "--narrow", known);
    life.go_to(may_narrow + MOMENT);
    let narrow = || life.world.command("migrate", "--narrow");
    wait_until("the end of the wait", narrow, |ended| ended.code == 0);
    life.assert_mail_flows();
    life.follower_hears("enforce", &[NEW]);
    life.lose_a_sender(&DETOURS[2]);
    life.attack(OLD);
}

/// Mode none, until the last sender has forgotten.
fn away(life: &mut Life<'_>) {
    life.does("withdraw", "");
    life.follower_hears("none", &[]);
    let free = life.date("show", "keep the records in DNS until ");
    life.forget("widened", free - HOUR);
    life.attack(NO_STARTTLS);
    life.forget("narrowed", free + MOMENT);
    let list = || life.world.installation.ok("domain list", &life.world.namespace);
    wait_until("the end", list, String::is_empty);
    life.assert_mail_flows();
    life.attack(NO_STARTTLS);
    life.attack(WRONG_NAME);
}
