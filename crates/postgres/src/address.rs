//! Where the server is, and how it is reached.

use std::fmt;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::SimpleAsyncConnection as _;
use fm_domain::error::{PortError, PortResult};
use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{from_connecting, to_pool};
use crate::tls::{self, Trust};

type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// How the server calls us in `pg_stat_activity`, unless the URL says otherwise.
const APPLICATION_NAME: &str = "file-manager";

/// How long the whole of connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server may leave what we sent unacknowledged before its connection counts as dead.
const SILENCE: Duration = Duration::from_secs(10);

/// The address of a PostgreSQL database, with its credentials. Never shown.
#[derive(Clone)]
pub struct PgAddress {
    config: Config,
    tls: MakeRustlsConnect,
}

/// The text is no address of a PostgreSQL database. It never repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not of the form `postgres://user:password@host:port/database?option=value`.
    #[error(
        "is not a PostgreSQL URL: postgres://user:password@host:port/database, with special characters of the password \
         percent-encoded"
    )]
    Malformed,
    /// A parameter behind `?` that is not known, or whose value can't be used.
    #[error("has the parameter {0}, which is not known or has a value that can't be used: leave it out")]
    Parameter(String),
    /// Another `sslmode` than those that there are.
    #[error("sslmode must be disable, allow, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// The file of `sslrootcert` can't be read as certificates.
    #[error("sslrootcert must be a file of PEM certificates: {0}")]
    RootCertificates(String),
    /// The TLS library refused its configuration.
    #[error("TLS can't be set up: {0}")]
    Tls(String),
}

impl PgAddress {
    /// Reads a URL. `sslmode` means what it means to libpq: `disable`, `prefer` (the default: TLS where the server
    /// offers it), `require` (TLS, but any server is believed, unless `sslrootcert` is given), `verify-ca` and
    /// `verify-full` (the certificate, and the host's name in it, are checked against `sslrootcert` or, without it,
    /// against the roots of the web).
    pub fn parse(url: &str) -> Result<Self, InvalidAddress> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(InvalidAddress::Malformed);
        }
        let (url, options) = split_tls_options(url);
        if let Some(name) = wrong_parameter(&url) {
            return Err(InvalidAddress::Parameter(name));
        }
        let mut config: Config = url.parse().map_err(|_may_quote_the_url| InvalidAddress::Malformed)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(InvalidAddress::Malformed);
        }
        let (mode, trust) = options.meaning()?;
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION_NAME);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.tcp_user_timeout(SILENCE).keepalives_idle(Duration::from_secs(30));
        Ok(Self { config, tls: MakeRustlsConnect::new(tls::client_config(trust)?) })
    }

    /// Opens a connection, or gives up in time.
    pub(crate) async fn open(&self) -> PortResult<(Client, Connection<Socket, Tls>)> {
        let limit = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        match tokio::time::timeout(limit, self.config.connect(self.tls.clone())).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => Err(from_connecting(error)),
            Err(elapsed) => Err(PortError::Unavailable(Box::new(elapsed))),
        }
    }

    /// Opens a connection for diesel, driven in the background and closed as soon as it is dropped.
    pub(crate) async fn connect(&self, setup: &str) -> diesel::ConnectionResult<AsyncPgConnection> {
        let (client, connection) = self.open().await.map_err(to_pool)?;
        let ready = async {
            let mut connection =
                AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
            let configured = connection.batch_execute(setup).await;
            configured.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        };
        let in_time = tokio::time::timeout(CONNECT_TIMEOUT, ready).await;
        in_time.unwrap_or_else(|elapsed| Err(diesel::ConnectionError::BadConnection(elapsed.to_string())))
    }
}

/// Shows where, never who or with what password.
impl fmt::Debug for PgAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host).collect();
        f.debug_struct("PgAddress")
            .field("hosts", &hosts)
            .field("ports", &self.config.get_ports())
            .field("database", &self.config.get_dbname())
            .finish_non_exhaustive()
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

/// The options of a URL that are about TLS: tokio-postgres knows only some of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct TlsOptions {
    mode: Option<String>,
    roots: Option<String>,
}

impl TlsOptions {
    fn meaning(self) -> Result<(SslMode, Trust), InvalidAddress> {
        let roots = self.roots.as_deref().map(tls::read_roots).transpose()?;
        let checked = |roots: Option<_>| roots.unwrap_or_else(tls::web_roots);
        Ok(match self.mode.as_deref() {
            Some("disable") => (SslMode::Disable, Trust::Anyone),
            None | Some("prefer" | "allow") => (SslMode::Prefer, Trust::Anyone),
            Some("require") => (SslMode::Require, roots.map_or(Trust::Anyone, Trust::Issuer)),
            Some("verify-ca") => (SslMode::Require, Trust::Issuer(checked(roots))),
            Some("verify-full") => (SslMode::Require, Trust::IssuerAndName(checked(roots))),
            Some(_) => return Err(InvalidAddress::SslMode),
        })
    }
}

