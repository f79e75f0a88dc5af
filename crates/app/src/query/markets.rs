//! `markets`: readings, filtered by every column.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;
use freehold_kernel::AsOf;
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketBook, MarketReader, MarketView, Segment};
use freehold_kernel::measure::{MEASURES, Measure, Period, Reading, Value, Window};
use freehold_kernel::time::Day;
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::moment::Moment;
use super::{AskArgs, BadQuestion, EachRow, Mark, Table, bad_mark, check_known};
use crate::output::Cell;

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
    #[command(flatten)]
    pub(super) filter: MarketsFilter,
}

/// Which readings.
#[derive(Debug, Clone, Default, Serialize, Deserialize, clap::Args)]
pub(crate) struct MarketsFilter {
    /// Levels of areas, such as zip or county
    #[arg(long, value_delimiter = ',')]
    pub(crate) level: Vec<String>,
    /// Area names, such as "King, WA"; give the option again for more than one
    #[arg(long)]
    pub(crate) area: Vec<String>,
    /// Segments: all, type:condo, beds:3 …
    #[arg(long, value_delimiter = ',')]
    pub(crate) segment: Vec<String>,
    /// sale or lease
    #[arg(long, value_delimiter = ',')]
    pub(crate) kind: Vec<String>,
    /// Measures, such as median_list_price
    #[arg(long, value_delimiter = ',')]
    pub(crate) measure: Vec<String>,
    /// Variants of measures
    #[arg(long, value_delimiter = ',')]
    pub(crate) variant: Vec<String>,
    /// Windows: now, day, month, 30d, 90d, all
    #[arg(long, value_delimiter = ',')]
    pub(crate) window: Vec<String>,
    /// A day, or a span of days as FROM..TO: the days and months to show, and the day on which 30d and 90d end
    #[arg(long)]
    pub(crate) date: Option<String>,
    /// The moment at which to look, by what is known now: a date (its local end) or an instant (RFC 3339)
    #[arg(long)]
    pub(crate) as_of: Option<String>,
    /// The zone whose day it is at an instant: the instance's.
    #[arg(skip)]
    pub(crate) time_zone: Option<String>,
}

/// A span of days, both included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: Day,
    pub(crate) to: Day,
}

impl Table for MarketsFilter {
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn each(
        &self,
        books: &Books,
        _: &SharedLog,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        let (text, zone) = (self.as_of.as_deref(), self.time_zone.as_deref());
        match Moment::read(books, text, "as_of", zone)?.past(books) {
            None => self.each_of(books, &books.engine.view(), after, each),
            Some(past) => self.each_of(books, &past.view(), after, each),
        }
    }
}

