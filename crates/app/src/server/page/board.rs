//! The rows of the view Now: every market of a level with its change, how unusual that is, and its last days.

use anyhow::Result;
use freehold_kernel::measure::{Measure, Unit};
use freehold_kernel::plan::SIMULATED_MARK;
use freehold_pipeline::books::read;
use serde_json::{Value, json};

use super::history::{History, SPARK_DAYS, Wanted};
use crate::output::Cell;
use crate::query::markets::{COLUMNS as READING, Head, PastMarkets, ReadingRow};
use crate::query::{BadQuestion, check_known};
use crate::server::Asked;
use crate::server::answer::{number, object};
use crate::server::api::instance::{NORMAL_FROM, day};
use crate::server::api::market::{feed_names, kind_of, segment_of};
use crate::server::api::series::what_of;

/// Columns of the rows as CSV.
pub(super) const COLUMNS: &[&str] = &[
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
    "delta",
    "delta_unit",
    "previous",
    "usual",
    "updates",
    "simulated",
    "market",
    "id",
    "feeds",
    "as_of",
];

/// Windows over which a change is told.
pub(super) const CHANGE_WINDOWS: [(&str, i32); 5] = [
    ("1d", 1),
    ("7d", 7),
    ("30d", 30),
    ("90d", 90),
    ("365d", 365),
];

/// The view Now.
pub(super) struct Board {
    pub(super) position: u64,
    pub(super) today: String,
    pub(super) measure: &'static Measure,
    pub(super) change_window: &'static str,
    pub(super) level: String,
    pub(super) rows: Vec<BoardRow>,
    all: Vec<Value>,
    pub(super) tally: [u64; 4],
    hidden_by_n: u64,
    matching: u64,
}

/// One market.
pub(super) struct BoardRow {
    pub(super) area: String,
    pub(super) value: Value,
    cells: Vec<Cell>,
    delta: Option<f64>,
    usual: Option<f64>,
    number: f64,
    n: u64,
}

/// The unit of a change of values in `unit`.
fn delta_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "pp",
        Unit::Days => "d",
        Unit::Count | Unit::Money | Unit::MoneyPerArea | Unit::Months | Unit::Years => "%",
    }
}

/// The change from `before` to `now`, in the unit of [`delta_unit`].
fn delta(unit: Unit, before: f64, now: f64) -> Option<f64> {
    match unit {
        Unit::Share => Some((now - before) * 100.0),
        Unit::Days => Some(now - before),
        Unit::Count | Unit::Money | Unit::MoneyPerArea | Unit::Months | Unit::Years => {
            (before != 0.0).then(|| (now - before) / before.abs() * 100.0)
        }
    }
}

/// The window of a change that is asked for.
pub(super) fn change_window(asked: &Asked<'_>) -> Result<(&'static str, i32)> {
    let text = asked.params.text("w").unwrap_or("7d");
    let known = CHANGE_WINDOWS.iter().map(|(name, _)| *name);
    check_known("window", &[text.to_owned()], known)?;
    let found = CHANGE_WINDOWS.into_iter().find(|(name, _)| *name == text);
    found.ok_or_else(|| BadQuestion::at("w", "no such window"))
}

/// What a change is against and how unusual it is.
pub(super) struct Compared {
    previous: Option<f64>,
    delta: Option<f64>,
    usual: Option<f64>,
    usual_reason: Option<&'static str>,
    spark: Vec<Option<f64>>,
}

impl Compared {
    /// Adds the comparison to the row of a reading in `unit`.
    pub(super) fn tell(&self, unit: Unit, row: &mut Value) {
        // As text first, so that CSV and JSON have the same digits.
        let exact =
            |value: Option<f64>| value.map_or(Value::Null, |value| number(&value.to_string()));
        row["delta"] = exact(self.delta);
        row["delta_unit"] = json!(delta_unit(unit));
        row["previous"] = exact(self.previous);
        row["usual"] = exact(self.usual);
        row["usual_reason"] = json!(self.usual_reason);
        row["spark"] = self.spark.iter().map(|value| exact(*value)).collect();
    }
}

