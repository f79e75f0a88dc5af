//! One record of the log: an observation, a refusal or a control record, as bytes that are written once
//! and read where they lie. Not the batch around them (the pipeline's) and not its meaning (the books').
//!
//! A record is `tag u8, length varint, body`. An observation's body:
//!
//! | part | form |
//! |---|---|
//! | flags | u8: bit 0 a sequence follows |
//! | feed | u16, little endian |
//! | event time | i64 ms, little endian |
//! | local day | i8: days from the UTC day of the event time |
//! | sequence | varint, if flagged |
//! | key | varint length, bytes |
//! | terms | status u8, presence u8, then the present values as zigzag varints |
//! | profile | the rest: fields in ascending code, each `code u8, length varint, payload` |

use crate::field::{AreaUnit, ProfileField, Status};
use crate::time::{Day, Millis};
use crate::varint::{Reader, put_bytes, put_i64, put_u64};

/// A feed's number within one log; its name is in the log's declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(pub u16);

/// Money in the currency's smallest unit (cents), of any sign.
pub type Cents = i64;

/// The longest key that is taken, in bytes (RESO allows 255 characters).
pub const KEY_BYTES_MAX: usize = 1024;

/// The longest text of one field, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// The part of a listing that moves: status, prices and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Terms {
    /// Where the listing stands.
    pub status: Status,
    /// Asking price, or monthly rent of a lease.
    pub list_price: Option<Cents>,
    /// First asking price of the listing.
    pub original_list_price: Option<Cents>,
    /// Price agreed at closing.
    pub close_price: Option<Cents>,
    /// First day on the market.
    pub on_market_date: Option<Day>,
    /// RESO `PurchaseContractDate`: an offer was accepted.
    pub contract_date: Option<Day>,
    /// Day of closing.
    pub close_date: Option<Day>,
    /// Day on which it left the market.
    pub off_market_date: Option<Day>,
}

impl Terms {
    /// Terms that say nothing but the status.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self {
            status,
            list_price: None,
            original_list_price: None,
            close_price: None,
            on_market_date: None,
            contract_date: None,
            close_date: None,
            off_market_date: None,
        }
    }

    /// Appends the stored form.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.status.code());
        let presence_at = out.len();
        out.push(0);
        let mut presence = 0u8;
        let values = [
            self.list_price,
            self.original_list_price,
            self.close_price,
            self.on_market_date.map(|day| i64::from(day.0)),
            self.contract_date.map(|day| i64::from(day.0)),
            self.close_date.map(|day| i64::from(day.0)),
            self.off_market_date.map(|day| i64::from(day.0)),
        ];
        for (bit, value) in values.into_iter().enumerate() {
            if let Some(value) = value {
                presence |= 1 << bit;
                put_i64(out, value);
            }
        }
        out[presence_at] = presence;
    }

    /// Reads what [`Terms::encode`] wrote.
    #[inline]
    pub fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let mut terms = Self::new(Status::from_code(reader.byte()?)?);
        let presence = reader.byte()?;
        if presence & 1 != 0 {
            terms.list_price = Some(reader.i64()?);
        }
        if presence & 2 != 0 {
            terms.original_list_price = Some(reader.i64()?);
        }
        if presence & 4 != 0 {
            terms.close_price = Some(reader.i64()?);
        }
        let mut day = |bit: u8| -> Option<Option<Day>> {
            if presence & bit == 0 {
                return Some(None);
            }
            Some(Some(Day(i32::try_from(reader.i64()?).ok()?)))
        };
        terms.on_market_date = day(8)?;
        terms.contract_date = day(16)?;
        terms.close_date = day(32)?;
        terms.off_market_date = day(64)?;
        Some(terms)
    }
}

/// What a home is and where, as stored bytes: fields in ascending code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Profile<'a>(pub &'a [u8]);

