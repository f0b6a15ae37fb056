use eskit::prelude::*;

use crate::StudentId;

/// A student gave a name. It is sealed in the log, and can be forgotten.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct StudentRegistered {
    /// The student, by an id that stays.
    #[tag("student")]
    pub student: StudentId,
    /// What the student is called.
    #[personal(subject = "student")]
    pub name: Personal<String>,
}

/// Give the name of a student.
#[derive(Command, Clone)]
pub struct RegisterStudent {
    /// The student.
    #[tag("student")]
    pub student: StudentId,
    /// What the student is called.
    pub name: String,
}

/// What is known of a student.
#[aggregate(tag = "student", key = StudentId)]
#[derive(Default, Clone, PartialEq, Debug)]
pub struct Profile {
    name: Option<Personal<String>>,
}

impl Profile {
    /// What the student is called; nothing if no name was given, or if it is forgotten.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().and_then(Personal::known).map(String::as_str)
    }
}

#[decider]
impl Profile {
    #[evolve]
    fn registered(&mut self, event: &StudentRegistered) {
        self.name = Some(event.name.clone());
    }

    #[decide]
    fn register(&self, command: &RegisterStudent) -> StudentRegistered {
        let RegisterStudent { student, name } = command.clone();
        StudentRegistered { student, name: name.into() }
    }
}
