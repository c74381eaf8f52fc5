//! Where a database is.

use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a database is. Neither `Display` nor `Debug` tells a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(PostgresUrl),
}

impl DatabaseAddress {
    /// True if several nodes may follow it.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }
}

/// `postgres://user@host/database`, with what libpq writes into such a URL. What it leaves open
/// comes from libpq's environment variables and password file.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

/// A text that names no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Empty, or of another scheme.
    #[error("expected postgres://user@host/database, or the path of a file")]
    Neither,
    /// Begins like the URL of a PostgreSQL database and is none.
    #[error(
        "not the URL of a PostgreSQL database, as in postgres://user@host/database; of a password \
         in it, everything but letters and digits is percent-encoded (%40 for @)"
    )]
    Url,
    /// A parameter of the URL that has no meaning here.
    #[error("the URL of the database has a parameter that is not known: {0}")]
    Parameter(String),
}

impl FromStr for DatabaseAddress {
    type Err = AddressError;

    /// `postgres://…`, `postgresql://…`, `sqlite:PATH`, or a path.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return postgres(text).map(Self::Postgres);
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None if text.contains("://") => return Err(AddressError::Neither),
            None => text,
        };
        if path.is_empty() || path.contains('\0') {
            return Err(AddressError::Neither);
        }
        Ok(Self::Sqlite(path.into()))
    }
}

fn postgres(text: &str) -> Result<PostgresUrl, AddressError> {
    let (_, rest) = text.split_once("://").ok_or(AddressError::Url)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    // Marks of a password that was cut in the wrong place.
    if text.contains('#') || path.contains(['@', '/']) || query.contains('@') {
        return Err(AddressError::Url);
    }
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, _) = parameter.split_once('=').ok_or(AddressError::Url)?;
        if !PARAMETERS.contains(&name) && !name.starts_with("options[") {
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-');
            return Err(if plain {
                AddressError::Parameter(name.to_owned())
            } else {
                AddressError::Url
            });
        }
    }
    // Its own message may show parts of a password.
    PgConnectOptions::from_str(text).map_err(|_| AddressError::Url)?;
    Ok(PostgresUrl(text.to_owned()))
}

impl PostgresUrl {
    /// As the driver wants it.
    pub(super) fn options(&self) -> Result<PgConnectOptions, AddressError> {
        PgConnectOptions::from_str(&self.0).map_err(|_| AddressError::Url)
    }

    /// As whom, and the name of the database.
    pub(crate) fn user_and_name(&self) -> (String, String) {
        let Ok(options) = self.options() else { return Default::default() };
        let user = options.get_username();
        (user.to_owned(), options.get_database().unwrap_or(user).to_owned())
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for PostgresUrl {
    /// User, host, port and database, and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(options) = self.options() else { return f.write_str("postgres://…") };
        let user = options.get_username();
        let database = options.get_database().unwrap_or(user);
        let port = options.get_port();
        if let Some(directory) = options.get_socket() {
            let directory = directory.display();
            write!(f, "postgres://{user}@/{database}?host={directory}&port={port}")
        } else {
            write!(f, "postgres://{user}@{}:{port}/{database}", options.get_host())
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

/// What libpq and the driver both know.
const PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let table = [
            ("/var/lib/ironpost/hosting.db", "/var/lib/ironpost/hosting.db"),
            ("hosting.db", "hosting.db"),
            ("sqlite:hosting.db", "hosting.db"),
            ("sqlite:///var/lib/hosting.db", "/var/lib/hosting.db"),
            ("postgres://u@h/d", "postgres://u@h:5432/d"),
            ("postgresql://u:p%40ss@h:77/d?sslmode=require", "postgres://u@h:77/d"),
            ("postgres://u@h/d?password=secret", "postgres://u@h:5432/d"),
            ("postgres:///d?host=/run/pg&user=u&port=9", "postgres://u@/d?host=/run/pg&port=9"),
        ];
        for (text, shown) in table {
            let address: DatabaseAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_names_no_database() {
        let table = [
            ("", AddressError::Neither),
            ("sqlite:", AddressError::Neither),
            ("mysql://u@h/d", AddressError::Neither),
            ("postgres:h/d", AddressError::Url),
            ("postgres://u@h:99999/d", AddressError::Url),
            ("postgres://u@h/d?sslmode=perhaps", AddressError::Url),
            ("postgres://u@h/d?pasword=x", AddressError::Parameter("pasword".into())),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<DatabaseAddress>(), Err(error), "{text}");
        }
    }

    /// Wherever a password stands, however badly written, nothing of it is told.
    #[test]
    fn a_password_is_not_told() {
        let passwords =
            ["hush", "hush/hush", "1/hush", "1?hush", "1#hush", "hush@hush", "1?hush=hush"];
        for password in passwords {
            for text in [
                format!("postgres://u:{password}@h/d"),
                format!("postgres://h/d?user=u&password={password}"),
                format!("postgres://h/d?pass{password}"),
            ] {
                let told = match text.parse::<DatabaseAddress>() {
                    Ok(address) => format!("{address} {address:?}"),
                    Err(AddressError::Parameter(name)) if name == "passhush" => continue,
                    Err(error) => format!("{error} {error:?}"),
                };
                assert!(!told.contains("hush"), "{text}: {told}");
            }
        }
    }
}
