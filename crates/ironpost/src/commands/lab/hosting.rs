//! An installation that hosts policies, inside the lab: `ironpost serve` with a CA and customers in
//! different states, and a crowd of senders that fetch.

use crate::commands::domain::{desk, records};
use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::daemon::{self, make_folder};
use crate::failure::Failure;
use crate::output::Console;
use ironpost_hosting::operations::add::{Add, First};
use ironpost_hosting::operations::publish::Wanted;
use ironpost_hosting::operations::{Desk, Said};
use ironpost_lab::{AcmeCa, Crowd, CrowdOptions, Lab};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Checks, Override, State, Way};
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::organisations;
use std::fmt::Write;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// A running installation. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Installation {
    /// For `--config`.
    pub(super) config: PathBuf,
    /// Where it writes what it does.
    pub(super) log: PathBuf,
    server: Child,
    _ca: AcmeCa,
    _crowd: Crowd,
    desk: Desk,
    settings: HostingSettings,
}

impl Installation {
    /// Starts CA and `ironpost serve`, and sends the crowd off.
    pub(super) async fn start(lab: &Lab) -> Result<Self, Failure> {
        let folder = lab.config_file().parent().unwrap_or(Path::new("."));
        let http = free_port(lab)?;
        let ca = lab.start_ca(http).await.map_err(Failure::could_not_test)?;
        let config = folder.join(CONFIG);
        let write = |path: &Path, text: &str| {
            fs::write(path, text).map_err(|error| Failure::writing(path, error))
        };
        let network = fs::read_to_string(lab.config_file())
            .map_err(|error| Failure::reading(lab.config_file(), error))?;
        write(&config, &format!("{network}{}", section(lab, http, &ca.directory())))?;
        let state = folder.join(STATE);
        make_folder(&state, daemon::PRIVATE).map_err(|error| Failure::writing(&state, error))?;
        let log = folder.join(LOG);
        let server = serve(&config, &log)?;
        let settings = HostingArgs::from_file(config.clone()).settle()?;
        let desk = desk::of(&settings, organisations::FIRST).await?;
        let crowd = Crowd::start(CrowdOptions {
            senders: SENDERS,
            domains: lab.customers().collect(),
            resolver: lab.dns(),
            https: lab.ports().https,
            roots: lab_roots(lab)?,
            pace: PACE,
            refresh: REFRESH,
        })
        .map_err(Failure::could_not_test)?;
        Ok(Self { config, log, server, _ca: ca, _crowd: crowd, desk, settings })
    }

    /// Brings customers into different states, and tells of each.
    pub(super) async fn settle(&self, lab: &Lab, console: &Console) -> Result<(), Failure> {
        let names: Vec<Domain> = lab.customers().filter_map(|name| name.parse().ok()).collect();
        let mut zone = fs::read_to_string(lab.records_file())
            .map_err(|error| Failure::reading(lab.records_file(), error))?;
        for (name, wanted) in names.iter().zip(WANTED) {
            if wanted == State::Gone {
                continue;
            }
            let hosted = self.add(name).await?;
            if wanted != State::Pending {
                self.write_records(&mut zone, &hosted)?;
            }
        }
        fs::write(lab.records_file(), zone)
            .map_err(|error| Failure::writing(lab.records_file(), error))?;
        for (name, wanted) in names.iter().zip(WANTED) {
            self.bring(name, wanted).await?;
            if wanted != State::Gone {
                console.note(&format!("{name} is {}", wanted.as_str()));
            }
        }
        Ok(())
    }

    async fn add(&self, name: &Domain) -> Result<Hosted, Failure> {
        let host: Domain = format!("mx.{name}").parse().map_err(Failure::usage)?;
        let policy = Policy {
            mode: Mode::Testing,
            max_age: MaxAge::from_secs(86_400),
            mx: vec![host.into()],
            extensions: Vec::new(),
        };
        let first = First::New(policy);
        let checks = Checks::default();
        let add = Add { name: name.clone(), way: Way::Cname, rua: None, first, checks };
        let prepared = self.desk.prepare_add(&add, &Said::default()).await;
        self.desk.add(prepared.map_err(Failure::usage)?).await.map_err(Failure::usage)
    }

    fn write_records(&self, zone: &mut String, hosted: &Hosted) -> Result<(), Failure> {
        for record in records::wanted(hosted, &self.settings)? {
            // Writing to a `String` cannot fail.
            let _ = writeln!(zone, "{record}");
        }
        Ok(())
    }

