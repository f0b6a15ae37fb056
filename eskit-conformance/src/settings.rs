use std::fmt;
use std::time::Duration;

/// How much a run does, and from which seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settings {
    /// Rounds of each race.
    pub(crate) rounds: u32,
    /// What every generated input derives from.
    pub(crate) seed: u64,
    /// Run only the cases whose name contains one of these; all when empty.
    pub(crate) only: Vec<String>,
    /// How long one round of anything may take before the case fails.
    pub(crate) patience: Duration,
}

pub(crate) const ROUNDS: &str = "ESKIT_CONFORMANCE_ROUNDS";
pub(crate) const SEED: &str = "ESKIT_CONFORMANCE_SEED";
pub(crate) const ONLY: &str = "ESKIT_CONFORMANCE_ONLY";

impl Default for Settings {
    fn default() -> Settings {
        Settings { rounds: 48, seed: 1, only: Vec::new(), patience: Duration::from_secs(30) }
    }
}

/// A variable of the environment that cannot be used.
#[derive(Debug)]
pub(crate) struct SettingsError(String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Settings {
    /// These settings, changed by what the environment says.
    pub(crate) fn overridden_by(mut self, get: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
        if let Some(rounds) = get(ROUNDS) {
            let bad = || SettingsError(format!("{ROUNDS} is `{rounds}`; set it to a number from 1 on"));
            self.rounds = rounds.parse().ok().filter(|rounds| *rounds > 0).ok_or_else(bad)?;
        }
        match get(SEED).as_deref() {
            None => {}
            Some("random") => self.seed = random(),
            Some(seed) => {
                let bad = |_| SettingsError(format!("{SEED} is `{seed}`; set it to a number, or to `random`"));
                self.seed = seed.parse().map_err(bad)?;
            }
        }
        if let Some(only) = get(ONLY) {
            self.only = vec![only];
        }
        Ok(self)
    }

    pub(crate) fn selects(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| case.contains(part.as_str()))
    }
}

fn random() -> u64 {
    let id = eskit_runtime::log::EventId::new();
    let bytes = id.as_bytes();
    // The last eight bytes of a UUIDv7 are random but for two bits.
    bytes[8..].iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &'static str, value: &'static str) -> Result<Settings, SettingsError> {
        Settings::default().overridden_by(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn the_environment_overrides_and_mistakes_name_the_variable() {
        assert_eq!(given(ROUNDS, "7").unwrap().rounds, 7);
        assert_eq!(given(SEED, "9").unwrap().seed, 9);
        assert_ne!(given(SEED, "random").unwrap().seed, given(SEED, "random").unwrap().seed);
        let only = given(ONLY, "races::").unwrap();
        assert!(only.selects("races::tag") && !only.selects("reads::until"));
        assert!(Settings::default().selects("reads::until"));
        for (name, value) in [(ROUNDS, "0"), (ROUNDS, "many"), (SEED, "x")] {
            let text = given(name, value).unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(value), "{text}");
        }
    }
}