impl<'a> Profile<'a> {
    /// Each field with its payload, in stored order; stops at damaged bytes.
    pub fn fields(self) -> impl Iterator<Item = (ProfileField, &'a [u8])> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || {
            let field = ProfileField::from_code(reader.byte()?)?;
            Some((field, reader.bytes()?))
        })
    }

    fn payload(self, wanted: ProfileField) -> Option<&'a [u8]> {
        self.fields()
            .find(|(field, _)| *field == wanted)
            .map(|(_, payload)| payload)
    }

    /// A text field.
    #[must_use]
    pub fn text(self, field: ProfileField) -> Option<&'a str> {
        std::str::from_utf8(self.payload(field)?).ok()
    }

    /// An integer field, in the scale that its documentation names.
    #[must_use]
    pub fn integer(self, field: ProfileField) -> Option<i64> {
        Reader::new(self.payload(field)?).i64()
    }

    /// A coded field's code.
    #[must_use]
    pub fn code(self, field: ProfileField) -> Option<u8> {
        self.payload(field)?.first().copied()
    }

    /// Living area: hundredths of its source unit, and the unit.
    #[must_use]
    pub fn living_area(self) -> Option<(i64, AreaUnit)> {
        decode_area(self.payload(ProfileField::LivingArea)?)
    }

    /// A field of the feed's own (`X_…`).
    #[must_use]
    pub fn local(self, name: &str) -> Option<&'a str> {
        self.fields()
            .filter(|(field, _)| *field == ProfileField::Local)
            .filter_map(|(_, payload)| decode_local(payload))
            .find(|(local, _)| *local == name)
            .map(|(_, text)| text)
    }
}

/// Reads a stored area: hundredths of the unit, and the unit.
#[must_use]
pub fn decode_area(payload: &[u8]) -> Option<(i64, AreaUnit)> {
    let mut reader = Reader::new(payload);
    Some((reader.i64()?, AreaUnit::from_code(reader.byte()?)?))
}

/// Reads a stored local field: its name and its text.
#[must_use]
pub fn decode_local(payload: &[u8]) -> Option<(&str, &str)> {
    let mut reader = Reader::new(payload);
    let name = std::str::from_utf8(reader.bytes()?).ok()?;
    Some((name, std::str::from_utf8(reader.rest()).ok()?))
}

/// An observation, borrowed from the record that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation<'a> {
    /// Which feed said it.
    pub feed: FeedId,
    /// The feed's key of the listing.
    pub key: &'a [u8],
    /// When it became true, by the source.
    pub event_time: Millis,
    /// The local civil day of the event time, in the area's zone.
    pub event_day: Day,
    /// The source's sequence, where it has one; orders versions of one instant.
    pub sequence: u64,
    /// Status, prices and dates.
    pub terms: Terms,
    /// What the home is and where.
    pub profile: Profile<'a>,
}

/// One record of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// A row that could be read.
    Observation(Observation<'a>),
    /// A row that could not.
    Refused(Refused<'a>),
    /// The kernel's clock moves.
    Tick(Tick<'a>),
    /// A full snapshot of a feed has ended: what it did not name is gone.
    SnapshotEnd(SnapshotEnd),
    /// A person's decision or a driver's note, in a form of its own.
    Control(Control<'a>),
}

/// A row that could not be read, with what a person needs to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused<'a> {
    /// Which feed sent it.
    pub feed: FeedId,
    /// Where it stood: `file:line`, as text.
    pub place: &'a str,
    /// The field at fault; empty when it is the whole row.
    pub field: &'a str,
    /// What is wrong and what was wanted.
    pub reason: &'a str,
    /// The row's first 4 KB as received.
    pub raw: &'a [u8],
}

/// The most of a refused row that is kept, in bytes.
pub const REFUSED_RAW_BYTES_MAX: usize = 4096;

/// The kernel's clock: an instant, and its local day in each zone of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick<'a> {
    /// The instant.
    pub time: Millis,
    /// Local day minus UTC day, one `i8` a zone, in the plan's order of zones.
    pub zone_days: &'a [u8],
}

impl Tick<'_> {
    /// The local day in zone number `zone`; the UTC day where the zone is unknown.
    #[must_use]
    pub fn day_in(&self, zone: usize) -> Day {
        let shift = self
            .zone_days
            .get(zone)
            .map_or(0, |byte| i32::from(*byte as i8));
        Day::of_utc(self.time).plus(shift)
    }
}

/// The end of a full snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotEnd {
    /// The feed.
    pub feed: FeedId,
    /// The instant that the snapshot describes: the event time of what it removes.
    pub time: Millis,
    /// Its local day.
    pub day: Day,
    /// The share of live listings, in percent, above which a shrink is held and not applied.
    pub shrink_percent_max: u8,
    /// Applied whatever the shrink: a person released it.
    pub forced: bool,
}

