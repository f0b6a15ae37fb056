#[derive(Shape)]
#[serde(rename_all = "camelCase")]
pub struct Order<T> {
    pub order_id: u64,
    #[serde(default, alias = "who")]
    pub placed_by: Vec<T>,
    #[shape(as = String)]
    pub price: Money,
    #[shape("geo-point")]
    pub place: Point,
    pub parts: Vec<Order<T>>,
}
