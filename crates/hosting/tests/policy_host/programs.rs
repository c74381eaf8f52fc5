//! Programs that others wrote: curl and openssl.

use crate::host::{Host, POLICY};
use std::process::{Output, Stdio};
use tokio::process::Command;

async fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command.output().await.unwrap_or_else(|error| panic!("{program}: {error}"))
}

#[tokio::test]
async fn curl_fetches_a_policy() {
    let host = Host::start().await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, host.ca.pem()).unwrap();
    let to = format!("mta-sts.a.test:443:{}", host.https);
    for (version, number) in [("--http1.1", "1.1"), ("--http2", "2"), ("--http1.0", "1")] {
        for tls in ["1.2", "1.3"] {
            let output = run(
                "curl",
                &[
                    "--silent",
                    "--show-error",
                    "--noproxy",
                    "*",
                    "--max-time",
                    "60",
                    version,
                    "--tlsv1.2",
                    "--tls-max",
                    tls,
                    "--cacert",
                    ca.to_str().unwrap(),
                    "--connect-to",
                    &to,
                    "--write-out",
                    "%{http_version} %{response_code} %{content_type}",
                    "https://mta-sts.a.test/.well-known/mta-sts.txt",
                ],
            )
            .await;
            let expected = format!("{POLICY}{number} 200 text/plain; charset=utf-8");
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                expected,
                "{version} {tls}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

#[tokio::test]
async fn openssl_is_refused_what_is_refused() {
    let host = Host::start().await;
    let to = host.https.to_string();
    let here = ["-servername", "mta-sts.a.test"];
    let weak = ["-cipher", "DEFAULT@SECLEVEL=0"];
    for (arguments, said, reason) in [
        (vec!["-noservername"], "alert number 109", "no name"),
        (vec!["-tls1_2", "-noservername"], "alert number 112", "no name in TLS 1.2"),
        (vec!["-servername", "mta-sts.b.test"], "alert number 112", "another name"),
        ([&["-tls1"], &here[..], &weak[..]].concat(), "alert number 70", "TLS 1.0"),
        ([&["-tls1_1"], &here[..], &weak[..]].concat(), "alert number 70", "TLS 1.1"),
        ([&["-alpn", "spdy/3"], &here[..]].concat(), "alert number 120", "another protocol"),
        ([&["-tls1_2"], &here[..]].concat(), "Protocol  : TLSv1.2", "TLS 1.2"),
        ([&["-tls1_3"], &here[..]].concat(), "TLSv1.3, Cipher is", "TLS 1.3"),
        ([&["-curves", "P-384"], &here[..]].concat(), "TLSv1.3, Cipher is", "another curve"),
    ] {
        let arguments = [&["s_client", "-connect", &to], &arguments[..]].concat();
        let output = run("openssl", &arguments).await;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains(said), "{reason}: {text}");
    }
}