/// A decision or note: a name and a payload that its reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    /// What kind: `config`, `correct`, `uncorrect`, `note` …
    pub name: &'a str,
    /// The payload, UTF-8 JSON by convention.
    pub payload: &'a [u8],
}

const TAG_OBSERVATION: u8 = 1;
const TAG_REFUSED: u8 = 2;
const TAG_TICK: u8 = 3;
const TAG_SNAPSHOT_END: u8 = 4;
const TAG_CONTROL: u8 = 5;

const FLAG_SEQUENCE: u8 = 1;

/// Why bytes are not a record: they are damaged, or of a later version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bytes at {offset} of the batch are not a record")]
pub struct BadRecord {
    /// Where in the batch's records the bad one starts.
    pub offset: usize,
}

/// Walks the records of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    reader: Reader<'a>,
    len: usize,
}

impl<'a> Records<'a> {
    /// Starts at the first record of `bytes`; ends after the first damaged one.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            len: bytes.len(),
        }
    }

    /// The next record as raw parts, without decoding its body.
    #[inline]
    pub fn next_raw(&mut self) -> Option<Result<RawRecord<'a>, BadRecord>> {
        if self.reader.is_empty() {
            return None;
        }
        let offset = self.len - self.reader.rest().len();
        let whole = self.reader.rest();
        let raw = (|| {
            let tag = self.reader.byte()?;
            let body = self.reader.bytes()?;
            let size = whole.len() - self.reader.rest().len();
            Some(RawRecord {
                tag,
                body,
                whole: &whole[..size],
            })
        })();
        if raw.is_none() {
            self.reader = Reader::new(&[]);
        }
        Some(raw.ok_or(BadRecord { offset }))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BadRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.len - self.reader.rest().len();
        Some(match self.next_raw()? {
            Ok(raw) => raw.decode().ok_or(BadRecord { offset }),
            Err(bad) => Err(bad),
        })
    }
}

/// A record whose body has not been decoded.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    tag: u8,
    body: &'a [u8],
    whole: &'a [u8],
}

impl<'a> RawRecord<'a> {
    /// The whole record, tag and length included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.whole
    }

    /// True for an observation.
    #[inline]
    #[must_use]
    pub fn is_observation(&self) -> bool {
        self.tag == TAG_OBSERVATION
    }

    /// True for a refused row.
    #[inline]
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.tag == TAG_REFUSED
    }

    /// True for a tick.
    #[inline]
    #[must_use]
    pub fn is_tick(&self) -> bool {
        self.tag == TAG_TICK
    }

    /// True for a record that every shard must see at once: the end of a snapshot or a decision.
    #[inline]
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        matches!(self.tag, TAG_SNAPSHOT_END | TAG_CONTROL)
    }

    /// The event time of an observation, without decoding the rest.
    #[inline]
    #[must_use]
    pub fn event_time(&self) -> Option<Millis> {
        if self.tag != TAG_OBSERVATION {
            return None;
        }
        Some(Millis::from_le_bytes(*self.body.get(3..11)?.first_chunk()?))
    }

    /// The feed and the key of an observation, without decoding the rest.
    #[inline]
    #[must_use]
    pub fn feed_and_key(&self) -> Option<(FeedId, &'a [u8])> {
        if self.tag != TAG_OBSERVATION {
            return None;
        }
        let mut reader = Reader::new(self.body);
        let flags = reader.byte()?;
        let feed = FeedId(u16::from_le_bytes(reader.array()?));
        reader.take(9)?;
        if flags & FLAG_SEQUENCE != 0 {
            reader.u64()?;
        }
        Some((feed, reader.bytes()?))
    }

    /// The feed of an observation or a refused row.
    #[must_use]
    pub fn row_feed(&self) -> Option<FeedId> {
        let at = match self.tag {
            TAG_OBSERVATION => 1,
            TAG_REFUSED => 0,
            _ => return None,
        };
        let bytes = self.body.get(at..)?.first_chunk()?;
        Some(FeedId(u16::from_le_bytes(*bytes)))
    }

    /// Decodes the body; `None` when it is damaged.
    #[inline]
    #[must_use]
    pub fn decode(&self) -> Option<Record<'a>> {
        let mut reader = Reader::new(self.body);
        match self.tag {
            TAG_OBSERVATION => decode_observation(&mut reader).map(Record::Observation),
            TAG_REFUSED => {
                let feed = FeedId(u16::from_le_bytes(reader.array()?));
                Some(Record::Refused(Refused {
                    feed,
                    place: std::str::from_utf8(reader.bytes()?).ok()?,
                    field: std::str::from_utf8(reader.bytes()?).ok()?,
                    reason: std::str::from_utf8(reader.bytes()?).ok()?,
                    raw: reader.bytes()?,
                }))
            }
            TAG_TICK => Some(Record::Tick(Tick {
                time: Millis::from_le_bytes(reader.array()?),
                zone_days: reader.rest(),
            })),
            TAG_SNAPSHOT_END => Some(Record::SnapshotEnd(SnapshotEnd {
                feed: FeedId(u16::from_le_bytes(reader.array()?)),
                time: Millis::from_le_bytes(reader.array()?),
                day: Day(i32::from_le_bytes(reader.array()?)),
                shrink_percent_max: reader.byte()?,
                forced: reader.byte()? != 0,
            })),
            TAG_CONTROL => Some(Record::Control(Control {
                name: std::str::from_utf8(reader.bytes()?).ok()?,
                payload: reader.bytes()?,
            })),
            _ => None,
        }
    }
}

