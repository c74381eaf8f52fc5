//! The providers, and what each wants.

use super::Values;
use dns_update::DnsUpdater;
use dns_update::providers::azuredns::{AzureDnsConfig, AzureEnvironment};
use dns_update::providers::google_cloud_dns::GoogleCloudDnsConfig;
use dns_update::providers::route53::Route53Config;
use std::time::Duration;

/// A provider as the configuration knows it.
pub(super) struct Known {
    pub(super) name: &'static str,
    /// Keys that it needs.
    pub(super) plain: &'static [&'static str],
    /// Keys that it takes.
    pub(super) optional: &'static [&'static str],
    /// Secrets that it needs, each from a file or the environment.
    pub(super) secrets: &'static [&'static str],
    pub(super) api: Api,
}

/// How a provider is talked to.
pub(super) enum Api {
    /// Dynamic update.
    Rfc2136,
    /// Its own interface.
    Http(Make),
}

/// Makes a client of what the configuration says.
pub(super) type Make = fn(&Values) -> dns_update::Result<DnsUpdater>;

impl Known {
    /// Every key that it takes.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        let plain = self.plain.iter().chain(self.optional).map(|key| (*key).to_owned());
        let secrets = self
            .secrets
            .iter()
            .flat_map(|name| [super::FILE, super::ENV].map(|ending| format!("{name}{ending}")));
        plain.chain(secrets)
    }
}

/// A provider that knows its customers by a token alone.
const fn by_token(name: &'static str, make: Make) -> Known {
    Known { name, plain: &[], optional: &[], secrets: &["token"], api: Api::Http(make) }
}

/// A provider that knows its customers by a name and a secret.
const fn by_account(name: &'static str, make: Make) -> Known {
    Known { name, plain: &["account"], optional: &[], secrets: &["secret"], api: Api::Http(make) }
}

fn token(values: &Values) -> &str {
    values.secret("token")
}

fn account(values: &Values) -> (&str, &str) {
    (values.plain("account"), values.secret("secret"))
}