/// The name of the first parameter that can't be used: of those that other programs take from the same URL
/// (`pgbouncer=true`, `supa=…`), or with a wrong value. A URL with another `@` behind `?` may have a password that is not
/// percent-encoded: nothing of it is told.
fn wrong_parameter(url: &str) -> Option<String> {
    let (_, after) = url.split_once('@').unwrap_or(("", url));
    let (_, query) = after.split_once('?').filter(|(_, query)| !query.contains('@'))?;
    let is_wrong = |pair: &&str| format!("postgres://localhost?{pair}").parse::<Config>().is_err();
    let pair = query.split('&').filter(|pair| !pair.is_empty()).find(is_wrong)?;
    let name = pair.split('=').next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let is_name = (1..=63).contains(&name.len()) && name.bytes().all(is_plain);
    Some(if is_name { name.to_owned() } else { "(no name)".to_owned() })
}

/// Takes `sslmode` and `sslrootcert` out of a URL.
fn split_tls_options(url: &str) -> (String, TlsOptions) {
    // A question mark may be part of a password: the options begin at the first one after the credentials.
    let credentials = url.find('@').map_or(0, |at| at + 1);
    let (_, after) = url.split_at(credentials);
    let Some(mark) = after.find('?') else { return (url.to_owned(), TlsOptions::default()) };
    let (base, query) = url.split_at(credentials + mark);
    let mut options = TlsOptions::default();
    let mut kept = Vec::new();
    for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = || Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
        match name {
            "sslmode" => options.mode = decoded(),
            "sslrootcert" => options.roots = decoded(),
            _ => kept.push(pair),
        }
    }
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    (url, options)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn no_password_is_ever_shown() {
        let address =
            PgAddress::parse("postgres://ann:s3cr%40t@db.example:6543/files?sslmode=require").unwrap();
        let shown = format!("{address:?}");
        assert!(shown.contains("db.example") && shown.contains("6543") && shown.contains("files"), "{shown}");
        assert!(!shown.contains("s3cr") && !shown.contains("ann"), "{shown}");
        let refused = PgAddress::parse("postgres://ann:s3cret@db.example/files?nonsense=1").unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("s3cret"));
    }

    #[test]
    fn a_parameter_that_can_not_be_used_is_named_without_its_value() {
        for (parameters, name) in [
            ("pgbouncer=true", "pgbouncer"),
            ("sslmode=require&supa=base-pooler.x", "supa"),
            ("connect_timeout=10&connection_limit=1", "connection_limit"),
            ("schema=public", "schema"),
            ("connect_timeout=soon", "connect_timeout"),
            ("channel_binding=sometimes", "channel_binding"),
            ("pgbouncer", "pgbouncer"),
            ("hunter%202=x", "(no name)"),
        ] {
            let refused = PgAddress::parse(&format!("postgres://ann:s3cret@db.example/files?{parameters}"));
            assert_eq!(refused.unwrap_err(), InvalidAddress::Parameter(name.to_owned()), "{parameters}");
        }
        // Part of a password that is not percent-encoded.
        let refused = PgAddress::parse("postgres://ann:s3?cret=1@db@example/files?x=1").unwrap_err();
        assert!(!refused.to_string().contains("cret"), "{refused}");
    }

    #[test]
    fn urls_are_read_as_providers_print_them() {
        for url in [
            "postgresql://postgres.abcdefgh:pw@aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
            "postgresql://ann:pw@ep-cool-name-123456.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
            "postgresql://ann:pw@ep-x.aws.neon.tech/neondb?options=endpoint%3Dep-x&sslmode=require",
            "postgres://u1:p2@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d3",
            "postgresql://ann:pw@dpg-abc-a.frankfurt-postgres.render.com/files",
            "postgresql://doadmin:pw@db-1.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
            "postgres://ann:pw@[2001:db8::1]:5432/files?connect_timeout=10&target_session_attrs=read-write&",
        ] {
            assert!(PgAddress::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn the_options_of_tls_are_taken_out_of_the_url_and_the_others_stay() {
        let (url, options) = split_tls_options(
            "postgres://u:p?w@h/db?sslmode=verify-full&application_name=x&sslrootcert=%2Fa%20b",
        );
        assert_eq!(url, "postgres://u:p?w@h/db?application_name=x");
        assert_eq!(options, TlsOptions { mode: Some("verify-full".into()), roots: Some("/a b".into()) });
    }

    #[test]
    fn every_mode_of_tls_means_what_it_means_to_libpq() {
        let meaning = |mode: &str| {
            let options = TlsOptions { mode: Some(mode.to_owned()), roots: None };
            options.meaning().map(|(mode, trust)| (mode, trust.to_string()))
        };
        assert_eq!(meaning("disable"), Ok((SslMode::Disable, "anyone".to_owned())));
        assert_eq!(meaning("prefer"), Ok((SslMode::Prefer, "anyone".to_owned())));
        assert_eq!(meaning("require"), Ok((SslMode::Require, "anyone".to_owned())));
        assert_eq!(meaning("verify-ca"), Ok((SslMode::Require, "issuer".to_owned())));
        assert_eq!(meaning("verify-full"), Ok((SslMode::Require, "issuer and name".to_owned())));
        assert_eq!(meaning("sometimes"), Err(InvalidAddress::SslMode));
    }

    #[test]
    fn what_is_no_url_of_postgresql_is_refused() {
        for text in ["", "sqlite://x", "host=localhost", "postgres://", "postgres:///db"] {
            assert_eq!(PgAddress::parse(text).unwrap_err(), InvalidAddress::Malformed, "{text}");
        }
        let missing = PgAddress::parse("postgres://h/db?sslmode=verify-ca&sslrootcert=/does/not/exist");
        assert!(matches!(missing, Err(InvalidAddress::RootCertificates(_))));
    }
}
