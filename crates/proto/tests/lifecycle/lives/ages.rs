//! Moments as ages in ticks, and which of them no decision can tell apart.

use super::NOW;
use crate::state::TICK;
use ironpost_proto::lifecycle::Life;
use ironpost_proto::mta_sts::discovery::Timestamp;

/// Moments that no decision can tell from earlier ones become the earliest of them.
pub(super) fn forget_what_cannot_matter(life: &mut Life) {
    life.since = NOW;
    for version in &mut life.versions {
        let max_age = u8::try_from(version.policy.max_age.as_secs().div_ceil(86_400)).unwrap();
        cap(&mut version.shown, 0);
        cap(&mut version.everywhere, 0);
        cap(&mut version.announced, 1);
        cap(&mut version.replaced, if version.elsewhere { max_age + 2 } else { 1 });
        cap(&mut version.last_served, max_age + 1);
        let is_old = version.last_served == Some(moment(max_age + 1));
        if (is_old && version.replaced == Some(moment(1))) || !version.asks() {
            version.last_served = None;
        }
    }
    if let Some(migration) = &mut life.migration {
        cap(&mut migration.switched, 2);
    }
}

/// A moment no longer ago than so many ticks; any moment where that is none.
fn cap(at: &mut Option<Timestamp>, ticks: u8) {
    *at = at.map(|at| at.max(moment(ticks)));
}

pub(super) fn moment(age: u8) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - u64::from(age) * tick_millis())
}

pub(super) fn age(moment: Timestamp) -> u8 {
    u8::try_from(NOW.since(moment).as_millis() / TICK.as_millis()).unwrap()
}

pub(super) fn tick_millis() -> u64 {
    u64::try_from(TICK.as_millis()).unwrap()
}
