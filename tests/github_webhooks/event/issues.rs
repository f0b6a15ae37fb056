//! What happens to issues, their comments, labels and milestones.

use eskit::prelude::*;

use crate::account::{From, InstallationId, Organization, User};
use crate::issue::{Issue, IssueComment, Label, Milestone};
use crate::repository::Repository;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Issues {
    action: IssueAction,
    issue: Issue,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<IssueChanges>,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milestone: Option<Milestone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Label>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IssueAction {
    Assigned,
    Closed,
    Deleted,
    Demilestoned,
    Edited,
    Labeled,
    Locked,
    Milestoned,
    Opened,
    Pinned,
    Reopened,
    Transferred,
    Unassigned,
    Unlabeled,
    Unlocked,
    Unpinned,
}

/// Where an issue came from or went to, when it moved between repositories.
#[derive(Serialize, Deserialize)]
struct IssueChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    old_issue: Option<Box<Issue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_repository: Option<Box<Repository>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_issue: Option<Box<Issue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_repository: Option<Box<Repository>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EditAction {
    Created,
    Deleted,
    Edited,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "github.IssueComment")]
pub(crate) struct IssueCommentEvent {
    action: EditAction,
    issue: Issue,
    comment: IssueComment,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<CommentChanges>,
}

#[derive(Serialize, Deserialize)]
struct CommentChanges {
    body: From<String>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "github.Label")]
pub(crate) struct LabelEvent {
    action: EditAction,
    label: Label,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<LabelChanges>,
}

#[derive(Serialize, Deserialize)]
struct LabelChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<From<String>>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "github.Milestone")]
pub(crate) struct MilestoneEvent {
    action: MilestoneAction,
    milestone: Milestone,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MilestoneAction {
    Created,
    Closed,
    Opened,
    Edited,
    Deleted,
}
