//! The life of a home on the market, step by step: listed, cut, raised, under contract, back, closed, withdrawn,
//! expired, relisted. A pure function of its draws. Knows no dates: a step is a turn of the plot (`market`).

use freehold_kernel::field::Status;
use freehold_kernel::record::Cents;

use super::rng::Rng;

/// Steps of a cycle, from one home's possible listing to the next home's on the plot.
pub(super) const STEPS: u64 = 16;

/// How a listed home begins its cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub(super) is_lease: bool,
    /// What it is offered at.
    pub(super) price: Cents,
}

/// What is true of a listing after a step that said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// 1, and one more for each relisting.
    pub(super) number: u32,
    pub(super) status: Status,
    pub(super) listed_step: u64,
    pub(super) contract_step: Option<u64>,
    pub(super) close_step: Option<u64>,
    pub(super) original_list_price: Cents,
    pub(super) list_price: Cents,
    pub(super) close_price: Option<Cents>,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Active,
    Pending,
    /// Off the market, to come back under a new key.
    Away {
        until: u64,
    },
    /// Closed in the step before.
    Closed,
    Over,
}

/// Thousandths of the active listings of each step.
struct Odds {
    contract: u32,
    cut: u32,
    rise: u32,
    withdraw: u32,
    cancel: u32,
    expire: u32,
    touch: u32,
    close: u32,
    fall_through: u32,
    pending_touch: u32,
}

const SALE: Odds = Odds {
    contract: 200,
    cut: 170,
    rise: 20,
    withdraw: 22,
    cancel: 8,
    expire: 300,
    touch: 420,
    close: 330,
    fall_through: 60,
    pending_touch: 400,
};

const LEASE: Odds = Odds {
    contract: 300,
    cut: 110,
    rise: 20,
    withdraw: 20,
    cancel: 10,
    expire: 300,
    touch: 400,
    close: 600,
    fall_through: 40,
    pending_touch: 300,
};

/// Steps after which a listing's contract with its agent may run out.
const EXPIRES_AFTER: u64 = 10;
/// Steps of a deep cut among cuts, in thousandths.
const DEEP_CUTS: u32 = 80;
/// Off-market listings that come back, in thousandths.
const RELISTS: u32 = 500;

/// What `step` said, or `None` when it said nothing. Prices decide nothing, so that whoever only asks whether
/// a step speaks may open at any price.
pub(super) fn moment(mut rng: Rng, step: u64, opening: Opening) -> Option<Moment> {
    let odds = if opening.is_lease { &LEASE } else { &SALE };
    let mut life = Moment::listed(1, 0, opening.price);
    let mut stage = Stage::Active;
    let mut speaks = true;
    for now in 1..=step {
        let (roll, size) = rng.two_in_thousand();
        speaks = match stage {
            Stage::Active => {
                let next = life.active_step(odds, opening.is_lease, now, roll, size);
                stage = next.0;
                next.1
            }
            Stage::Pending if roll < odds.close || now + 1 == STEPS => {
                life.status = Status::Closed;
                life.close_step = Some(now);
                life.close_price = Some(close_price(life.list_price, opening.is_lease, size));
                stage = Stage::Closed;
                true
            }
            Stage::Pending if roll < odds.close + odds.fall_through => {
                life.status = Status::Active;
                life.contract_step = None;
                stage = Stage::Active;
                true
            }
            Stage::Pending => roll < odds.close + odds.fall_through + odds.pending_touch,
            Stage::Away { until } if now == until => {
                let price = scaled(life.list_price, 930 + i64::from(size) * 70 / 1000);
                life = Moment::listed(life.number + 1, now, asking(price, opening.is_lease));
                stage = Stage::Active;
                true
            }
            Stage::Away { .. } => false,
            Stage::Closed => {
                stage = Stage::Over;
                roll < 150
            }
            Stage::Over => return None,
        };
    }
    speaks.then_some(life)
}

impl Moment {
    fn listed(number: u32, step: u64, price: Cents) -> Self {
        Self {
            number,
            status: Status::Active,
            listed_step: step,
            contract_step: None,
            close_step: None,
            original_list_price: price,
            list_price: price,
            close_price: None,
        }
    }