    /// Takes a customer on its way and waits until it has arrived.
    async fn bring(&self, name: &Domain, wanted: State) -> Result<(), Failure> {
        let said = Said { why: None, overriding: Override::new("a lab has no day to wait") };
        match wanted {
            State::Enforce => {
                self.arrived(name, State::Testing).await?;
                let to = Wanted { mode: Some(Mode::Enforce), ..Wanted::default() };
                let prepared = self.desk.publish(name, to, &said, &Checks::default()).await;
                self.desk
                    .carry_out(prepared.map_err(Failure::usage)?)
                    .await
                    .map_err(Failure::usage)?;
            }
            State::Withdrawing => {
                self.arrived(name, State::Testing).await?;
                let prepared = self.desk.withdraw(name, &said).await;
                self.desk
                    .carry_out(prepared.map_err(Failure::usage)?)
                    .await
                    .map_err(Failure::usage)?;
            }
            State::Pending | State::Delegated | State::Certified | State::Testing => {}
            State::Gone => return Ok(()),
        }
        self.arrived(name, wanted).await
    }

    async fn arrived(&self, name: &Domain, wanted: State) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let hosted = self.desk.hosted(name).await.map_err(Failure::usage)?;
            if hosted.life.state == wanted {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Failure::message(format!(
                    "{name} did not become {} in time; {} tells why",
                    wanted.as_str(),
                    self.log.display()
                )));
            }
            sleep(LOOK).await;
        }
    }

    /// Ends `ironpost serve` as a service manager would.
    pub(super) async fn stop(mut self) {
        if let Some(pid) = self.server.id().and_then(|pid| i32::try_from(pid).ok())
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = timeout(GOODBYE, self.server.wait()).await;
        }
    }
}

/// Starts this program again, as `serve`.
fn serve(config: &Path, log: &Path) -> Result<Child, Failure> {
    let own = std::env::current_exe().map_err(Failure::usage)?;
    let file = File::create(log).map_err(|error| Failure::writing(log, error))?;
    Command::new(own)
        .args(["serve", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .kill_on_drop(true)
        .spawn()
        .map_err(Failure::usage)
}

/// What the configuration says of hosting.
fn section(lab: &Lab, http: u16, directory: &str) -> String {
    let at = lab.installation();
    let (https, dns) = (lab.ports().https, lab.ports().dns);
    let zone = lab.hosting_zone();
    format!(
        "\n[serve]\n\
         zone = \"{zone}\"\n\
         ns = [\"ns.{zone}\"]\n\
         addresses = [\"{at}\"]\n\
         state = \"{STATE}\"\n\
         ttl = 30\n\
         https = [\"{at}:{https}\"]\n\
         http = [\"{at}:{http}\"]\n\
         dns = [\"{at}:{dns}\"]\n\
         [serve.name_servers]\n\
         \"ns.{zone}\" = \"{at}\"\n\
         \n[acme]\n\
         directory = \"{directory}\"\n\
         roots = \"ca.pem\"\n\
         agree_to_terms = true\n"
    )
}

/// A port for HTTP-01 at the address of the installation.
fn free_port(lab: &Lab) -> Result<u16, Failure> {
    let probe = TcpListener::bind(SocketAddr::new(lab.installation(), 0));
    let port = probe.and_then(|listener| listener.local_addr());
    Ok(port.map_err(Failure::could_not_test)?.port())
}

fn lab_roots(lab: &Lab) -> Result<String, Failure> {
    fs::read_to_string(lab.roots_file()).map_err(|error| Failure::reading(lab.roots_file(), error))
}

const CONFIG: &str = "hosting.toml";
const LOG: &str = "serve.log";
/// What is written into the folder of the lab.
pub(super) const FILES: [&str; 2] = [CONFIG, LOG];
/// The folder of the installation's state, in that of the lab.
pub(super) const STATE: &str = "hosting";
/// What `ironpost serve` and the commands beside it write there.
pub(super) const STATE_FILES: [&str; 4] =
    ["ironpost.db", "ironpost.db-wal", "ironpost.db-shm", "sealing.key"];
/// What becomes of each customer; gone: of whom nothing is done, and who waits for somebody to try.
const WANTED: [State; 5] =
    [State::Enforce, State::Testing, State::Pending, State::Withdrawing, State::Gone];
/// Senders in the crowd.
const SENDERS: u8 = 40;
/// How long each of them rests between two domains.
const PACE: Duration = Duration::from_millis(700);
/// After how long they fetch anew: a day is too long for a lab.
const REFRESH: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);
const GOODBYE: Duration = Duration::from_secs(10);
