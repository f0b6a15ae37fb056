#[derive(Event)]
pub struct StudentEnrolled {
    #[tag]
    #[personal(subject = "nobody")]
    pub student: u64,
    #[personal(subject = "student", kind = "A", forgotten = None)]
    pub name: Personal<String>,
    #[personal(subject = "note", subject = "note")]
    pub note: String,
    #[personal]
    #[serde(skip)]
    pub contacts: Vec<Contact>,
}
