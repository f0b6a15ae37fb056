//! The layer that seals and opens.

use super::*;
use eskit::codec::DecodeReason;
use eskit::layer::{Hooked, Recoding};
use eskit::log::{AppendError, ContentType, Metadata, PersonalData, StoreErrorKind};
use eskit::tenant::{TenantId, Tenanted};

#[tokio::test]
async fn a_value_is_sealed_in_the_log_and_opened_on_its_way_out() {
    let (raw, _, store) = in_memory();
    let appended = register(&store, "ada").await;
    let read_back = read(&store).await;
    assert_eq!(read_back, appended);
    assert_eq!((decoded(&read_back[0]), &read_back[0].personal), (known("ada"), &PersonalData::Opened));
    assert!(!format!("{read_back:?}").contains("canary"), "{read_back:?}");

    let text = stored(&*raw).await;
    assert!(text.contains(r#""name":{"$sealed":""#) && text.contains(r#""forgotten":"[forgotten]""#), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let error = read(&*raw).await[0].decode::<Registered>().unwrap_err();
    assert!(matches!(error.reason, DecodeReason::Sealed { why: None }));
    assert_eq!(
        error.to_string(),
        "event `vault.Registered` version 1 at position 1 has sealed personal data, and was read without a vault\nhelp: give the app a \
         vault with `App::with_vault(vault)`, or read through `eskit::layer::Sealing`"
    );
}

#[tokio::test]
async fn without_a_vault_personal_data_is_refused() {
    let refused = MemoryStore::new().append(Append::new(vec![registered("ada")])).await.unwrap_err();
    assert!(matches!(refused, AppendError::Limit(_)), "{refused}");
}

#[tokio::test]
async fn an_append_that_is_tried_again_is_sealed_to_the_same_bytes() {
    let (_, keys, _) = in_memory();
    let append = Append::new(vec![registered("ada")]);
    let mut texts = Vec::new();
    for _ in 0..2 {
        let raw = Arc::new(MemoryStore::new());
        let store = Sealing::new(Tenanted::new(Arc::clone(&raw), TenantId::new("acme").unwrap()), vault(&keys));
        store.append(append.clone()).await.unwrap();
        assert!(store.append(append.clone()).await.unwrap().repeated);
        texts.push(String::from_utf8(read(&*raw).await[0].payload.clone()).unwrap());
    }
    // Each log has keys of its own, so only the length is the same there.
    assert_ne!(texts[0], texts[1]);
    assert_eq!(texts[0].len(), texts[1].len());

    let (raw, _, store) = in_memory();
    let mut sealed = Vec::new();
    let lost = Hooked::new(Arc::clone(&raw)).before_append(|append| {
        Err(AppendError::UnknownOutcome(StoreError::new(
            StoreErrorKind::Unavailable,
            String::from_utf8_lossy(&append.events[0].payload),
        )))
    });
    let lost = Sealing::new(lost, vault(&MemoryKeyStore::new()));
    for _ in 0..2 {
        let error = lost.append(append.clone()).await.unwrap_err();
        let AppendError::UnknownOutcome(error) = error else { panic!("{error}") };
        sealed.push(error.to_string());
    }
    assert!(sealed[0].contains("$sealed") && sealed[0] == sealed[1], "{sealed:?}");
    drop(store);
}

#[tokio::test]
async fn a_value_that_cannot_be_opened_says_why_and_hides_no_other_event() {
    let (raw, keys, store) = in_memory();
    register(&store, "ada").await;
    let [ada] = &read(&*raw).await[..] else { panic!("one event") };
    // Events with the sealed values of another one, a changed one, and one of a key that is not known.
    let text = String::from_utf8(ada.payload.clone()).unwrap();
    let at = text.find("\"$sealed\":\"").unwrap() + 11;
    let foreign = Sealing::new(MemoryStore::new(), vault(&MemoryKeyStore::new()));
    register(&foreign, "eve").await;
    let changed = |index: usize, to: &str| [&text[..index], to, &text[index + 1..]].concat();
    let letter = |index: usize| if &text[index..=index] == "A" { "B" } else { "A" };
    for (payload, why) in [
        (text.clone(), "the value at `/name`: it was changed, or sealed for another event or field"),
        (
            changed(at + 60, letter(at + 60)),
            "the value at `/name`: it was changed, or sealed for another event or field",
        ),
        (changed(at + 10, letter(at + 10)), "the value at `/name`: the key store does not know key "),
        (changed(at, "_"), "the value at `/name`: it is damaged, or was sealed by a newer version of eskit"),
        (changed(at + 5, "!"), "the value at `/name`: it is damaged: it is no base64url"),
        (text.replace(&text[at..at + 80], ""), "the value at `/name`: it"),
    ] {
        let event = NewEvent::json("vault.Registered", payload).with_content_type(ada.content_type.clone());
        raw.append(Append::new(vec![event])).await.unwrap();
        let error = read(&store).await.last().unwrap().decode::<Registered>().unwrap_err().to_string();
        assert!(error.contains("has sealed personal data, which cannot be opened: "), "{error}");
        assert!(error.contains(why), "{error}");
    }
    register(&store, "bob").await;
    let all = read(&store).await;
    assert_eq!((decoded(&all[0]), decoded(all.last().unwrap())), (known("ada"), known("bob")));
    drop(keys);
}

#[tokio::test]
async fn a_key_that_is_lost_is_a_fault_and_never_taken_for_forgotten() {
    let (raw, _, store) = in_memory();
    register(&store, "ada").await;
    let other = Sealing::new(Arc::clone(&raw), vault(&MemoryKeyStore::new()));
    let error = read(&other).await[0].decode::<Registered>().unwrap_err();
    let DecodeReason::Sealed { why: Some(why) } = error.reason else { panic!("{error}") };
    assert!(why.contains("the key store does not know key "), "{why}");
}

#[tokio::test]
async fn formats_and_layers_go_together_with_sealing() {
    let raw = Arc::new(MemoryStore::new());
    let hooked = Hooked::new(Recoding::new(Arc::clone(&raw), ContentType::CBOR)).before_append(|append| {
        append.events.iter_mut().for_each(|event| event.metadata = Metadata::new().with("k", "v"));
        Ok(())
    });
    let store = Sealing::new(hooked, vault(&MemoryKeyStore::new()));
    let appended = register(&store, "ada").await;
    assert_eq!(appended[0].metadata, Metadata::new().with("k", "v"));
    assert_eq!(decoded(&appended[0]), known("ada"));
    assert_eq!(read(&*raw).await[0].content_type.as_str(), "application/cbor;sealed=1");
    let [event] = &read(&store).await[..] else { panic!("one event") };
    assert_eq!((decoded(event), &event.content_type), (known("ada"), &ContentType::CBOR));
}

#[tokio::test]
async fn tenants_have_keys_of_their_own_and_who_follows_all_of_them_opens_all() {
    let (raw, keys) = (Arc::new(MemoryStore::new()), MemoryKeyStore::new());
    let tenants = ["acme", "globex"]
        .map(|id| App::new(Tenanted::new(Arc::clone(&raw), TenantId::new(id).unwrap())).with_vault(vault(&keys)));
    for (tenant, version) in tenants.iter().zip([5, 7]) {
        let store = Sealing::new(tenant.store().clone(), vault(&keys));
        let mut event = registered("ada");
        // Ids that are made from keys are others for each tenant.
        if version == 5 {
            event.id = EventId::from_key("register", 0);
        }
        store.append(Append::new(vec![event])).await.unwrap();
    }
    let all = Sealing::new(Arc::clone(&raw), vault(&keys));
    assert!(read(&all).await.iter().all(|event| decoded(event) == known("ada")));
    tenants[0].forget(student("ada")).await.unwrap();
    let names: Vec<_> = tenants.iter().map(|tenant| tenant.load::<Student>("ada")).collect();
    let mut found = Vec::new();
    for name in names {
        found.push(name.await.unwrap().state.name);
    }
    assert_eq!(found, [None, Some(NAME.to_owned())]);
    let fresh = Sealing::new(Arc::clone(&raw), vault(&keys));
    let opened: Vec<_> =
        read(&fresh).await.iter().filter(|event| event.name.as_str() == "vault.Registered").map(decoded).collect();
    assert_eq!(opened, [forgotten(), known("ada")]);
}

#[tokio::test]
async fn a_key_store_that_does_not_answer_fails_what_needs_keys_and_nothing_else() {
    let log = Arc::new(MemoryStore::new());
    let store = Sealing::new(Arc::clone(&log), Vault::new(super::keys::Down, master()));
    store.append(Append::new(vec![NewEvent::json("vault.Other", "{}")])).await.unwrap();
    assert_eq!(read(&store).await.len(), 1);
    let refused = store.append(Append::new(vec![registered("ada")])).await.unwrap_err();
    assert!(matches!(&refused, AppendError::Store(error) if error.is_transient()), "{refused}");
    let up = Sealing::new(Arc::clone(&log), vault(&MemoryKeyStore::new()));
    register(&up, "ada").await;
    let refused = store.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
}
