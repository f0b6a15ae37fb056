//! Personal data in the lock, and without eskit's feature for it.

use std::path::Path;

use crate::package::Package;

const SCHOOL: &str = "
eskit::lock!();

#[derive(Shape, Serialize, Deserialize)]
pub struct Guest { pub guest: u64, pub name: Option<String> }

#[derive(Event, Serialize, Deserialize)]
pub struct Enrolled { #[tag] pub student: u64, pub name: Option<String>, pub guests: Vec<Guest> }
";

/// The name of the student is personal, and so are those of the guests.
fn sealed() -> String {
    SCHOOL
        .replace("student: u64, pub name", "student: u64, #[personal(subject = \"student\")] pub name")
        .replace("guest: u64, pub name", "guest: u64, #[personal(subject = \"guest\")] pub name")
        .replace("pub guests", "#[personal] pub guests")
}

fn locked(test: &str, source: &str) -> Package {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("eskit-runtime");
    let feature = format!("eskit-runtime = {{ path = {runtime:?}, features = [\"personal\"] }}");
    let package = Package::with_dependencies(test, "shop", &feature, source);
    package.lock("write").succeeds();
    package.check().succeeds();
    package
}

#[test]
fn what_becomes_personal_needs_a_version_and_what_is_stays_so() {
    let school = locked("personal", SCHOOL);
    school.write(&sealed());
    let version = "help: write `version = 2, upcast(1 = Ok)`, since the stored JSON is read as it is";
    let [name, guest] = ["`name` is personal data now", "`guests[].name` is personal data now"];
    school.check().fails_once(&[name, guest, version]);

    let second = sealed().replace("pub struct Enrolled", "#[event(version = 2, upcast(1 = Ok))] pub struct Enrolled");
    school.write(&second);
    school.lock("write").succeeds();
    school.check().succeeds();
    let text = school.lock_text();
    assert!(text.contains("    name?: personal student option string\n    guests: list struct\n"), "{text}");
    assert!(text.contains("      name?: personal guest option string\n"), "{text}");

    let clear = second.replace("#[personal(subject = \"student\")]", "");
    school.write(&clear);
    let told = "`name` is personal data of `student`, and would now be stored in the clear";
    school.check().fails_once(&[told, "help: say `#[personal(..)]` of it as it was recorded", "ESKIT_LOCK=force"]);
    school.lock("write").fails(&[told]);
    school.lock("force").succeeds();
    school.check().succeeds();
}

#[test]
fn without_the_feature_it_is_named() {
    let school = Package::new("personal-feature", &sealed().replace("eskit::lock!();", ""));
    school.check().fails_once(&[
        "`#[personal]` needs eskit's feature `personal`",
        "help: add `\"personal\"` to the features of `eskit` in `Cargo.toml`",
    ]);
}
