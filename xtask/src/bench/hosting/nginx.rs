//! nginx from Debian with the same certificates, and policies that it makes up from the name: no
//! file is read for them.

use super::installation::Installation;
use crate::bench::pinned;
use crate::bench::server::{Server, free_address};
use crate::process;
use anyhow::{Context, Result};
use std::fs;
use std::net::SocketAddr;

/// Which certificates it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificates {
    /// That of the first domain, read once.
    One,
    /// One file for each name, read for each handshake.
    ByName,
}

/// Starts one on the first processor, as a single process.
pub(crate) fn start(installation: &Installation, certificates: Certificates) -> Result<Server> {
    let folder = installation.folder.join("nginx");
    fs::create_dir_all(&folder)?;
    let address = free_address()?;
    let config = folder.join("nginx.conf");
    fs::write(&config, configuration(installation, certificates, address)?)?;
    let program = process::find("nginx").context("there is no nginx")?;
    let mut command = pinned::on_the_first(program);
    command.arg("-p").arg(&folder).arg("-c").arg(&config).arg("-e").arg(folder.join("error.log"));
    Server::start("nginx", command, address, &folder.join("log"))
}

fn configuration(
    installation: &Installation,
    certificates: Certificates,
    address: SocketAddr,
) -> Result<String> {
    let folder = installation.folder.display();
    let (name, file) = match certificates {
        Certificates::One => {
            let first = installation.domains.first().context("no domain is hosted")?;
            (first.host().replace('.', "\\."), first.host())
        }
        Certificates::ByName => ("mta-sts\\.[^.]+\\.example".to_owned(), "$ssl_server_name".into()),
    };
    let name = name.replacen("mta-sts\\.", "", 1);
    let port = address.port();
    Ok(format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type \"text/plain; charset=utf-8\";
    keepalive_requests 1000;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache off;
    ssl_session_tickets off;
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    server {{
        listen {port} ssl default_server backlog=1024;
        ssl_reject_handshake on;
    }}
    server {{
        listen {port} ssl;
        server_name \"~^mta-sts\\.(?<domain>{name})$\";
        ssl_certificate {folder}/pem/{file}.pem;
        ssl_certificate_key {folder}/pem/{file}.pem;
        add_header Cache-Control max-age=60;
        location = /.well-known/mta-sts.txt {{
            return 200 \"version: STSv1\\nmode: enforce\\nmx: mx.$domain\\nmax_age: 604800\\n\";
        }}
        location / {{ return 404; }}
    }}
}}
"
    ))
}
