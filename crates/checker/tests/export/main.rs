//! Exported policies behind the very programs they are made for.

#![cfg(test)]

mod programs;

use ironpost_checker::publish::export::{ExportFile, Format, export};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::policy_fetch::{Manner, PolicyFetch, PolicyFetcher};
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::{self, Policy};
use programs::{Caddy, Nginx, run};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

fn domain() -> Domain {
    "example.com".parse().unwrap()
}

/// A policy with a field that would mean something in every language it could be put into.
fn hostile_policy() -> Policy {
    let body = "version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 1209600\n\
                note: \"; } `${1}` </script> \\n \u{2028} é {{x}} $host ' # //\n";
    policy::parse(body.as_bytes()).verdict.unwrap()
}

fn exported(format: Format) -> BTreeMap<String, String> {
    let id = "20260501T120000Z".parse().unwrap();
    let files = export(format, &domain(), &hostile_policy(), &id);
    files.into_iter().map(|ExportFile { path, contents }| (path, contents)).collect()
}

/// `text` with `from`, which must be there, replaced.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in:\n{text}");
    text.replace(from, to)
}

/// Fetches the policy as a sender does.
async fn fetch(address: SocketAddr, authority: &Path) -> PolicyFetch {
    let fetcher = PolicyFetcher {
        roots: Roots::load(&RootSource::File(authority.to_owned())).unwrap(),
        guard: AddressGuard::allowing(vec!["127.0.0.0/8".parse().unwrap()]),
        deadline: Duration::from_mins(1),
    };
    fetcher.fetch(&domain(), address, Manner::Strict).await
}

fn assert_served(fetch: &PolicyFetch) {
    assert_eq!(fetch.failure, None, "{fetch:?}");
    let response = fetch.response.as_ref().unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!(response.body, hostile_policy().to_string().as_bytes());
}

#[tokio::test]
async fn nginx_serves_the_policy_as_a_sender_wants_it() {
    let files = exported(Format::Nginx);
    let nginx = Nginx::prepare("mta-sts.example.com");
    nginx.put_policy(&files["www/.well-known/mta-sts.txt"]);
    let root = "/var/www/mta-sts.example.com";
    let https = &files["mta-sts.example.com.conf"];
    let https = replaced(https, "listen 443 ssl;", &format!("listen {} ssl;", nginx.https()));
    let https = replaced(&https, "    listen [::]:443 ssl;\n", "");
    let https = replaced(&https, root, &nginx.root);
    let live = "/etc/letsencrypt/live/mta-sts.example.com";
    let https = replaced(&https, &format!("{live}/fullchain.pem"), &nginx.chain);
    let https = replaced(&https, &format!("{live}/privkey.pem"), &nginx.key);
    let acme = &files["mta-sts.example.com-acme.conf"];
    let acme = replaced(acme, "listen 80;", &format!("listen {};", nginx.http()));
    let acme = replaced(&acme, "    listen [::]:80;\n", "");
    let acme = replaced(&acme, root, &nginx.root);
    nginx.start(&[("https.conf", &https), ("acme.conf", &acme)]);

    assert_served(&fetch(nginx.https(), &nginx.authority()).await);
    let plain =
        programs::get(nginx.http(), "mta-sts.example.com", "/.well-known/mta-sts.txt").await;
    assert!(plain.starts_with("HTTP/1.1 404 "), "port 80 redirects nobody: {plain}");
}

#[tokio::test]
async fn caddy_serves_the_policy_as_a_sender_wants_it() {
    let files = exported(Format::Caddy);
    let caddy = Caddy::prepare("mta-sts.example.com");
    caddy.validate(&files["Caddyfile"]);

    caddy.put_policy(&files["www/.well-known/mta-sts.txt"]);
    let site = format!(
        "mta-sts.example.com:{} {{\n\tbind {}\n\ttls {} {}\n",
        caddy.https().port(),
        caddy.https().ip(),
        caddy.chain,
        caddy.key,
    );
    let caddyfile = replaced(&files["Caddyfile"], "mta-sts.example.com {\n", &site);
    let caddyfile = replaced(&caddyfile, "/var/www/mta-sts.example.com", &caddy.root);
    caddy.start(&caddyfile);
    assert_served(&fetch(caddy.https(), &caddy.authority()).await);
}