impl MarketsFilter {
    /// Every reading of `view`, which is of `books` now or of a past moment, in order.
    pub(crate) fn each_of(
        &self,
        books: &Books,
        view: &MarketView<'_>,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        let plan = books.engine.plan();
        self.check_names(books)?;
        let span = self.date.as_deref().map(parse_span).transpose()?;
        let after = after.map(After::of).transpose()?;
        let clock = books.engine.shards()[0].clock();
        let horizon = plan.horizon_days;
        let is_final = |day: Day| self.as_of.is_none() && clock.is_final(day, horizon);
        let wants_days =
            wants(&self.window, Window::Day.name()) || wants(&self.window, Window::Month.name());
        for (level, area) in self.areas(books, view) {
            let level_name = &plan.levels[usize::from(level)].name;
            for (kind_number, kind) in Kind::ALL.into_iter().enumerate() {
                if !wants(&self.kind, kind.name()) {
                    continue;
                }
                for (segment_number, segment) in
                    Segment::of_families(plan.segments).into_iter().enumerate()
                {
                    let at = (level, area, kind_number, segment_number);
                    if after.as_ref().is_some_and(|after| after.is_before(at)) {
                        continue;
                    }
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
                    let head = Head {
                        level: level_name,
                        area,
                        segment: &segment_name,
                        kind,
                    };
                    let mut number = 0u64;
                    let skipped = after.as_ref().map_or(0, |after| after.rows_of(at));
                    let row = &mut |row: &ReadingRow<'_>| {
                        number += 1;
                        if number <= skipped {
                            return Ok(true);
                        }
                        let mark = || {
                            let place = [usize::from(level), kind_number, segment_number];
                            let mut mark: Mark = vec![area.to_owned(), number.to_string()];
                            mark.extend(place.map(|place| place.to_string()));
                            mark
                        };
                        each(row.cells(), &mark)
                    };
                    let days = EventDays::of(&market, span);
                    if !self.each_of_market(&market, head, &days, span, &is_final, row)? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// The areas that are asked for, in order. Named ones are looked up, not searched for.
    pub(crate) fn areas<'v>(
        &'v self,
        books: &'v Books,
        view: &MarketView<'v>,
    ) -> Vec<(u8, &'v str)> {
        let levels = &books.engine.plan().levels;
        let is_wanted = |level: u8| wants(&self.level, &levels[usize::from(level)].name);
        if self.area.is_empty() {
            let mut areas = view.areas();
            areas.retain(|(level, _)| is_wanted(*level));
            return areas;
        }
        let mut areas: Vec<(u8, &str)> = (0..levels.len() as u8)
            .filter(|level| is_wanted(*level))
            .flat_map(|level| self.area.iter().map(move |area| (level, area.as_str())))
            .filter(|(level, area)| view.has_area(*level, area))
            .collect();
        areas.sort_unstable();
        areas.dedup();
        areas
    }

    /// Every reading of one market; false when `each` wants no more.
    pub(crate) fn each_of_market(
        &self,
        market: &MarketReader<'_>,
        head: Head<'_>,
        days: &EventDays,
        span: Option<Span>,
        is_final: &dyn Fn(Day) -> bool,
        each: &mut dyn FnMut(&ReadingRow<'_>) -> Result<bool>,
    ) -> Result<bool> {
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
                    let part = Part {
                        measure,
                        variant,
                        window: *window,
                        head,
                    };
                    if !part.each(market, days, span, is_final, each)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    pub(crate) fn check_names(&self, books: &Books) -> Result<()> {
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
        let view = books.engine.view();
        let levels = 0..plan.levels.len() as u8;
        let is_known = |area: &String| levels.clone().any(|level| view.has_area(level, area));
        if self.area.iter().all(is_known) {
            return Ok(());
        }
        let areas: BTreeSet<&str> = view.areas().into_iter().map(|(_, area)| area).collect();
        check_known("area", &self.area, areas.iter().copied())
    }
}

fn wants(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|wanted| wanted == name)
}

/// The last row of the page before: everything up to it is left out.
struct After {
    level: u8,
    area: String,
    kind: usize,
    segment: usize,
    rows: u64,
}

impl After {
    fn of(mark: &Mark) -> Result<Self> {
        let [area, rows, level, kind, segment] = mark.as_slice() else {
            return Err(bad_mark());
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| bad_mark());
        Ok(Self {
            level: u8::try_from(number(level)?).map_err(|_| bad_mark())?,
            area: area.clone(),
            kind: number(kind)? as usize,
            segment: number(segment)? as usize,
            rows: number(rows)?,
        })
    }

    fn key(&self) -> (u8, &str, usize, usize) {
        (self.level, &self.area, self.kind, self.segment)
    }

    fn is_before(&self, at: (u8, &str, usize, usize)) -> bool {
        at < self.key()
    }

    /// Rows of the market at `at` that the pages before gave.
    fn rows_of(&self, at: (u8, &str, usize, usize)) -> u64 {
        if at == self.key() { self.rows } else { 0 }
    }
}

/// Markets as of a past moment, by what was known at one position.
pub(crate) struct PastMarkets {
    books: Vec<MarketBook>,
    today: Day,
}

impl PastMarkets {
    /// The markets of `books` as of a moment on local day `today`.
    pub(crate) fn of(books: &Books, as_of: AsOf, today: Day) -> Self {
        let shards = books.engine.shards().iter();
        let books = shards.map(|shard| shard.markets_as_of(as_of)).collect();
        Self { books, today }
    }

    pub(crate) fn view(&self) -> MarketView<'_> {
        MarketView::new(self.books.iter().collect(), self.today)
    }
}

/// Which market a reading is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) level: &'a str,
    pub(crate) area: &'a str,
    pub(crate) segment: &'a str,
    pub(crate) kind: Kind,
}

/// What names a reading everywhere: `level:area|segment|kind|measure|variant|window|date`.
pub(crate) fn reading_id(
    head: Head<'_>,
    (measure, variant, window): (&Measure, &str, Window),
    date: &str,
) -> String {
    let (kind, window) = (head.kind.name(), window.name());
    let market = [head.level, ":", head.area, "|", head.segment, "|", kind];
    let mut id = market.concat();
    put(
        &mut id,
        &["|", measure.id, "|", variant, "|", window, "|", date],
    );
    id
}

fn put(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

/// Appends `text` as JSON.
fn put_text(out: &mut String, text: &str) {
    if text
        .bytes()
        .all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
    {
        put(out, &["\"", text, "\""]);
    } else {
        out.push_str(&json!(text).to_string());
    }
}

/// A reading with all that names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadingRow<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) measure: &'static Measure,
    pub(crate) variant: &'static str,
    pub(crate) window: Window,
    pub(crate) date: Day,
    pub(crate) reading: Reading,
    pub(crate) status: &'static str,
}

impl<'a> ReadingRow<'a> {
    /// Reads a market on `date`.
    pub(crate) fn read(
        market: &MarketReader<'_>,
        head: Head<'a>,
        (measure, variant, window): (&'static Measure, &'static str, Window),
        date: Day,
        status: &'static str,
    ) -> Self {
        Self {
            head,
            measure,
            variant,
            window,
            date,
            reading: (measure.read)(market, window.period(date), variant),
            status,
        }
    }

