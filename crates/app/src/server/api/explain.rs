//! `/v1/explain`: the homes and events behind a reading. The listed rows, reduced by hand, give its value and n.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use freehold_kernel::clock::Clock;
use freehold_kernel::evidence::{EvidenceRow, reduce};
use freehold_kernel::listing::Listing;
use freehold_kernel::measure::{Basis, Measure, Nature, Part, Reading, Reduction, Value as Number};
use freehold_kernel::time::{Day, Millis, format_instant};
use freehold_kernel::{AsOf, Knowledge, Shard};
use freehold_pipeline::books::{Books, read};
use serde_json::{Value, json};

use super::days::{as_known_now, clock_of};
use super::instance::instant;
use super::lists::day_of;
use super::market::Named;
use super::measures::elsewhere;
use super::series::what_of;
use super::why;
use crate::output::{Cell, dollars};
use crate::query::homes::name_of;
use crate::query::markets::{COLUMNS as READING, ReadingRow, status, status_over, value_cell};
use crate::query::{BadQuestion, bad_mark, feed_name};
use crate::server::answer::{Answer, NotFound, cell_value, object};
use crate::server::disclosure::rests_on;
use crate::server::list::{Page, limit, read_cursor, write};
use crate::server::page::format;
use crate::server::{Asked, Form};

