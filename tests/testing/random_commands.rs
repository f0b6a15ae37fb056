//! Random histories of commands, and invariants over them.

use std::cell::Cell;

use eskit::testing::{AnyCommand, commands};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

fn any_command() -> impl Strategy<Value = AnyCommand> {
    let course = prop::sample::select(vec!["maths", "art"]);
    let student = prop::sample::select(vec!["ada", "bob", "eve", "joe"]);
    prop_oneof![
        1 => (course.clone(), 1..3_u32).prop_map(|(course, capacity)| AnyCommand::new(define(course, capacity))),
        4 => (course.clone(), student.clone()).prop_map(|(course, student)| AnyCommand::new(enrol(course, student))),
        2 => (course, student).prop_map(|(course, student)| AnyCommand::new(leave(course, student))),
    ]
}

#[test]
fn an_invariant_that_holds_is_tried_in_many_histories() {
    let fullest = Cell::new(0);
    commands(any_command()).check(|history| {
        history.then_state_of::<Seats>("maths", |seats| {
            assert!(seats.taken <= seats.capacity);
            fullest.set(fullest.get().max(seats.taken));
        });
    });
    // The histories reach the limit, so the invariant was put to the test.
    assert_eq!(fullest.get(), 2);
}

#[test]
fn a_broken_invariant_is_told_by_the_shortest_history() {
    let text = failure(|| {
        commands(any_command()).count(0..20).given(defined("maths", 2)).check(|history| {
            history.then_state_of::<Seats>("maths", |seats| assert!(seats.taken < 2, "two are in"));
        });
    });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[1], lines.len()), ("two are in", "after 2 commands:", 4), "{text}");
    for line in &lines[2..] {
        assert!(line.starts_with("  Enroll { course: \"maths\", student: "), "{text}");
        assert!(line.ends_with(": eskit-tests.StudentEnrolled"), "{text}");
    }
}

#[test]
fn what_neither_goes_through_nor_is_refused_fails() {
    let text = failure(|| {
        commands(Just(AnyCommand::new(define("", 1)))).count(1..9).check(|_| {});
    });
    let line = "  DefineCourse { course: \"\", capacity: 1 }: did not go through: the tag value of `course` is empty";
    assert_eq!(text, format!("the tag value of `course` is empty\nafter 1 commands:\n{line}\n"));
}

#[derive(Event, Serialize, Deserialize)]
struct Weighed {
    #[tag]
    scale: u32,
    kg: f64,
}

#[derive(Command, Debug)]
struct Weigh {
    #[tag]
    scale: u32,
}

#[aggregate(tag = "scale")]
#[derive(Default)]
struct Scale;

#[decider]
impl Scale {
    #[evolve]
    fn weighed(&mut self, _: &Weighed) {}

    #[decide]
    fn weigh(&self, command: &Weigh) -> Weighed {
        Weighed { scale: command.scale, kg: f64::NAN }
    }
}

#[test]
fn an_event_that_cannot_be_read_back_fails() {
    let text = failure(|| commands(Just(AnyCommand::new(Weigh { scale: 1 }))).count(1..9).check(|_| {}));
    assert!(text.starts_with("event `eskit-tests.Weighed` would be read back as another one: `kg` is NaN"), "{text}");
    assert!(text.contains("\nafter 1 commands:\n  Weigh { scale: 1 }: did not go through: event"), "{text}");
}

#[derive(Event, Serialize, Deserialize)]
struct Fused {
    #[tag]
    bomb: u32,
}

#[derive(Command, Debug)]
struct Fuse {
    #[tag]
    bomb: u32,
}

#[aggregate(tag = "bomb")]
#[derive(Default)]
struct Bomb {
    fuses: u32,
}

#[decider]
impl Bomb {
    #[evolve]
    fn fused(&mut self, _: &Fused) {
        self.fuses += 1;
    }

    #[decide]
    fn fuse(&self, command: &Fuse) -> Fused {
        assert!(self.fuses < 1 || command.bomb != 1, "one fuse too many");
        assert!(self.fuses < 1, "{} fuses", self.fuses + 1);
        Fused { bomb: command.bomb }
    }
}

#[test]
fn a_command_that_panics_is_told_by_its_history() {
    for (bomb, panic) in [(1, "one fuse too many"), (2, "2 fuses")] {
        let text = failure(|| commands(Just(AnyCommand::new(Fuse { bomb }))).count(1..9).check(|_| {}));
        let fuse = format!("  Fuse {{ bomb: {bomb} }}: ");
        let told = format!("\nafter 2 commands:\n{fuse}eskit-tests.Fused\n{fuse}panicked: {panic}\n");
        assert!(text.starts_with(panic) && text.ends_with(&told), "{text}");
    }
}

#[test]
fn histories_are_a_strategy_too() {
    let histories = commands(any_command()).count(1..12).given([defined("maths", 1), defined("art", 1)]).histories();
    let config = Config { failure_persistence: None, ..Config::with_cases(32) };
    let result = TestRunner::new(config).run(&histories, |history| {
        // Either somebody has the only seat, or Zoe gets it.
        let outcome = history.when(enrol("maths", "zoe"));
        outcome.then_state_of::<Seats>("maths", |seats| assert_eq!(seats.taken, 1));
        Ok(())
    });
    result.unwrap();
}
