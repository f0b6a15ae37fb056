//! What a store of keys is held to.

use std::collections::HashSet;
use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::{EventId, LogId, Place, Position, Subject};
use eskit_runtime::vault::{KEYS_PER_PAGE, KeyId, KeyStore, StoredKey, WrappedKey};
use tokio::task::JoinSet;

use crate::failure::{Outcome, ensure, same};

/// Callers that ask for the key of one new subject at the same time.
const RACERS: u8 = 16;

/// Holds a store of keys to its contract: [`KeyStore`] says what that is. `open` opens the same empty store each time, as another process
/// would; one that ends with its handle gives the same handle.
///
/// # Errors
/// What the store does that it must not.
pub async fn check_key_store<K: KeyStore>(open: impl AsyncFn() -> Result<K, StoreError>) -> Result<(), crate::Failure> {
    let keys = open().await?;
    a_subject_keeps_its_key(&keys).await?;
    a_destroyed_key_never_comes_back(&keys).await?;
    an_unknown_key_can_be_destroyed(&keys).await?;
    a_key_is_wrapped_anew_only_as_it_was(&keys).await?;
    places_are_remembered(&keys).await?;
    racers_get_one_key(&open).await?;
    all_is_there_after_opening_again(&keys, &open).await?;
    pages_hold_every_key_once(&keys).await
}

fn log(number: u8) -> LogId {
    LogId::from_bytes([number; 16])
}

fn id(number: u8) -> KeyId {
    KeyId::from_bytes([number; 16])
}

fn key(number: u8, subject: &str) -> StoredKey {
    let wrapped = Some(WrappedKey { master: format!("m{number}"), bytes: vec![number; 61] });
    StoredKey { id: id(number), log: log(1), subject: Subject::new("student", subject), wrapped }
}

fn destroyed(key: &StoredKey) -> StoredKey {
    StoredKey { wrapped: None, ..key.clone() }
}

async fn a_subject_keeps_its_key(keys: &impl KeyStore) -> Outcome {
    let (ada, bob) = (key(20, "ada"), key(10, "bob"));
    same(
        "the keys of new subjects",
        &keys.get_or_insert(vec![ada.clone(), bob.clone()]).await?,
        &vec![ada.clone(), bob.clone()],
    )?;
    let asked = vec![key(12, "bob"), key(11, "a NUL \u{1} and \u{e9}"), key(13, "ada")];
    let expected = vec![bob.clone(), key(11, "a NUL \u{1} and \u{e9}"), ada.clone()];
    same("the keys of known subjects and of a new one", &keys.get_or_insert(asked).await?, &expected)?;
    let elsewhere = [
        StoredKey { log: log(2), ..key(14, "ada") },
        StoredKey { subject: Subject::new("teacher", "ada"), ..key(15, "ada") },
    ];
    let found = keys.get_or_insert(elsewhere.to_vec()).await?;
    same("the keys of the same id in another log, and of another kind", &found, &elsewhere.to_vec())?;
    let mut found = keys.get(vec![id(10), id(20), id(12), id(99)]).await?;
    found.sort_by_key(|key| key.id);
    same("the keys with these ids", &found, &vec![bob, ada])
}

async fn a_destroyed_key_never_comes_back(keys: &impl KeyStore) -> Outcome {
    let before = keys.destroyed().await?;
    let (first, second) = (key(31, "eve"), key(30, "eve"));
    keys.get_or_insert(vec![first.clone()]).await?;
    same("how many keys were destroyed", &keys.destroy(vec![destroyed(&first)]).await?, &1)?;
    same("how many keys were destroyed again", &keys.destroy(vec![destroyed(&first)]).await?, &0)?;
    same("the destroyed key", &keys.get(vec![first.id]).await?, &vec![destroyed(&first)])?;
    same("how many keys are destroyed", &keys.destroyed().await?, &(before + 1))?;
    let again = keys.get_or_insert(vec![second.clone()]).await?;
    same("the key of a subject that came back", &again, &vec![second.clone()])?;
    let of_subject = keys.of_subject(log(1), Subject::new("student", "eve")).await?;
    same("all keys of a subject", &of_subject, &vec![second.clone(), destroyed(&first)])?;
    let wrapped = first.wrapped.clone().unwrap_or_else(|| WrappedKey { master: String::new(), bytes: Vec::new() });
    ensure!(!keys.rewrap(first.id, wrapped.clone(), wrapped).await?, "a destroyed key was wrapped anew");
    same("the destroyed key", &keys.get(vec![first.id]).await?, &vec![destroyed(&first)])
}

