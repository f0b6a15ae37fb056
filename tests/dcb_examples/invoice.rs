//! Invoice number: numbers without gaps, one for each invoice of the whole log. The model needs no key.

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.invoice")]
struct InvoiceCreated {
    #[tag]
    invoice: u32,
    customer: String,
}

#[derive(Command)]
struct CreateInvoice {
    customer: String,
}

#[aggregate(all)]
#[derive(Default)]
struct LastInvoice {
    number: u32,
}

#[decider]
impl LastInvoice {
    #[evolve]
    fn created(&mut self, event: &InvoiceCreated) {
        self.number = event.invoice;
    }

    #[decide]
    fn create(&self, command: &CreateInvoice) -> InvoiceCreated {
        InvoiceCreated { invoice: self.number + 1, customer: command.customer.clone() }
    }
}

#[test]
fn each_invoice_has_the_next_number() {
    let created = |invoice, customer: &str| InvoiceCreated { invoice, customer: customer.into() };
    let create = |customer: &str| CreateInvoice { customer: customer.into() };
    given(()).when(create("ada")).then(created(1, "ada"));
    given(created(1, "ada")).when(create("bob")).then(created(2, "bob"));
}

#[tokio::test]
async fn the_last_number_is_loaded_without_a_key() {
    let app = App::new(MemoryStore::new());
    for customer in ["ada", "bob", "ada"] {
        app.execute(CreateInvoice { customer: customer.into() }).await.unwrap();
    }
    assert_eq!(app.load::<LastInvoice>(()).await.unwrap().number, 3);
}
