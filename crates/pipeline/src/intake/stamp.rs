//! Stamps drafts: receipt times, and the ticks by which the kernel knows time. On a virtual clock both follow
//! from the records alone, so that a restart or another cut makes the same ticks.

use freehold_kernel::record::{Records, Refused, Tick, put_refused, put_tick};
use freehold_kernel::time::{DAY_MS, Millis};

use super::tick_draft;
use crate::batch::{Batch, Draft, Receipt};

const MINUTE_MS: Millis = 60_000;

/// Local days of the configured zones.
pub trait Zones: Send {
    /// Appends, for each zone in the plan's order, the local day less the UTC day at `instant`, as `i8`.
    fn shifts(&self, instant: Millis, out: &mut Vec<u8>);
}

/// The clock that stamps records.
pub struct Clockwork {
    virtual_clock: bool,
    /// Greatest event time so far, on a virtual clock.
    running: Millis,
    last_tick: Millis,
    unticked: bool,
    zones: Box<dyn Zones>,
}

impl Clockwork {
    /// A clock that has stamped nothing yet.
    #[must_use]
    pub fn new(virtual_clock: bool, zones: Box<dyn Zones>) -> Self {
        Self {
            virtual_clock,
            running: Millis::MIN,
            last_tick: Millis::MIN,
            unticked: false,
            zones,
        }
    }

    /// Whether event times drive it.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.virtual_clock
    }

    /// The time of the newest record on a virtual clock, else of the last tick.
    #[must_use]
    pub fn now(&self) -> Millis {
        if self.virtual_clock {
            self.running
        } else {
            self.last_tick
        }
    }

    /// Goes on behind a log whose last tick was at `last_tick` (`Millis::MIN` when there was none) and whose
    /// last batch is `batch`.
    pub fn resume(&mut self, last_tick: Millis, batch: &Batch) {
        self.last_tick = last_tick;
        if let Receipt::Running(start) = batch.receipt {
            self.running = start;
        }
        for (raw, receipt) in batch.stamped().flatten() {
            self.unticked = !raw.is_tick();
            if self.virtual_clock {
                self.running = self.running.max(receipt);
            }
        }
    }

    /// The receipt of a draft begun at wall time `now`.
    pub(super) fn receipt(&self, now: Millis) -> Receipt {
        if self.virtual_clock {
            Receipt::Running(self.running)
        } else {
            Receipt::At(now)
        }
    }

    /// Puts the ticks in that belong before and between the draft's records, and refuses rows that claim to
    /// come from the future.
    pub(super) fn stamp(&mut self, draft: Draft, now: Millis) -> Draft {
        if self.virtual_clock {
            self.stamp_virtual(draft)
        } else {
            self.stamp_wall(draft, now)
        }
    }

    fn stamp_wall(&mut self, mut draft: Draft, now: Millis) -> Draft {
        let is_due = self.last_tick == Millis::MIN
            || now.div_euclid(MINUTE_MS) > self.last_tick.div_euclid(MINUTE_MS);
        let is_future =
            |time: Option<Millis>| time.is_some_and(|time| time.saturating_sub(now) > DAY_MS);
        let mut records = Records::new(&draft.records);
        let mut has_future = false;
        while let Some(Ok(raw)) = records.next_raw() {
            has_future |= is_future(raw.event_time());
        }
        if is_due || has_future {
            let mut stamped = Vec::with_capacity(draft.records.len() + 64);
            if is_due {
                self.tick(now, &mut stamped);
                draft.count += 1;
            }
            let mut records = Records::new(&draft.records);
            while let Some(Ok(raw)) = records.next_raw() {
                match raw.feed_and_key() {
                    Some((feed, key)) if is_future(raw.event_time()) => put_refused(
                        &mut stamped,
                        &Refused {
                            feed,
                            place: "",
                            field: "ModificationTimestamp",
                            reason: "the event time lies more than a day after its receipt",
                            raw: key,
                        },
                    ),
                    _ => stamped.extend_from_slice(raw.bytes()),
                }
            }
            draft.records = stamped;
        }
        self.unticked = if draft.count > u64::from(is_due) {
            true
        } else {
            self.unticked && !is_due
        };
        draft
    }

    fn stamp_virtual(&mut self, mut draft: Draft) -> Draft {
        let mut stamped = Vec::with_capacity(draft.records.len() + 256);
        let mut records = Records::new(&draft.records);
        let mut ticks = 0;
        // Records between two ticks are copied together.
        let (mut copied, mut at) = (0, 0);
        while let Some(Ok(raw)) = records.next_raw() {
            if let Some(time) = raw.event_time() {
                let old = self.running;
                let new = old.max(time);
                let crosses =
                    old != Millis::MIN && new.div_euclid(MINUTE_MS) > old.div_euclid(MINUTE_MS);
                if crosses {
                    let noon = (new - DAY_MS / 2).div_euclid(DAY_MS) * DAY_MS + DAY_MS / 2;
                    let end_of_minute = old.div_euclid(MINUTE_MS) * MINUTE_MS + MINUTE_MS - 1;
                    let due = [(self.unticked, end_of_minute), (noon > old, noon)];
                    for (_, tick) in due.into_iter().filter(|(is_due, _)| *is_due) {
                        stamped.extend_from_slice(&draft.records[copied..at]);
                        copied = at;
                        self.tick(tick, &mut stamped);
                        ticks += 1;
                    }
                }
                self.running = new;
            }
            self.unticked = true;
            at += raw.bytes().len();
        }
        if ticks > 0 {
            stamped.extend_from_slice(&draft.records[copied..]);
            draft.records = stamped;
            draft.count += ticks;
        }
        draft
    }

    pub(super) fn closing_tick(&mut self, now: Millis) -> Option<Draft> {
        if !self.unticked {
            return None;
        }
        let mut records = Vec::new();
        let receipt = self.receipt(now);
        let at = if self.virtual_clock {
            if self.running == Millis::MIN {
                return None;
            }
            self.running.div_euclid(MINUTE_MS) * MINUTE_MS + MINUTE_MS - 1
        } else {
            now
        };
        // Said twice: nothing more comes for now, and norms are taken of all that came.
        self.tick(at, &mut records);
        self.tick(at, &mut records);
        Some(tick_draft(receipt, records, 2))
    }

    fn tick(&mut self, at: Millis, out: &mut Vec<u8>) {
        let mut zone_days = Vec::new();
        self.zones.shifts(at, &mut zone_days);
        put_tick(
            out,
            &Tick {
                time: at,
                zone_days: &zone_days,
            },
        );
        self.last_tick = at;
        self.unticked = false;
    }
}

/// One zone, which is UTC.
#[derive(Debug, Clone, Copy)]
pub struct Utc;

impl Zones for Utc {
    fn shifts(&self, _: Millis, out: &mut Vec<u8>) {
        out.push(0);
    }
}