pub(crate) const COLUMNS: &[&str] = &[
    "home",
    "feed",
    "ListingKey",
    "counted",
    "reason",
    "value",
    "times",
    "part",
    "event",
    "day",
    "StandardStatus",
    "UnparsedAddress",
    "City",
    "PostalCode",
    "ListPrice",
    "ClosePrice",
    "LivingArea",
    "last_seen",
];

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let (measure, variant, window) = what_of(asked, "measure", None)?;
    let books = read(&asked.server.books);
    let needed = |name: &'static str| {
        let text = asked.params.text(name);
        text.ok_or_else(|| BadQuestion::at(name, "it is needed to name the reading"))
    };
    let named = Named::find(asked, &books, needed("level")?, needed("area")?, "segment").map_err(
        |error| match error.downcast::<NotFound>() {
            Ok(NotFound(cause)) => BadQuestion::at("area", cause),
            Err(other) => other,
        },
    )?;
    let moment = asked.moment(&books, "as_of")?;
    let today = moment.today;
    let (clock, horizon) = clock_of(&books);
    let known = known_print(asked, &clock)?;
    let date = match day_of(asked, "date")? {
        Some(date) if date > today && clock.now != Millis::MIN => {
            let cause = format!("{date} has not come yet; here it is {today}");
            return Err(BadQuestion::at("date", cause));
        }
        Some(date) => date,
        None => known.filter(|_| moment.as_of.is_none()).unwrap_or(today),
    };
    let period = window.period(date);
    let is_past_stock = measure.nature == Nature::Stock && date < today;
    // As a series publishes its days: asked as of a moment, it is what is known now.
    let is_published = known.is_none() && (moment.as_of.is_none() || is_past_stock);
    let is_final =
        is_published && (period.as_final || is_past_stock) && clock.is_final(period.to, horizon);
    let knowledge = Knowledge {
        happened: is_past_stock
            .then_some(AsOf::StockAt(date))
            .or(moment.as_of),
        print: known.or((is_final && is_past_stock).then(|| period.to.plus(horizon as i32))),
    };
    let date = window.date(date);
    let key = named.key();
    let mut evidence: Vec<EvidenceRow> = Vec::new();
    let mut shards: Vec<&Shard> = Vec::new();
    for shard in books.engine.shards() {
        evidence.extend(shard.evidence(&key, measure, variant, period, knowledge));
        shards.resize(evidence.len(), shard);
    }
    let reading = reduce(measure, variant, &evidence);
    let mut rows: Vec<(&Shard, EvidenceRow)> = shards.into_iter().zip(evidence).collect();
    if knowledge == Knowledge::NOW {
        let view = books.engine.view();
        let published = (measure.read)(&named.reader(&view), period, variant);
        if published != reading {
            bail!(
                "the evidence of this reading gives {reading:?}, and the market says {published:?}: please report it"
            );
        }
    }
    let question = why::Question {
        key: &key,
        measure,
        variant,
        window,
    };
    let change = why::change_since_then(asked, &books, &question, &rows)?;
    sort(&mut rows, measure, reading);
    let row = ReadingRow {
        head: named.head(),
        measure,
        variant,
        window,
        date,
        reading,
        status: match is_past_stock {
            true => status(is_final),
            false => status_over(period, is_final),
        },
    };
    let digest = digest(&books, &row, &rows);
    let after = match asked.params.text("cursor").map(read_cursor).transpose()? {
        None => 0,
        Some(mark) => {
            let [start, of] = mark.as_slice() else {
                return Err(bad_mark());
            };
            if *of != digest {
                let cause =
                    "the rows changed since the page before: begin again, or ask as_of a moment";
                return Err(BadQuestion::at("cursor", cause));
            }
            start.parse::<usize>().map_err(|_| bad_mark())?
        }
    };
    let end = rows.len().min(after.saturating_add(limit(asked) as usize));
    let shown = rows.get(after..end).unwrap_or_default();
    let cells = shown.iter().enumerate().map(|(number, (shard, evidence))| {
        cells(&books, shard, evidence, after + number, knowledge)
    });
    let page = Page {
        rows: cells.collect(),
        next: (end < rows.len()).then(|| vec![end.to_string(), digest.clone()]),
    };
    let position = books.engine.position();
    if asked.form == Form::Csv {
        return write(asked, COLUMNS, page, position, Value::Null);
    }
    let told_day = match is_past_stock {
        true => period.to,
        false => moment.past_day().unwrap_or(period.to),
    };
    let told = |print: Option<Day>| {
        let mut rows: Vec<EvidenceRow> = Vec::new();
        for shard in books.engine.shards() {
            let knowledge = Knowledge { print, ..knowledge };
            rows.extend(shard.evidence(&key, measure, variant, period, knowledge));
        }
        reduce(measure, variant, &rows)
    };
    let mut prints = Vec::new();
    if known.is_none() && clock.is_printed(told_day) {
        prints.push(print_json("first", Some(told_day), told(Some(told_day))));
    }
    let final_day = told_day.plus(horizon as i32);
    let now = || match (is_past_stock, is_final) {
        (true, true) => told(None),
        (false, _) if knowledge == Knowledge::NOW && period.as_final => {
            let view = books.engine.view();
            as_known_now(&named.reader(&view), measure, period, variant)
        }
        _ => reading,
    };
    if let Some(day) = known {
        prints.push(print_json("known", Some(day), reading));
    } else {
        let now = now();
        match is_final {
            true => prints.push(print_json("final", Some(final_day), reading)),
            // Some days of a month are final before the others.
            false if now != reading => prints.push(print_json("provisional", None, reading)),
            false => {}
        }
        prints.push(print_json("now", None, now));
    }
    let newest = |rows: &[(&Shard, EvidenceRow)]| {
        let leads = rows
            .iter()
            .filter_map(|(shard, row)| Some(shard.listings().get(row.lead?)));
        leads
            .filter_map(|listing| last_event(listing, knowledge))
            .max()
    };
    let more = json!({
        "id": row.id(),
        "market": named.id(),
        "reading": object(READING, &row.cells()),
        "words": words(&row),
        "definition": measure.definition,
        "formula": measure.formula(),
        "reduction": measure.reduction.name(),
        "parts": parts(measure, variant),
        "version": env!("CARGO_PKG_VERSION"),
        "period": period_json(period.from, period.to, today),
        "received": format_instant((asked.server.clock)()),
        "last_event": newest(&rows).map(instant),
        "status": row.status,
        "prints": prints,
        "change": change,
        "rests_on": rests_on(&asked.server.undisclosed, &books, (&named, &books.engine.view()), (measure, variant), reading),
        "excluded": excluded(&rows),
        "feeds": feeds(&books, &rows, knowledge),
        "elsewhere": elsewhere(measure),
        "reproduce": {"curl": curl(asked), "digest": digest},
    });
    write(asked, COLUMNS, page, position, more)
}

/// What one print says of a reading; `day` is that of the print.
fn print_json(name: &str, day: Option<Day>, reading: Reading) -> Value {
    let value = cell_value(&value_cell(reading.value));
    json!({"print": name, "day": day.map(|day| day.to_string()), "value": value, "n": reading.n})
}

fn period_json(from: Day, to: Day, today: Day) -> Value {
    let is_open = from.0 < -3_000_000;
    json!({"from": (!is_open).then(|| from.to_string()), "to": to.min(today).to_string()})
}

