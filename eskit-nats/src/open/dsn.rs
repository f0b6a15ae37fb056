use std::borrow::Cow;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use percent_encoding::percent_decode_str;

/// What a DSN says: `nats://user:password@host:4222,host2:4222/log?replicas=1&durability=unverified`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dsn {
    /// The servers, each as a URL.
    pub(crate) servers: Vec<String>,
    /// Who connects.
    pub(crate) login: Option<Login>,
    /// The name of the log, which is that of its stream.
    pub(crate) log: String,
    /// On how many servers each message must be.
    pub(crate) replicas: u64,
    /// The monitoring ports of the servers.
    pub(crate) monitors: Vec<String>,
    /// Whether servers may be used of which nobody knows whether they sync.
    pub(crate) is_unverified: bool,
}

/// A user and its password, or a token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Login {
    User(String, String),
    Token(String),
}

/// Shows no secret.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Login::User(user, _) => f.debug_struct("User").field("user", user).finish_non_exhaustive(),
            Login::Token(_) => f.debug_struct("Token").finish_non_exhaustive(),
        }
    }
}

const FORM: &str = "write `nats://host:4222/log?monitor=http://host:8222`, with `,` between the servers of a cluster, and `replicas=1` for a single one";
/// Characters that a name of a stream may have.
const NAME: &str = "letters, digits, `_` and `-`";
const NAME_MAX: usize = 200;

impl Dsn {
    /// Reads a DSN. No error shows what may be a password.
    pub(crate) fn parse(text: &str) -> Result<Dsn, StoreError> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| invalid("it has no `://`"))?;
        if !matches!(scheme, "nats" | "tls") {
            return Err(invalid("it begins with neither `nats://` nor `tls://`"));
        }
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, log) = rest.rsplit_once('/').ok_or_else(|| invalid("it names no log"))?;
        check_name(log)?;
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(login_of(login)?), hosts),
            None => (None, authority),
        };
        if hosts.split(',').any(str::is_empty) {
            return Err(invalid("it names no server, or an empty one"));
        }
        let servers = hosts.split(',').map(|host| format!("{scheme}://{host}")).collect();
        let log = log.to_owned();
        let mut dsn = Dsn { servers, login, log, replicas: 3, monitors: Vec::new(), is_unverified: false };
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            dsn.set(name, value)?;
        }
        Ok(dsn)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        match (name, value) {
            ("replicas", "1" | "3" | "5") => self.replicas = value.parse().unwrap_or(3),
            ("replicas", _) => return Err(invalid("`replicas` must be 1, 3 or 5")),
            ("monitor", urls) => {
                self.monitors = urls.split(',').map(str::to_owned).collect();
                if self.monitors.iter().any(|url| !url.starts_with("http://") || url.contains('@')) {
                    return Err(invalid("`monitor` must be a list of URLs that begin with `http://`, without a login"));
                }
            }
            ("durability", "unverified") => self.is_unverified = true,
            ("durability", _) => return Err(invalid("`durability` can only be `unverified`")),
            // A password that was not escaped may stand where a parameter does.
            _ => return Err(invalid("it has a parameter that is none of `replicas`, `monitor` and `durability`")),
        }
        Ok(())
    }
}

/// `user:password`, or a token alone. What a URL cannot hold is written as `%40`.
fn login_of(text: &str) -> Result<Login, StoreError> {
    let decode = |part: &str| {
        let decoded = percent_decode_str(part).decode_utf8().map(Cow::into_owned);
        decoded.map_err(|_| invalid("its user or password is no UTF-8"))
    };
    match text.split_once(':') {
        Some((user, password)) => Ok(Login::User(decode(user)?, decode(password)?)),
        None => Ok(Login::Token(decode(text)?)),
    }
}

fn check_name(log: &str) -> Result<(), StoreError> {
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if log.is_empty() {
        return Err(invalid("it names no log"));
    }
    if log.len() > NAME_MAX || !log.chars().all(is_fit) {
        return Err(invalid(&format!("the name of a log has at most {NAME_MAX} {NAME}")));
    }
    Ok(())
}

fn invalid(why: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, format!("cannot connect to the DSN `nats:..`: {why}\nhelp: {FORM}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_names_servers_a_log_and_what_is_demanded() {
        let dsn = Dsn::parse("nats://u:p@a:1,b/my_log?replicas=1&monitor=http://a:8222,http://b:8222").unwrap();
        assert_eq!(dsn.servers, ["nats://a:1", "nats://b"]);
        assert_eq!(dsn.login, Some(Login::User("u".to_owned(), "p".to_owned())));
        assert!(!format!("{dsn:?}").contains("\"p\""), "{dsn:?}");
        assert_eq!((&*dsn.log, dsn.replicas, dsn.is_unverified), ("my_log", 1, false));
        assert_eq!(dsn.monitors, ["http://a:8222", "http://b:8222"]);
        let dsn = Dsn::parse("nats://a/log?durability=unverified").unwrap();
        assert_eq!((dsn.login, dsn.replicas, dsn.is_unverified), (None, 3, true));
        for (dsn, login) in [
            ("nats://t%40ken@a/log", Login::Token("t@ken".to_owned())),
            ("tls://u%3A:p%2F:%C3%BC@a/log", Login::User("u:".to_owned(), "p/:ü".to_owned())),
        ] {
            assert_eq!(Dsn::parse(dsn).unwrap().login, Some(login));
        }
    }

    #[test]
    fn a_wrong_one_is_refused_without_its_secrets() {
        for (dsn, why) in [
            ("nats:x", "it has no `://`"),
            ("http://u:secret@a/log", "it begins with neither"),
            ("nats://u:secret@a:4222", "it names no log"),
            ("nats://u:secret@a:4222/", "it names no log"),
            ("nats://u:secret@/log", "it names no server"),
            ("nats://u:secret@a,/log", "it names no server, or an empty one"),
            ("nats://u:%FFsecret@a/log", "its user or password is no UTF-8"),
            ("nats://u:secret@a/a.b", "the name of a log has at most 200 letters"),
            ("nats://u:secret@a/log?replicas=2", "`replicas` must be 1, 3 or 5"),
            ("nats://u:secret@a/log?monitor=a:8222", "`monitor` must be a list of URLs"),
            ("nats://u:secret@a/log?durability=none", "`durability` can only be `unverified`"),
            ("nats://u:secret@a/log?replica=1", "a parameter that is none of `replicas`"),
            ("nats://u:pass/a?secret@a/log", "a parameter that is none of `replicas`"),
            ("nats://u@a/log?monitor=http://u:secret@a", "without a login"),
        ] {
            let text = Dsn::parse(dsn).unwrap_err().to_string();
            assert!(text.starts_with("cannot connect to the DSN `nats:..`: ") && text.contains(why), "{text}");
            assert!(text.contains("help: write `nats://") && !text.contains("secret"), "{text}");
        }
    }
}