/// Compares a value with its market's history.
pub(super) fn compare(
    history: &History,
    area: &str,
    unit: Unit,
    days: i32,
    today: i32,
    now: Option<f64>,
) -> Compared {
    let previous = history.at(area, today - days);
    let change = previous
        .zip(now)
        .and_then(|(before, now)| delta(unit, before, now));
    let usual_change = history.usual(area, days, |before, now| delta(unit, before, now));
    let usual = match (change, usual_change) {
        (Some(change), Some(usual)) if usual > 0.0 => {
            Some((change.abs() / usual * 1000.0).round() / 1000.0)
        }
        _ => None,
    };
    let usual_reason = match (change, usual_change) {
        _ if usual.is_some() => None,
        (None, _) => Some("no value to compare with"),
        (_, None) => Some("new: fewer than 26 weeks of changes"),
        (_, Some(_)) => Some("this market did not change in most weeks"),
    };
    let spark = (0..SPARK_DAYS)
        .rev()
        .map(|ago| history.at(area, today - ago));
    Compared {
        previous,
        delta: change,
        usual,
        usual_reason,
        spark: spark.collect(),
    }
}

impl Board {
    /// The rows that a request asks for.
    pub(super) fn of(asked: &Asked<'_>) -> Result<Self> {
        let params = &asked.params;
        let (measure, variant, window) = what_of(asked, "m", Some("median_list_price"))?;
        let (change_name, change_days) = change_window(asked)?;
        let kind = kind_of(asked)?;
        let (moment, level, level_name, segment, segment_name) = {
            let books = read(&asked.server.books);
            let moment = asked.moment(&books, "asof")?;
            let levels = &books.engine.plan().levels;
            let default = levels
                .iter()
                .find(|level| level.name == "county")
                .or(levels.first());
            let name = params
                .owned("g")
                .or(default.map(|level| level.name.clone()))
                .unwrap_or_default();
            check_known(
                "level",
                std::slice::from_ref(&name),
                levels.iter().map(|level| level.name.as_str()),
            )?;
            let number = levels
                .iter()
                .position(|level| level.name == name)
                .unwrap_or(0);
            let (segment, segment_name) = segment_of(asked, &books, "type")?;
            (moment, number as u8, name, segment, segment_name)
        };
        let sort = params.text("sort").unwrap_or("usual");
        check_known(
            "sort",
            &[sort.to_owned()],
            ["usual", "change", "value", "n", "name"].into_iter(),
        )?;
        let wanted = Wanted {
            level,
            kind,
            segment,
            measure: measure.id,
            variant,
            window,
            change_days,
            end: moment.past_day(),
        };
        let history = asked.server.histories.get(asked.server, measure, &wanted);
        let _turn = moment.as_of.map(|_| asked.server.turn());
        let books = read(&asked.server.books);
        let past = moment.past(&books);
        let view = past
            .as_ref()
            .map_or_else(|| books.engine.view(), PastMarkets::view);
        let live = books.engine.view();
        let place = params.text("in").map(|place| format!(", {place}"));
        let mut board = Self {
            position: books.engine.position(),
            today: String::new(),
            measure,
            change_window: change_name,
            level: level_name.clone(),
            rows: Vec::new(),
            all: Vec::new(),
            tally: [0; 4],
            hidden_by_n: 0,
            matching: 0,
        };
        let least = params.number("n").unwrap_or(NORMAL_FROM);
        for (number, area) in view.areas() {
            let plain = area.strip_suffix(SIMULATED_MARK).unwrap_or(area);
            let is_there = place
                .as_ref()
                .is_none_or(|place| plain.ends_with(place.as_str()) || place[2..] == *plain);
            if number != level || !is_there {
                continue;
            }
            let market = view.market(level, area, kind, segment);
            if market.is_empty() {
                continue;
            }
            let today = market.today();
            let head = Head {
                level: &level_name,
                area,
                segment: &segment_name,
                kind,
            };
            let row = ReadingRow::read(&market, head, (measure, variant, window), today, "current");
            let now = row.reading.value.as_f64();
            let compared = compare(
                &history,
                area,
                measure.unit,
                change_days,
                history.today.min(today.0),
                now,
            );
            let reading = row.reading;
            if reading.n == 0 && reading.n_excluded == 0 {
                continue;
            }
            let change = if reading.n < least {
                None
            } else {
                compared.delta
            };
            match change {
                None => board.tally[3] += 1,
                Some(change) if change > 0.0 => board.tally[0] += 1,
                Some(change) if change < 0.0 => board.tally[1] += 1,
                Some(_) => board.tally[2] += 1,
            }
            board.all.push(json!({"area": area, "value": object(&["v"], &row.cells()[8..9])["v"], "delta": compared.delta, "n": reading.n}));
            if reading.n < least {
                board.hidden_by_n += 1;
                continue;
            }
            let live_market = live.market(level, area, kind, segment);
            let updates = live_market.updates_and_revision().0;
            let is_simulated = area.ends_with(SIMULATED_MARK);
            let feeds = feed_names(&books, &live_market);
            let mut cells = row.cells();
            cells.extend([
                Cell::optional(compared.delta),
                Cell::text(delta_unit(measure.unit)),
                Cell::optional(compared.previous),
                Cell::optional(compared.usual),
                Cell::number(updates),
                Cell::Number(is_simulated.to_string()),
                Cell::text(format!("{level_name}:{area}")),
                Cell::text(row.id()),
                Cell::text(feeds.join(" ")),
                params.text("asof").map_or(Cell::Empty, Cell::text),
            ]);
            let mut value = object(READING, &row.cells());
            value["id"] = json!(row.id());
            value["market"] = json!(format!("{level_name}:{area}"));
            compared.tell(measure.unit, &mut value);
            value["feeds"] = json!(feeds);
            value["simulated"] = json!(is_simulated);
            value["updates"] = json!(updates);
            board.rows.push(BoardRow {
                area: area.to_owned(),
                value,
                cells,
                delta: compared.delta,
                usual: compared.usual,
                number: now.unwrap_or(f64::NEG_INFINITY),
                n: reading.n,
            });
        }
        board.today = day(view.today()).as_str().unwrap_or_default().to_owned();
        sort_rows(&mut board.rows, sort);
        board.matching = board.rows.len() as u64;
        let limit = params.number("limit").unwrap_or(25) as usize;
        board.rows.truncate(limit);
        Ok(board)
    }