/// Counted rows first, nearest the value first: these homes are the number.
fn sort(rows: &mut [(&Shard, EvidenceRow)], measure: &Measure, reading: Reading) {
    let middle = reading
        .value
        .as_f64()
        .filter(|_| matches!(measure.reduction, Reduction::Statistic(_)));
    let distance = |row: &EvidenceRow| match (middle, row.value.as_f64()) {
        (Some(middle), Some(value)) => (value - middle).abs(),
        _ => 0.0,
    };
    rows.sort_by(|(_, left), (_, right)| {
        (right.counted.cmp(&left.counted)).then(distance(left).total_cmp(&distance(right)))
    });
}

fn words(row: &ReadingRow<'_>) -> String {
    let reading = row.reading;
    let value = match reading.value.to_string().as_str() {
        "" => "no value".to_owned(),
        text => format(Some(text), row.measure.unit.name(), "full"),
    };
    let count = |n: u64| format(Some(&n.to_string()), "count", "full");
    format!(
        "{} in {} ({}, {}), {} on {}: {value}, from {} counted and {} excluded",
        row.measure.title,
        row.head.area,
        row.head.segment,
        row.head.kind.name(),
        row.window.name(),
        row.date,
        count(reading.n),
        count(reading.n_excluded)
    )
}

/// Both parts of a quotient and the fraction by which it is multiplied; null for any other measure.
fn parts(measure: &Measure, variant: &str) -> Value {
    let Basis::Quotient { of } = measure.basis else {
        return Value::Null;
    };
    let quotient = of(variant);
    let part = |part: Part| {
        json!({
            "measure": part.measure.id, "variant": part.variant, "reduction": part.measure.reduction.name(),
            "days": part.days, "kind": part.kind.map(freehold_kernel::field::Kind::name),
        })
    };
    let (times, by) = quotient.times;
    json!({"above": part(quotient.above), "below": part(quotient.below), "times": times, "divided_by": by})
}

fn excluded(rows: &[(&Shard, EvidenceRow)]) -> Value {
    let mut reasons: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(_, row)| !row.counted) {
        *reasons
            .entry(row.reason.unwrap_or("not counted"))
            .or_insert(0) += row.times;
    }
    let reasons = reasons
        .into_iter()
        .map(|(reason, n)| json!({"reason": reason, "n": n}));
    Value::Array(reasons.collect())
}

/// The print that the request names `known`.
fn known_print(asked: &Asked<'_>, clock: &Clock) -> Result<Option<Day>> {
    let Some(day) = day_of(asked, "known")? else {
        return Ok(None);
    };
    if !clock.is_printed(day) {
        let cause = format!(
            "{day} was not printed: this instance watched days close from {} to {}",
            clock.first_day,
            clock.closed_through()
        );
        return Err(BadQuestion::at("known", cause));
    }
    Ok(Some(day))
}

/// When a listing last said something, by what is known.
fn last_event(listing: &Listing, knowledge: Knowledge) -> Option<Millis> {
    if knowledge == Knowledge::NOW {
        return Some(listing.history.last().time);
    }
    let versions = listing.history.versions();
    let known = versions.filter(|version| knowledge.knows(version));
    known.map(|version| version.time).max()
}

fn feeds(books: &Books, rows: &[(&Shard, EvidenceRow)], knowledge: Knowledge) -> Value {
    let mut counts: BTreeMap<u16, (i64, i64)> = BTreeMap::new();
    for (shard, row) in rows.iter().filter(|(_, row)| row.counted) {
        if let Some(lead) = row.lead {
            let listing = shard.listings().get(lead);
            let entry = counts.entry(listing.feed.0).or_insert((0, i64::MIN));
            entry.0 += row.times;
            entry.1 = entry
                .1
                .max(last_event(listing, knowledge).unwrap_or(i64::MIN));
        }
    }
    let all: i64 = counts.values().map(|(n, _)| *n).sum();
    let ledgers = books.engine.ledgers();
    let feeds = counts.into_iter().map(|(feed, (n, last))| {
        let ledger = ledgers.get(usize::from(feed)).copied().unwrap_or_default();
        json!({
            "feed": feed_name(books, freehold_kernel::record::FeedId(feed)),
            "n": n,
            "share": if all > 0 { n as f64 / all as f64 } else { 0.0 },
            "last_event": instant(last),
            "received": ledger.received,
            "accepted": ledger.accepted,
            "off_by": ledger.imbalance(),
        })
    });
    Value::Array(feeds.collect())
}

