//! The program as its users meet it: arguments and files in, exit codes and text out.

mod config;
mod explain;
mod help;
mod lab;
mod program;
