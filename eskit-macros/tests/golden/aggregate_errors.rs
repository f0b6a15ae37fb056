#[aggregate(stream = "Account")]
struct Account<T> {
    balance: T,
}
