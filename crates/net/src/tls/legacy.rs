//! Does a server still accept TLS 1.0 or 1.1? A hand-made ClientHello asks, and no more.
