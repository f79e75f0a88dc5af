//! Every endpoint, once: its path, what it takes and gives, and who answers. Routes, the check of parameters and
//! the OpenAPI document all come from this table.

use anyhow::Result;

use super::Asked;
use super::answer::Answer;
use super::api::{
    explain, feeds, instance, lists, market, measures, metrics, series, trace, trends,
};
use super::params::{Param, Shape};

/// An endpoint.
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
    pub(crate) params: &'static [&'static Param],
    pub(crate) gives: Gives,
    pub(crate) cost: Cost,
    pub(crate) run: fn(&Asked<'_>) -> Result<Answer>,
}

/// What an answer about now costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Well under a millisecond.
    Quick,
    /// What it shows.
    Usual,
    /// A look at every home of a market: such answers take turns.
    Long,
}

/// What an endpoint gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// One JSON document.
    Document,
    /// Rows, also as CSV under the same path with `.csv`.
    Rows,
    /// Text for Prometheus.
    Metrics,
}

const LEVEL: Param = Param::new(
    "level",
    Shape::Text,
    "A level of areas, such as zip or county",
);
const LEVELS: Param = Param::new(
    "level",
    Shape::Names,
    "Levels of areas, separated by commas",
);
const AREA: Param = Param::new("area", Shape::Text, "The name of an area, such as King, WA");
const AREAS: Param = Param::new(
    "area",
    Shape::Repeated,
    "The name of an area; again for more than one",
);
const SEGMENT: Param = Param::new(
    "segment",
    Shape::Text,
    "all, type:condo, beds:3 …; all by default",
);
const TYPE: Param = Param::new("type", Shape::Text, "Another name of segment");
const SEGMENTS: Param = Param::new("segment", Shape::Names, "Segments, separated by commas");
const KIND: Param = Param::new("kind", Shape::Text, "sale or lease; sale by default");
const KINDS: Param = Param::new("kind", Shape::Names, "sale, lease or both");
const MEASURE: Param = Param::new("measure", Shape::Text, "A measure, see /v1/measures");
const MEASURES: Param = Param::new("measure", Shape::Names, "Measures, separated by commas");
const VARIANT: Param = Param::new(
    "variant",
    Shape::Text,
    "A variant of the measure; its first by default",
);
const VARIANTS: Param = Param::new("variant", Shape::Names, "Variants, separated by commas");
const WINDOW: Param = Param::new("window", Shape::Text, "now, day, month, 30d, 90d or all");
const WINDOWS: Param = Param::new("window", Shape::Names, "Windows, separated by commas");
const DATE: Param = Param::new("date", Shape::Text, "A day, YYYY-MM-DD");
const SPAN: Param = Param::new("date", Shape::Text, "A day, or FROM..TO");
const AS_OF: Param = Param::new(
    "as_of",
    Shape::Text,
    "A past moment: a day (its local end) or an instant (RFC 3339)",
);
const KNOWN: Param = Param::new(
    "known",
    Shape::Text,
    "A day: by what was known when it was printed, at the first tick after noon UTC of the next",
);
const LIMIT: Param = Param::new(
    "limit",
    Shape::Number(1, super::list::ROWS_MAX),
    "The most rows of a page",
);
const CURSOR: Param = Param::new(
    "cursor",
    Shape::Text,
    "Where the page before ended: its `next`",
);
const FROM_DAY: Param = Param::new("from", Shape::Text, "The first day, YYYY-MM-DD");
const TO_DAY: Param = Param::new("to", Shape::Text, "The last day, YYYY-MM-DD");
const POINTS: Param = Param::new(
    "points",
    Shape::Number(1, 2000),
    "The most points of a series",
);
const PRINTS: Param = Param::new(
    "prints",
    Shape::Flag,
    "Also what each day said when it closed, and what is known of it now",
);
const BINS: Param = Param::new(
    "bins",
    Shape::Number(1, 200),
    "Bins of the histogram; 40 by default",
);
const THEN: Param = Param::new(
    "then",
    Shape::Text,
    "An earlier day or moment to compare with",
);
const FEED: Param = Param::new("feed", Shape::Text, "Only this feed");
const KEY: Param = Param::new("key", Shape::Text, "Only this ListingKey");
const HISTORY: Param = Param::new(
    "history",
    Shape::Flag,
    "Every version that is kept, not only the newest",
);
const LISTINGS_MIN: Param = Param::new(
    "listings_min",
    Shape::Number(1, 1000),
    "Only homes of at least this many listings",
);
const CHANGE: Param = Param::new(
    "change",
    Shape::Names,
    "Sorts of changes: list_price, stock, new_listing, close …",
);
const FROM_POSITION: Param = Param::new(
    "from",
    Shape::Number(0, u64::MAX >> 1),
    "Only changes caused by records from this position on",
);
const POSITION: Param = Param::new(
    "position",
    Shape::Number(0, u64::MAX >> 1),
    "The position of a record in the log; without it, the newest row of a feed that may be displayed",
);
const LAST_EVENT_ID: Param = Param::new(
    "last_event_id",
    Shape::Text,
    "The last id that was received, for readers that cannot send the header",
);

const EVENTS: Param = Param::new(
    "events",
    Shape::Flag,
    "Also what happened: steep price cuts, troubles of feeds",
);

