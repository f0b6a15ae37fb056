use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::TENANT_TAG;

/// The most bytes of an id: it stands before the ids of streams, which have 256 themselves.
const BYTES_MAX: usize = 64;

/// The id of a tenant: 1 to 64 lower case letters, digits, `-` and `_`, of which the first is a letter or a digit. So it can also name
/// a file or a schema.
///
/// ```
/// use eskit::tenant::TenantId;
///
/// let tenant: TenantId = "acme".parse()?;
/// assert_eq!(tenant.as_str(), "acme");
/// assert!("Acme Inc.".parse::<TenantId>().is_err());
/// # Ok::<(), eskit::tenant::TenantIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The tenant with this id.
    ///
    /// # Errors
    /// The text is no id.
    pub fn new(id: impl AsRef<str>) -> Result<TenantId, TenantIdError> {
        let id = id.as_ref();
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_id = id.len() <= BYTES_MAX
            && id.bytes().next().is_some_and(is_plain)
            && id.bytes().all(|byte| is_plain(byte) || byte == b'-' || byte == b'_');
        if is_id { Ok(TenantId(id.into())) } else { Err(TenantIdError { id: id.chars().take(BYTES_MAX).collect() }) }
    }

    /// The tenant of an event of the log that all tenants share, read past [`Tenanted`](super::Tenanted): for subscriptions that
    /// follow all of them. `None` for an event that is no tenant's.
    pub fn of(event: &RecordedEvent) -> Option<TenantId> {
        event.tags.values(TENANT_TAG).next().and_then(|id| TenantId::new(id).ok())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = TenantIdError;
    fn from_str(id: &str) -> Result<TenantId, TenantIdError> {
        TenantId::new(id)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text is no id of a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantIdError {
    /// The text, at most its first 64 characters.
    id: String,
}

impl fmt::Display for TenantIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no id of a tenant\nhelp: use 1 to {BYTES_MAX} lower case letters, digits, `-` and `_`, beginning with a letter or a \
             digit",
            self.id.escape_debug()
        )
    }
}

impl std::error::Error for TenantIdError {}