#[inline]
fn decode_observation<'a>(reader: &mut Reader<'a>) -> Option<Observation<'a>> {
    let flags = reader.byte()?;
    let feed = FeedId(u16::from_le_bytes(reader.array()?));
    let event_time = Millis::from_le_bytes(reader.array()?);
    let shift = reader.byte()? as i8;
    let sequence = if flags & FLAG_SEQUENCE != 0 {
        reader.u64()?
    } else {
        0
    };
    let key = reader.bytes()?;
    let terms = Terms::decode(reader)?;
    Some(Observation {
        feed,
        key,
        event_time,
        event_day: Day::of_utc(event_time).plus(i32::from(shift)),
        sequence,
        terms,
        profile: Profile(reader.rest()),
    })
}

fn put_record(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::with_capacity(64);
    body(&mut bytes);
    out.push(tag);
    put_bytes(out, &bytes);
}

/// Appends a refusal; `raw` is cut to [`REFUSED_RAW_BYTES_MAX`].
pub fn put_refused(out: &mut Vec<u8>, refused: &Refused<'_>) {
    put_record(out, TAG_REFUSED, |body| {
        body.extend_from_slice(&refused.feed.0.to_le_bytes());
        put_bytes(body, refused.place.as_bytes());
        put_bytes(body, refused.field.as_bytes());
        put_bytes(body, refused.reason.as_bytes());
        put_bytes(
            body,
            &refused.raw[..refused.raw.len().min(REFUSED_RAW_BYTES_MAX)],
        );
    });
}

/// Appends a tick.
pub fn put_tick(out: &mut Vec<u8>, tick: &Tick<'_>) {
    put_record(out, TAG_TICK, |body| {
        body.extend_from_slice(&tick.time.to_le_bytes());
        body.extend_from_slice(tick.zone_days);
    });
}

/// Appends the end of a snapshot.
pub fn put_snapshot_end(out: &mut Vec<u8>, end: &SnapshotEnd) {
    put_record(out, TAG_SNAPSHOT_END, |body| {
        body.extend_from_slice(&end.feed.0.to_le_bytes());
        body.extend_from_slice(&end.time.to_le_bytes());
        body.extend_from_slice(&end.day.0.to_le_bytes());
        body.push(end.shrink_percent_max);
        body.push(u8::from(end.forced));
    });
}

/// Appends a control record.
pub fn put_control(out: &mut Vec<u8>, control: &Control<'_>) {
    put_record(out, TAG_CONTROL, |body| {
        put_bytes(body, control.name.as_bytes());
        put_bytes(body, control.payload);
    });
}

