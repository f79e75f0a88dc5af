//! `/v1/markets/{id}`: one market with every current reading.

use anyhow::Result;
use axum::http::StatusCode;
use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketKey, MarketReader, MarketView, Segment};
use freehold_kernel::measure::{MEASURES, Window};
use freehold_kernel::plan::SIMULATED_MARK;
use freehold_pipeline::books::{Books, read};
use serde_json::json;

use crate::query::markets::{Head, PastMarkets, ReadingRow};
use crate::query::moment::Moment;
use crate::query::{BadQuestion, check_known};
use crate::server::Asked;
use crate::server::answer::{Answer, NotFound, body};

/// A market that a request names.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) level: u8,
    pub(crate) level_name: String,
    pub(crate) area: String,
    pub(crate) segment: Segment,
    pub(crate) segment_name: String,
    pub(crate) kind: Kind,
}

impl Named {
    /// The market `id`, in the segment and of the kind that the request asks for.
    pub(crate) fn of(asked: &Asked<'_>, books: &Books, id: &str) -> Result<Self> {
        let (level, area) = id.split_once(':').ok_or_else(|| {
            NotFound(format!(
                "{id:?} names no market; a market is LEVEL:AREA, such as county:King, WA"
            ))
        })?;
        Self::find(asked, books, level, area, "type")
    }

    /// The market of a level and area; `segment_parameter` may name the segment, as `segment` does.
    pub(crate) fn find(
        asked: &Asked<'_>,
        books: &Books,
        level: &str,
        area: &str,
        segment_parameter: &'static str,
    ) -> Result<Self> {
        let plan = books.engine.plan();
        let number = plan.levels.iter().position(|known| known.name == level);
        let number = number.ok_or_else(|| {
            let names: Vec<&str> = plan
                .levels
                .iter()
                .map(|level| level.name.as_str())
                .collect();
            NotFound(format!(
                "there is no level {level:?}; there are {}",
                names.join(", ")
            ))
        })?;
        let (segment, segment_name) = segment_of(asked, books, segment_parameter)?;
        let kind = kind_of(asked)?;
        let level_number = number as u8;
        if !books.engine.view().has_area(level_number, area) {
            return Err(NotFound(format!("there is no area {area:?} on level {level}")).into());
        }
        Ok(Self {
            level: level_number,
            level_name: level.to_owned(),
            area: area.to_owned(),
            segment,
            segment_name,
            kind,
        })
    }

    pub(crate) fn key(&self) -> MarketKey {
        MarketKey {
            level: self.level,
            area: self.area.as_str().into(),
            segment: self.segment,
            kind: self.kind,
        }
    }

    pub(crate) fn head(&self) -> Head<'_> {
        Head {
            level: &self.level_name,
            area: &self.area,
            segment: &self.segment_name,
            kind: self.kind,
        }
    }

    pub(crate) fn reader<'a>(&self, view: &MarketView<'a>) -> MarketReader<'a> {
        view.market(self.level, &self.area, self.kind, self.segment)
    }

    /// `LEVEL:AREA`.
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.level_name, self.area)
    }
}

/// The kind that is asked for.
pub(crate) fn kind_of(asked: &Asked<'_>) -> Result<Kind> {
    let name = asked.params.text("kind").unwrap_or(Kind::Sale.name());
    check_known(
        "kind",
        &[name.to_owned()],
        Kind::ALL.iter().map(|kind| kind.name()),
    )?;
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| BadQuestion::at("kind", "it is neither sale nor lease"))
}

/// The segment that is asked for, by the parameter `segment` or another name of it.
pub(crate) fn segment_of(
    asked: &Asked<'_>,
    books: &Books,
    other: &'static str,
) -> Result<(Segment, String)> {
    let given = asked.params.text("segment").or(asked.params.text(other));
    let name = given.unwrap_or("all").to_owned();
    let segments = Segment::of_families(books.engine.plan().segments);
    let names: Vec<String> = segments.iter().map(|segment| segment.name()).collect();
    check_known(
        "segment",
        std::slice::from_ref(&name),
        names.iter().map(String::as_str),
    )?;
    let at = names.iter().position(|known| *known == name).unwrap_or(0);
    Ok((segments[at], name))
}

/// Names of the feeds that ever had a listing in a market.
pub(crate) fn feed_names(books: &Books, market: &MarketReader<'_>) -> Vec<String> {
    let feeds = &books.engine.plan().feeds;
    let traffic = market.traffic();
    let known = traffic
        .feeds
        .iter()
        .filter_map(|feed| feeds.get(usize::from(feed.0)));
    known.map(|rule| rule.name.clone()).collect()
}

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let books = read(&asked.server.books);
    let moment = asked.moment(&books, "as_of")?;
    let as_of = (asked.params.text("as_of"), moment);
    let text = text_as_of(asked, &books, &asked.names[0], as_of)?;
    drop(books);
    Ok(body(StatusCode::OK, "application/json", text.into_bytes()))
}

/// A market with its current readings, or those of a past moment, as JSON.
pub(crate) fn text_as_of(
    asked: &Asked<'_>,
    books: &Books,
    id: &str,
    (as_of, moment): (Option<&str>, Moment),
) -> Result<String> {
    let named = Named::of(asked, books, id)?;
    let past = moment.past(books);
    let view = past
        .as_ref()
        .map_or_else(|| books.engine.view(), PastMarkets::view);
    let market = named.reader(&view);
    let live = named.reader(&books.engine.view());
    let head = json!({
        "position": books.engine.position(),
        "as_of": as_of,
        "id": named.id(),
        "level": named.level_name,
        "area": named.area,
        "segment": named.segment_name,
        "kind": named.kind.name(),
        "today": market.today().to_string(),
        "simulated": named.area.ends_with(SIMULATED_MARK),
        "feeds": feed_names(books, &live),
        "updates": live.updates_and_revision().0,
    });
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"readings\":[");
    let mut comma = "";
    for measure in MEASURES {
        for variant in measure.variants {
            for window in measure.windows() {
                if matches!(window, Window::Day | Window::Month) {
                    continue;
                }
                let what = (*measure, *variant, *window);
                let row = ReadingRow::read(&market, named.head(), what, market.today(), "current");
                text.push_str(comma);
                text.push_str(&row.open_json());
                text.push('}');
                comma = ",";
            }
        }
    }
    text.push_str("]}");
    Ok(text)
}
