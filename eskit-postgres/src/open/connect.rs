use std::str::FromStr;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::error::Fault;

/// The parameters of a DSN that sqlx reads. It passes over any other one, so that a misspelt `sslmode` would leave the
/// connection open to others.
const PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// The pool of a DSN; connects when it is first used. No error shows the DSN, which may hold a password.
pub(crate) fn pool(dsn: &str, max_connections: u32) -> Result<PgPool, StoreError> {
    if !dsn.starts_with("postgres://") && !dsn.starts_with("postgresql://") {
        return Err(unreadable("it does not begin with `postgres://`"));
    }
    // The parser drops a line break, also in the middle of a password.
    if dsn.trim() != dsn || dsn.contains(char::is_control) {
        return Err(unreadable("it holds white space or a line break at its end, or a control character; trim it"));
    }
    if has_several_hosts(dsn) {
        return Err(StoreError::new(StoreErrorKind::Invalid, SEVERAL_HOSTS));
    }
    let options = PgConnectOptions::from_str(dsn).map_err(|error| unreadable(&Fault::from(error).to_string()))?;
    if let Some(why) = unknown_parameter(dsn) {
        return Err(unreadable(&why));
    }
    // No poolers take it, unless they are told to, and no event is a floating-point number to the server.
    let options = options.extra_float_digits(None);
    let is_named = options.get_application_name().is_some();
    let options = if is_named { options } else { options.application_name("eskit") };
    // With the brackets that sqlx leaves on, no host is found.
    let bracketed = options.get_host().strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let options = match bracketed.map(str::to_owned) {
        Some(address) => options.host(&address),
        None => options,
    };
    Ok(PgPoolOptions::new().max_connections(max_connections).connect_lazy_with(options))
}

/// What is said to several hosts, of which libpq would look for the primary.
const SEVERAL_HOSTS: &str = "the DSN names several hosts, and sqlx connects to one\nhelp: write a name or an address that leads to the \
     primary: that of a proxy such as HAProxy or PgBouncer, a virtual IP, or a DNS name that follows it";

/// Whether there is a comma where the host, the address or the port stands.
fn has_several_hosts(dsn: &str) -> bool {
    let (_, rest) = dsn.split_once("://").unwrap_or_default();
    let (authority, parameters) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let parameters = parameters.rsplit_once('?').map_or(parameters, |(_, parameters)| parameters);
    let mut named = parameters.split('&').filter_map(|parameter| parameter.split_once('='));
    host.contains(',') || named.any(|(name, value)| matches!(name, "host" | "hostaddr" | "port") && value.contains(','))
}

/// What to say of a parameter that sqlx does not read, if there is one.
fn unknown_parameter(dsn: &str) -> Option<String> {
    let (_, parameters) = dsn.split_once('?')?;
    let mut names = parameters.split('&').map(|parameter| parameter.split('=').next().unwrap_or_default());
    let is_known = |name: &str| {
        name.is_empty() || PARAMETERS.contains(&name) || name.starts_with("options[") || name.starts_with("options%5B")
    };
    let name = names.find(|name| !is_known(name))?;
    // Then the `?` may stand in the password.
    let shown = if parameters.contains('@') { String::new() } else { format!(" `{name}`") };
    Some(format!(
        "the parameter{shown} behind `?` is none of {}",
        PARAMETERS.map(|known| format!("`{known}`")).join(", ")
    ))
}

/// Connects once, aside of the pool: while the server refuses connections the pool tries on and on, and says in the end that it
/// has none free.
pub(crate) async fn reach(pool: &PgPool) -> Result<(), StoreError> {
    let options = pool.connect_options();
    let limit = pool.options().get_acquire_timeout();
    let connection = tokio::time::timeout(limit, PgConnection::connect_with(&options)).await;
    let connected = connection.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(Fault::from);
    let connection = connected.map_err(|fault| fault.into_failure(&format!("connect to `{}`", place(&options))))?;
    // Whether the server is told about the end changes nothing.
    let _ = connection.close().await;
    Ok(())
}

/// Where the server is, without user and password.
fn place(options: &PgConnectOptions) -> String {
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket().and_then(|folder| folder.to_str()).or(host.starts_with('/').then_some(host)) {
        Some(folder) => format!("{folder}/.s.PGSQL.{port}"),
        None if host.contains(':') => format!("[{host}]:{port}"),
        None => format!("{host}:{port}"),
    }
}

