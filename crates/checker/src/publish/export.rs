//! A policy as files that common web servers and hosting services serve without another edit.
//!
//! What every format must come to (RFC 8461 §3.2, §3.3): host `mta-sts.<domain>`, path
//! `/.well-known/mta-sts.txt`, status 200, `text/plain; charset=utf-8`, no redirect. The policy is
//! served as a file wherever that can be; where it must stand in a program, it stands there as a
//! string literal that no policy can end.

mod github;
mod javascript;
mod pages;
mod servers;
mod worker;

use super::txt_record::TxtRecord;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::{PolicyId, Record};
use std::fmt;
use std::str::FromStr;

/// Where the policy is to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// nginx, certificates by certbot.
    Nginx,
    /// Caddy, which gets certificates by itself.
    Caddy,
    /// A Cloudflare Worker.
    CloudflareWorker,
    /// Cloudflare Pages.
    CloudflarePages,
    /// GitHub Pages.
    GithubPages,
    /// Netlify.
    Netlify,
    /// Vercel.
    Vercel,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Relative, with `/` between parts, none of which is `..`.
    pub path: String,
    /// UTF-8 text.
    pub contents: String,
}

/// No format has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the format is one of nginx, caddy, cloudflare-worker, cloudflare-pages, github-pages, netlify, vercel"
)]
pub struct UnknownFormat;

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Nginx,
        Self::Caddy,
        Self::CloudflareWorker,
        Self::CloudflarePages,
        Self::GithubPages,
        Self::Netlify,
        Self::Vercel,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::CloudflareWorker => "cloudflare-worker",
            Self::CloudflarePages => "cloudflare-pages",
            Self::GithubPages => "github-pages",
            Self::Netlify => "netlify",
            Self::Vercel => "vercel",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or(UnknownFormat)
    }
}

/// The files that serve `policy` for `domain`, and a README of what to do with them. `id` is
/// what the TXT record is to announce it with.
pub fn export(format: Format, domain: &Domain, policy: &Policy, id: &PolicyId) -> Vec<ExportFile> {
    let site = Site { domain, policy: policy.to_string(), id };
    match format {
        Format::Nginx => servers::nginx(&site),
        Format::Caddy => servers::caddy(&site),
        Format::CloudflareWorker => worker::worker(&site),
        Format::CloudflarePages => pages::cloudflare(&site),
        Format::GithubPages => github::pages(&site),
        Format::Netlify => pages::netlify(&site),
        Format::Vercel => pages::vercel(&site),
    }
}

/// What is to be served, and where.
#[derive(Debug)]
struct Site<'a> {
    domain: &'a Domain,
    policy: String,
    id: &'a PolicyId,
}

impl Site<'_> {
    /// The policy host.
    fn host(&self) -> String {
        format!("mta-sts.{}", self.domain)
    }

    /// The policy as a file at `path`.
    fn policy_file(&self, path: &str) -> ExportFile {
        file(path, self.policy.clone())
    }

    /// A README: `steps` lead to the policy being served, the last steps are the same everywhere.
    fn readme(&self, what: &str, steps: &[String]) -> ExportFile {
        let record =
            TxtRecord::mta_sts(Some(self.domain), Record::new(self.id.clone()).to_string());
        let url = format!("https://{}{PATH}", self.host());
        let last = [
            format!(
                "Check that the policy comes back, with status 200 and as `text/plain`:\n\n       curl -i {url}"
            ),
            // RFC 8461 §8.1: the file first, the record second.
            format!("Only then publish the record, in one line:\n\n       {record}"),
            format!("Check the whole: `ironpost check {}`", self.domain),
        ];
        let numbered = (1..).zip(steps.iter().chain(&last));
        let steps: Vec<_> =
            numbered.map(|(number, step): (usize, _)| format!("{number}. {step}\n")).collect();
        let steps = steps.join("\n");
        let contents = format!(
            "# MTA-STS policy of {}: {what}\n\n{steps}\nTo change the policy later, change the file, \
             deploy it everywhere, and then give the record a new id.\n",
            self.domain
        );
        file("README.md", contents)
    }
}

fn file(path: &str, contents: String) -> ExportFile {
    ExportFile { path: path.to_owned(), contents }
}

/// RFC 8461 §3.2.
const PATH: &str = "/.well-known/mta-sts.txt";

/// RFC 8461 §3.2: text/plain, and no charset but UTF-8 or US-ASCII.
const MEDIA_TYPE: &str = "text/plain; charset=utf-8";

/// RFC 8461 §8.2: a minute, for proxies in between; senders do not cache.
const CACHE_CONTROL: &str = "max-age=60";