/// Builds one observation record at a time, reusing its buffers. Fields may be set in any order;
/// a field set twice keeps the last value.
#[derive(Debug)]
pub struct ObservationBuilder {
    feed: FeedId,
    key: Vec<u8>,
    event: Option<(Millis, Day)>,
    sequence: Option<u64>,
    /// Status, prices and dates.
    pub terms: Terms,
    has_status: bool,
    payloads: Vec<u8>,
    slots: [(u32, u32); SLOTS],
    locals: Vec<(u32, u32)>,
    body: Vec<u8>,
}

const SLOTS: usize = 32;
const UNSET: (u32, u32) = (u32::MAX, 0);

/// What an observation still lacks, or has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// No `ListingKey`.
    #[error("the row has no ListingKey")]
    Key,
    /// A key of more than [`KEY_BYTES_MAX`].
    #[error("ListingKey is longer than {KEY_BYTES_MAX} bytes")]
    KeyTooLong,
    /// No `ModificationTimestamp`.
    #[error("the row has no ModificationTimestamp")]
    EventTime,
    /// No `StandardStatus`.
    #[error("the row has no StandardStatus")]
    Status,
}

impl Incomplete {
    /// The canonical field at fault.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Key | Self::KeyTooLong => "ListingKey",
            Self::EventTime => "ModificationTimestamp",
            Self::Status => "StandardStatus",
        }
    }
}