    /// See [`reading_id`].
    pub(crate) fn id(&self) -> String {
        let what = (self.measure, self.variant, self.window);
        reading_id(self.head, what, &self.date.to_string())
    }

    /// The reading as a JSON object: [`COLUMNS`] and its id, without the end, so that more may follow.
    pub(crate) fn open_json(&self) -> String {
        self.frame().text(self.reading)
    }

    /// What a reading's JSON says beside what was read.
    pub(crate) fn frame(&self) -> Frame {
        let mut start = String::with_capacity(256);
        let date = self.date.to_string();
        let names = [
            self.head.level,
            self.head.area,
            self.head.segment,
            self.head.kind.name(),
            self.measure.id,
            self.variant,
            self.window.name(),
            &date,
        ];
        let mut before = "{\"";
        for (column, name) in COLUMNS.iter().zip(names) {
            put(&mut start, &[before, column, "\":"]);
            put_text(&mut start, name);
            before = ",\"";
        }
        start.push_str(",\"value\":");
        let unit = self.measure.unit.name();
        let mut end = String::with_capacity(160);
        put(&mut end, &[",\"status\":\"", self.status, "\",\"id\":"]);
        let what = (self.measure, self.variant, self.window);
        put_text(&mut end, &reading_id(self.head, what, &date));
        Frame { start, unit, end }
    }

    /// The cells of [`COLUMNS`].
    pub(crate) fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(self.head.level),
            Cell::text(self.head.area),
            Cell::text(self.head.segment),
            Cell::text(self.head.kind.name()),
            Cell::text(self.measure.id),
            Cell::text(self.variant),
            Cell::text(self.window.name()),
            Cell::text(self.date.to_string()),
            value_cell(self.reading.value),
            Cell::text(self.measure.unit.name()),
            Cell::number(self.reading.n),
            Cell::number(self.reading.n_excluded),
            Cell::text(self.status),
        ]
    }
}

/// The parts of a reading's JSON that stay while its value moves: what `write_object` makes of the cells, without a text
/// for each. Every watched reading is written at every flush.
#[derive(Debug)]
pub(crate) struct Frame {
    start: String,
    unit: &'static str,
    /// What stands behind the numbers; more may be added.
    pub(crate) end: String,
}

impl Frame {
    /// The JSON with a reading in it.
    pub(crate) fn text(&self, reading: Reading) -> String {
        let Reading {
            value,
            n,
            n_excluded,
        } = reading;
        let mut out = String::with_capacity(self.start.len() + self.end.len() + 96);
        out.push_str(&self.start);
        // A string takes everything that is written to it.
        let _ = write!(out, "{value}");
        if out.len() == self.start.len() {
            out.push_str("null");
        }
        let unit = self.unit;
        let _ = write!(
            out,
            ",\"unit\":\"{unit}\",\"n\":{n},\"n_excluded\":{n_excluded}"
        );
        out.push_str(&self.end);
        out
    }
}

