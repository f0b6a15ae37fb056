//! Steps whose outcome nobody knows, listed and ended by hand.

use std::time::Duration;

use eskit::postgres::PostgresViews;
use eskit::sqlite::SqliteViews;
use eskit::work::{BegunStep, ClaimWork, NewWork, StepHolder, Steps, Work};
use eskit_postgres::testing;

use super::Place;
use super::support::{Folder, block_on, golden, scrub};

/// Begins two steps of an item, and ends neither.
async fn begin(views: &impl Work) -> StepHolder {
    let now = eskit::Timestamp::now();
    let (id, key, kind) = ("charge/17".to_owned(), "o-1".to_owned(), "charge".to_owned());
    let item = NewWork { id: id.clone(), key, kind: kind.clone(), event: None, payload: None, due: now };
    views.add_work("payments", vec![item]).await.unwrap();
    let claim = ClaimWork { kinds: vec![kind], now, limit: 1, lease: Duration::from_secs(60) };
    let claimed = views.claim_work("payments", claim).await.unwrap();
    let holder = StepHolder::Item { id, epoch: claimed.items[0].epoch };
    for step in ["charge", "mail"] {
        assert_eq!(views.begin_step("payments", holder.clone(), step).await.unwrap(), BegunStep::First);
    }
    holder
}

impl Place {
    fn check_steps(&self) {
        let mut all = String::new();
        for arguments in [
            &["work", "steps", "payments", "--json"][..],
            &["work", "happened", "payments", "charge/17", "charge", "--result", "\"receipt-1\"", "--yes"],
            &["work", "did-not-happen", "payments", "charge/17", "mail", "--yes", "--json"],
            &["work", "steps", "payments"],
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
            all.push_str(&format!("$ eskit {}\n{}\n", arguments.join(" "), ended.out));
        }
        golden("steps.txt", &scrub(&all, &["begun_at"]));
        for (arguments, code, told) in [
            (
                &["work", "happened", "payments", "charge/17", "refund", "--result", "null", "--yes"][..],
                1,
                "`payments` has no open step `refund` of `charge/17`\nhelp: `eskit work steps payments` lists them",
            ),
            (
                &["work", "happened", "payments", "charge/17", "charge", "--result", "receipt", "--yes"],
                2,
                "`--result` is no JSON: expected value at line 1 column 1\nhelp: a text has quotes of its own",
            ),
            // It would replace the receipt by nothing.
            (&["work", "happened", "payments", "charge/17", "charge", "--yes"], 2, "--result <JSON>"),
            (&["work", "did-not-happen", "payments", "charge/17", "mail"], 2, "this would say that the step `mail`"),
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
            assert!(ended.err.contains(told), "{ended:?}");
        }
    }
}

/// What the next try finds.
async fn check_next(views: &impl Steps, holder: &StepHolder) {
    let begin = async |step| views.begin_step("payments", holder.clone(), step).await.unwrap();
    assert_eq!(begin("charge").await, BegunStep::Done("\"receipt-1\"".to_owned()));
    assert_eq!(begin("mail").await, BegunStep::First);
}

#[test]
fn open_steps_are_listed_and_ended() {
    let folder = Folder::new("steps");
    let open = || block_on(SqliteViews::open(folder.path("views.db"))).unwrap();
    let holder = block_on(begin(&open()));
    Place { log: String::new(), views: folder.dsn("views.db") }.check_steps();
    block_on(check_next(&open(), &holder));

    let Some(database) = block_on(testing::database()).unwrap() else { return };
    block_on(async {
        let views = PostgresViews::options().connect(database.dsn()).await.unwrap();
        let holder = begin(&views).await;
        Place { log: String::new(), views: database.dsn().to_owned() }.check_steps();
        check_next(&views, &holder).await;
    });
}