#[test]
fn the_worker_answers_one_path_and_no_other() {
    const CHECK: &str = r#"
import worker from "./worker.mjs";
const policy = "https://mta-sts.example.com/.well-known/mta-sts.txt";
const requests = [
  ["GET", policy], ["HEAD", policy], ["GET", policy + "?x=1"], ["POST", policy],
  ["GET", "https://mta-sts.example.com/"], ["GET", policy + "/"],
];
const answers = [];
for (const [method, url] of requests) {
  const response = await worker.fetch(new Request(url, { method }));
  const type = response.headers.get("Content-Type");
  answers.push([response.status, type, await response.text()]);
}
console.log(JSON.stringify(answers));
"#;
    let files = exported(Format::CloudflareWorker);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("worker.mjs"), &files["src/worker.js"]).unwrap();
    std::fs::write(folder.path().join("check.mjs"), CHECK).unwrap();
    let output = run("node", "nodejs", |node| node.current_dir(folder.path()).arg("check.mjs"));
    let answers: Vec<(u16, String, String)> = serde_json::from_str(&output).unwrap();

    let policy = hostile_policy().to_string();
    let expected = [
        (200, policy.as_str()),
        (200, ""),
        (200, policy.as_str()),
        (405, "Method not allowed\n"),
        (404, "Not found\n"),
        (404, "Not found\n"),
    ];
    let found: Vec<_> = answers.iter().map(|(status, _, body)| (*status, body.as_str())).collect();
    assert_eq!(found, expected);
    assert!(answers.iter().all(|(_, media_type, _)| media_type == "text/plain; charset=utf-8"));
}

#[test]
fn every_format_carries_the_policy_and_says_what_to_do() {
    for format in Format::ALL {
        let files = exported(format);
        for path in files.keys() {
            let sound = !path.starts_with('/')
                && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
            assert!(sound, "{format}: {path} stays in the folder");
        }
        let policies: Vec<_> =
            files.iter().filter(|(path, _)| path.ends_with(".well-known/mta-sts.txt")).collect();
        let in_program = format == Format::CloudflareWorker;
        assert_eq!(policies.len(), usize::from(!in_program), "{format}");
        assert!(
            policies.iter().all(|(_, text)| **text == hostile_policy().to_string()),
            "{format}"
        );
        for (path, text) in &files {
            let verbatim = text.contains("</script>");
            assert_eq!(verbatim, path.ends_with("mta-sts.txt"), "{format}: {path}");
        }
        let readme = &files["README.md"];
        for needed in [
            "_mta-sts.example.com. 3600 IN TXT \"v=STSv1; id=20260501T120000Z;\"",
            "https://mta-sts.example.com/.well-known/mta-sts.txt",
            "mta-sts.example.com",
        ] {
            assert!(readme.contains(needed), "{format}: {needed}");
        }
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert!("apache".parse::<Format>().is_err());
}

#[test]
fn settings_are_in_the_languages_they_claim() {
    let vercel: serde_json::Value =
        serde_json::from_str(&exported(Format::Vercel)["vercel.json"]).unwrap();
    assert_eq!(vercel["headers"][0]["headers"][0]["value"], "text/plain; charset=utf-8");
    assert_eq!(vercel["headers"][0]["source"], "/.well-known/mta-sts.txt");

    let netlify: toml::Table = exported(Format::Netlify)["netlify.toml"].parse().unwrap();
    assert_eq!(netlify["build"]["publish"].as_str(), Some("public"));
    let header = &netlify["headers"][0];
    assert_eq!(header["for"].as_str(), Some("/.well-known/mta-sts.txt"));
    assert_eq!(header["values"]["Content-Type"].as_str(), Some("text/plain; charset=utf-8"));

    let wrangler: toml::Table =
        exported(Format::CloudflareWorker)["wrangler.toml"].parse().unwrap();
    assert_eq!(wrangler["main"].as_str(), Some("src/worker.js"));
    assert_eq!(wrangler["routes"][0]["pattern"].as_str(), Some("mta-sts.example.com"));

    let github = exported(Format::GithubPages);
    assert_eq!(github["CNAME"], "mta-sts.example.com\n");
    assert!(github.contains_key(".nojekyll"), "else folders with a dot are left out");

    let cloudflare = exported(Format::CloudflarePages);
    assert!(
        cloudflare["public/_headers"].contains("\n  Content-Type: text/plain; charset=utf-8\n")
    );
}

#[test]
fn names_of_projects_stay_within_their_limits() {
    let label = "a".repeat(63);
    let domain: Domain = format!("{label}.{label}.{label}.example").parse().unwrap();
    let id = "1".parse().unwrap();
    let files = export(Format::CloudflareWorker, &domain, &hostile_policy(), &id);
    let wrangler = files.iter().find(|file| file.path == "wrangler.toml").unwrap();
    let wrangler: toml::Table = wrangler.contents.parse().unwrap();
    let name = wrangler["name"].as_str().unwrap();
    assert!(name.len() <= 63 && !name.ends_with('-'), "{name}");
}
