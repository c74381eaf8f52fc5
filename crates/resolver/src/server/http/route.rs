//! Which path leads where.

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// `/v1/policy/KEY`, decoded.
    Policy(Vec<u8>),
    /// The same with a broken escape.
    BadKey,
    /// `/metrics`
    Metrics,
    /// `/health`
    Health,
    /// `/ready`
    Ready,
    /// Anything else.
    Unknown,
}

impl Route {
    pub(super) fn of(path: &str) -> Self {
        if let Some(key) = path.strip_prefix("/v1/policy/") {
            return percent_decoded(key).map_or(Self::BadKey, Self::Policy);
        }
        match path {
            "/metrics" => Self::Metrics,
            "/health" => Self::Health,
            "/ready" => Self::Ready,
            _ => Self::Unknown,
        }
    }
}

/// RFC 3986 §2.1; `None` if a `%` stands alone.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(digits[0])? * 16 + digit(digits[1])?;
            decoded.push(u8::try_from(value).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_one_place() {
        let policy = |key: &[u8]| Route::Policy(key.to_vec());
        for (path, route) in [
            ("/v1/policy/a.example", policy(b"a.example")),
            ("/v1/policy/%5Ba.example%5d:587", policy(b"[a.example]:587")),
            ("/v1/policy/b%C3%BCcher.example", policy("bücher.example".as_bytes())),
            ("/v1/policy/a%00b%ff", policy(b"a\0b\xff")),
            ("/v1/policy/a%2Fb/c", policy(b"a/b/c")),
            ("/v1/policy/", policy(b"")),
            ("/v1/policy/a%", Route::BadKey),
            ("/v1/policy/a%4", Route::BadKey),
            ("/v1/policy/a%+4", Route::BadKey),
            ("/v1/policy/a%g0", Route::BadKey),
            ("/v1/policy", Route::Unknown),
            ("/v1/Policy/a.example", Route::Unknown),
            ("/metrics", Route::Metrics),
            ("/metrics/", Route::Unknown),
            ("/health", Route::Health),
            ("/ready", Route::Ready),
            ("/", Route::Unknown),
            ("", Route::Unknown),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}
