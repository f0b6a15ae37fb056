#[derive(Event)]
#[event(context = "campus")]
#[serde(rename_all_fields = "camelCase")]
enum Course {
    Defined(CourseDefined),
    #[event(version = 2, upcast(1 = rename))]
    Renamed {
        #[tag]
        course: CourseId,
        #[serde(default)]
        new_title: Option<String>,
    },
    Ended,
}
