//! What is watched, and how it reads. One thread flushes: it looks at the books for as long as the watched
//! markets that changed take to read, and wakes the streams.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use freehold_kernel::field::Kind;
use freehold_kernel::ledger::Ledger;
use freehold_kernel::market::{MarketView, Segment};
use freehold_kernel::measure::{self, Window};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::{Day, Millis};
use freehold_pipeline::books::{Books, Waiting, read, write};
use freehold_pipeline::driver::lock;
use serde_json::{Value, json};
use tokio::sync::watch as signal;

use super::activity::Activity;
use super::rail::Rail;
use crate::query::markets::{Frame, Head, ReadingRow};
use crate::server::Server;
use crate::server::api::feeds::state_of;
use crate::server::api::market::feed_names;

/// Time between two flushes.
pub(crate) const FLUSH_MS: u64 = 250;

/// A stream may take up after a flush this old, in flushes in which its reading changed.
const REMEMBERED: usize = 64;

/// A reading that nobody watches any more is kept for this long.
const KEPT_IDLE: Duration = Duration::from_secs(60);

/// A reading that someone watches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Watched {
    pub(crate) level: u8,
    pub(crate) area: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) segment: Segment,
    /// The measure's id.
    pub(crate) measure: &'static str,
    pub(crate) variant: &'static str,
    pub(crate) window: Window,
}

/// What can be read of a watched reading.
pub(crate) struct Slot {
    watchers: u32,
    /// Since when nobody watches it.
    idle_since: Option<Instant>,
    revision: u64,
    today: Day,
    /// The row's JSON but for its numbers, for these feeds.
    frame: Option<(Vec<FeedId>, Frame)>,
    /// The row as JSON, without its end.
    pub(crate) text: Arc<str>,
    /// Position at which it last changed.
    pub(crate) position: u64,
    /// Accepted updates of its market until then.
    pub(crate) updates: u64,
    /// The number of its last change, among those of all slots.
    pub(crate) change: u64,
    /// Change and updates as they were before.
    earlier: VecDeque<(u64, u64)>,
}

impl Slot {
    /// Updates as of change number `change`, when that is remembered.
    pub(crate) fn updates_at(&self, change: u64) -> Option<u64> {
        if self.change <= change {
            return Some(self.updates);
        }
        let known = self.earlier.iter().rev().find(|(at, _)| *at <= change);
        known.map(|(_, updates)| *updates)
    }
}

/// Watched readings and the pulse of the instance.
pub(crate) struct Hub {
    slots: RwLock<HashMap<Arc<Watched>, Slot>>,
    /// How many changes of slots there were; moves only while the slots are held for writing.
    changes: AtomicU64,
    activities: Mutex<Vec<Activity>>,
    areas: AtomicUsize,
    flushed_at: AtomicI64,
    lag_ms: AtomicI64,
    waiting: Waiting,
    /// Receipts of the oldest records of recent flushes, by position.
    receipts: Mutex<VecDeque<(u64, Millis)>>,
    pub(crate) flushes: signal::Sender<u64>,
    pub(crate) boot: String,
    pub(crate) ledger: RwLock<Arc<str>>,
    pub(crate) ledger_number: AtomicI64,
    pub(crate) rail: Mutex<Rail>,
    pub(crate) stop: AtomicBool,
}

impl Hub {
    pub(crate) fn new(started: Millis, feeds: usize, waiting: Waiting) -> Self {
        Self {
            slots: RwLock::new(HashMap::new()),
            changes: AtomicU64::new(0),
            activities: Mutex::new(vec![Activity::default(); feeds]),
            areas: AtomicUsize::new(0),
            flushed_at: AtomicI64::new(started),
            lag_ms: AtomicI64::new(0),
            waiting,
            receipts: Mutex::new(VecDeque::new()),
            flushes: signal::Sender::new(0),
            boot: format!("{started:x}"),
            ledger: RwLock::new("{}".into()),
            ledger_number: AtomicI64::new(0),
            rail: Mutex::default(),
            stop: AtomicBool::new(false),
        }
    }

    /// Receipt of the oldest record of the last flush to that flush, or to now of one that still waits for the books,
    /// whichever is longer; in milliseconds.
    pub(crate) fn lag_ms(&self, now: Millis) -> Millis {
        let waiting = self.waiting.since().map_or(0, |since| now - since);
        waiting.max(self.lag_ms.load(Ordering::Relaxed))
    }

