//! Repositories, by far the largest part of most payloads.

use std::collections::BTreeMap;

use eskit::prelude::*;
use serde_json::Value;

use crate::account::{Moment, User};

/// A repository, found by its full name.
#[derive(Serialize, Deserialize)]
pub(crate) struct Repository {
    id: u64,
    node_id: String,
    name: String,
    full_name: String,
    private: bool,
    owner: User,
    description: Option<String>,
    fork: bool,
    url: String,
    #[serde(flatten)]
    links: Links,
    created_at: Moment,
    updated_at: String,
    pushed_at: Moment,
    homepage: Option<String>,
    size: u64,
    stargazers_count: u64,
    watchers_count: u64,
    language: Option<String>,
    has_issues: bool,
    has_projects: bool,
    has_downloads: bool,
    has_wiki: bool,
    has_pages: bool,
    forks_count: u64,
    mirror_url: Option<String>,
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<bool>,
    open_issues_count: u64,
    license: Option<License>,
    forks: u64,
    open_issues: u64,
    watchers: u64,
    default_branch: String,
    /// Only in pushes.
    #[serde(skip_serializing_if = "Option::is_none")]
    stargazers: Option<u64>,
    /// Only in pushes.
    #[serde(skip_serializing_if = "Option::is_none")]
    master_branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_template: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<Visibility>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_commit_signoff_required: Option<bool>,
    /// What its organization defines, so no type can know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_properties: Option<BTreeMap<String, Value>>,
    /// Only in forks.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<bool>,
}

impl TagValue for Repository {
    fn each_value(&self, each: &mut dyn FnMut(&dyn std::fmt::Display)) {
        each(&self.full_name);
    }
}

/// Where the parts of a repository lie.
#[derive(Serialize, Deserialize)]
struct Links {
    html_url: String,
    forks_url: String,
    keys_url: String,
    collaborators_url: String,
    teams_url: String,
    hooks_url: String,
    issue_events_url: String,
    events_url: String,
    assignees_url: String,
    branches_url: String,
    tags_url: String,
    blobs_url: String,
    git_tags_url: String,
    git_refs_url: String,
    trees_url: String,
    statuses_url: String,
    languages_url: String,
    stargazers_url: String,
    contributors_url: String,
    subscribers_url: String,
    subscription_url: String,
    commits_url: String,
    git_commits_url: String,
    comments_url: String,
    issue_comment_url: String,
    contents_url: String,
    compare_url: String,
    merges_url: String,
    archive_url: String,
    downloads_url: String,
    issues_url: String,
    pulls_url: String,
    milestones_url: String,
    notifications_url: String,
    labels_url: String,
    releases_url: String,
    deployments_url: String,
    git_url: String,
    ssh_url: String,
    clone_url: String,
    svn_url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Visibility {
    Public,
    Private,
    Internal,
}

#[derive(Serialize, Deserialize)]
struct License {
    key: String,
    name: String,
    spdx_id: Option<String>,
    url: Option<String>,
    node_id: String,
}

/// A repository in a list, by its names alone.
#[derive(Serialize, Deserialize)]
pub(crate) struct RepositoryName {
    id: u64,
    node_id: String,
    name: String,
    full_name: String,
    private: bool,
}
