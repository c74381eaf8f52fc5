//! All lives that a search meets, each once, and what follows from each: the functions under test
//! are asked once about the same.

mod ages;

use super::event::Ask;
use super::sender::Act;
use super::state::{Cached, Mx, VERSIONS};
use super::tool::Tool;
use ages::{age, forget_what_cannot_matter, moment, tick_millis};
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{
    Change, Checks, Command, FormerMx, Life, MARGIN, Migration, MxSet, Nodes, Observed, Sight,
    State, Step, Version, Waiting, Way,
};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;
use std::collections::HashMap;
use std::rc::Rc;

/// The moment at which every event happens: what matters are distances.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(100_000_000_000);

/// Two MX hosts, one of which the domain has at a time.
pub(crate) const HOSTS: [&str; 2] = ["old.a.test", "new.a.test"];

/// What a tool sees at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) nodes: Nodes,
    /// A live node serves what is shown.
    pub(crate) fetched: bool,
    pub(crate) mx: u8,
    pub(crate) host: bool,
    pub(crate) record: Option<u8>,
}

/// What a tool does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Nothing,
    /// The life is another from now on.
    Become(u32),
    /// The administrator is asked to paste this id.
    AskToPaste(u8),
}

/// All lives met so far.
pub(crate) struct Lives<'a> {
    tool: &'a dyn Tool,
    policies: Vec<Policy>,
    ids: Vec<PolicyId>,
    hosts: Vec<DnsName>,
    way: Way,
    met: Vec<Life>,
    places: HashMap<Code, u32>,
    deeds: HashMap<(u32, Seen), Deed>,
    asked: HashMap<(u32, Ask, u8, bool), Option<u32>>,
    ticked: HashMap<u32, u32>,
    switches: HashMap<(u32, u8), bool>,
    lessened: HashMap<(u32, u8), u32>,
    /// What a sender may do, by life, by what it holds, and by the domain's own record.
    pub(crate) acts: HashMap<Holding, Rc<[Act]>>,
}

/// A life, what a sender holds in it, and the id in the domain's own record.
type Holding = (u32, Option<Cached>, Option<u8>);

