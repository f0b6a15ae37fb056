//! What happens to accounts, teams and apps, and the advisories that concern everyone.

use std::collections::BTreeMap;

use eskit::prelude::*;

use crate::account::{AccountType, From, InstallationId, Moment, Organization, Team, User, present};
use crate::repository::{Repository, RepositoryName};

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Member {
    action: MemberAction,
    #[tag("member")]
    member: User,
    #[tag("repository")]
    repository: Repository,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<MemberChanges>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MemberAction {
    Added,
    Edited,
    Removed,
}

#[derive(Serialize, Deserialize)]
struct MemberChanges {
    old_permission: From<Access>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Membership {
    action: MembershipAction,
    scope: MembershipScope,
    #[tag("member")]
    member: User,
    #[tag("sender")]
    sender: User,
    team: Team,
    organization: Organization,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MembershipAction {
    Added,
    Removed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MembershipScope {
    Team,
    Organization,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct TeamAdd {
    team: Team,
    #[tag("repository")]
    repository: Repository,
    organization: Organization,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct OrgBlock {
    action: BlockAction,
    #[tag("member")]
    blocked_user: User,
    organization: Organization,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BlockAction {
    Blocked,
    Unblocked,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct Installation {
    action: InstallationAction,
    installation: InstalledApp,
    #[serde(skip_serializing_if = "Option::is_none")]
    repositories: Option<Vec<RepositoryName>>,
    #[tag("sender")]
    sender: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<User>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum InstallationAction {
    Created,
    Deleted,
    NewPermissionsAccepted,
    Suspend,
    Unsuspend,
}

#[derive(Serialize, Deserialize)]
struct InstalledApp {
    id: u64,
    account: User,
    repository_selection: Selection,
    access_tokens_url: String,
    repositories_url: String,
    html_url: String,
    app_id: u64,
    target_id: u64,
    target_type: AccountType,
    /// By the name of what may be accessed: the list grows with every feature of the site.
    permissions: BTreeMap<String, Access>,
    events: Vec<String>,
    created_at: Moment,
    updated_at: Moment,
    single_file_name: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    suspended_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    suspended_by: Option<Option<User>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_multiple_single_files: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    single_file_paths: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Selection {
    All,
    Selected,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Access {
    Read,
    Write,
    Admin,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "github")]
pub(crate) struct SecurityAdvisory {
    action: AdvisoryAction,
    security_advisory: Advisory,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AdvisoryAction {
    Performed,
    Published,
    Updated,
    Withdrawn,
}

#[derive(Serialize, Deserialize)]
struct Advisory {
    ghsa_id: String,
    summary: String,
    description: String,
    severity: Severity,
    identifiers: Vec<Identifier>,
    references: Vec<Reference>,
    published_at: String,
    updated_at: String,
    withdrawn_at: Option<String>,
    vulnerabilities: Vec<Vulnerability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cvss: Option<Cvss>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwes: Option<Vec<Cwe>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    cve_id: Option<Option<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Low,
    Moderate,
    High,
    Critical,
}

/// A name in a catalog of vulnerabilities.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "UPPERCASE")]
enum Identifier {
    Cve(String),
    Ghsa(String),
}

#[derive(Serialize, Deserialize)]
struct Reference {
    url: String,
}

#[derive(Serialize, Deserialize)]
struct Vulnerability {
    package: Package,
    severity: Severity,
    vulnerable_version_range: String,
    first_patched_version: Option<PatchedVersion>,
}

#[derive(Serialize, Deserialize)]
struct Package {
    ecosystem: Ecosystem,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ecosystem {
    Npm,
    Pip,
    Rust,
}

#[derive(Serialize, Deserialize)]
struct PatchedVersion {
    identifier: String,
}

#[derive(Serialize, Deserialize)]
struct Cvss {
    vector_string: String,
    score: f64,
}

#[derive(Serialize, Deserialize)]
struct Cwe {
    cwe_id: String,
    name: String,
}
