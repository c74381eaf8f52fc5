//! A number of hosted domains in a database, each with a certificate of its own.

use super::node::Node;
use crate::bench::program::Program;
use crate::process;
use anyhow::Result;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with what is hosted. Keys and certificates are made once; databases anew each time.
pub(crate) struct Installation {
    pub(crate) folder: PathBuf,
    pub(crate) domains: Vec<Domain>,
    program: PathBuf,
}

/// A hosted domain.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) token: String,
}

impl Installation {
    /// One with so many domains.
    pub(crate) fn made(root: &Path, program: &Program, count: usize) -> Result<Self> {
        let folder = program.folder.join(format!("hosting-{count}"));
        if !folder.join("complete").is_file() {
            let _ = fs::remove_dir_all(&folder);
            println!("making {count} keys and certificates in {}", folder.display());
            let arguments = ["run", "--quiet", "--release", "--package", "ironpost-hosting"];
            let mut command = process::command("cargo", &arguments, root);
            command.args(["--example", "hosted_domains", "--"]).arg(&folder);
            process::run(command.arg(count.to_string()))?;
            fs::write(folder.join("complete"), "")?;
        }
        let list = fs::read_to_string(folder.join("domains.txt"))?;
        let domains = list.lines().filter_map(Domain::parse).collect();
        let made = Self { folder, domains, program: program.path.clone() };
        // Nothing may be left of an earlier run.
        let _ = fs::remove_dir_all(made.folder.join("sqlite"));
        made.fill(&made.node()?)?;
        Ok(made)
    }

    /// A node that serves from the embedded database.
    pub(crate) fn node(&self) -> Result<Node> {
        let folder = self.folder.join("sqlite");
        let database = folder.join("ironpost.db").display().to_string();
        Node::new(self, folder, &database, Ipv4Addr::UNSPECIFIED)
    }

    /// Fills the database of a node, which is empty.
    pub(crate) fn fill(&self, node: &Node) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["db", "import", "--config"]).arg(&node.config);
        process::run(command.arg(self.folder.join("export.jsonl")))
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The root of all certificates.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }
}

impl Domain {
    fn parse(line: &str) -> Option<Self> {
        let (name, token) = line.split_once(' ')?;
        Some(Self { name: name.to_owned(), token: token.to_owned() })
    }

    /// The name of its policy host.
    pub(crate) fn host(&self) -> String {
        format!("mta-sts.{}", self.name)
    }

    /// The policy that is served for it.
    pub(crate) fn policy(&self) -> String {
        format!("version: STSv1\nmode: enforce\nmx: mx.{}\nmax_age: 604800\n", self.name)
    }
}
