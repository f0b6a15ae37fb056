//! Visibility is the user's own affair, as long as a command's state and result can be seen where the command can.

use eskit::testing::given;

/// Another crate's view: public, restricted and private items side by side.
mod shop {
    use eskit::prelude::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[event(context = "visibility")]
    pub(crate) struct Sold {
        #[tag]
        pub(in crate::visibility) article: u32,
    }

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[event(context = "visibility")]
    struct Counted {
        #[tag]
        article: u32,
        stock: u32,
    }

    #[derive(Command)]
    pub(super) struct Sell {
        #[tag]
        pub(super) article: u32,
    }

    #[derive(Command)]
    struct Count {
        #[tag]
        article: u32,
    }

    #[aggregate(tag = "article")]
    #[derive(Default, Debug, PartialEq)]
    pub(super) struct Stock {
        left: u32,
    }

    #[decider]
    impl Stock {
        #[evolve]
        fn sold(&mut self, _: &Sold) {
            self.left = self.left.saturating_sub(1);
        }

        #[evolve]
        pub(self) fn counted(&mut self, event: &Counted) {
            self.left = event.stock;
        }

        #[decide]
        pub(crate) fn sell(&self, command: &Sell) -> Option<Sold> {
            (self.left > 0).then_some(Sold { article: command.article })
        }
    }

    #[decider]
    fn count(command: &Count, #[key(article)] stock: &Stock) -> Counted {
        Counted { article: command.article, stock: stock.left }
    }

    pub(super) fn counted(article: u32, stock: u32) -> impl eskit::model::Emit {
        let _ = Count { article };
        Counted { article, stock }
    }
}

#[test]
fn items_of_any_visibility_work_together() {
    let sell = || shop::Sell { article: 4 };
    given(()).when(sell()).then_nothing();
    given(shop::counted(4, 1)).when(sell()).then(shop::Sold { article: 4 });
}
