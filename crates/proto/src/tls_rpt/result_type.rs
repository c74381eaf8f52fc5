//! Result types, RFC 8460 §4.3, and which event gives which (REQUIREMENTS 7.3).
