//! Earlier values of a level's markets, for changes, what is usual, and sparklines. They are read from the books
//! in slices and kept for a while: past days hardly change, and the present one is always read afresh.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketReader, Segment};
use freehold_kernel::measure::{Basis, Measure, Nature, Part, Quotient, Reading, Window};
use freehold_kernel::stock::StockSeries;
use freehold_kernel::time::{Day, Millis};
use freehold_pipeline::books::read;
use freehold_pipeline::driver::lock;

use crate::server::Server;
use crate::server::api::days::{each_stock_span, stretches};

/// Days of a sparkline.
pub(super) const SPARK_DAYS: i32 = 90;
/// Weeks over which a usual change is measured.
pub(super) const USUAL_WEEKS: i32 = 52;
/// Fewer changes than this are no measure of what is usual.
pub(super) const USUAL_FROM: usize = 26;

/// Histories are made again when they are this old, or of another day.
const KEPT_MS: Millis = 2_000;
/// Histories of the same day are kept longer.
const KEPT_SAME_DAY_MS: Millis = 30_000;
const KEPT_MAX: usize = 16;

/// What a history is of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) level: u8,
    pub(super) kind: Kind,
    pub(super) segment: Segment,
    pub(super) measure: &'static str,
    pub(super) variant: &'static str,
    pub(super) window: Window,
    pub(super) change_days: i32,
    /// The last day; `None` follows the instance's own.
    pub(super) end: Option<Day>,
}

/// Values of one market on some days.
type Points = HashMap<i32, Option<f64>>;

/// Earlier values of every market of a level.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The day on which it ends.
    pub(super) today: i32,
    markets: HashMap<String, Points>,
}

impl History {
    /// The value of a market at the end of a day, where there is one.
    pub(super) fn at(&self, area: &str, day: i32) -> Option<f64> {
        *self.markets.get(area)?.get(&day)?
    }

    /// The median of absolute changes, each over `days`, at the ends of the last 52 weeks; `None` without enough.
    pub(super) fn usual(
        &self,
        area: &str,
        days: i32,
        delta: impl Fn(f64, f64) -> Option<f64>,
    ) -> Option<f64> {
        let value = |day: i32| self.at(area, day);
        let mut changes: Vec<f64> = (1..=USUAL_WEEKS)
            .filter_map(|week| {
                let day = self.today - 7 * week;
                Some(delta(value(day)?, value(day - days)?)?.abs())
            })
            .collect();
        if changes.len() < USUAL_FROM {
            return None;
        }
        let middle = changes.len() / 2;
        let even = changes.len().is_multiple_of(2);
        let (below, at, _) = changes.select_nth_unstable_by(middle, f64::total_cmp);
        let at = *at;
        if even {
            let before = below.iter().copied().fold(f64::MIN, f64::max);
            return Some((before + at) / 2.0);
        }
        Some(at)
    }
}

/// Histories that were asked for lately.
#[derive(Default)]
pub(crate) struct Histories {
    kept: Mutex<Vec<(Wanted, Millis, Arc<History>)>>,
}

impl Histories {
    /// The history of `wanted`, no older than a few seconds.
    pub(super) fn get(
        &self,
        server: &Server,
        measure: &'static Measure,
        wanted: &Wanted,
    ) -> Arc<History> {
        let now = (server.clock)();
        let today = wanted
            .end
            .unwrap_or_else(|| read(&server.books).engine.shards()[0].clock().today);
        {
            let kept = lock(&self.kept);
            let found = kept.iter().find(|(known, at, history)| {
                let most = if history.today == today.0 {
                    KEPT_SAME_DAY_MS
                } else {
                    KEPT_MS
                };
                known == wanted && now - at < most
            });
            if let Some((_, _, history)) = found {
                return Arc::clone(history);
            }
        }
        let made = Arc::new(make(server, measure, wanted, today));
        let mut kept = lock(&self.kept);
        kept.retain(|(known, _, _)| known != wanted);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push((wanted.clone(), (server.clock)(), Arc::clone(&made)));
        made
    }
}

fn days_of(today: Day, change_days: i32) -> Vec<Day> {
    let mut days: Vec<i32> = (0..SPARK_DAYS).map(|ago| today.0 - ago).collect();
    for week in 0..=USUAL_WEEKS {
        let end = today.0 - 7 * week;
        days.extend([end, end - change_days]);
    }
    days.sort_unstable();
    days.dedup();
    days.into_iter().map(Day).collect()
}

