//! Where the names of a domain lead: to us, by its own token, or elsewhere.
