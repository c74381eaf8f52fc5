//! Who hosts policies for others, by the names customers point their CNAMEs at.

use ironpost_proto::domain::DnsName;

/// The provider whose network `name` lies in: one of a list, or whoever calls a host of its own
/// network after MTA-STS.
pub(super) fn of(name: &DnsName) -> Option<String> {
    let known = PROVIDERS.iter().find(|(suffix, _)| is_within(name.as_str(), suffix));
    let by_label = || {
        let named_for_it = |label: &str| MARKS.iter().any(|mark| label.contains(mark));
        let label = name.as_str().split('.').any(named_for_it);
        label.then(|| psl::domain_str(name.as_str()).unwrap_or(name.as_str()).to_owned())
    };
    known.map(|(_, who)| (*who).to_owned()).or_else(by_label)
}

fn is_within(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Suffix of the CNAME target, and the provider's name.
const PROVIDERS: &[(&str, &str)] = &[
    ("mta-sts.tech", "PowerDMARC"),
    ("powerdmarc.com", "PowerDMARC"),
    ("easydmarc.pro", "EasyDMARC"),
    ("easydmarc.com", "EasyDMARC"),
    ("dmarcinput.com", "DMARC Report"),
    ("dmarcreport.com", "DMARC Report"),
    ("mailhardener.com", "Mailhardener"),
    ("uriports.com", "URIports"),
    ("ondmarc.com", "Red Sift OnDMARC"),
    ("sdmarc.net", "Sendmarc"),
    ("sendmarc.com", "Sendmarc"),
    ("tutanota.de", "Tuta"),
    ("tutanota.com", "Tuta"),
    ("valimail.com", "Valimail"),
    ("vali.email", "Valimail"),
    ("dmarcian.com", "dmarcian"),
    ("dmarcly.com", "DMARCLY"),
    ("skysnag.com", "Skysnag"),
    ("agari.com", "Agari"),
    ("github.io", "GitHub Pages"),
    ("gitlab.io", "GitLab Pages"),
    ("pages.dev", "Cloudflare Pages"),
    ("workers.dev", "Cloudflare Workers"),
    ("netlify.app", "Netlify"),
    ("netlify.com", "Netlify"),
    ("vercel.app", "Vercel"),
    ("vercel-dns.com", "Vercel"),
    ("azurestaticapps.net", "Azure Static Web Apps"),
    ("azurewebsites.net", "Azure App Service"),
    ("cloudfront.net", "Amazon CloudFront"),
    ("web.app", "Firebase Hosting"),
    ("herokudns.com", "Heroku"),
    ("fastmail.com", "Fastmail"),
    ("migadu.com", "Migadu"),
];
/// How hosts for MTA-STS are called.
const MARKS: &[&str] = &["mta-sts", "mta_sts", "mtasts"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_whole_labels_only() {
        assert!(is_within("mta-sts.provider.example", "provider.example"), "below the suffix");
        assert!(is_within("provider.example", "provider.example"), "the suffix itself");
        assert!(!is_within("notprovider.example", "provider.example"), "another registrable name");
    }
}