fn make(server: &Server, measure: &'static Measure, wanted: &Wanted, today: Day) -> History {
    let days = days_of(today, wanted.change_days);
    let markets = values(server, measure, wanted, &days);
    History {
        today: today.0,
        markets,
    }
}

/// The values of every market on some days.
fn values(
    server: &Server,
    measure: &Measure,
    wanted: &Wanted,
    days: &[Day],
) -> HashMap<String, Points> {
    match (measure.basis, measure.nature) {
        (Basis::Quotient { of }, _) => quotient(server, of(wanted.variant), wanted, days),
        (_, Nature::Stock) => stock(server, measure, wanted, days),
        (_, Nature::Flow) => {
            let (variant, window) = (wanted.variant, wanted.window);
            let read = |market: &MarketReader<'_>, day: Day| {
                (measure.read)(market, window.period(day), variant)
            };
            flow(server, wanted, days, &read)
        }
    }
}

/// The values of both parts, divided. Where one part has no market, neither has the whole.
fn quotient(
    server: &Server,
    quotient: Quotient,
    wanted: &Wanted,
    days: &[Day],
) -> HashMap<String, Points> {
    let values = |part: Part| {
        let wanted = Wanted {
            kind: part.kind.unwrap_or(wanted.kind),
            variant: part.variant,
            ..wanted.clone()
        };
        if part.days.is_none() {
            return values(server, part.measure, &wanted, days);
        }
        let read = |market: &MarketReader<'_>, day: Day| {
            let period = part.period(Window::Now.period(day));
            (part.measure.read)(market, period, part.variant)
        };
        flow(server, &wanted, days, &read)
    };
    let above = values(quotient.above);
    let mut below = values(quotient.below);
    let markets = above.into_iter().filter_map(|(area, above)| {
        let below = below.remove(&area)?;
        let of_day = |day: &Day| {
            let at = |points: &Points| points.get(&day.0).copied().flatten();
            (day.0, quotient.of_values(at(&above), at(&below)))
        };
        let points = days.iter().map(of_day).collect();
        Some((area, points))
    });
    markets.collect()
}

fn stock(
    server: &Server,
    measure: &Measure,
    wanted: &Wanted,
    days: &[Day],
) -> HashMap<String, Points> {
    let mut markets: HashMap<String, Points> = HashMap::new();
    for (vintage, days) in stretches(server, days) {
        let mut series: HashMap<String, StockSeries> = HashMap::new();
        each_stock_span(server, wanted.kind, None, vintage, &mut |shard, span| {
            if wanted.segment.holds(span.tag) {
                let area = shard.markets().area_name(span.leaf, wanted.level);
                if let Some(known) = series.get_mut(area) {
                    known.add(span);
                } else {
                    let mut new = StockSeries::new(days.clone());
                    new.add(span);
                    series.insert(area.to_owned(), new);
                }
            }
        });
        for (area, series) in series {
            let readings = series.readings(measure).unwrap_or_default();
            let points = days.iter().zip(readings);
            let points = points.map(|(day, reading)| (day.0, reading.value.as_f64()));
            markets.entry(area).or_default().extend(points);
        }
    }
    markets
}

fn flow(
    server: &Server,
    wanted: &Wanted,
    days: &[Day],
    read_day: &dyn Fn(&MarketReader<'_>, Day) -> Reading,
) -> HashMap<String, Points> {
    let areas: Vec<String> = {
        let books = read(&server.books);
        let areas = books.engine.view().areas().into_iter();
        areas
            .filter(|(level, _)| *level == wanted.level)
            .map(|(_, area)| area.to_owned())
            .collect()
    };
    let markets = areas.into_iter().filter_map(|area| {
        // The books are let go after each market.
        let books = read(&server.books);
        let market = books
            .engine
            .view()
            .market(wanted.level, &area, wanted.kind, wanted.segment);
        if market.is_empty() {
            return None;
        }
        let points = days
            .iter()
            .map(|day| (day.0, read_day(&market, *day).value.as_f64()));
        let points = points.collect();
        Some((area, points))
    });
    markets.collect()
}
