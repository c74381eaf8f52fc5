//! DNS cookies (RFC 7873) as RFC 9018 makes them: a client that shows one which was made for its
//! address has received an answer there, so its address is its own.

mod siphash;

use ironpost_proto::mta_sts::discovery::Timestamp;
use siphash::siphash;
use std::fmt;
use std::net::IpAddr;

/// What cookies are made with.
pub(super) struct Secret([u8; 16]);

/// What a request's COOKIE option amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    client: [u8; 8],
    pub(super) server: ServerCookie,
}

/// What a client remembers to have been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerCookie {
    /// Nothing.
    Absent,
    /// A cookie of ours for its address: that is its own.
    Ours,
    /// One that is too old, or was made by somebody else, or for another.
    Unknown,
}

/// Neither a client cookie nor a pair of cookies (RFC 7873 §5.2.2): FORMERR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl Secret {
    pub(super) const fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// Reads the data of a COOKIE option.
    pub(super) fn read(
        &self,
        option: &[u8],
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Shown, Malformed> {
        let (client, server) = option.split_first_chunk::<8>().ok_or(Malformed)?;
        let server = match server.len() {
            0 => ServerCookie::Absent,
            // RFC 7873 §4: 8 to 32 octets of a server's choice; ours are 16.
            8..=32 if self.made(*client, server, address, now) => ServerCookie::Ours,
            8..=32 => ServerCookie::Unknown,
            _ => return Err(Malformed),
        };
        Ok(Shown { client: *client, server })
    }

    /// The data of the COOKIE option that answers `shown`.
    pub(super) fn answer(&self, shown: Shown, address: IpAddr, now: Timestamp) -> [u8; 24] {
        let mut option = [0; 24];
        option[..8].copy_from_slice(&shown.client);
        option[8..].copy_from_slice(&self.server_cookie(shown.client, seconds(now), address));
        option
    }

    fn made(&self, client: [u8; 8], server: &[u8], address: IpAddr, now: Timestamp) -> bool {
        let Some([1, 0, 0, 0, t1, t2, t3, t4]) = server.first_chunk() else { return false };
        let time = u32::from_be_bytes([*t1, *t2, *t3, *t4]);
        // RFC 9018 §4.3: seconds are compared as serial numbers are.
        let age = seconds(now).wrapping_sub(time).cast_signed();
        (-LEAD..=MAX_AGE).contains(&age) && server == self.server_cookie(client, time, address)
    }

    /// RFC 9018 §4: version, reserved, time, hash.
    fn server_cookie(&self, client: [u8; 8], time: u32, address: IpAddr) -> [u8; 16] {
        let mut cookie = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        cookie[4..8].copy_from_slice(&time.to_be_bytes());
        let mut hashed = [0; 32];
        hashed[..8].copy_from_slice(&client);
        hashed[8..16].copy_from_slice(&cookie[..8]);
        let hash = match address.to_canonical() {
            IpAddr::V4(address) => {
                hashed[16..20].copy_from_slice(&address.octets());
                siphash(&self.0, &hashed[..20])
            }
            IpAddr::V6(address) => {
                hashed[16..].copy_from_slice(&address.octets());
                siphash(&self.0, &hashed)
            }
        };
        cookie[8..].copy_from_slice(&hash.to_le_bytes());
        cookie
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// RFC 9018 §4.3: of 32 bits.
fn seconds(now: Timestamp) -> u32 {
    u32::try_from((now.as_millis() / 1000) & u64::from(u32::MAX)).unwrap_or_default()
}

/// RFC 9018 §4.3: an hour old, or five minutes in the future where clocks differ.
const MAX_AGE: i32 = 60 * 60;
const LEAD: i32 = 5 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 16] = [
        0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf,
        0xcf,
    ];
    const CLIENT: [u8; 8] = [0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// RFC 9018 appendix A.1.
    #[test]
    fn cookies_are_those_of_the_rfc() {
        let address = "198.51.100.100".parse().unwrap();
        let now = at(1_559_731_985);
        let secret = Secret::new(KEY);
        let shown = secret.read(&CLIENT, address, now).unwrap();
        assert_eq!(shown.server, ServerCookie::Absent);
        let made = secret.answer(shown, address, now);
        let expected = [
            0x01, 0x00, 0x00, 0x00, 0x5c, 0xf7, 0x9f, 0x11, 0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2,
            0x94, 0x80,
        ];
        assert_eq!((&made[..8], &made[8..]), (&CLIENT[..], &expected[..]));
    }

    #[test]
    fn a_cookie_is_for_one_address_one_client_and_one_hour() {
        let secret = Secret::new(KEY);
        let address = "2001:db8::1".parse().unwrap();
        let made = at(1_800_000_000);
        let shown = secret.read(&CLIENT, address, made).unwrap();
        let cookie = secret.answer(shown, address, made);
        let other_client = [&[0], &cookie[1..]].concat();
        let spoilt = [&cookie[..23], &[cookie[23] ^ 1]].concat();
        let short = &cookie[..23];
        let table = [
            (&cookie[..], "2001:db8::1", 1_800_000_000, true, "as it was given"),
            (&cookie[..], "2001:db8::1", 1_800_003_600, true, "an hour later"),
            (&cookie[..], "2001:db8::1", 1_800_003_601, false, "a second past that"),
            (&cookie[..], "2001:db8::1", 1_799_999_700, true, "by a clock that is behind"),
            (&cookie[..], "2001:db8::1", 1_799_999_699, false, "by one far behind"),
            (&cookie[..], "2001:db8::2", 1_800_000_000, false, "another address"),
            (&other_client, "2001:db8::1", 1_800_000_000, false, "another client cookie"),
            (&spoilt, "2001:db8::1", 1_800_000_000, false, "another hash"),
            (short, "2001:db8::1", 1_800_000_000, false, "of another length"),
        ];
        for (option, address, now, known, reason) in table {
            let shown = secret.read(option, address.parse().unwrap(), at(now)).unwrap();
            let expected = if known { ServerCookie::Ours } else { ServerCookie::Unknown };
            assert_eq!(shown.server, expected, "{reason}");
        }
        for length in [0, 7, 9, 15, 41] {
            assert_eq!(secret.read(&[1; 64][..length], address, made), Err(Malformed), "{length}");
        }
    }
}
