#[aggregate(stream = "account", partial)]
#[derive(Default)]
struct Account {
    balance: i64,
}
