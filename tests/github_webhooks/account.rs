//! Who did something: users, organizations, teams, apps.

use eskit::prelude::*;
use serde::Deserializer;

/// Reads a field that may be absent, null or a value: absent stays `None`, null becomes `Some(None)`.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A time: seconds since 1970 in some payloads, RFC 3339 in others.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Moment {
    Seconds(u64),
    Text(String),
}

/// A user, found by the login.
#[derive(Serialize, Deserialize)]
pub(crate) struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    login: String,
    id: u64,
    node_id: String,
    avatar_url: String,
    gravatar_id: String,
    url: String,
    html_url: String,
    followers_url: String,
    following_url: String,
    gists_url: String,
    starred_url: String,
    subscriptions_url: String,
    organizations_url: String,
    repos_url: String,
    events_url: String,
    received_events_url: String,
    r#type: AccountType,
    site_admin: bool,
}

impl TagValue for User {
    fn each_value(&self, each: &mut dyn FnMut(&dyn std::fmt::Display)) {
        each(&self.login);
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum AccountType {
    User,
    Organization,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Organization {
    login: String,
    id: u64,
    node_id: String,
    url: String,
    repos_url: String,
    events_url: String,
    hooks_url: String,
    issues_url: String,
    members_url: String,
    public_members_url: String,
    avatar_url: String,
    description: String,
}

/// A team, or what is left of one that was deleted.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Team {
    Present(PresentTeam),
    Deleted { id: u64, name: String, deleted: bool },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PresentTeam {
    name: String,
    id: u64,
    node_id: String,
    slug: String,
    description: String,
    privacy: TeamPrivacy,
    url: String,
    html_url: String,
    members_url: String,
    repositories_url: String,
    permission: Permission,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TeamPrivacy {
    Secret,
    Closed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Permission {
    Pull,
    Push,
    Admin,
}

/// The app that a hook belongs to.
#[derive(Serialize, Deserialize)]
pub(crate) struct InstallationId {
    id: u64,
    node_id: String,
}

/// How an author stands to a repository.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AuthorAssociation {
    Collaborator,
    Contributor,
    FirstTimer,
    FirstTimeContributor,
    Member,
    None,
    Owner,
}

/// What something was before.
#[derive(Serialize, Deserialize)]
pub(crate) struct From<T> {
    from: T,
}
