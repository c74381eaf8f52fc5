//! Writing the record of `_mta-sts` into a domain's own DNS ([`Way::Updated`]).

use super::Jobs;
use crate::delegation::policy_record;
use crate::dns_update::{Ours, Updater};
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::record::{PolicyId, Record};
use ironpost_store::hosting::domains::Hosted;

impl Jobs {
    /// Writes it, unless something stands there that is not ours. The error is for people.
    pub(super) async fn write_record(&self, hosted: &Hosted, id: &PolicyId) -> Result<(), String> {
        let name = &hosted.name;
        let updater = choose(&self.updaters, &DnsName::from(name)).ok_or_else(|| {
            format!("no [dns_update] of the configuration is for the zone of {name}")
        })?;
        let expected = self.looker.expected(name, hosted.token, Way::Updated);
        let wanted = [policy_record(&expected, id)];
        // Whatever this domain ever announced, we wrote.
        let written: Vec<String> = hosted
            .life
            .versions
            .iter()
            .map(|version| Record::new(version.id.clone()).to_string())
            .collect();
        let ours = Ours { token: hosted.token, zone: &self.looker.zone, written: &written };
        let now = self.clock.now();
        let resolver = &self.looker.resolver;
        let plan = updater.plan(resolver, &wanted, &[], ours, now).await;
        let plan = plan.map_err(|error| error.to_string())?;
        updater.apply(resolver, &plan, now).await.map_err(|error| error.to_string())
    }
}

/// The updater of the zone that the name is in: that of the longest, else the one for any.
fn choose<'a>(updaters: &'a [Updater], name: &DnsName) -> Option<&'a Updater> {
    let labels = |updater: &&Updater| updater.zone.as_ref().map_or(0, |zone| zone.as_str().len());
    let fits = |updater: &&Updater| {
        updater.zone.as_ref().is_none_or(|zone| {
            name.as_str() == zone.as_str()
                || name.as_str().strip_suffix(zone.as_str()).is_some_and(|rest| rest.ends_with('.'))
        })
    };
    updaters.iter().filter(fits).max_by_key(labels)
}