    /// The twin of the view.
    pub(super) fn json(&self, asked: &Asked<'_>) -> Value {
        let [up, down, flat, few] = self.tally;
        json!({
            "position": self.position,
            "as_of": asked.params.text("asof"),
            "today": self.today,
            "level": self.level,
            "measure": self.measure.id,
            "title": self.measure.title,
            "unit": self.measure.unit.name(),
            "change_window": self.change_window,
            "counts": {"up": up, "down": down, "flat": flat, "few": few},
            "rows": self.rows.iter().map(|row| row.value.clone()).collect::<Vec<_>>(),
            "all": self.all,
            "hidden_by_n": self.hidden_by_n,
            "matching": self.matching,
        })
    }

    /// The cells of [`COLUMNS`].
    pub(super) fn cells(self) -> Vec<Vec<Cell>> {
        self.rows.into_iter().map(|row| row.cells).collect()
    }
}

/// The largest first; what is unknown last; names decide ties.
fn sort_rows(rows: &mut [BoardRow], sort: &str) {
    let key = |row: &BoardRow| match sort {
        "usual" => row.usual.unwrap_or(-1.0),
        "change" => row.delta.map_or(f64::NEG_INFINITY, f64::abs),
        "value" => row.number,
        "n" => row.n as f64,
        _ => 0.0,
    };
    rows.sort_by(|left, right| {
        key(right)
            .total_cmp(&key(left))
            .then_with(|| left.area.cmp(&right.area))
    });
}
