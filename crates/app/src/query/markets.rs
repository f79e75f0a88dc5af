//! `markets`: readings, filtered by every column.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context, Result, bail};
use freehold_kernel::AsOf;
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketBook, MarketReader, MarketView, Segment};
use freehold_kernel::measure::{MEASURES, Measure, Window};
use freehold_kernel::time::Day;
use freehold_pipeline::books::Books;
use serde::{Deserialize, Serialize};

use super::{AskArgs, check_known};
use crate::output::{Cell, Rows};
use crate::zones::ZoneTable;

/// Columns of `markets`.
pub(crate) const COLUMNS: &[&str] = &[
    "level",
    "area",
    "segment",
    "kind",
    "measure",
    "variant",
    "window",
    "date",
    "value",
    "unit",
    "n",
    "n_excluded",
    "status",
];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct MarketsArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
    /// Levels of areas, such as zip or county
    #[arg(long, value_delimiter = ',')]
    level: Vec<String>,
    /// Area names, such as "King, WA"; give the option again for more than one
    #[arg(long)]
    area: Vec<String>,
    /// Segments: all, type:condo, beds:3 …
    #[arg(long, value_delimiter = ',')]
    segment: Vec<String>,
    /// sale or lease
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// Measures, such as median_list_price
    #[arg(long, value_delimiter = ',')]
    measure: Vec<String>,
    /// Variants of measures
    #[arg(long, value_delimiter = ',')]
    variant: Vec<String>,
    /// Windows: now, day, month, 30d, 90d, all
    #[arg(long, value_delimiter = ',')]
    window: Vec<String>,
    /// A day, or a span of days as FROM..TO: the days and months to show, and the day on which 30d and 90d end
    #[arg(long)]
    date: Option<String>,
    /// The moment at which to look, by what is known now: a date (its local end) or an instant (RFC 3339)
    #[arg(long)]
    as_of: Option<String>,
    /// The zone whose day it is at an instant: the instance's.
    #[arg(skip)]
    pub(super) time_zone: Option<String>,
}

/// A span of days, both included.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Day,
    to: Day,
}

impl MarketsArgs {
    pub(super) fn answer(&self, books: &Books, out: &mut dyn Write) -> Result<()> {
        let plan = books.engine.plan();
        self.check_names(books)?;
        let span = self.date.as_deref().map(parse_span).transpose()?;
        let clock = books.engine.shards()[0].clock();
        let past: Vec<MarketBook>;
        let view = match self.as_of.as_deref() {
            None => books.engine.view(),
            Some(text) => {
                let moment = parse_as_of(text)?;
                past = books
                    .engine
                    .shards()
                    .iter()
                    .map(|shard| shard.markets_as_of(moment))
                    .collect();
                let today = match moment {
                    AsOf::EndOf(day) => day,
                    AsOf::Instant(instant) => {
                        ZoneTable::of(self.time_zone.as_slice())?.day(0, instant)
                    }
                };
                MarketView::new(past.iter().collect(), today)
            }
        };
        let horizon = plan.horizon_days;
        let is_final = |day: Day| self.as_of.is_none() && clock.is_final(day, horizon);
        let mut rows = Rows::begin(out, self.ask.format, COLUMNS)?;
        let wants = |list: &[String], name: &str| {
            list.is_empty() || list.iter().any(|wanted| wanted == name)
        };
        let wants_days =
            wants(&self.window, Window::Day.name()) || wants(&self.window, Window::Month.name());
        for (level, area) in view.areas() {
            let level_name = &plan.levels[usize::from(level)].name;
            if !wants(&self.level, level_name) || !wants(&self.area, area) {
                continue;
            }
            for kind in Kind::ALL
                .into_iter()
                .filter(|kind| wants(&self.kind, kind.name()))
            {
                for segment in Segment::of_families(plan.segments) {
                    let segment_name = segment.name();
                    if !wants(&self.segment, &segment_name) {
                        continue;
                    }
                    let market = view.market(level, area, kind, segment);
                    if market.is_empty() {
                        continue;
                    }
                    let market = if wants_days {
                        market.with_day_sums()
                    } else {
                        market
                    };
                    let days = EventDays::of(&market, span);
                    for measure in MEASURES
                        .iter()
                        .filter(|measure| wants(&self.measure, measure.id))
                    {
                        for variant in measure
                            .variants
                            .iter()
                            .filter(|variant| wants(&self.variant, variant))
                        {
                            for window in measure.windows() {
                                if !wants(&self.window, window.name()) {
                                    continue;
                                }
                                let head = [level_name.as_str(), area, &segment_name, kind.name()];
                                let part = Part {
                                    measure,
                                    variant,
                                    window: *window,
                                    head,
                                };
                                part.write(&market, &days, span, &is_final, &mut rows)?;
                            }
                        }
                    }
                }
            }
        }
        Ok(rows.end()?)
    }

