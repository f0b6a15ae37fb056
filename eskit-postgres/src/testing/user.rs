use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::testing::error::TestError;

/// The user as whom the server runs, when this process is root: PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User(Option<Ids>);

#[derive(Clone, Copy, Debug)]
struct Ids {
    user: u32,
    group: u32,
}

impl User {
    /// This process's own user, or for root `postgres` or `nobody`.
    pub(crate) fn unprivileged() -> Result<User, TestError> {
        let output = Command::new("id").arg("-u").stderr(Stdio::null()).output();
        let is_root = output.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
        if !is_root {
            return Ok(User(None));
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| ids_of(&users, name));
        match found {
            Some(ids) => Ok(User(Some(ids))),
            None => Err(TestError::new(
                "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`; run the tests as \
                 another user, or name a server in ESKIT_TEST_POSTGRES",
            )),
        }
    }

    /// A command that runs as this user.
    pub(crate) fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let User(Some(ids)) = self {
            command.uid(ids.user).gid(ids.group);
        }
        command
    }

    /// Hands a folder to this user.
    pub(crate) fn own(self, folder: &Path) -> std::io::Result<()> {
        match self.0 {
            Some(ids) => std::os::unix::fs::chown(folder, Some(ids.user), Some(ids.group)),
            None => Ok(()),
        }
    }
}

/// The ids in the line of a user: `name:password:uid:gid:..`.
fn ids_of(users: &str, name: &str) -> Option<Ids> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        Some(Ids { user: fields.nth(1)?.parse().ok()?, group: fields.next()?.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_the_third_and_fourth_field() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/sh\n";
        let ids = ids_of(users, "postgres").unwrap();
        assert_eq!((ids.user, ids.group), (101, 104));
        assert!(ids_of(users, "nobody").is_none());
    }
}
