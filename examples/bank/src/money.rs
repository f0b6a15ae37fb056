use std::fmt;
use std::ops::{AddAssign, SubAssign};

use eskit::prelude::*;

/// An amount of money in hundredths of its currency's unit.
#[derive(Shape, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Cents(u64);

impl Cents {
    /// Nothing.
    pub const ZERO: Cents = Cents(0);

    /// This many hundredths.
    pub const fn new(cents: u64) -> Cents {
        Cents(cents)
    }

    /// The sum, unless it is beyond what can be counted.
    pub fn checked_add(self, other: Cents) -> Option<Cents> {
        self.0.checked_add(other.0).map(Cents)
    }

    /// The rest, unless it would be below zero.
    pub fn checked_sub(self, other: Cents) -> Option<Cents> {
        self.0.checked_sub(other.0).map(Cents)
    }
}

/// For amounts that a decision checked; a sum that cannot be counted is a defect.
impl AddAssign for Cents {
    fn add_assign(&mut self, other: Cents) {
        self.0 += other.0;
    }
}

/// For amounts that a decision checked; a rest below zero is a defect.
impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Cents) {
        self.0 -= other.0;
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// The currency of an account.
#[derive(Shape, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Euro: what every account was in before accounts had a currency.
    #[default]
    Eur,
    /// United States dollar.
    Usd,
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Currency::Eur => "EUR",
            Currency::Usd => "USD",
        })
    }
}