/// A life in few octets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Code {
    state: State,
    versions: Vec<VersionCode>,
    shown: Option<u8>,
    announced: Option<u8>,
    migration: Option<(u8, u8, Option<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct VersionCode {
    policy: u8,
    id: u8,
    elsewhere: bool,
    shown: bool,
    everywhere: bool,
    announced: Option<u8>,
    replaced: Option<u8>,
    last_served: Option<u8>,
}

impl<'a> Lives<'a> {
    pub(crate) fn new(tool: &'a dyn Tool, way: Way, policies: Vec<Policy>) -> Self {
        Self {
            tool,
            policies,
            ids: ["a", "b", "c", "d", "e"].iter().map(|id| id.parse().unwrap()).collect(),
            hosts: HOSTS.iter().map(|host| host.parse().unwrap()).collect(),
            way,
            met: Vec::new(),
            places: HashMap::new(),
            deeds: HashMap::new(),
            asked: HashMap::new(),
            ticked: HashMap::new(),
            switches: HashMap::new(),
            lessened: HashMap::new(),
            acts: HashMap::new(),
        }
    }

    pub(crate) fn life(&self, place: u32) -> &Life {
        &self.met[usize::try_from(place).unwrap()]
    }

    pub(crate) fn version(&self, place: u32, index: u8) -> &Version {
        &self.life(place).versions[usize::from(index)]
    }

    pub(crate) fn id(&self, index: u8) -> &PolicyId {
        &self.ids[usize::from(index)]
    }

    pub(crate) fn id_of(&self, place: u32, version: u8) -> u8 {
        index(&self.ids, &self.version(place, version).id)
    }

    /// The ids that were announced so far.
    pub(crate) fn announced(&self, place: u32) -> impl Iterator<Item = u8> {
        let versions = self.life(place).versions.iter();
        let announced = versions.filter(|version| version.announced.is_some());
        announced.map(|version| index(&self.ids, &version.id))
    }

    pub(crate) fn host(&self, index: u8) -> &DnsName {
        &self.hosts[usize::from(index)]
    }

    /// What the tool does by itself.
    pub(crate) fn deed(&mut self, place: u32, seen: Seen) -> Deed {
        if let Some(deed) = self.deeds.get(&(place, seen)) {
            return *deed;
        }
        let life = self.life(place);
        let observed = self.observed(life, seen);
        let deed = match self.tool.next(life, &observed, NOW) {
            Step::Change(changes) => Deed::Become(self.changed(place, &changes)),
            Step::Wait { waiting: Waiting::Paste(id), until: _ } => {
                Deed::AskToPaste(index(&self.ids, &id))
            }
            Step::LookAtDns
            | Step::OrderCertificate
            | Step::FetchOwn
            | Step::WriteRecord(_)
            | Step::Wait { .. } => Deed::Nothing,
        };
        self.deeds.insert((place, seen), deed);
        deed
    }

    /// The life after a command; `None` if it is refused, or there would be too many versions.
    pub(crate) fn ask(&mut self, place: u32, ask: Ask, records: Mx) -> Option<u32> {
        let (mx, is_other_cached) = (records.host, records.other_for > 0);
        if let Some(asked) = self.asked.get(&(place, ask, mx, is_other_cached)) {
            return *asked;
        }
        let life = self.life(place);
        let after = (life.versions.len() < VERSIONS).then(|| self.command(life, ask, mx));
        let other = FormerMx { host: self.host(1 - mx).clone(), until: NOW.after(MARGIN) };
        let former = is_other_cached.then_some(other).into_iter().collect();
        let checks = Checks { mx: Some(vec![self.host(mx).clone()]), former, ..Checks::default() };
        let after = after
            .flatten()
            .and_then(|command| self.tool.permit(life, &command, &checks, NOW))
            .map(|changes| self.changed(place, &changes));
        self.asked.insert((place, ask, mx, is_other_cached), after);
        after
    }

    /// True if the tool says that the MX records may be switched to this host.
    pub(crate) fn may_switch(&mut self, place: u32, to: u8) -> bool {
        if let Some(known) = self.switches.get(&(place, to)) {
            return *known;
        }
        let (life, host) = (self.life(place), self.host(to));
        let may = match &life.migration {
            Some(migration) => migration.to[0] == *host && self.tool.may_switch(life, NOW),
            None => self.tool.covers(life, host, NOW),
        };
        self.switches.insert((place, to), may);
        may
    }

    /// The same life a tick later.
    pub(crate) fn tick(&mut self, place: u32) -> u32 {
        if let Some(known) = self.ticked.get(&place) {
            return *known;
        }
        let mut life = self.life(place).clone();
        let older = |moment: &mut Option<Timestamp>| {
            *moment = moment.map(|at| Timestamp::from_millis(at.as_millis() - tick_millis()));
        };
        for version in &mut life.versions {
            older(&mut version.announced);
            older(&mut version.replaced);
            older(&mut version.last_served);
        }
        if let Some(migration) = &mut life.migration {
            older(&mut migration.switched);
        }
        let after = self.intern(life);
        self.ticked.insert(place, after);
        after
    }

    /// The same life after a fetch of a version so many ticks ago became known.
    pub(crate) fn served(&mut self, place: u32, version: u8, age: u8) -> u32 {
        let mut life = self.life(place).clone();
        let version = &mut life.versions[usize::from(version)];
        version.last_served = version.last_served.max(Some(moment(age)));
        self.intern(life)
    }

    /// The same life after a node came back or was given up whose log is lost: whatever it may have
    /// served, it served until now.
    pub(crate) fn accounted(&mut self, place: u32) -> u32 {
        let mut life = self.life(place).clone();
        for version in &mut life.versions {
            if version.shown.is_some() && version.replaced.is_none() {
                version.last_served = Some(NOW);
            }
        }
        self.intern(life)
    }

    /// The same life without what is known of fetches but of those versions, a bit for each.
    pub(crate) fn lessened(&mut self, place: u32, held: u8) -> u32 {
        if let Some(known) = self.lessened.get(&(place, held)) {
            return *known;
        }
        let mut life = self.life(place).clone();
        for (index, version) in life.versions.iter_mut().enumerate() {
            version.last_served = version.last_served.filter(|_| held & (1 << index) != 0);
        }
        let after = self.intern(life);
        self.lessened.insert((place, held), after);
        after
    }

    fn changed(&mut self, place: u32, changes: &[Change]) -> u32 {
        let mut life = self.life(place).clone();
        life.apply(changes, NOW);
        self.intern(life)
    }

    pub(crate) fn intern(&mut self, mut life: Life) -> u32 {
        forget_what_cannot_matter(&mut life);
        let code = self.code(&life);
        if let Some(place) = self.places.get(&code) {
            return *place;
        }
        let place = u32::try_from(self.met.len()).unwrap();
        self.met.push(life);
        self.places.insert(code, place);
        place
    }

    fn command(&self, life: &Life, ask: Ask, mx: u8) -> Option<Command> {
        let id = self.ids[life.versions.len()].clone();
        let from = MxSet { hosts: vec![self.host(mx).clone()], ttl: 86_400 };
        let policy = |index: u8| self.policies[usize::from(index)].clone();
        Some(match ask {
            // The same again would be told apart by nobody.
            Ask::Publish(index) if life.latest().is_some_and(|l| l.policy == policy(index)) => {
                return None;
            }
            Ask::Publish(index) => Command::Publish { id, policy: policy(index) },
            Ask::Rollback(version) => {
                let version = life.versions.get(usize::from(version))?;
                Command::Rollback { id, number: version.number }
            }
            Ask::Withdraw => Command::Withdraw { id },
            Ask::Migrate => Command::Migrate { id, to: vec![self.host(1 - mx).clone()], from },
            Ask::Narrow => Command::Narrow { id },
            Ask::BreakOff => Command::BreakOff { id },
            Ask::Adopt(index) => Command::Adopt { id, policy: policy(index) },
        })
    }

    fn observed(&self, life: &Life, seen: Seen) -> Observed {
        let sight = |ours| if ours { Sight::Ours } else { Sight::Elsewhere };
        Observed {
            policy_host: sight(seen.host),
            record: sight(seen.record.is_none()),
            id: seen.record.map(|id| self.id(id).clone()),
            certificate: seen.host,
            fetched: life.shown.filter(|_| seen.fetched && seen.host),
            nodes: seen.nodes,
            mx: Some(MxSet { hosts: vec![self.host(seen.mx).clone()], ttl: 86_400 }),
        }
    }

    fn code(&mut self, life: &Life) -> Code {
        let number = |number: u32| u8::try_from(number - 1).unwrap();
        let mut versions = Vec::new();
        for version in &life.versions {
            let known = self.policies.iter().position(|policy| *policy == version.policy);
            let policy = known.unwrap_or_else(|| {
                self.policies.push(version.policy.clone());
                self.policies.len() - 1
            });
            versions.push(VersionCode {
                policy: u8::try_from(policy).unwrap(),
                id: index(&self.ids, &version.id),
                elsewhere: version.elsewhere,
                shown: version.shown.is_some(),
                everywhere: version.everywhere.is_some(),
                announced: version.announced.map(age),
                replaced: version.replaced.map(age),
                last_served: version.last_served.map(age),
            });
        }
        let migration = life.migration.as_ref().map(|Migration { from: _, to, wide, switched }| {
            (index(&self.hosts, &to[0]), number(*wide), switched.map(age))
        });
        Code {
            state: life.state,
            versions,
            shown: life.shown.map(number),
            announced: life.announced.map(number),
            migration,
        }
    }

    /// How a life became another, in words.
    pub(crate) fn tell(&self, before: u32, after: u32) -> String {
        let (before, after) = (self.life(before), self.life(after));
        let mut told = Vec::new();
        if before.shown != after.shown {
            told.push(after.shown.map_or("nothing is shown".to_owned(), |number| {
                format!("version {number} is shown")
            }));
        }
        for (old, new) in before.versions.iter().zip(&after.versions) {
            if old.everywhere.is_none() && new.everywhere.is_some() {
                told.push(format!("version {} is everywhere", new.number));
            }
            if old.replaced.is_none() && new.replaced.is_some() {
                told.push(format!("version {} is replaced", new.number));
            }
        }
        if before.announced != after.announced
            && let Some(announced) = after.announced.and_then(|number| after.version(number))
        {
            told.push(format!("version {} is announced, id {}", announced.number, announced.id));
        }
        for new in after.versions.iter().skip(before.versions.len()) {
            told.push(format!("version {} is added, mode {}", new.number, new.policy.mode));
        }
        if before.migration != after.migration {
            told.push("the MX records are seen to have changed".to_owned());
        }
        if before.state != after.state {
            told.push(format!("state {}", after.state.as_str()));
        }
        told.join(", ")
    }

    /// A life that begins.
    pub(crate) fn begin(&mut self) -> Life {
        Life::new(self.way, NOW)
    }
}

fn index<T: PartialEq>(all: &[T], one: &T) -> u8 {
    u8::try_from(all.iter().position(|known| known == one).unwrap()).unwrap()
}