/// A value as every output writes it.
pub(crate) fn value_cell(value: Value) -> Cell {
    let text = value.to_string();
    if text.is_empty() {
        Cell::Empty
    } else {
        Cell::Number(text)
    }
}

/// One measure, variant and window of one market.
struct Part<'a> {
    measure: &'static Measure,
    variant: &'static str,
    window: Window,
    head: Head<'a>,
}

impl Part<'_> {
    fn each(
        &self,
        market: &MarketReader<'_>,
        days: &EventDays,
        span: Option<Span>,
        is_final: &dyn Fn(Day) -> bool,
        each: &mut dyn FnMut(&ReadingRow<'_>) -> Result<bool>,
    ) -> Result<bool> {
        let mut row = |day: Day, status: &'static str| {
            let what = (self.measure, self.variant, self.window);
            let row = ReadingRow::read(market, self.head, what, day, status);
            let is_dated = matches!(self.window, Window::Day | Window::Month);
            if is_dated && row.reading.n == 0 && row.reading.n_excluded == 0 {
                return Ok(true);
            }
            each(&row)
        };
        let today = market.today();
        match self.window {
            Window::Now | Window::All => row(today, "current"),
            Window::Trailing30 | Window::Trailing90 => {
                let span = span.unwrap_or(Span {
                    from: today,
                    to: today,
                });
                for day in (span.from.0..=span.to.0).map(Day) {
                    if !row(day, "current")? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Window::Day => {
                for &day in &days.days {
                    if !row(day, status(is_final(day)))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Window::Month => {
                for &month in &days.months {
                    if !row(month, status(is_final(month.month_end())))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

pub(crate) fn status(is_final: bool) -> &'static str {
    if is_final { "final" } else { "provisional" }
}

/// The status of a reading over a period: only days and months become final.
pub(crate) fn status_over(period: Period, is_final: bool) -> &'static str {
    if period.as_final {
        status(is_final)
    } else {
        "current"
    }
}

/// Days and months in which something happened in a market.
#[derive(Default)]
pub(crate) struct EventDays {
    days: BTreeSet<Day>,
    months: BTreeSet<Day>,
}

impl EventDays {
    pub(crate) fn of(market: &MarketReader<'_>, span: Option<Span>) -> Self {
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

pub(crate) fn parse_day(parameter: &'static str, text: &str) -> Result<Day> {
    Day::parse_iso(text).ok_or_else(|| {
        BadQuestion::at(parameter, format!("{text:?} is no date; wanted YYYY-MM-DD"))
    })
}

fn parse_span(text: &str) -> Result<Span> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let span = Span {
        from: parse_day("date", from)?,
        to: parse_day("date", to)?,
    };
    if span.from > span.to {
        let cause = format!("the span {text:?} ends before it begins");
        return Err(BadQuestion::at("date", cause));
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::write_object;

    #[test]
    fn a_reading_is_the_same_json_as_its_cells() {
        for area in ["King, WA", "a \"b\" \\ \u{7}|é"] {
            for value in [
                Value::Absent,
                Value::Exact {
                    numerator: 39_930_050,
                    denominator: 100,
                },
                Value::Count(3),
                Value::Real(0.1),
            ] {
                let row = ReadingRow {
                    head: Head {
                        level: "county",
                        area,
                        segment: "type:condo",
                        kind: Kind::Sale,
                    },
                    measure: MEASURES[0],
                    variant: MEASURES[0].variants[0],
                    window: Window::Now,
                    date: Day(20_000),
                    reading: Reading {
                        value,
                        n: 7,
                        n_excluded: 2,
                    },
                    status: "current",
                };
                let mut cells = row.cells();
                cells.push(Cell::text(row.id()));
                let columns: Vec<&str> = COLUMNS.iter().copied().chain(["id"]).collect();
                let mut slow = Vec::new();
                write_object(&mut slow, &columns, &cells).expect("a vector");
                let quick = row.open_json() + "}";
                assert_eq!(quick, String::from_utf8(slow).expect("text"));
            }
        }
    }
}