/// The parameters of the stream of events.
pub(crate) const STREAM: &[&Param] = &[
    &LEVELS,
    &AREAS,
    &SEGMENTS,
    &KINDS,
    &MEASURES,
    &VARIANTS,
    &WINDOWS,
    &EVENTS,
    &LAST_EVENT_ID,
];

/// Every endpoint that answers at once.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v1/instance",
        about: "What runs here: levels, segments, feeds, clock",
        params: &[],
        gives: Gives::Document,
        cost: Cost::Quick,
        run: instance::answer,
    },
    Endpoint {
        path: "/v1/measures",
        about: "Every measure with its definition",
        params: &[&LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Quick,
        run: measures::answer,
    },
    Endpoint {
        path: "/v1/markets",
        about: "Readings, filtered by every column",
        params: &[
            &LEVELS, &AREAS, &SEGMENTS, &KINDS, &MEASURES, &VARIANTS, &WINDOWS, &SPAN, &AS_OF,
            &LIMIT, &CURSOR,
        ],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: lists::markets,
    },
    Endpoint {
        path: "/v1/markets/{id}",
        about: "One market with every current reading",
        params: &[&SEGMENT, &TYPE, &KIND, &AS_OF],
        gives: Gives::Document,
        cost: Cost::Quick,
        run: market::answer,
    },
    Endpoint {
        path: "/v1/markets/{id}/series",
        about: "A measure of one market, day by day: final days as they became final, others by what is known now",
        params: &[
            &MEASURE, &VARIANT, &WINDOW, &FROM_DAY, &TO_DAY, &POINTS, &SEGMENT, &TYPE, &KIND,
            &PRINTS,
        ],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: series::answer,
    },
    Endpoint {
        path: "/v1/markets/{id}/trends",
        about: "A series with moving averages (the mean of the daily points present, and how many), trend (Theil-Sen, % a month, with \
                quartiles of its slopes), change since a month and a year ago, and the value without its season; null with a reason",
        params: &[
            &MEASURE, &VARIANT, &WINDOW, &FROM_DAY, &TO_DAY, &POINTS, &SEGMENT, &TYPE, &KIND,
        ],
        gives: Gives::Rows,
        cost: Cost::Long,
        run: trends::answer,
    },
    Endpoint {
        path: "/v1/markets/{id}/distribution",
        about: "The values behind a reading as a histogram, now and then",
        params: &[
            &MEASURE, &VARIANT, &WINDOW, &BINS, &THEN, &AS_OF, &SEGMENT, &TYPE, &KIND,
        ],
        gives: Gives::Document,
        cost: Cost::Long,
        run: series::distribution,
    },
    Endpoint {
        path: "/v1/explain",
        about: "The homes and events behind a reading; reduced by hand, they give its value and n",
        params: &[
            &LEVEL, &AREA, &SEGMENT, &KIND, &MEASURE, &VARIANT, &WINDOW, &DATE, &AS_OF, &KNOWN,
            &THEN, &LIMIT, &CURSOR,
        ],
        gives: Gives::Rows,
        cost: Cost::Long,
        run: explain::answer,
    },
    Endpoint {
        path: "/v1/held",
        about: "Values that are held, with the cause, and between which prices they would count",
        params: &[&FEED, &KEY, &LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: lists::held,
    },
    Endpoint {
        path: "/v1/listings",
        about: "Listings that may be shown",
        params: &[&FEED, &KEY, &LEVEL, &AREA, &HISTORY, &LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: lists::listings,
    },
    Endpoint {
        path: "/v1/listings/{feed}/{key}",
        about: "One listing with its history",
        params: &[],
        gives: Gives::Document,
        cost: Cost::Quick,
        run: lists::listing,
    },
    Endpoint {
        path: "/v1/homes",
        about: "Homes: which listings are one, and where each stands",
        params: &[&LEVEL, &AREA, &LISTINGS_MIN, &LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: lists::homes,
    },
    Endpoint {
        path: "/v1/homes/{feed}/{key}",
        about: "The home of one listing with its events",
        params: &[],
        gives: Gives::Document,
        cost: Cost::Quick,
        run: lists::one_home,
    },
    Endpoint {
        path: "/v1/changes",
        about: "Changes of homes with before, after and exact fraction",
        params: &[&CHANGE, &FROM_POSITION, &LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: lists::changes,
    },
    Endpoint {
        path: "/v1/feeds",
        about: "Every feed with its ledger, rate and lag",
        params: &[&LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Quick,
        run: feeds::answer,
    },
    Endpoint {
        path: "/v1/feeds/{feed}/refused",
        about: "Rows of a feed that could not be used",
        params: &[&LIMIT, &CURSOR],
        gives: Gives::Rows,
        cost: Cost::Usual,
        run: lists::refused,
    },
    Endpoint {
        path: "/v1/trace",
        about: "One record of the log, or the newest row: what it said and what became of it",
        params: &[&POSITION],
        gives: Gives::Document,
        cost: Cost::Usual,
        run: trace::answer,
    },
    Endpoint {
        path: "/health",
        about: "The server answers",
        params: &[],
        gives: Gives::Document,
        cost: Cost::Quick,
        run: instance::health,
    },
    Endpoint {
        path: "/ready",
        about: "Readings are current",
        params: &[],
        gives: Gives::Document,
        cost: Cost::Quick,
        run: instance::ready,
    },
    Endpoint {
        path: "/metrics",
        about: "Counts and gauges for Prometheus",
        params: &[],
        gives: Gives::Metrics,
        cost: Cost::Usual,
        run: metrics::answer,
    },
];