/// One row. What may not be displayed shows its value and a number only.
fn cells(
    books: &Books,
    shard: &Shard,
    row: &EvidenceRow,
    number: usize,
    knowledge: Knowledge,
) -> Vec<Cell> {
    let feeds = &books.engine.plan().feeds;
    let may_be_shown = row.members.iter().all(|id| {
        let feed = shard.listings().get(*id).feed;
        feeds
            .get(usize::from(feed.0))
            .is_some_and(|rule| rule.display)
    });
    let reason = row.reason.map_or(Cell::Empty, Cell::text);
    let counted = Cell::Number(row.counted.to_string());
    let event = row
        .event
        .map_or(Cell::Empty, |event| Cell::text(event.what.name()));
    let day = row
        .event
        .map_or(Cell::Empty, |event| Cell::text(event.day.to_string()));
    let (value, times) = (value_cell(row.value), Cell::number(row.times));
    let part = row.part.map_or(Cell::Empty, |part| Cell::text(part.name()));
    let (Some(lead), true) = (row.lead, may_be_shown) else {
        let mut cells = vec![
            Cell::text((number + 1).to_string()),
            Cell::Empty,
            Cell::Empty,
        ];
        cells.extend([counted, reason, value, times, part]);
        cells.resize(COLUMNS.len(), Cell::Empty);
        return cells;
    };
    use freehold_kernel::field::ProfileField as Field;
    let listing = shard.listings().get(lead);
    let home = row
        .members
        .iter()
        .map(|id| name_of(books, shard, *id))
        .min();
    let knowledge = match row.event {
        Some(_) => knowledge.of_events(),
        None => knowledge,
    };
    let mut told: Vec<Cell> = Vec::new();
    listing.each_known(knowledge, |version, _| {
        let text = |field| version.profile.text(field).map_or(Cell::Empty, Cell::text);
        let money = |cents: Option<i64>| Cell::optional(cents.map(dollars));
        told = vec![
            Cell::text(version.terms.status.name()),
            text(Field::UnparsedAddress),
            text(Field::City),
            text(Field::PostalCode),
            money(version.terms.list_price),
            money(version.terms.close_price),
            Cell::optional(
                version
                    .profile
                    .living_area()
                    .map(|(hundredths, _)| hundredths as f64 / 100.0),
            ),
            Cell::text(format_instant(version.time)),
        ];
    });
    told.resize(8, Cell::Empty);
    let mut cells = vec![
        home.map_or(Cell::Empty, Cell::text),
        Cell::text(feed_name(books, listing.feed)),
        Cell::text(String::from_utf8_lossy(listing.history.key())),
        counted,
        reason,
        value,
        times,
        part,
        event,
        day,
    ];
    cells.extend(told);
    cells
}

/// A number that is the same exactly when the reading and all that it rests on are.
fn digest(books: &Books, row: &ReadingRow<'_>, rows: &[(&Shard, EvidenceRow)]) -> String {
    let mut text = row.id();
    let reading = row.reading;
    text.push_str(&format!(
        "={};{};{}",
        reading.value, reading.n, reading.n_excluded
    ));
    let mut lines: Vec<String> = rows
        .iter()
        .map(|(shard, row)| {
            let names: Vec<String> = row
                .members
                .iter()
                .map(|id| name_of(books, shard, *id))
                .collect();
            let value = match row.value {
                Number::Absent => String::new(),
                value => value.to_string(),
            };
            format!(
                "{};{};{};{value};{:?};{:?}",
                names.join(" "),
                row.counted,
                row.times,
                row.event,
                row.part
            )
        })
        .collect();
    lines.sort_unstable();
    for line in lines {
        text.push('\n');
        text.push_str(&line);
    }
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// The command that asks for the same again.
fn curl(asked: &Asked<'_>) -> String {
    let pairs = form_urlencoded::parse(asked.query.as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(name, _)| name != "cursor" && name != "limit"));
    let address = asked.server.address.get().map(ToString::to_string);
    format!(
        "curl '{}/v1/explain?{}'",
        address.map_or_else(String::new, |address| format!("http://{address}")),
        query.finish()
    )
}