async fn an_unknown_key_can_be_destroyed(keys: &impl KeyStore) -> Outcome {
    let before = keys.destroyed().await?;
    let lost = destroyed(&key(40, "zoe"));
    same("how many keys were destroyed that were not known", &keys.destroy(vec![lost.clone()]).await?, &1)?;
    same("the key that was not known", &keys.get(vec![lost.id]).await?, &vec![lost.clone()])?;
    same("how many keys are destroyed", &keys.destroyed().await?, &(before + 1))
}

async fn a_key_is_wrapped_anew_only_as_it_was(keys: &impl KeyStore) -> Outcome {
    let kept = key(50, "max");
    keys.get_or_insert(vec![kept.clone()]).await?;
    let (from, to) = (
        WrappedKey { master: "m50".into(), bytes: vec![50; 61] },
        WrappedKey { master: "next".into(), bytes: vec![51; 61] },
    );
    ensure!(keys.rewrap(kept.id, from.clone(), to.clone()).await?, "a key could not be wrapped anew");
    ensure!(!keys.rewrap(kept.id, from.clone(), from).await?, "a key was wrapped anew that had changed");
    let expected = StoredKey { wrapped: Some(to), ..kept };
    same("the key that was wrapped anew", &keys.get(vec![expected.id]).await?, &vec![expected])
}

async fn places_are_remembered(keys: &impl KeyStore) -> Outcome {
    let by = |name: &str| name.to_owned();
    same("a place that was never set", &keys.searched(log(1), by("keys")).await?, &Place::START)?;
    let places = [Place::new(Position::new(7), EventId::from_bytes([7; 16])), Place::from(Position::new(9))];
    for place in places {
        keys.set_searched(log(1), by("keys"), place).await?;
        same("a place that was set", &keys.searched(log(1), by("keys")).await?, &place)?;
    }
    same("the place of another log", &keys.searched(log(2), by("keys")).await?, &Place::START)?;
    same("the place of another name", &keys.searched(log(1), by("snapshots")).await?, &Place::START)
}

async fn racers_get_one_key<K: KeyStore>(open: &impl AsyncFn() -> Result<K, StoreError>) -> Outcome {
    let mut racers = JoinSet::new();
    for number in 0..RACERS {
        let keys = open().await?;
        // Some ask for two, in one order or the other.
        let mut asked = vec![key(100 + number, "race"), key(120 + number, "race, too")];
        if number % 2 == 1 {
            asked.reverse();
        }
        racers.spawn(async move { keys.get_or_insert(asked).await });
    }
    let mut found = HashSet::new();
    while let Some(answer) = racers.join_next().await {
        found.extend(answer??.into_iter().map(|key| (key.subject, key.id)));
    }
    ensure!(found.len() == 2, "{RACERS} callers at once got {} keys for two subjects", found.len());
    Ok(())
}

async fn all_is_there_after_opening_again<K: KeyStore>(
    keys: &K,
    open: &impl AsyncFn() -> Result<K, StoreError>,
) -> Outcome {
    let again = Arc::new(open().await?);
    same("the keys after opening again", &again.page(None).await?, &keys.page(None).await?)?;
    same("how many keys are destroyed after opening again", &again.destroyed().await?, &keys.destroyed().await?)
}

async fn pages_hold_every_key_once(keys: &impl KeyStore) -> Outcome {
    let many = (0..KEYS_PER_PAGE + 1).map(|number| {
        let mut bytes = [200; 16];
        bytes[8..].copy_from_slice(&(number as u64).to_be_bytes());
        StoredKey { id: KeyId::from_bytes(bytes), ..key(200, &format!("many {number}")) }
    });
    let many: Vec<StoredKey> = many.collect();
    keys.get_or_insert(many.clone()).await?;
    let (mut found, mut after): (Vec<StoredKey>, _) = (Vec::new(), None);
    loop {
        let page = keys.page(after).await?;
        ensure!(page.len() <= KEYS_PER_PAGE, "a page has {} keys", page.len());
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page);
    }
    ensure!(found.iter().all(|key| key.wrapped.is_some()), "a page holds a destroyed key");
    ensure!(found.windows(2).all(|pair| pair[0].id < pair[1].id), "the keys of pages do not ascend");
    let there: HashSet<KeyId> = found.iter().map(|key| key.id).collect();
    ensure!(many.iter().all(|key| there.contains(&key.id)), "a page lacks a key");
    ensure!(there.contains(&id(30)) && !there.contains(&id(31)), "a page lacks a key, or holds a destroyed one");
    Ok(())
}