    /// Why readings are not current, when they are not.
    pub(crate) fn behind(&self, now: Millis) -> Option<String> {
        let silent = now - self.flushed_at.load(Ordering::Relaxed);
        if silent > 5_000 {
            return Some(format!("readings were last published {silent} ms ago"));
        }
        let lag = self.lag_ms(now);
        (lag > 5_000).then(|| format!("readings are {lag} ms behind what was received"))
    }

    /// Grows with every new area; of the last second.
    pub(crate) fn areas(&self) -> usize {
        self.areas.load(Ordering::Relaxed)
    }

    /// Whether readings are current, in a word: `live` or `lagging`.
    pub(crate) fn state(&self, now: Millis) -> &'static str {
        if self.behind(now).is_some() {
            "lagging"
        } else {
            "live"
        }
    }

    pub(crate) fn activity(&self, feed: usize) -> Activity {
        lock(&self.activities)
            .get(feed)
            .cloned()
            .unwrap_or_default()
    }

    /// How long a feed has sent nothing; `None` when it has sent nothing yet.
    pub(crate) fn silent_ms(&self, feed: usize, now: Millis) -> Option<Millis> {
        let last = lock(&self.activities).get(feed)?.last_received?;
        Some((now - last).max(0))
    }

    /// Looks at watched readings.
    pub(crate) fn slots(&self) -> std::sync::RwLockReadGuard<'_, HashMap<Arc<Watched>, Slot>> {
        read(&self.slots)
    }

    fn slots_mut(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<Arc<Watched>, Slot>> {
        write(&self.slots)
    }

    /// Receipt of the oldest record that was published after `position`, and the position up to which that holds.
    pub(crate) fn received_since(&self, position: u64) -> (Option<Millis>, u64) {
        let receipts = lock(&self.receipts);
        let newer = receipts.iter().filter(|(at, _)| *at > position);
        let oldest = newer.map(|(_, receipt)| *receipt).min();
        (oldest, receipts.back().map_or(position, |(at, _)| *at))
    }

    /// The number of the newest change; of those that are seen in slots held for reading, when asked meanwhile.
    pub(crate) fn change(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Gives up readings that a stream watched. They are kept for a while: whoever lost the connection comes back.
    pub(crate) fn unwatch(&self, watched: &[Arc<Watched>]) {
        let mut slots = self.slots_mut();
        for key in watched {
            if let Some(slot) = slots.get_mut(key) {
                slot.watchers -= 1;
                if slot.watchers == 0 {
                    slot.idle_since = Some(Instant::now());
                }
            }
        }
    }

    /// Watches readings, which are read at once where they changed.
    pub(crate) fn watch(&self, books: &Books, wanted: Vec<Watched>) -> Vec<Arc<Watched>> {
        let view = books.engine.view();
        let mut slots = self.slots_mut();
        let keys = wanted.into_iter().map(|key| {
            let key = Arc::new(key);
            let slot = slots.entry(Arc::clone(&key)).or_insert_with(|| Slot {
                watchers: 0,
                idle_since: None,
                revision: u64::MAX,
                today: Day(i32::MIN),
                frame: None,
                text: "{}".into(),
                position: 0,
                updates: 0,
                change: 0,
                earlier: VecDeque::new(),
            });
            slot.watchers += 1;
            slot.idle_since = None;
            refresh(books, &view, &key, slot, &self.changes);
            key
        });
        keys.collect()
    }

    /// One flush, at wall time `now`: what is watched is read again where it changed.
    fn flush(&self, server: &Server, now: Millis) {
        let books = read(&server.books);
        let receipt = books.take_oldest_receipt();
        let position = books.engine.position();
        {
            let view = books.engine.view();
            let mut slots = self.slots_mut();
            slots.retain(|_, slot| {
                slot.idle_since
                    .is_none_or(|since| since.elapsed() < KEPT_IDLE)
            });
            for (key, slot) in slots.iter_mut().filter(|(_, slot)| slot.watchers > 0) {
                refresh(&books, &view, key, slot, &self.changes);
            }
        }
        for (activity, ledger) in lock(&self.activities)
            .iter_mut()
            .zip(books.engine.ledgers())
        {
            activity.note(ledger.counts(), now);
        }
        drop(books);
        let lag = receipt.map_or(0, |receipt| ((server.clock)() - receipt).max(0));
        self.lag_ms.store(lag, Ordering::Relaxed);
        if let Some(receipt) = receipt {
            let mut receipts = lock(&self.receipts);
            receipts.push_back((position, receipt));
            if receipts.len() > REMEMBERED {
                receipts.pop_front();
            }
        }
        self.flushed_at.store(now, Ordering::Relaxed);
        self.flushes.send_modify(|number| *number += 1);
    }

    fn flush_ledger(&self, server: &Server) {
        let books = read(&server.books);
        let shards = books.engine.shards().iter();
        let areas = shards.map(|shard| shard.markets().area_count()).sum();
        self.areas.store(areas, Ordering::Relaxed);
        let text: Arc<str> = ledger(server, &books).to_string().into();
        drop(books);
        lock(&self.rail).note(server);
        let mut held = write(&self.ledger);
        if *held != text {
            *held = text;
            self.ledger_number.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Reads a watched reading again when its market changed or the day did.
fn refresh(
    books: &Books,
    view: &MarketView<'_>,
    key: &Watched,
    slot: &mut Slot,
    changes: &AtomicU64,
) {
    let market = view.market(key.level, &key.area, key.kind, key.segment);
    let (updates, revision) = market.updates_and_revision();
    let today = market.today();
    let is_of_today = slot.today == today;
    if slot.revision == revision && slot.updates == updates && is_of_today {
        return;
    }
    let Some(measure) = measure::find(key.measure) else {
        return;
    };
    let reading = (measure.read)(&market, key.window.period(today), key.variant);
    let feeds = market.traffic().feeds;
    let held = slot.frame.take();
    let held = held.filter(|(of_feeds, _)| is_of_today && *of_feeds == feeds);
    let (feeds, frame) = held.unwrap_or_else(|| {
        let segment = key.segment.name();
        let row = ReadingRow {
            head: Head {
                level: &books.engine.plan().levels[usize::from(key.level)].name,
                area: &key.area,
                segment: &segment,
                kind: key.kind,
            },
            measure,
            variant: key.variant,
            window: key.window,
            date: today,
            reading,
            status: "current",
        };
        let mut frame = row.frame();
        frame.end += &format!(",\"feeds\":{}", json!(feed_names(books, &market)));
        (feeds, frame)
    });
    let text = frame.text(reading);
    slot.frame = Some((feeds, frame));
    if slot.change > 0 {
        slot.earlier.push_back((slot.change, slot.updates));
        if slot.earlier.len() > REMEMBERED {
            slot.earlier.pop_front();
        }
    }
    slot.change = changes.fetch_add(1, Ordering::Relaxed) + 1;
    slot.text = text.into();
    slot.position = books.engine.position();
    slot.updates = updates;
    slot.revision = revision;
    slot.today = today;
}

/// The counts of all feeds, and of each, as the stream's `ledger` event has them.
pub(crate) fn ledger(server: &Server, books: &Books) -> Value {
    // Tombstones are derived, and no part of the sum.
    let [classes @ .., _] = Ledger::CLASSES;
    let ledgers = books.engine.ledgers();
    let counts = |ledger: &Ledger| {
        let pairs = classes.iter().zip(ledger.counts());
        let mut value = Value::Object(
            pairs
                .map(|(class, count)| ((*class).to_owned(), json!(count)))
                .collect(),
        );
        value["off_by"] = json!(ledger.imbalance());
        value
    };
    let mut sum = Ledger::default();
    ledgers.iter().for_each(|ledger| sum.add(ledger));
    let now = (server.clock)();
    let feeds = books.engine.plan().feeds.iter().zip(&ledgers).enumerate();
    let feeds = feeds.map(|(number, (rule, ledger))| {
        let activity = server.hub.activity(number);
        let mut value = counts(ledger);
        value["feed"] = json!(rule.name);
        value["state"] = json!(state_of(server, number, &rule.name));
        value["rate"] = json!((activity.rate * 10.0).round() / 10.0);
        value["silent_seconds"] = json!(activity.last_received.map(|at| (now - at).max(0) / 1000));
        let is_live = server
            .feeds
            .iter()
            .any(|feed| feed.name == rule.name && feed.is_live);
        value["lag_p99_ms"] = json!(books.lag().percentile(99.0).filter(|_| is_live));
        value
    });
    let mut value = counts(&sum);
    value["feeds"] = Value::Array(feeds.collect());
    value
}

/// Flushes until the server stops.
pub(crate) fn watch(server: Arc<Server>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut number = 0u64;
        let mut due = Instant::now();
        while !server.hub.stop.load(Ordering::Relaxed) {
            server.hub.flush(&server, (server.clock)());
            if number.is_multiple_of(1000 / FLUSH_MS) {
                server.hub.flush_ledger(&server);
            }
            number += 1;
            // The work is part of the time between two flushes; what is missed is not made up for.
            due = (due + Duration::from_millis(FLUSH_MS)).max(Instant::now());
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        // Streams end when they see it.
        server.hub.flushes.send_modify(|number| *number += 1);
    })
}
