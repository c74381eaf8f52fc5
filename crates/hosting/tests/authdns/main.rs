//! The authority of the installation's zone: what it answers to whom, over real sockets, and to
//! real programs.

#![cfg(test)]

mod answers;
mod any_octets;
mod datagrams;
mod edns;
mod installation;
mod message;
mod odd_queries;
mod recursion;
mod streams;
