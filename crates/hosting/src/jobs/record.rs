//! Writing the record of `_mta-sts` into a domain's own DNS ([`Way::Updated`]).

use super::Jobs;
use crate::delegation::policy_record;
use crate::dns_update::{Ours, Updater, spread, written};
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::hosting::domains::Hosted;
use std::time::Duration;

impl Jobs {
    /// Writes it, unless something stands there that is not ours, and watches until the domain's name
    /// servers show it. The error is for people.
    pub(super) async fn write_record(&self, hosted: &Hosted, id: &PolicyId) -> Result<(), String> {
        let name = &hosted.name;
        let updater = Updater::of(&self.updaters, name).ok_or_else(|| {
            format!("no [dns_update] of the configuration is for the zone of {name}")
        })?;
        let expected = self.looker.expected(name, hosted.token, Way::Updated);
        let wanted = [policy_record(&expected, id)];
        let written = written(&hosted.life);
        let ours = Ours { token: hosted.token, zone: &self.looker.zone, written: &written };
        let now = self.clock.now();
        let resolver = &self.looker.resolver;
        let plan = updater.plan(resolver, &wanted, &[], ours, now).await;
        let plan = plan.map_err(|error| error.to_string())?;
        for line in plan.to_string().lines() {
            tracing::info!(domain = %name, "in the domain's DNS: {line}");
        }
        updater.apply(resolver, &plan, now).await.map_err(|error| error.to_string())?;
        let [record] = &wanted;
        match spread(&self.looker, record, WATCHED, |_| {}).await {
            Ok(spread) if spread.behind().next().is_some() => {
                Err(format!("the record is written into the domain's DNS: {spread}"))
            }
            // Its name servers cannot be asked now: the next look tells.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The id that DNS shows. Of one that we have written, only once no name server of the domain
    /// shows another: until then some senders are told the one before.
    pub(super) async fn settled(&self, hosted: &Hosted, id: Option<PolicyId>) -> Option<PolicyId> {
        let (life, id) = (&hosted.life, id?);
        let announced = life.announced.and_then(|number| life.version(number));
        if life.way != Way::Updated || announced.is_some_and(|version| version.id == id) {
            return Some(id);
        }
        let expected = self.looker.expected(&hosted.name, hosted.token, Way::Updated);
        match spread(&self.looker, &policy_record(&expected, &id), GLANCE, |_| {}).await {
            Ok(spread) => spread.behind().next().is_none().then_some(id),
            Err(_) => Some(id),
        }
    }
}

/// A NOTIFY (RFC 1996) and a transfer take less, where all is well. Own limit.
const WATCHED: Duration = Duration::from_secs(30);
/// For another look at what should be there.
const GLANCE: Duration = Duration::from_secs(3);
