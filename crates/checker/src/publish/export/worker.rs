//! A Cloudflare Worker.

use super::javascript::string_literal;
use super::{CACHE_CONTROL, ExportFile, MEDIA_TYPE, PATH, Site, file};

/// A worker in module syntax on a custom domain, for which Cloudflare keeps the certificate.
pub(super) fn worker(site: &Site<'_>) -> Vec<ExportFile> {
    let host = site.host();
    let script = format!(
        "\
// Serves the MTA-STS policy of {domain}.
const policy = {policy};

const plain = {{
  \"Content-Type\": \"{MEDIA_TYPE}\",
  \"Cache-Control\": \"{CACHE_CONTROL}\",
}};

export default {{
  async fetch(request) {{
    if (new URL(request.url).pathname !== \"{PATH}\") {{
      return new Response(\"Not found\\n\", {{ status: 404, headers: plain }});
    }}
    if (request.method !== \"GET\" && request.method !== \"HEAD\") {{
      const headers = {{ ...plain, Allow: \"GET, HEAD\" }};
      return new Response(\"Method not allowed\\n\", {{ status: 405, headers }});
    }}
    const body = request.method === \"HEAD\" ? null : policy;
    return new Response(body, {{ status: 200, headers: plain }});
  }},
}};
",
        domain = site.domain,
        policy = string_literal(&site.policy),
    );
    let config = format!(
        "\
name = \"{name}\"
main = \"src/worker.js\"
compatibility_date = \"2025-01-01\"
workers_dev = false
preview_urls = false
routes = [{{ pattern = \"{host}\", custom_domain = true }}]
",
        name = worker_name(&host),
    );
    let steps = [
        format!(
            "The zone that holds `{host}` must be with Cloudflare; remove any record at that name."
        ),
        "Deploy; this also makes the DNS record and the certificate:\n\n       npx wrangler deploy"
            .to_owned(),
        format!("Make sure that no redirect rule, bot rule or Access policy covers `{host}`."),
    ];
    vec![
        file("src/worker.js", script),
        file("wrangler.toml", config),
        site.readme("Cloudflare Worker", &steps),
    ]
}

/// Letters, digits and hyphens, at most 63.
fn worker_name(host: &str) -> String {
    let name: String = host.chars().map(|c| if c == '.' { '-' } else { c }).take(63).collect();
    name.trim_end_matches('-').to_owned()
}
