#[evolve]
fn defined(&mut self, event: &CourseDefined) {}
