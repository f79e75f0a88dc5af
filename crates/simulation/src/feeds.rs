//! Feeds that misbehave: pages of NDJSON rows, read by the shipped parser. What a feed says may repeat itself, come in another
//! order, too late, cut short or a page at a time again; and it may stall or fail. All of it follows from the seed.

use std::sync::{Arc, Mutex};

use freehold_connectors::format::Format;
use freehold_connectors::mapping::{FeedFormat, MappingConfig};
use freehold_connectors::settings::{Problems, Section};
use freehold_kernel::record::{FeedId, Records, SnapshotEnd, put_snapshot_end};
use freehold_kernel::time::{DAY_MS, Day, Millis, format_instant};
use freehold_pipeline::source::{
    Chunk, Content, Parsed, Parser, Piece, Place, Poll, Source, SourceError, SourceErrorKind,
};
use freehold_pipeline::testing::Random;

/// Feeds by number. The second tells snapshots and is corrected by people; homes of the others live a plain life.
pub(crate) const FEEDS: [&str; 3] = ["alpha", "beta", "gamma"];

/// The feed that tells snapshots.
pub(crate) const SNAPSHOTS: usize = 1;

/// Pages of each feed.
pub(crate) const PAGES: usize = 50;

/// When the first page comes.
pub(crate) const START: Millis = 16_000 * DAY_MS;

/// How far apart pages of a feed are.
const PAGE_MS: Millis = 20 * 3_600_000;

const MAPPING: &str = r#"
format = "ndjson"
allow_missing_columns = true
time_zone = "UTC"
map.ListingKey = "key"
map.ModificationTimestamp = "at"
map.StandardStatus = "status"
map.ListPrice = "asked"
map.ClosePrice = "paid"
map.CloseDate = "closed"
map.PostalCode = "zip"
map.UnparsedAddress = "address"
map.LivingArea = "feet"
map.BedroomsTotal = "beds"
"#;

/// What one feed will say.
pub(crate) struct Script {
    feed: FeedId,
    pages: Vec<Page>,
    parser: Arc<dyn Parser>,
    /// The records of all pages, in order: what the log must hold of this feed.
    pub(crate) records: Vec<Vec<u8>>,
}

struct Page {
    bytes: Vec<u8>,
    end: Option<SnapshotEnd>,
}

/// How often feeds did what they should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FeedFault {
    Duplicate,
    Reorder,
    Delay,
    Truncate,
    RepeatPage,
    Stall,
    Refuse,
}

impl FeedFault {
    pub(crate) const ALL: [Self; 7] = [
        Self::Duplicate,
        Self::Reorder,
        Self::Delay,
        Self::Truncate,
        Self::RepeatPage,
        Self::Stall,
        Self::Refuse,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "feed repeats a row",
            Self::Reorder => "feed says rows in another order",
            Self::Delay => "feed says a row too late",
            Self::Truncate => "feed cuts a row short",
            Self::RepeatPage => "feed repeats a page",
            Self::Stall => "feed stalls",
            Self::Refuse => "feed refuses",
        }
    }
}

