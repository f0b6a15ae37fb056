//! The events: one type for each kind of webhook, found by its repository and by who caused it.

mod app;
mod code;
mod community;
mod issues;

use eskit::prelude::*;

use app::{Installation, Member, Membership, OrgBlock, SecurityAdvisory, TeamAdd};
use code::{CommitComment, Create, Delete, DeployKey, Push, Release};
use community::{Fork, Gollum, Public, RepositoryEvent, Star, Watch};
use issues::{IssueCommentEvent, Issues, LabelEvent, MilestoneEvent};

/// A webhook, as a line of the file holds it: the kind, and a payload of the kind's own shape.
#[derive(Event, Deserialize)]
#[serde(tag = "event", content = "payload", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "an event is stored in its own variant, not in a box")]
pub(crate) enum Webhook {
    CommitComment(CommitComment),
    Create(Create),
    Delete(Delete),
    DeployKey(DeployKey),
    Fork(Fork),
    Gollum(Gollum),
    Installation(Installation),
    IssueComment(IssueCommentEvent),
    Issues(Issues),
    Label(LabelEvent),
    Member(Member),
    Membership(Membership),
    Milestone(MilestoneEvent),
    OrgBlock(OrgBlock),
    Public(Public),
    Push(Push),
    Release(Release),
    Repository(RepositoryEvent),
    SecurityAdvisory(SecurityAdvisory),
    Star(Star),
    TeamAdd(TeamAdd),
    Watch(Watch),
}

/// The kinds of webhook that [`Webhook`] holds.
pub(crate) const KINDS: [&str; 22] = [
    "commit_comment",
    "create",
    "delete",
    "deploy_key",
    "fork",
    "gollum",
    "installation",
    "issue_comment",
    "issues",
    "label",
    "member",
    "membership",
    "milestone",
    "org_block",
    "public",
    "push",
    "release",
    "repository",
    "security_advisory",
    "star",
    "team_add",
    "watch",
];
