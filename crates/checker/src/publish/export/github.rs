//! GitHub Pages, which serve `.txt` files as `text/plain; charset=utf-8` and take no settings.

use super::{ExportFile, PATH, Site, file};

pub(super) fn pages(site: &Site<'_>) -> Vec<ExportFile> {
    let host = site.host();
    let steps = [
        "Make this folder a repository of its own and push it: `.nojekyll` lets Pages serve folders \
         that begin with a dot."
            .to_owned(),
        "In the repository's settings, under Pages, deploy from the branch, folder `/ (root)`.".to_owned(),
        format!(
            "Point `{host}` at Pages, with your account in place of ACCOUNT:\n\n       \
             {host}. 3600 IN CNAME ACCOUNT.github.io."
        ),
        format!(
            "Check that `{host}` is the custom domain there (the file `CNAME` says so), verify it \
             for your account, and turn on Enforce HTTPS when the certificate is there."
        ),
    ];
    vec![
        site.policy_file(PATH.trim_start_matches('/')),
        file(".nojekyll", String::new()),
        file("CNAME", format!("{host}\n")),
        site.readme("GitHub Pages", &steps),
    ]
}
