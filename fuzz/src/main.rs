//! The program that libFuzzer is linked into. `ESKIT_FUZZ` names the target.
#![cfg_attr(fuzzing, no_main)]
#![cfg_attr(fuzzing, allow(unsafe_code, reason = "libFuzzer calls a function by its name"))]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static TARGET: std::sync::OnceLock<fn(&[u8])> = std::sync::OnceLock::new();
    let run = TARGET.get_or_init(|| {
        let name = std::env::var("ESKIT_FUZZ").unwrap_or_default();
        let target = eskit_fuzz::TARGETS.iter().find(|target| target.name == name);
        target.unwrap_or_else(|| panic!("ESKIT_FUZZ is {name:?}, which is no target")).run
    });
    run(bytes);
});

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("this was built without libFuzzer\nhelp: cargo xtask fuzz");
    std::process::exit(2);
}
