//! Web servers of one's own.

use super::{ExportFile, MEDIA_TYPE, PATH, Site, file};

/// nginx: two files of configuration, as the certificate can only be had once port 80 answers
/// and port 443 can only be opened with a certificate.
pub(super) fn nginx(site: &Site<'_>) -> Vec<ExportFile> {
    let host = site.host();
    let root = root(&host);
    let acme = format!(
        "\
# Answers the challenges of the certification authority for {host}.
server {{
    listen 80;
    listen [::]:80;
    server_name {host};

    location /.well-known/acme-challenge/ {{
        root {root};
    }}
    location / {{
        return 404;
    }}
}}
"
    );
    let https = format!(
        "\
# Serves the MTA-STS policy of {domain}.
server {{
    listen 443 ssl;
    listen [::]:443 ssl;
    server_name {host};

    ssl_certificate     /etc/letsencrypt/live/{host}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;
    ssl_protocols       TLSv1.2 TLSv1.3;

    root {root};

    # Senders want status 200 and text/plain, and follow no redirect.
    location = {PATH} {{
        types {{ }}
        default_type \"{MEDIA_TYPE}\";
    }}
    location / {{
        return 404;
    }}
}}
",
        domain = site.domain,
    );
    let (acme_path, https_path) = (format!("{host}-acme.conf"), format!("{host}.conf"));
    let steps = [
        format!("Point `{host}` at the server, with A and AAAA records."),
        format!(
            "Put the policy where nginx will look for it:\n\n       \
             install -D -m 644 www{PATH} {root}{PATH}"
        ),
        format!(
            "Open port 80 and get a certificate, which certbot will renew:\n\n       \
             cp {acme_path} /etc/nginx/conf.d/\n       \
             nginx -t && systemctl reload nginx\n       \
             certbot certonly --webroot -w {root} -d {host} --deploy-hook 'systemctl reload nginx'"
        ),
        format!(
            "Serve the policy:\n\n       \
             cp {https_path} /etc/nginx/conf.d/\n       \
             nginx -t && systemctl reload nginx"
        ),
    ];
    vec![
        file(&acme_path, acme),
        file(&https_path, https),
        site.policy_file(&format!("www{PATH}")),
        site.readme("nginx", &steps),
    ]
}

/// Caddy gets and renews the certificate by itself.
pub(super) fn caddy(site: &Site<'_>) -> Vec<ExportFile> {
    let host = site.host();
    let root = root(&host);
    // The policy's place is the one path that is answered; everything else is 404.
    let caddyfile = format!(
        "\
# Serves the MTA-STS policy of {domain}.
{host} {{
	root * {root}

	handle {PATH} {{
		header Content-Type \"{MEDIA_TYPE}\"
		file_server
	}}
	handle {{
		respond 404
	}}
}}
",
        domain = site.domain,
    );
    let steps = [
        format!("Point `{host}` at the server, with A and AAAA records."),
        format!(
            "Put the policy where Caddy will look for it:\n\n       \
             install -D -m 644 www{PATH} {root}{PATH}"
        ),
        "Add the block in `Caddyfile` to `/etc/caddy/Caddyfile`, and reload:\n\n       \
         caddy validate --config /etc/caddy/Caddyfile && systemctl reload caddy"
            .to_owned(),
        "Leave ports 80 and 443 open: Caddy gets and renews the certificate over them.".to_owned(),
    ];
    vec![
        file("Caddyfile", caddyfile),
        site.policy_file(&format!("www{PATH}")),
        site.readme("Caddy", &steps),
    ]
}

fn root(host: &str) -> String {
    format!("/var/www/{host}")
}
