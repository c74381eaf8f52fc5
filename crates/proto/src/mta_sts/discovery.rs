//! What a sender applies: the decision table of REQUIREMENTS 7.1 over the TXT result, the
//! cached policy and the time (RFC 8461 §3.3, §5.1, §10.2).
