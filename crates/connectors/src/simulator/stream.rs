//! The order in which rows are sent: turn after turn, with the faults that repeat or delay rows. What waits is
//! rebuilt from the turns before a position, so that a position is three numbers. Not what a row says (`market`).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use freehold_kernel::time::Millis;

use super::faults::{self, Fault};
use super::market::Market;
use super::rng::{Rng, fold};
use super::schedule::Schedule;
use super::update::SimulatedUpdate;

/// A place in the stream: behind the first `sent` rows that `turn` sent out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    pub(super) turn: i64,
    pub(super) sent: u64,
    /// All rows before it.
    pub(super) rows: u64,
}

/// What the stream has next.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "rows are the rule, and are used at once"
)]
pub(super) enum Next {
    Row(SimulatedUpdate),
    /// Its time is later than asked for.
    NotYet,
    Ended,
}

/// Rows of turns that wait for the turn at which they are sent.
type Waiting = BinaryHeap<Reverse<(i64, i64, bool)>>;

#[derive(Debug)]
pub(super) struct Stream {
    position: Position,
    is_turn_begun: bool,
    /// What the turn begun has still to send.
    due: VecDeque<SimulatedUpdate>,
    waiting: Waiting,
}

/// The farthest that a row is repeated, and half of the late ones are late, in turns.
const NEAR: u32 = 64;

impl Stream {
    pub(super) fn new(market: &Market, schedule: &Schedule, position: Position) -> Self {
        Self {
            position,
            is_turn_begun: false,
            due: VecDeque::new(),
            waiting: waiting_at(market, schedule, position.turn),
        }
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The next row whose turn is at or before `now`.
    pub(super) fn next(&mut self, market: &Market, schedule: &Schedule, now: Millis) -> Next {
        if market
            .plan
            .updates
            .is_some_and(|updates| self.position.rows >= updates)
        {
            return Next::Ended;
        }
        loop {
            if let Some(update) = self.due.pop_front() {
                self.position.sent += 1;
                self.position.rows += 1;
                return Next::Row(update);
            }
            if self.is_turn_begun {
                self.position.turn += 1;
                self.position.sent = 0;
                self.is_turn_begun = false;
            }
            let time = schedule.time(self.position.turn);
            if time >= market.plan.end {
                // After the end only what waits is sent.
                let Some(Reverse((due, ..))) = self.waiting.peek() else {
                    return Next::Ended;
                };
                self.position.turn = self.position.turn.max(*due);
            } else if time > now {
                return Next::NotYet;
            } else {
                self.take_turn(market, schedule);
            }
            self.release(market, schedule);
            let already_sent = (self.position.sent as usize).min(self.due.len());
            self.due.drain(..already_sent);
            self.is_turn_begun = true;
        }
    }

    fn take_turn(&mut self, market: &Market, schedule: &Schedule) {
        let turn = self.position.turn;
        let Some(update) = faulty_row(market, schedule, turn) else {
            return;
        };
        if let Some((sent_at, is_repeat)) = sent_again_at(market, turn) {
            self.waiting.push(Reverse((sent_at, turn, is_repeat)));
            if !is_repeat {
                return;
            }
        }
        self.due.push_back(update);
    }

    fn release(&mut self, market: &Market, schedule: &Schedule) {
        while let Some(Reverse((due, turn, is_repeat))) = self.waiting.peek().copied() {
            if due > self.position.turn {
                break;
            }
            self.waiting.pop();
            if let Some(mut update) = faulty_row(market, schedule, turn) {
                update.is_repeat = is_repeat;
                self.due.push_back(update);
            }
        }
    }
}

/// How many turns back a waiting row may have been taken.
pub(super) fn turns_waited(market: &Market) -> i64 {
    if market.plan.faults.keep_order() {
        0
    } else {
        (2 * market.plan.plots as i64).max(i64::from(NEAR))
    }
}

fn faulty_row(market: &Market, schedule: &Schedule, turn: i64) -> Option<SimulatedUpdate> {
    let mut update = market.update(schedule, turn)?;
    if let Some(fault) = market.plan.faults.roll(market.plan.seed, turn) {
        faults::apply(fault, &mut update);
    }
    Some(update)
}

/// When the row of `turn` is sent again (true) or instead (false), if its fault moves it.
fn sent_again_at(market: &Market, turn: i64) -> Option<(i64, bool)> {
    let seed = market.plan.seed;
    let fault = market.plan.faults.roll(seed, turn)?;
    let mut rng = Rng::new(fold(fold(seed, 0x6c61_7465), turn as u64));
    let is_near = rng.below(2) == 0;
    match fault {
        Fault::Duplicate if is_near => Some((turn, true)),
        Fault::Duplicate => Some((turn + i64::from(rng.between(1, NEAR)), true)),
        Fault::OutOfOrder if is_near => Some((turn + i64::from(rng.between(1, NEAR)), false)),
        Fault::OutOfOrder => {
            let rounds = 2 * market.plan.plots;
            Some((turn + 1 + (rng.bits() % rounds) as i64, false))
        }
        _ => None,
    }
}

/// What waits when `turn` begins.
fn waiting_at(market: &Market, schedule: &Schedule, turn: i64) -> Waiting {
    let mut waiting = Waiting::new();
    for earlier in (turn - turns_waited(market)).max(0)..turn {
        let Some((due, is_repeat)) = sent_again_at(market, earlier) else {
            continue;
        };
        if due < turn
            || schedule.time(earlier) >= market.plan.end
            || market.update(schedule, earlier).is_none()
        {
            continue;
        }
        waiting.push(Reverse((due, earlier, is_repeat)));
    }
    waiting
}