/// Dynamic update first, then by name.
pub(super) const PROVIDERS: &[Known] = &[
    Known {
        name: "rfc2136",
        plain: &["server", "key"],
        optional: &["algorithm"],
        secrets: &["secret"],
        api: Api::Rfc2136,
    },
    Known {
        name: "azure",
        plain: &["tenant", "client", "subscription", "resource_group"],
        optional: &[],
        secrets: &["secret"],
        api: Api::Http(azure),
    },
    by_token("bunny", |v| DnsUpdater::new_bunny(token(v), PATIENCE)),
    by_token("cloudflare", |v| DnsUpdater::new_cloudflare(token(v), PATIENCE)),
    by_token("desec", |v| DnsUpdater::new_desec(token(v), PATIENCE)),
    by_token("digitalocean", |v| DnsUpdater::new_digitalocean(token(v), PATIENCE)),
    by_account("dnsimple", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_dnsimple(secret, account, PATIENCE)
    }),
    by_account("dnsmadeeasy", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_dnsmadeeasy(account, secret, PATIENCE)
    }),
    by_account("domeneshop", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_domeneshop(account, secret, PATIENCE)
    }),
    by_account("exoscale", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_exoscale(account, secret, PATIENCE)
    }),
    by_token("gandi", |v| DnsUpdater::new_gandiv5(token(v), PATIENCE)),
    by_token("gcore", |v| DnsUpdater::new_gcore(token(v), PATIENCE)),
    by_account("glesys", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_glesys(account, secret, PATIENCE)
    }),
    by_account("godaddy", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_godaddy(account, secret, PATIENCE)
    }),
    Known {
        name: "google",
        plain: &["project"],
        optional: &["managed_zone"],
        secrets: &["service_account"],
        api: Api::Http(google),
    },
    by_token("hetzner", |v| DnsUpdater::new_hetzner(token(v), PATIENCE)),
    by_token("hostingde", |v| DnsUpdater::new_hostingde(token(v), PATIENCE)),
    by_token("hostinger", |v| DnsUpdater::new_hostinger(token(v), PATIENCE)),
    by_token("infomaniak", |v| DnsUpdater::new_infomaniak(token(v), PATIENCE)),
    by_account("inwx", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_inwx(account, secret, false, PATIENCE)
    }),
    by_token("ionos", |v| DnsUpdater::new_ionos(token(v), PATIENCE)),
    by_token("linode", |v| DnsUpdater::new_linode(token(v), PATIENCE)),
    by_account("luadns", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_luadns(account, secret, PATIENCE)
    }),
    by_account("mythicbeasts", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_mythicbeasts(account, secret, PATIENCE)
    }),
    by_account("namecom", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_namedotcom(account, secret, PATIENCE)
    }),
    Known {
        name: "netcup",
        plain: &["customer"],
        optional: &[],
        secrets: &["key", "password"],
        api: Api::Http(|v| {
            let (key, password) = (v.secret("key"), v.secret("password"));
            DnsUpdater::new_netcup(v.plain("customer"), key, password, PATIENCE)
        }),
    },
    by_token("netlify", |v| DnsUpdater::new_netlify(token(v), PATIENCE)),
    by_token("ns1", |v| DnsUpdater::new_ns1(token(v), PATIENCE)),
    Known {
        name: "ovh",
        plain: &["endpoint", "application"],
        optional: &[],
        secrets: &["secret", "consumer"],
        api: Api::Http(|v| {
            let endpoint = v.plain("endpoint").parse()?;
            let (secret, consumer) = (v.secret("secret"), v.secret("consumer"));
            DnsUpdater::new_ovh(v.plain("application"), secret, consumer, endpoint, PATIENCE)
        }),
    },
    by_account("porkbun", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_porkbun(account, secret, PATIENCE)
    }),
    Known {
        name: "powerdns",
        plain: &["endpoint"],
        optional: &["server"],
        secrets: &["token"],
        api: Api::Http(|v| {
            let (endpoint, server) = (Some(v.plain("endpoint")), v.optional("server"));
            DnsUpdater::new_pdns(token(v), endpoint, server, PATIENCE)
        }),
    },
    Known {
        name: "route53",
        plain: &["access_key"],
        optional: &["region", "hosted_zone", "endpoint"],
        secrets: &["secret"],
        api: Api::Http(route53),
    },
    by_token("scaleway", |v| DnsUpdater::new_scaleway(token(v), PATIENCE)),
    by_account("simply", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_simplycom(account, secret, PATIENCE)
    }),
    by_account("spaceship", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_spaceship(account, secret, PATIENCE)
    }),
    by_account("transip", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_transip(account, secret, true, PATIENCE)
    }),
    Known {
        name: "vercel",
        plain: &[],
        optional: &["team"],
        secrets: &["token"],
        api: Api::Http(|v| DnsUpdater::new_vercel(token(v), v.optional("team"), PATIENCE)),
    },
    by_token("vultr", |v| DnsUpdater::new_vultr(token(v), PATIENCE)),
    by_account("zoneeu", |v| {
        let (account, secret) = account(v);
        DnsUpdater::new_zoneeu(account, secret, PATIENCE)
    }),
];

fn azure(values: &Values) -> dns_update::Result<DnsUpdater> {
    DnsUpdater::new_azuredns(AzureDnsConfig {
        tenant_id: values.plain("tenant").to_owned(),
        client_id: values.plain("client").to_owned(),
        client_secret: values.secret("secret").to_owned(),
        subscription_id: values.plain("subscription").to_owned(),
        resource_group: values.plain("resource_group").to_owned(),
        environment: AzureEnvironment::Public,
        request_timeout: PATIENCE,
    })
}

fn google(values: &Values) -> dns_update::Result<DnsUpdater> {
    DnsUpdater::new_google_cloud_dns(GoogleCloudDnsConfig {
        service_account_json: values.secret("service_account").to_owned(),
        project_id: values.plain("project").to_owned(),
        managed_zone: values.optional("managed_zone").map(str::to_owned),
        private_zone: false,
        impersonate_service_account: None,
        request_timeout: PATIENCE,
    })
}

fn route53(values: &Values) -> dns_update::Result<DnsUpdater> {
    DnsUpdater::new_route53(Route53Config {
        access_key_id: values.plain("access_key").to_owned(),
        secret_access_key: values.secret("secret").to_owned(),
        session_token: None,
        region: values.optional("region").map(str::to_owned),
        hosted_zone_id: values.optional("hosted_zone").map(str::to_owned),
        private_zone_only: Some(false),
        endpoint: values.optional("endpoint").map(str::to_owned),
    })
}

/// For one request. Longer than all of a call may take, so that silence is told as such.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(90));