    fn check_names(&self, books: &Books) -> Result<()> {
        let plan = books.engine.plan();
        let levels = plan.levels.iter().map(|level| level.name.as_str());
        check_known("level", &self.level, levels)?;
        let measures = MEASURES.iter();
        check_known(
            "measure",
            &self.measure,
            measures.clone().map(|measure| measure.id),
        )?;
        let variants: BTreeSet<&str> = measures
            .flat_map(|measure| measure.variants.iter().copied())
            .collect();
        check_known("variant", &self.variant, variants.iter().copied())?;
        let windows = Window::ALL.iter().map(|window| window.name());
        check_known("window", &self.window, windows)?;
        let kinds = Kind::ALL.iter().map(|kind| kind.name());
        check_known("kind", &self.kind, kinds)?;
        let segments: Vec<String> = Segment::of_families(plan.segments)
            .into_iter()
            .map(|segment| segment.name())
            .collect();
        check_known(
            "segment",
            &self.segment,
            segments.iter().map(String::as_str),
        )?;
        if self.area.is_empty() {
            return Ok(());
        }
        let view = books.engine.view();
        let areas: BTreeSet<&str> = view.areas().into_iter().map(|(_, area)| area).collect();
        check_known("area", &self.area, areas.iter().copied())
    }
}

/// One measure, variant and window of one market.
struct Part<'a> {
    measure: &'static Measure,
    variant: &'static str,
    window: Window,
    head: [&'a str; 4],
}

impl Part<'_> {
    fn write(
        &self,
        market: &MarketReader<'_>,
        days: &EventDays,
        span: Option<Span>,
        is_final: &dyn Fn(Day) -> bool,
        rows: &mut Rows<'_>,
    ) -> Result<()> {
        let today = market.today();
        match self.window {
            Window::Now | Window::All => self.row(market, today, "current", rows),
            Window::Trailing30 | Window::Trailing90 => match span {
                None => self.row(market, today, "current", rows),
                Some(span) => {
                    for day in (span.from.0..=span.to.0).map(Day) {
                        self.row(market, day, "current", rows)?;
                    }
                    Ok(())
                }
            },
            Window::Day => {
                for &day in &days.days {
                    self.row(market, day, status(is_final(day)), rows)?;
                }
                Ok(())
            }
            Window::Month => {
                for &month in &days.months {
                    self.row(market, month, status(is_final(month.month_end())), rows)?;
                }
                Ok(())
            }
        }
    }

    fn row(
        &self,
        market: &MarketReader<'_>,
        day: Day,
        status: &str,
        rows: &mut Rows<'_>,
    ) -> Result<()> {
        let reading = (self.measure.read)(market, self.window.period(day), self.variant);
        let is_dated = matches!(self.window, Window::Day | Window::Month);
        if is_dated && reading.n == 0 && reading.n_excluded == 0 {
            return Ok(());
        }
        let value = reading.value.to_string();
        let mut cells: Vec<Cell> = self.head.iter().map(|text| Cell::text(*text)).collect();
        cells.extend([
            Cell::text(self.measure.id),
            Cell::text(self.variant),
            Cell::text(self.window.name()),
            Cell::text(day.to_string()),
            if value.is_empty() {
                Cell::Empty
            } else {
                Cell::Number(value)
            },
            Cell::text(self.measure.unit.name()),
            Cell::number(reading.n),
            Cell::number(reading.n_excluded),
            Cell::text(status),
        ]);
        Ok(rows.row(cells)?)
    }
}

fn status(is_final: bool) -> &'static str {
    if is_final { "final" } else { "provisional" }
}

/// Days and months in which something happened in a market.
#[derive(Default)]
struct EventDays {
    days: BTreeSet<Day>,
    months: BTreeSet<Day>,
}

impl EventDays {
    fn of(market: &MarketReader<'_>, span: Option<Span>) -> Self {
        let (from, to) = span.map_or((Day(i32::MIN + 1), Day(i32::MAX)), |span| {
            (span.from, span.to)
        });
        let mut all = Self::default();
        for day in market.event_days() {
            let month = day.month_start();
            if (from..=to).contains(&day) {
                all.days.insert(day);
            }
            if month <= to && month.month_end() >= from {
                all.months.insert(month);
            }
        }
        all
    }
}

fn parse_day(text: &str) -> Result<Day> {
    Day::parse_iso(text).with_context(|| format!("{text:?} is no date; wanted YYYY-MM-DD"))
}

fn parse_span(text: &str) -> Result<Span> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let span = Span {
        from: parse_day(from)?,
        to: parse_day(to)?,
    };
    if span.from > span.to {
        bail!("the span {text:?} ends before it begins");
    }
    Ok(span)
}

fn parse_as_of(text: &str) -> Result<AsOf> {
    if let Some(day) = Day::parse_iso(text) {
        return Ok(AsOf::EndOf(day));
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| {
        anyhow::anyhow!("{text:?} is neither a date (YYYY-MM-DD) nor an instant (RFC 3339)")
    })?;
    Ok(AsOf::Instant(instant.as_millisecond()))
}