impl ObservationBuilder {
    /// A builder for rows of `feed`.
    #[must_use]
    pub fn new(feed: FeedId) -> Self {
        Self {
            feed,
            key: Vec::new(),
            event: None,
            sequence: None,
            terms: Terms::new(Status::Active),
            has_status: false,
            payloads: Vec::new(),
            slots: [UNSET; SLOTS],
            locals: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Forgets the row begun; the buffers stay.
    #[inline]
    pub fn clear(&mut self) {
        self.key.clear();
        self.event = None;
        self.sequence = None;
        self.terms = Terms::new(Status::Active);
        self.has_status = false;
        self.payloads.clear();
        self.slots = [UNSET; SLOTS];
        self.locals.clear();
    }

    /// The feed's key of the listing.
    #[inline]
    pub fn key(&mut self, key: &[u8]) {
        self.key.clear();
        self.key.extend_from_slice(key);
    }

    /// The source's event time and its local civil day in the area's zone, which lies within
    /// 127 days of the UTC day.
    #[inline]
    pub fn event(&mut self, time: Millis, day: Day) {
        self.event = Some((time, day));
    }

    /// The source's sequence.
    #[inline]
    pub fn sequence(&mut self, sequence: u64) {
        self.sequence = Some(sequence);
    }

    /// Where the listing stands.
    #[inline]
    pub fn status(&mut self, status: Status) {
        self.terms.status = status;
        self.has_status = true;
    }

    /// Sets a text field; text beyond [`TEXT_BYTES_MAX`] is the caller's to refuse.
    #[inline]
    pub fn text(&mut self, field: ProfileField, text: &str) {
        let start = self.payloads.len();
        self.payloads.extend_from_slice(text.as_bytes());
        self.slot(field, start);
    }

    /// Sets an integer field, in the scale that its documentation names.
    #[inline]
    pub fn integer(&mut self, field: ProfileField, value: i64) {
        let start = self.payloads.len();
        put_i64(&mut self.payloads, value);
        self.slot(field, start);
    }

    /// Sets a coded field (`PropertyType`, `PropertySubType`).
    #[inline]
    pub fn code(&mut self, field: ProfileField, code: u8) {
        let start = self.payloads.len();
        self.payloads.push(code);
        self.slot(field, start);
    }

    /// Sets the living area, in hundredths of `unit`.
    #[inline]
    pub fn living_area(&mut self, hundredths: i64, unit: AreaUnit) {
        let start = self.payloads.len();
        put_i64(&mut self.payloads, hundredths);
        self.payloads.push(unit.code());
        self.slot(ProfileField::LivingArea, start);
    }

    /// Adds a field of the feed's own; give them in ascending order of name.
    pub fn local(&mut self, name: &str, text: &str) {
        let start = self.payloads.len();
        put_bytes(&mut self.payloads, name.as_bytes());
        self.payloads.extend_from_slice(text.as_bytes());
        self.locals
            .push((start as u32, (self.payloads.len() - start) as u32));
    }

    #[inline]
    fn slot(&mut self, field: ProfileField, start: usize) {
        self.slots[usize::from(field.code())] =
            (start as u32, (self.payloads.len() - start) as u32);
    }

    /// Appends the record to `out`, or says what it lacks and appends nothing.
    ///
    /// # Errors
    /// When the key, the event time or the status is missing, or the key is too long.
    #[inline]
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Incomplete> {
        if self.key.is_empty() {
            return Err(Incomplete::Key);
        }
        if self.key.len() > KEY_BYTES_MAX {
            return Err(Incomplete::KeyTooLong);
        }
        let (event_time, event_day) = self.event.ok_or(Incomplete::EventTime)?;
        if !self.has_status {
            return Err(Incomplete::Status);
        }
        let body = &mut self.body;
        body.clear();
        body.push(if self.sequence.is_some() {
            FLAG_SEQUENCE
        } else {
            0
        });
        body.extend_from_slice(&self.feed.0.to_le_bytes());
        body.extend_from_slice(&event_time.to_le_bytes());
        let shift = event_day.0 - Day::of_utc(event_time).0;
        body.push(shift.clamp(-128, 127) as i8 as u8);
        if let Some(sequence) = self.sequence {
            put_u64(body, sequence);
        }
        put_bytes(body, &self.key);
        self.terms.encode(body);
        for (code, &(start, len)) in self.slots.iter().enumerate() {
            if start != u32::MAX {
                body.push(code as u8);
                put_bytes(body, &self.payloads[start as usize..(start + len) as usize]);
            }
        }
        for &(start, len) in &self.locals {
            body.push(ProfileField::Local.code());
            put_bytes(body, &self.payloads[start as usize..(start + len) as usize]);
        }
        out.push(TAG_OBSERVATION);
        put_bytes(out, body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_comes_back_as_it_was_built() {
        let mut builder = ObservationBuilder::new(FeedId(7));
        builder.key(b"A1");
        builder.event(86_400_000 * 3 + 5, Day(2));
        builder.sequence(99);
        builder.status(Status::Pending);
        builder.terms.list_price = Some(25_000_000);
        builder.terms.close_date = Some(Day(-4));
        builder.text(ProfileField::PostalCode, "07030");
        builder.living_area(150_000, AreaUnit::SquareFeet);
        builder.integer(ProfileField::BedroomsTotal, 3);
        builder.local("X_Area", "79");
        let mut out = Vec::new();
        builder.finish(&mut out).expect("complete");
        let mut records = Records::new(&out);
        let raw = records.next_raw().expect("one").expect("good");
        assert_eq!(raw.event_time(), Some(86_400_000 * 3 + 5));
        assert_eq!(raw.feed_and_key(), Some((FeedId(7), &b"A1"[..])));
        let Some(Record::Observation(row)) = raw.decode() else {
            panic!("an observation")
        };
        assert_eq!(row.event_day, Day(2));
        assert_eq!(row.sequence, 99);
        assert_eq!(row.terms.list_price, Some(25_000_000));
        assert_eq!(row.terms.close_date, Some(Day(-4)));
        assert_eq!(row.profile.text(ProfileField::PostalCode), Some("07030"));
        assert_eq!(
            row.profile.living_area(),
            Some((150_000, AreaUnit::SquareFeet))
        );
        assert_eq!(row.profile.integer(ProfileField::BedroomsTotal), Some(3));
        assert_eq!(row.profile.local("X_Area"), Some("79"));
        assert!(records.next_raw().is_none());
    }

    #[test]
    fn an_unfinished_row_names_what_it_lacks() {
        let mut builder = ObservationBuilder::new(FeedId(1));
        let mut out = Vec::new();
        assert_eq!(builder.finish(&mut out), Err(Incomplete::Key));
        builder.key(b"k");
        assert_eq!(builder.finish(&mut out), Err(Incomplete::EventTime));
        builder.event(0, Day(0));
        assert_eq!(builder.finish(&mut out), Err(Incomplete::Status));
        assert!(out.is_empty());
    }

    #[test]
    fn damaged_bytes_are_an_error_with_a_place() {
        let mut out = Vec::new();
        put_tick(
            &mut out,
            &Tick {
                time: 5,
                zone_days: &[0],
            },
        );
        let cut = out.len() - 3;
        let all: Vec<_> = Records::new(&out[..cut]).collect();
        assert_eq!(all, [Err(BadRecord { offset: 0 })]);
    }
}
