//! The statements on the tables of keys.

use eskit_runtime::log::{LogId, Place, StoreErrorKind, Subject};
use eskit_runtime::vault::{KEYS_PER_PAGE, KeyId, StoredKey, WrappedKey};
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use sqlx::{PgTransaction, Row};

use crate::error::Fault;
use crate::sql::safe::Sql;
use crate::sql::standbys::wait_for_standbys;

const COLUMNS: &str = "SELECT k.id, k.log, k.kind, k.subject, k.master, k.wrapped FROM {schema}.keys k";

/// How often a key is looked for that another process destroys at the same moment.
const ATTEMPTS: u32 = 5;

/// The statements, with the schema put in.
pub(super) struct Rows {
    insert: Sql,
    current: Sql,
    get: Sql,
    of_subject: Sql,
    destroy: Sql,
    count: Sql,
    destroyed: Sql,
    page: Sql,
    rewrap: Sql,
    searched: Sql,
    set_searched: Sql,
}

fn uuid(id: KeyId) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}

fn stored(row: &PgRow) -> sqlx::Result<StoredKey> {
    let wrapped = match (row.try_get(4)?, row.try_get(5)?) {
        (Some(master), Some(bytes)) => Some(WrappedKey { master, bytes }),
        _ => None,
    };
    Ok(StoredKey {
        id: KeyId::from_bytes(*row.try_get::<Uuid, _>(0)?.as_bytes()),
        log: LogId::from(row.try_get::<Uuid, _>(1)?),
        subject: Subject::new(row.try_get::<String, _>(2)?, row.try_get::<String, _>(3)?),
        wrapped,
    })
}

fn all(rows: &[PgRow]) -> Result<Vec<StoredKey>, Fault> {
    Ok(rows.iter().map(stored).collect::<sqlx::Result<_>>()?)
}

impl Rows {
    pub(super) fn new(schema: &str) -> Rows {
        let sql = |text: &str| Sql::new(text.replace("{schema}", schema));
        let select = |which: &str| sql(&format!("{COLUMNS} {which}"));
        Rows {
            insert: sql(
                "INSERT INTO {schema}.keys (id, log, kind, subject, master, wrapped) VALUES ($1, $2, $3, $4, $5, $6) \
                         ON CONFLICT DO NOTHING",
            ),
            current: select("WHERE k.log = $1 AND k.kind = $2 AND k.subject = $3 AND k.wrapped IS NOT NULL"),
            get: select("WHERE k.id = ANY ($1)"),
            of_subject: select("WHERE k.log = $1 AND k.kind = $2 AND k.subject = $3 ORDER BY k.id"),
            destroy: sql(
                "UPDATE {schema}.keys SET master = NULL, wrapped = NULL WHERE id = $1 AND wrapped IS NOT NULL",
            ),
            count: sql("UPDATE {schema}.format SET destroyed = destroyed + $1"),
            destroyed: sql("SELECT destroyed FROM {schema}.format"),
            page: select("WHERE k.wrapped IS NOT NULL AND ($1::uuid IS NULL OR k.id > $1) ORDER BY k.id LIMIT $2"),
            rewrap: sql(
                "UPDATE {schema}.keys SET master = $2, wrapped = $3 WHERE id = $1 AND master = $4 AND wrapped = $5",
            ),
            searched: sql("SELECT place FROM {schema}.searched WHERE log = $1 AND reader = $2"),
            set_searched: sql("INSERT INTO {schema}.searched (log, reader, place) VALUES ($1, $2, $3) \
                               ON CONFLICT (log, reader) DO UPDATE SET place = excluded.place"),
        }
    }

    /// Inserts a key; nothing if its subject, or its id, is there. Returns whether it was inserted.
    async fn insert(&self, tx: &mut PgTransaction<'static>, key: &StoredKey) -> Result<bool, Fault> {
        let (master, bytes) = key.wrapped.as_ref().map(|wrapped| (&wrapped.master, &wrapped.bytes)).unzip();
        let query = sqlx::query(self.insert.safe())
            .bind(uuid(key.id))
            .bind(key.log.as_uuid())
            .bind(&*key.subject.kind)
            .bind(&key.subject.id)
            .bind(master)
            .bind(bytes);
        Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
    }

    /// The key that a subject has. `READ COMMITTED`: a statement sees what others have committed before it.
    async fn current(&self, tx: &mut PgTransaction<'static>, of: &StoredKey) -> Result<Option<StoredKey>, Fault> {
        let query =
            sqlx::query(self.current.safe()).bind(of.log.as_uuid()).bind(&*of.subject.kind).bind(&of.subject.id);
        Ok(query.fetch_optional(&mut **tx).await?.as_ref().map(stored).transpose()?)
    }