/// Writes a feed's pages.
pub(crate) fn script(
    number: usize,
    random: &mut Random,
    note: &mut dyn FnMut(FeedFault),
) -> Script {
    let feed = FeedId(number as u16);
    let mut homes: Vec<Home> = (0..14 + random.below(20))
        .map(|key| Home::new(number, key, random))
        .collect();
    let mut pages: Vec<Page> = Vec::new();
    let mut late: Vec<(usize, String)> = Vec::new();
    let mut rows_before: Vec<String> = Vec::new();
    for page in 0..PAGES {
        let base = START + page as Millis * PAGE_MS;
        let mut rows: Vec<String> = Vec::new();
        for at in 0..random.below(6) {
            let home = &mut homes[random.below(14) as usize];
            let row = home.next(base - PAGE_MS / 2 + at as Millis * 61_000, random);
            if random.one_in(12) {
                note(FeedFault::Delay);
                late.push((page + 1 + random.below(45) as usize, row));
            } else {
                rows.push(row);
            }
        }
        late.retain(|(due, row)| {
            if *due <= page {
                rows.push(row.clone());
            }
            *due > page
        });
        if random.one_in(6) && !rows_before.is_empty() {
            note(FeedFault::Duplicate);
            rows.push(rows_before[random.below(rows_before.len() as u64) as usize].clone());
        }
        if random.one_in(5) && rows.len() > 1 {
            note(FeedFault::Reorder);
            let at = random.below(rows.len() as u64 - 1) as usize;
            rows.swap(at, at + 1);
        }
        rows_before.extend(rows.iter().cloned());
        let mut text = rows.join("\n");
        if random.one_in(15) && text.len() > 10 {
            note(FeedFault::Truncate);
            text.truncate(text.len() - 1 - random.below(8) as usize);
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let end = (number == SNAPSHOTS && random.one_in(9)).then(|| SnapshotEnd {
            feed,
            time: base,
            day: Day::of_utc(base),
            shrink_percent_max: 60,
            forced: random.one_in(4),
        });
        pages.push(Page {
            bytes: text.into_bytes(),
            end,
        });
        if random.one_in(12) {
            note(FeedFault::RepeatPage);
            let bytes = pages[pages.len() - 1].bytes.clone();
            pages.push(Page { bytes, end: None });
        }
    }
    let parser = parser(feed);
    let mut script = Script {
        feed,
        pages,
        parser,
        records: Vec::new(),
    };
    for page in 0..script.pages.len() {
        let (mut parsed, chunk) = (Parsed::default(), script.chunk(page));
        script.parser.parse(&chunk, &mut parsed);
        let mut records = Records::new(&parsed.records);
        while let Some(Ok(raw)) = records.next_raw() {
            script.records.push(raw.bytes().to_vec());
        }
        if let Some(end) = &script.pages[page].end {
            let mut record = Vec::new();
            put_snapshot_end(&mut record, end);
            script.records.push(record);
        }
    }
    script
}

fn parser(feed: FeedId) -> Arc<dyn Parser> {
    let mut problems = Problems::default();
    let table = MAPPING.parse().unwrap_or_default();
    let config = MappingConfig::read(&mut Section::new("feed", table), "UTC", &mut problems);
    assert!(
        problems.0.is_empty(),
        "the mapping of the simulation: {:?}",
        problems.0
    );
    let opened = FeedFormat::new(Arc::new(config), feed, "pages.ndjson").open_file(
        "pages.ndjson",
        b"",
        true,
    );
    match opened {
        Ok(opened) => opened.parser,
        Err(problem) => panic!("the format of the simulation: {problem:?}"),
    }
}

impl Script {
    fn chunk(&self, page: usize) -> Chunk {
        Chunk {
            bytes: self.pages[page].bytes.clone(),
            place: Place {
                name: FEEDS[usize::from(self.feed.0)].into(),
                offset: page as u64,
                line: 1,
            },
            parser: Arc::clone(&self.parser),
        }
    }

    /// How many pages there are.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }
}

/// A home on its way through the market.
struct Home {
    feed: usize,
    key: u64,
    status: usize,
    asked: u64,
    zip: &'static str,
}

/// Statuses of a plain life, in order; a home never goes back.
const PLAIN: [&str; 4] = ["Active", "Active", "Pending", "Closed"];

/// Statuses of the feed of snapshots, in any order.
const ANY: [&str; 7] = [
    "Active",
    "Pending",
    "Closed",
    "Withdrawn",
    "Expired",
    "ComingSoon",
    "Hold",
];

impl Home {
    fn new(feed: usize, key: u64, random: &mut Random) -> Self {
        let zips: [&str; 2] = if feed == SNAPSHOTS {
            ["75001", "75002"]
        } else {
            ["07030", "07031"]
        };
        Self {
            feed,
            key,
            status: 0,
            asked: 200_000 + 1_000 * random.below(400),
            zip: zips[random.below(2) as usize],
        }
    }

    fn next(&mut self, at: Millis, random: &mut Random) -> String {
        let moves = random.below(3);
        let status = if self.feed == SNAPSHOTS {
            ANY[random.below(7) as usize]
        } else {
            self.status = (self.status + usize::from(moves == 0)).min(PLAIN.len() - 1);
            PLAIN[self.status]
        };
        if moves == 1 {
            self.asked = 200_000 + 1_000 * random.below(400);
        }
        // Some price of the feed of snapshots has a digit too many, or two rows a moment.
        let asked = if self.feed == SNAPSHOTS && random.one_in(25) {
            self.asked * 10
        } else {
            self.asked
        };
        let closed = match status {
            "Closed" => {
                let day = Day::of_utc(at);
                let day = if self.feed == SNAPSHOTS {
                    day.plus(-(random.below(4) as i32))
                } else {
                    day
                };
                format!(r#","paid":{},"closed":"{day}""#, self.asked - 5_000)
            }
            _ => String::new(),
        };
        // Homes of the feed of snapshots share addresses, so that listings are matched where that is on.
        let address = if self.feed == SNAPSHOTS {
            self.key / 2
        } else {
            self.key + 100 * self.feed as u64
        };
        let (feed, key, zip) = (self.feed, self.key, self.zip);
        // Of each second one row: no two versions of a listing have one time.
        let at = format_instant(at + 1_000 * (key as Millis));
        format!(
            r#"{{"key":"{feed}-{key}","at":"{at}","status":"{status}","asked":{asked},"zip":"{zip}","address":"{address} Elm Street","feet":{},"beds":{}{closed}}}"#,
            900 + 10 * key,
            2 + key % 3
        )
    }
}

/// Pages that were released, and faults that are to come, over all restarts.
pub(crate) struct Server {
    pub(crate) script: Arc<Script>,
    pub(crate) released: usize,
    pub(crate) random: Random,
    pub(crate) is_calm: bool,
    pub(crate) faults: Vec<FeedFault>,
}

/// A connection to a [`Server`].
pub(crate) struct PageSource {
    pub(crate) server: Arc<Mutex<Server>>,
    pub(crate) at: usize,
}

impl Source for PageSource {
    fn feed(&self) -> FeedId {
        crate::lock(&self.server).script.feed
    }

    fn open(&mut self, cursor: Option<&[u8]>, _: Option<&[u8]>) -> Result<(), SourceError> {
        self.at = match cursor {
            None => 0,
            Some(cursor) => {
                let at = cursor.try_into().map(u32::from_le_bytes).ok();
                let pages = crate::lock(&self.server).script.len();
                let at = at.map(|at| at as usize).filter(|at| *at <= pages);
                at.ok_or_else(|| trouble(SourceErrorKind::BadCursor, "the cursor names no page"))?
            }
        };
        Ok(())
    }

    fn poll(&mut self, _: Millis, _: bool) -> Result<Poll, SourceError> {
        let mut server = crate::lock(&self.server);
        if self.at >= server.released {
            return Ok(Poll::Idle);
        }
        if !server.is_calm {
            if server.random.one_in(25) {
                server.faults.push(FeedFault::Stall);
                return Ok(Poll::Idle);
            }
            if server.random.one_in(30) {
                server.faults.push(FeedFault::Refuse);
                return Err(trouble(SourceErrorKind::Retry, "the feed answers with 503"));
            }
        }
        let page = self.at;
        self.at += 1;
        Ok(Poll::Piece(Piece {
            content: Content::Raw(server.script.chunk(page)),
            cursor: (self.at as u32).to_le_bytes().to_vec(),
            snapshot_end: server.script.pages[page].end,
        }))
    }
}

fn trouble(kind: SourceErrorKind, cause: &str) -> SourceError {
    SourceError {
        kind,
        doing: "read a page".into(),
        cause: cause.into(),
        hint: None,
    }
}
