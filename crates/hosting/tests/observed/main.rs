//! What is seen of hosted domains, and who hears of it: checks and MX records in the lab, alerts by
//! mail and by webhook over real sockets.

#![cfg(test)]

mod alerts;
mod authority;
mod checks;
mod desk;
mod drift;
mod fetches;
mod hook;
mod mail;
mod mail_server;
mod outage;
mod postfix;
mod posting;
mod receiver;
mod webhook;
mod world;