    pub(super) async fn get_or_insert(
        &self,
        tx: &mut PgTransaction<'static>,
        keys: Vec<StoredKey>,
    ) -> Result<Vec<StoredKey>, Fault> {
        let (mut found, mut is_any_there): (Vec<(usize, StoredKey)>, bool) =
            (keys.into_iter().enumerate().collect(), false);
        // Processes that insert the same ones lock them in the same order.
        found.sort_unstable_by(|(_, one), (_, other)| one.subject.cmp(&other.subject));
        for (_, key) in &mut found {
            let mut attempts = 0;
            loop {
                if let Some(current) = self.current(tx, key).await? {
                    (*key, is_any_there) = (current, true);
                    break;
                }
                if self.insert(tx, key).await? {
                    break;
                }
                attempts += 1;
                if attempts == ATTEMPTS {
                    let text = format!("the keys of `{}` are destroyed at the same time; try again", key.subject);
                    return Err(Fault::Failed { kind: StoreErrorKind::Busy, text, gave_way: false });
                }
            }
        }
        if is_any_there {
            // What is sealed with it, in a log on another server perhaps, must not outlive it.
            wait_for_standbys(tx).await?;
        }
        found.sort_unstable_by_key(|(index, _)| *index);
        Ok(found.into_iter().map(|(_, key)| key).collect())
    }

    pub(super) async fn get(&self, tx: &mut PgTransaction<'static>, ids: &[KeyId]) -> Result<Vec<StoredKey>, Fault> {
        let ids: Vec<Uuid> = ids.iter().map(|id| uuid(*id)).collect();
        all(&sqlx::query(self.get.safe()).bind(ids).fetch_all(&mut **tx).await?)
    }

    pub(super) async fn of_subject(
        &self,
        tx: &mut PgTransaction<'static>,
        log: LogId,
        subject: &Subject,
    ) -> Result<Vec<StoredKey>, Fault> {
        let query = sqlx::query(self.of_subject.safe()).bind(log.as_uuid()).bind(&*subject.kind).bind(&subject.id);
        all(&query.fetch_all(&mut **tx).await?)
    }

    pub(super) async fn destroy(
        &self,
        tx: &mut PgTransaction<'static>,
        mut keys: Vec<StoredKey>,
    ) -> Result<u64, Fault> {
        keys.sort_unstable_by_key(|key| key.id);
        let mut count = 0;
        for key in keys {
            let query = sqlx::query(self.destroy.safe()).bind(uuid(key.id));
            count += query.execute(&mut **tx).await?.rows_affected();
            count += u64::from(self.insert(tx, &StoredKey { wrapped: None, ..key }).await?);
        }
        sqlx::query(self.count.safe()).bind(count.cast_signed()).execute(&mut **tx).await?;
        Ok(count)
    }

    pub(super) async fn destroyed(&self, tx: &mut PgTransaction<'static>) -> Result<u64, Fault> {
        let count: i64 = sqlx::query_scalar(self.destroyed.safe()).fetch_one(&mut **tx).await?;
        Ok(count.cast_unsigned())
    }

    pub(super) async fn page(
        &self,
        tx: &mut PgTransaction<'static>,
        after: Option<KeyId>,
    ) -> Result<Vec<StoredKey>, Fault> {
        let query = sqlx::query(self.page.safe()).bind(after.map(uuid)).bind(KEYS_PER_PAGE.cast_signed() as i64);
        all(&query.fetch_all(&mut **tx).await?)
    }

    pub(super) async fn rewrap(
        &self,
        tx: &mut PgTransaction<'static>,
        id: KeyId,
        from: WrappedKey,
        to: WrappedKey,
    ) -> Result<bool, Fault> {
        let query = sqlx::query(self.rewrap.safe())
            .bind(uuid(id))
            .bind(to.master)
            .bind(to.bytes)
            .bind(from.master)
            .bind(from.bytes);
        Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
    }

    pub(super) async fn searched(&self, tx: &mut PgTransaction<'static>, log: LogId, by: &str) -> Result<Place, Fault> {
        let query = sqlx::query_scalar::<_, String>(self.searched.safe()).bind(log.as_uuid()).bind(by);
        match query.fetch_optional(&mut **tx).await? {
            None => Ok(Place::START),
            Some(place) => place.parse().map_err(|_| Fault::Damaged(format!("`{place}` is no place"))),
        }
    }

    pub(super) async fn set_searched(
        &self,
        tx: &mut PgTransaction<'static>,
        log: LogId,
        by: &str,
        place: Place,
    ) -> Result<(), Fault> {
        let query = sqlx::query(self.set_searched.safe()).bind(log.as_uuid()).bind(by).bind(place.to_string());
        query.execute(&mut **tx).await?;
        Ok(())
    }
}
