//! MX records of hosted domains, watched.
