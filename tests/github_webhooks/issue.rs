//! Issues, and what hangs on them.

use eskit::prelude::*;

use crate::account::{AuthorAssociation, User, present};

#[derive(Serialize, Deserialize)]
pub(crate) struct Issue {
    url: String,
    repository_url: String,
    labels_url: String,
    comments_url: String,
    events_url: String,
    html_url: String,
    id: u64,
    node_id: String,
    number: u64,
    title: String,
    user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<Label>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<bool>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    assignee: Option<Option<User>>,
    assignees: Vec<User>,
    milestone: Option<Milestone>,
    comments: u64,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
    author_association: AuthorAssociation,
    body: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    active_lock_reason: Option<Option<LockReason>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactions: Option<Reactions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline_url: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    performed_via_github_app: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request: Option<PullRequestLinks>,
}

/// Where the pull request lies that an issue is.
#[derive(Serialize, Deserialize)]
struct PullRequestLinks {
    url: String,
    html_url: String,
    diff_url: String,
    patch_url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    Closed,
}

#[derive(Serialize, Deserialize)]
enum LockReason {
    #[serde(rename = "off-topic")]
    OffTopic,
    #[serde(rename = "too heated")]
    TooHeated,
    #[serde(rename = "resolved")]
    Resolved,
    #[serde(rename = "spam")]
    Spam,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Reactions {
    url: String,
    total_count: u64,
    #[serde(rename = "+1")]
    plus_one: u64,
    #[serde(rename = "-1")]
    minus_one: u64,
    laugh: u64,
    hooray: u64,
    confused: u64,
    heart: u64,
    rocket: u64,
    eyes: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Label {
    id: u64,
    node_id: String,
    url: String,
    name: String,
    color: String,
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Milestone {
    url: String,
    html_url: String,
    labels_url: String,
    id: u64,
    node_id: String,
    number: u64,
    title: String,
    description: String,
    creator: User,
    open_issues: u64,
    closed_issues: u64,
    state: State,
    created_at: String,
    updated_at: String,
    due_on: String,
    closed_at: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct IssueComment {
    url: String,
    html_url: String,
    issue_url: String,
    id: u64,
    node_id: String,
    user: User,
    created_at: String,
    updated_at: String,
    author_association: AuthorAssociation,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactions: Option<Reactions>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    performed_via_github_app: Option<Option<u64>>,
}
