#[derive(Command)]
struct TakeSeat<T> {
    course: T,
}
