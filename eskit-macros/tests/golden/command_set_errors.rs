#[derive(Command)]
enum OrderCommand<T> {
    Place(T),
    Cancel,
}
