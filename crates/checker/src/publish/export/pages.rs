//! Hosting services that serve a folder of files and take settings from another file.

use super::{CACHE_CONTROL, ExportFile, MEDIA_TYPE, PATH, Site, file};

/// Cloudflare Pages: headers in `_headers`. A page for errors keeps the service from
/// answering unknown paths with the start page.
pub(super) fn cloudflare(site: &Site<'_>) -> Vec<ExportFile> {
    let headers =
        format!("{PATH}\n  Content-Type: {MEDIA_TYPE}\n  Cache-Control: {CACHE_CONTROL}\n");
    let host = site.host();
    let steps = [
        format!(
            "Deploy the folder `public`:\n\n       \
             npx wrangler pages deploy public --project-name {}",
            project(&host)
        ),
        format!(
            "In the project's settings add the custom domain `{host}`, and make the CNAME record \
             that it asks for."
        ),
        format!("Make sure that no redirect rule, bot rule or Access policy covers `{host}`."),
    ];
    vec![
        site.policy_file(&format!("public{PATH}")),
        file("public/_headers", headers),
        file("public/404.html", NOT_FOUND.to_owned()),
        site.readme("Cloudflare Pages", &steps),
    ]
}

/// Netlify: settings in `netlify.toml`.
pub(super) fn netlify(site: &Site<'_>) -> Vec<ExportFile> {
    let settings = format!(
        "\
[build]
  publish = \"public\"

[[headers]]
  for = \"{PATH}\"
  [headers.values]
    Content-Type = \"{MEDIA_TYPE}\"
    Cache-Control = \"{CACHE_CONTROL}\"
"
    );
    let host = site.host();
    let steps = [
        "Deploy this folder:\n\n       npx netlify-cli deploy --prod".to_owned(),
        format!(
            "In the site's settings add the custom domain `{host}`, make the CNAME record that \
             it asks for, and wait for the certificate."
        ),
    ];
    vec![
        site.policy_file(&format!("public{PATH}")),
        file("public/404.html", NOT_FOUND.to_owned()),
        file("netlify.toml", settings),
        site.readme("Netlify", &steps),
    ]
}

/// Vercel: settings in `vercel.json`.
pub(super) fn vercel(site: &Site<'_>) -> Vec<ExportFile> {
    let settings = format!(
        "\
{{
  \"$schema\": \"https://openapi.vercel.sh/vercel.json\",
  \"framework\": null,
  \"buildCommand\": null,
  \"installCommand\": null,
  \"outputDirectory\": \"public\",
  \"headers\": [
    {{
      \"source\": \"{PATH}\",
      \"headers\": [
        {{ \"key\": \"Content-Type\", \"value\": \"{MEDIA_TYPE}\" }},
        {{ \"key\": \"Cache-Control\", \"value\": \"{CACHE_CONTROL}\" }}
      ]
    }}
  ]
}}
"
    );
    let host = site.host();
    let steps = [
        "Deploy this folder:\n\n       npx vercel deploy --prod".to_owned(),
        format!(
            "In the project's settings add the domain `{host}`, without a redirect, and make the \
             CNAME record that it asks for."
        ),
        "Turn deployment protection off for the project: senders cannot log in.".to_owned(),
    ];
    vec![
        site.policy_file(&format!("public{PATH}")),
        file("public/404.html", NOT_FOUND.to_owned()),
        file("vercel.json", settings),
        site.readme("Vercel", &steps),
    ]
}

/// Letters, digits and hyphens, at most 58, as project names are.
fn project(host: &str) -> String {
    let name: String = host.chars().map(|c| if c == '.' { '-' } else { c }).take(58).collect();
    name.trim_end_matches('-').to_owned()
}

const NOT_FOUND: &str = "<!doctype html>\n<title>Not found</title>\n<p>Not found</p>\n";