fn unreadable(why: &str) -> StoreError {
    let text = format!(
        "the DSN cannot be read: {why}; write `postgres://user:password@host:port/database`, and in the password `%40` for \
         `@`, `%2F` for `/`, `%3F` for `?`, and `%23` for `#`"
    );
    StoreError::new(StoreErrorKind::Invalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_at_once() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let pool = pool(&format!("postgres://u:secret@127.0.0.1:{port}/d"), 2).unwrap();
        let error = reach(&pool).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        let text = error.to_string();
        assert!(text.starts_with(&format!("cannot connect to `127.0.0.1:{port}`: Connection refused")), "{text}");
        assert!(text.contains("check host and port"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }

    #[tokio::test]
    async fn a_host_of_no_known_name_is_told() {
        // Too long for a name: no name server is asked.
        let host = "h".repeat(64);
        let text = reach(&pool(&format!("postgres://u@{host}/d"), 2).unwrap()).await.unwrap_err().to_string();
        assert!(text.starts_with(&format!("cannot connect to `{host}:5432`: ")), "{text}");
        assert!(text.contains("check the host in the DSN"), "{text}");
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_is_named() {
        for dsn in ["postgres:///d?host=/no/such/folder&port=5433", "postgres://u@%2Fno%2Fsuch%2Ffolder:5433/d"] {
            let text = reach(&pool(dsn, 2).unwrap()).await.unwrap_err().to_string();
            assert!(text.starts_with("cannot connect to `/no/such/folder/.s.PGSQL.5433`: "), "{text}");
        }
    }

    #[tokio::test]
    async fn a_server_may_have_an_address_of_version_6() {
        let pool = pool("postgres://u@[::1]:5433/d", 2).unwrap();
        let options = pool.connect_options();
        assert_eq!((options.get_host(), place(&options).as_str()), ("::1", "[::1]:5433"));
    }

    #[tokio::test]
    async fn a_dsn_with_white_space_around_it_is_refused() {
        for dsn in [
            "postgres://u:secret@h/d\n",
            "postgres://u:sec\nret@h/d",
            " postgres://u:secret@h/d",
            "postgres://u:secret@h/d ",
        ] {
            let text = pool(dsn, 2).unwrap_err().to_string();
            assert!(!text.contains("secret") && (text.contains("trim it") || text.contains("begin with")), "{text}");
        }
    }

    #[tokio::test]
    async fn a_parameter_that_would_be_passed_over_is_refused() {
        let text = pool("postgres://u:secret@h/d?application_name=a&sslmod=require", 2).unwrap_err().to_string();
        assert!(text.contains("the parameter `sslmod` behind `?` is none of ") && text.contains("`sslmode`"), "{text}");
        // A password in which `?` stands as it is.
        let text = pool("postgres://u:1?secret=2@h/d", 2).unwrap_err().to_string();
        assert!(!text.contains("secret") && text.contains("`%3F` for `?`"), "{text}");
        let known = "postgres://u@h/d?sslmode=prefer&&options[a]=b&options%5Bc%5D=d&statement-cache-capacity=7";
        assert!(pool(known, 2).is_ok());
    }

    #[tokio::test]
    async fn several_hosts_are_refused_with_what_to_write_instead() {
        for dsn in [
            "postgres://u:secret@a,b/d",
            "postgres://u:secret@a:5432,b:5432/d",
            "postgres:///d?host=a,b",
            "postgres://a/d?application_name=x&port=1,2",
        ] {
            let text = pool(dsn, 2).unwrap_err().to_string();
            assert!(text.contains("several hosts") && text.contains("\nhelp: write a name"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
        assert!(pool("postgres://u:a,b@h/d,e?application_name=x,y", 2).is_ok());
    }

    #[tokio::test]
    async fn the_dsn_may_name_the_application() {
        for (parameters, name) in [("", "eskit"), ("?application_name=shop", "shop")] {
            let pool = pool(&format!("postgres://u@h/d{parameters}"), 2).unwrap();
            assert_eq!(pool.connect_options().get_application_name(), Some(name));
        }
    }

    #[tokio::test]
    async fn a_dsn_that_cannot_be_read_is_refused_without_its_secrets() {
        for dsn in ["", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres://u:secret@h/d?sslmode=x"] {
            let error = pool(dsn, 2).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let text = pool("postgres://u:secret@h:port/d", 2).unwrap_err().to_string();
        assert!(text.starts_with("the DSN cannot be read: invalid port number; write `postgres://"), "{text}");
    }
}