    /// The stage after an active step, and whether it says something.
    fn active_step(
        &mut self,
        odds: &Odds,
        is_lease: bool,
        now: u64,
        roll: u32,
        size: u32,
    ) -> (Stage, bool) {
        // Whoever is left near the end of the cycle goes, so that the next home finds the plot free.
        if now + 3 >= STEPS {
            self.status = if roll < 500 {
                Status::Expired
            } else {
                Status::Withdrawn
            };
            return (Stage::Over, true);
        }
        let mut bound = odds.contract;
        if roll < bound {
            self.status = Status::Pending;
            self.contract_step = Some(now);
            return (Stage::Pending, true);
        }
        bound += odds.cut;
        if roll < bound {
            let cut = if size < DEEP_CUTS {
                155 + size % 96
            } else {
                10 + size % 81
            };
            let price = asking(scaled(self.list_price, 1000 - i64::from(cut)), is_lease);
            let least = if is_lease { LEAST_RENT } else { LEAST_PRICE };
            let step = if is_lease { 500 } else { 50_000 };
            self.list_price = price.min(self.list_price - step).max(least);
            return (Stage::Active, true);
        }
        bound += odds.rise;
        if roll < bound {
            let price = scaled(self.list_price, 1010 + i64::from(size) * 40 / 1000);
            self.list_price = asking(price, is_lease).max(self.list_price);
            return (Stage::Active, true);
        }
        for (chance, status) in [
            (odds.withdraw, Status::Withdrawn),
            (odds.cancel, Status::Canceled),
            (
                if now - self.listed_step > EXPIRES_AFTER {
                    odds.expire
                } else {
                    0
                },
                Status::Expired,
            ),
        ] {
            bound += chance;
            if roll < bound {
                self.status = status;
                let until = now + 2 + u64::from(size) % 4;
                let returns = size < RELISTS && until + 4 < STEPS;
                let stage = if returns {
                    Stage::Away { until }
                } else {
                    Stage::Over
                };
                return (stage, true);
            }
        }
        (Stage::Active, roll < bound + odds.touch)
    }
}

/// No price falls below it.
const LEAST_PRICE: Cents = 500_000;
const LEAST_RENT: Cents = 10_000;

fn scaled(price: Cents, thousandths: i64) -> Cents {
    price * thousandths / 1000
}

fn close_price(list_price: Cents, is_lease: bool, size: u32) -> Cents {
    let size = i64::from(size);
    let thousandths = match (is_lease, size) {
        (true, 0..700) => 1000,
        (true, _) => 950 + size % 50,
        (false, 0..100) => 1020 + size * 40 / 100,
        (false, _) => 940 + size % 81,
    };
    let step = if is_lease { 500 } else { 50_000 };
    (scaled(list_price, thousandths) / step * step).max(step)
}

/// The price that an owner would write: 349,900 or 1,850 a month.
pub(super) fn asking(price: Cents, is_lease: bool) -> Cents {
    if is_lease {
        return (price / 500 * 500).max(LEAST_RENT);
    }
    match price {
        100_000_000.. => price / 500_000 * 500_000,
        10_000_000.. => price / 100_000 * 100_000 - 10_000,
        _ => (price / 50_000 * 50_000).max(LEAST_PRICE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::rng::fold;

    fn life(seed: u64, is_lease: bool) -> Vec<(u64, Moment)> {
        let opening = Opening {
            is_lease,
            price: asking(if is_lease { 150_000 } else { 30_000_000 }, is_lease),
        };
        (0..STEPS)
            .filter_map(|step| Some((step, moment(Rng::new(fold(9, seed)), step, opening)?)))
            .collect()
    }

    #[test]
    fn each_life_is_legal_from_step_to_step() {
        for (seed, is_lease) in (0..5000).map(|seed| (seed, seed % 3 == 0)) {
            let life = life(seed, is_lease);
            assert_eq!(life[0].0, 0);
            for pair in life.windows(2) {
                let ((_, before), (step, after)) = (pair[0], pair[1]);
                let (from, to) = (before.status, after.status);
                if after.number == before.number {
                    let legal = match from {
                        Status::Active => true,
                        Status::Pending => {
                            matches!(to, Status::Pending | Status::Closed | Status::Active)
                        }
                        Status::Closed => to == Status::Closed,
                        _ => false,
                    };
                    assert!(legal, "{from:?} to {to:?}");
                    assert!(from != Status::Active || to != Status::Closed);
                    assert_eq!(after.original_list_price, before.original_list_price);
                } else {
                    assert_eq!(after.number, before.number + 1);
                    assert!(matches!(
                        from,
                        Status::Withdrawn | Status::Expired | Status::Canceled
                    ));
                    assert_eq!((to, after.listed_step), (Status::Active, step));
                }
            }
            let last = life[life.len() - 1].1;
            assert!(!matches!(last.status, Status::Active | Status::Pending));
            for (step, moment) in &life {
                let closed = moment.status == Status::Closed;
                assert_eq!(moment.close_price.is_some(), closed);
                assert_eq!(moment.close_step.is_some(), closed);
                assert_eq!(
                    moment.contract_step.is_some(),
                    closed || moment.status == Status::Pending
                );
                assert!(moment.list_price > 0 && moment.original_list_price > 0);
                assert!(moment.close_price.is_none_or(|price| price > 0));
                assert!(moment.listed_step <= *step);
            }
        }
    }

    #[test]
    fn prices_look_like_prices() {
        assert_eq!(asking(35_012_345, false), 34_990_000);
        assert_eq!(asking(123_456_789, false), 123_000_000);
        assert_eq!(asking(185_999, true), 185_500);
        assert_eq!(asking(1, false), LEAST_PRICE);
    }
}
