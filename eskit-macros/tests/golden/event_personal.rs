#[derive(Event)]
#[serde(rename_all = "camelCase")]
pub struct StudentEnrolled {
    #[tag("student")]
    pub student_id: u64,
    #[personal(subject = "student_id")]
    pub name: Personal<String>,
    #[personal(subject = "student_id", forgotten = "a \"b\"")]
    pub note: String,
    #[personal]
    pub contacts: Vec<Contact>,
    pub home: Address,
    pub seats: u32,
}
