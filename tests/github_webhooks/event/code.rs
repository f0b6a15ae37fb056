//! What happens to the code of a repository.

use eskit::prelude::*;

use crate::account::{AuthorAssociation, From, InstallationId, Organization, User};
use crate::issue::Reactions;
use crate::repository::Repository;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Push {
    r#ref: String,
    before: String,
    after: String,
    created: bool,
    deleted: bool,
    forced: bool,
    base_ref: Option<String>,
    compare: String,
    commits: Vec<Commit>,
    head_commit: Option<Commit>,
    #[tag("repository")]
    repository: Repository,
    pusher: Pusher,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
struct Commit {
    id: String,
    tree_id: String,
    distinct: bool,
    message: String,
    timestamp: String,
    url: String,
    author: Signature,
    committer: Signature,
    added: Vec<String>,
    removed: Vec<String>,
    modified: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    name: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Pusher {
    name: String,
    email: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefType {
    Branch,
    Tag,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PusherType {
    User,
    DeployKey,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Create {
    r#ref: String,
    ref_type: RefType,
    master_branch: String,
    description: Option<String>,
    pusher_type: PusherType,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Delete {
    r#ref: String,
    ref_type: RefType,
    pusher_type: PusherType,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct DeployKey {
    action: DeployKeyAction,
    key: Key,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeployKeyAction {
    Created,
    Deleted,
}

#[derive(Serialize, Deserialize)]
struct Key {
    id: u64,
    key: String,
    url: String,
    title: String,
    verified: bool,
    created_at: String,
    read_only: bool,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct CommitComment {
    action: CommitCommentAction,
    comment: CommentOnCommit,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CommitCommentAction {
    Created,
}

#[derive(Serialize, Deserialize)]
struct CommentOnCommit {
    url: String,
    html_url: String,
    id: u64,
    node_id: String,
    user: User,
    position: Option<u64>,
    line: Option<u64>,
    path: Option<String>,
    commit_id: String,
    created_at: String,
    updated_at: String,
    author_association: AuthorAssociation,
    body: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Release {
    action: ReleaseAction,
    release: PublishedRelease,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<ReleaseChanges>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReleaseAction {
    Created,
    Deleted,
    Edited,
    Prereleased,
    Published,
    Released,
    Unpublished,
}

#[derive(Serialize, Deserialize)]
struct ReleaseChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<From<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<From<String>>,
}

#[derive(Serialize, Deserialize)]
struct PublishedRelease {
    url: String,
    assets_url: String,
    upload_url: String,
    html_url: String,
    id: u64,
    node_id: String,
    tag_name: String,
    target_commitish: String,
    name: Option<String>,
    draft: bool,
    author: User,
    prerelease: bool,
    created_at: String,
    published_at: Option<String>,
    /// None of the releases has any, so their shape is not known here.
    assets: Vec<serde_json::Value>,
    tarball_url: String,
    zipball_url: String,
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discussion_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactions: Option<Reactions>,
}
