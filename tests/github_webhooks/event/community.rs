//! What people do with a repository as a whole.

use eskit::prelude::*;

use crate::account::{From, InstallationId, Organization, User};
use crate::repository::Repository;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Star {
    action: StarAction,
    starred_at: Option<String>,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StarAction {
    Created,
    Deleted,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Watch {
    action: WatchAction,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WatchAction {
    Started,
}

/// Carries the tag `repository` twice: for the fork, and for what was forked.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Fork {
    #[tag("repository")]
    forkee: Repository,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Public {
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

/// Pages of a wiki were created or edited.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Gollum {
    pages: Vec<WikiPage>,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
struct WikiPage {
    page_name: String,
    title: String,
    summary: Option<String>,
    action: WikiAction,
    sha: String,
    html_url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WikiAction {
    Created,
    Edited,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "github.Repository")]
pub(crate) struct RepositoryEvent {
    action: RepositoryAction,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<RepositoryChanges>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RepositoryAction {
    Archived,
    Created,
    Deleted,
    Edited,
    Privatized,
    Publicized,
    Renamed,
    Transferred,
    Unarchived,
}

#[derive(Serialize, Deserialize)]
struct RepositoryChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<From<Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_branch: Option<From<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<Renamed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<From<FormerOwner>>,
}

#[derive(Serialize, Deserialize)]
struct Renamed {
    name: From<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FormerOwner {
    User(Box<User>),
    Organization(Box<Organization>),
}
